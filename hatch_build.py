"""Publish the dependency groups of pyproject.toml as extras of the same names.

So each group is written once and installs with any pip: `pip install -e '.[dev]'` is
`pip install -e . --group dev` (PEP 735) for a pip before 25.1.
"""

import tomllib
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class GroupsAsExtras(MetadataHookInterface):
    """Hatchling's hook for metadata, named in [tool.hatch.metadata.hooks.custom]."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add `optional-dependencies` to the project's metadata."""
        pyproject = Path(self.root, "pyproject.toml").read_text(encoding="utf-8")
        groups = tomllib.loads(pyproject)["dependency-groups"]
        metadata["optional-dependencies"] = {name: requirements(groups, name) for name in groups}


def requirements(groups: dict[str, Any], name: str) -> list[str]:
    """Return what a group requires, the groups that it includes among it."""
    return [
        requirement
        for item in groups[name]
        for requirement in (
            [item] if isinstance(item, str) else requirements(groups, item["include-group"])
        )
    ]
