"""The publisher's configuration: a folder of YAML files, all optional."""

from feeds.config.loader import Config, Loaded, inspect, load

__all__ = ["Config", "Loaded", "inspect", "load"]
