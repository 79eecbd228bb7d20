"""What the publisher has decided: a folder of YAML files, all optional."""

from feeds.config.live import LiveConfig
from feeds.config.load import Config, Loaded, inspect, load

__all__ = ["Config", "LiveConfig", "Loaded", "inspect", "load"]
