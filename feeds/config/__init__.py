"""What the publisher has decided: a folder of YAML files, all optional."""

from feeds.config.load import Config, load

__all__ = ["Config", "load"]
