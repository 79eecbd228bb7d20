"""Which files below the seeds folder are articles, by `include` and `exclude` of articles.yaml."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.util.globs import glob


class PathFilter:
    """Tells by paths below the folder what is looked at there."""

    def __init__(self, settings: ArticleSettings) -> None:
        self._is_included = _any_of(settings.include)
        self._is_excluded = _any_of(settings.exclude)
        # The folders that all files of a pattern lie in; "" for the seeds folder.
        self._folders = {
            f"{folder}/" if (folder := glob(pattern).literal.rpartition("/")[0]) else ""
            for pattern in settings.include
        } or {""}

    @property
    def is_needed(self) -> bool:
        """Whether any path is left out."""
        return bool(self._is_included or self._is_excluded)

    def excludes(self, path: str) -> bool:
        """Return whether neither a file nor anything below a folder is an article."""
        return self._is_excluded is not None and self._is_excluded(path) is not None

    def allows(self, path: str) -> bool:
        """Return whether a file is an article, if its name is that of one."""
        is_included = self._is_included is None or self._is_included(path) is not None
        return is_included and not self.excludes(path)

    def enters(self, folder: str) -> bool:
        """Return whether a file below a folder may be an article."""
        below = f"{folder}/"
        return not self.excludes(folder) and any(
            below.startswith(one) or one.startswith(below) for one in self._folders
        )


def _any_of(patterns: Sequence[str]) -> Callable[[str], re.Match[str] | None] | None:
    """Return what matches a path that one of some patterns means; None if there are none."""
    if not patterns:
        return None
    expressions = (glob(pattern).pattern.pattern for pattern in patterns)
    return re.compile("|".join(f"(?:{one})" for one in expressions), re.DOTALL).match


EVERYTHING: Final = PathFilter(ArticleSettings())
