"""What the publisher has decided: a folder of YAML files, all optional."""

from feeds.config.loader import Config, Loaded, inspect, load
from feeds.config.reloader import LiveConfig

__all__ = ["Config", "LiveConfig", "Loaded", "inspect", "load"]
