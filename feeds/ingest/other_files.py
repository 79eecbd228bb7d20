"""Look up the other files that an article names: the sizes of media, and the addresses of
articles."""

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.articles.frontmatter import LARGEST, read
from feeds.articles.normalize import normalize
from feeds.errors import ArticleError
from feeds.ingest.scanner import PathFilter, is_article

_MOST: Final = 100  # other files that are read for one file …
_MOST_NAMED: Final = 1000  # … and looked for
_ENDS: Final = ("", ".md", ".mdx", ".markdown", "/index.md", "/index.mdx")


class OtherFiles:
    """The files that one file names.

    `appears` is when the first held article among them appears, in seconds since 1970; None if none
    is held.
    """

    def __init__(
        self, seeds: str, path: str, settings: ArticleSettings, now: float = math.inf
    ) -> None:
        """Take the file at a path below the seeds folder. Articles with a date after `now` are
        held, if the settings say so."""
        self.appears: int | None = None
        self._now = now if settings.future == "hold" else math.inf
        self._seeds = seeds
        self._folder = os.path.dirname(path)
        self._settings = settings
        self._addresses: dict[str, str] = {}
        self._read = 0

    def size_of(self, path: str) -> int | None:
        """Return the size in bytes of a file, None if there is none.

        A path is relative to the folder of the file that names it, or to the seeds folder if it
        begins with `/`.
        """
        folder = "" if path.startswith("/") else self._folder
        found = self._find(os.path.join(folder, path.lstrip("/")))
        try:
            return os.path.getsize(found) if found else None
        except OSError:  # it was deleted meanwhile
            return None

    def address_of(self, path: str) -> str:
        """Return the address of the public article in a file, or an empty string. A held article is
        not public yet.

        A path is relative to the folder of the file that names it, or else to the nearest folder
        above that has such a file; for a bundle, it may be the path of the folder. At most a
        hundred files are read.
        """
        if path not in self._addresses and len(self._addresses) < _MOST_NAMED:
            found = next(self._candidates(path), "")
            self._addresses[path] = self._address_in(found) if found else ""
        return self._addresses.get(path, "")

    def _candidates(self, path: str) -> Iterator[str]:
        """Yield the files that a path may mean, the nearest first."""
        folder, path = self._folder, path.removeprefix("@/")
        while self._read < _MOST:
            for end in _ENDS:
                named = os.path.normpath(os.path.join(folder, f"{path.rstrip('/')}{end}"))
                if is_article(named) and self._find(named):
                    yield named
            if not folder:
                return
            folder = os.path.dirname(folder)

    def _find(self, path: str) -> str:
        """Return where a file of the seeds folder is, with links resolved.

        Returns an empty string if there is none, or if it is outside of the folder.
        """
        try:
            found = os.path.realpath(os.path.join(self._root, path))
            return found if found.startswith(self._root) and os.path.isfile(found) else ""
        except ValueError:  # for a null byte
            return ""

    @cached_property
    def _root(self) -> str:
        return os.path.join(os.path.realpath(self._seeds), "")

    def _address_in(self, path: str) -> str:
        """Return the address of the public article in a file."""
        self._read += 1
        if not PathFilter(self._settings).allows(path):
            return ""
        try:
            with open(os.path.join(self._seeds, path), "rb") as file:
                source = read(path, file.read(LARGEST + 1))
            try:  # its body is needed only if the title is in it
                article = normalize(replace(source, body=""), self._settings)
            except ArticleError:
                article = normalize(source, self._settings)
        except (ArticleError, OSError):
            return ""
        for entry in article.entries:
            if entry.own and entry.public:
                return "" if self._is_held(int(entry.published.timestamp())) else entry.url
        return ""

    def _is_held(self, date: int) -> bool:
        """Return whether an article is held until its date, and record its date."""
        if date <= self._now:
            return False
        self.appears = date if self.appears is None else min(date, self.appears)
        return True
