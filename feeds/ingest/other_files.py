"""The other files that an article names: the sizes of media, and the addresses of articles."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.articles.frontmatter import LARGEST, read
from feeds.articles.normalize import normalize
from feeds.errors import ArticleError
from feeds.ingest.scanner import PathFilter, is_article, size_beside

_MOST: Final = 100  # other files that are read for one …
_MOST_NAMED: Final = 1000  # … and looked for
_ENDS: Final = ("", ".md", ".mdx", ".markdown", "/index.md", "/index.mdx")


class OtherFiles:
    """The files that one file names."""

    def __init__(self, seeds: str, path: str, settings: ArticleSettings) -> None:
        """Take the file at a path below the seeds folder."""
        self._seeds = seeds
        self._path = path
        self._folder = os.path.dirname(path)
        self._settings = settings
        self._addresses: dict[str, str] = {}
        self._read = 0

    def size_of(self, path: str) -> int | None:
        """Return the size in bytes of a file, None if there is none: see `size_beside`."""
        return size_beside(self._seeds, self._path, path)

    def address_of(self, path: str) -> str:
        """Return the address of the public article in a file, or an empty string.

        A path is relative to the folder of the file that names it, else to the nearest folder
        above in which there is such a file; one of a bundle may name its folder. Of a hundred
        files the addresses are found, and of no more.
        """
        if path not in self._addresses and len(self._addresses) < _MOST_NAMED:
            found = next(self._candidates(path), "")
            self._addresses[path] = self._address_in(found) if found else ""
        return self._addresses.get(path, "")

    def _candidates(self, path: str) -> Iterator[str]:
        """Yield the files that a path may mean, the nearest first."""
        folder, path = self._folder, path.removeprefix("@/")
        root = os.path.realpath(self._seeds)
        while self._read < _MOST:
            for end in _ENDS:
                named = os.path.normpath(os.path.join(folder, f"{path.rstrip('/')}{end}"))
                if is_article(named) and self._is_file(root, named):
                    yield named
            if not folder:
                return
            folder = os.path.dirname(folder)

    def _is_file(self, root: str, named: str) -> bool:
        """Return whether there is such a file, within the folder also where links lead."""
        file = os.path.join(root, named)
        return os.path.isfile(file) and os.path.realpath(file).startswith(os.path.join(root, ""))

    def _address_in(self, path: str) -> str:
        """Return the address of the public article in a file."""
        self._read += 1
        if not PathFilter(self._settings).allows(path):
            return ""
        try:
            with open(os.path.join(self._seeds, path), "rb") as file:
                source = read(path, file.read(LARGEST + 1))
            try:  # its body is only needed where its title is there
                article = normalize(replace(source, body=""), self._settings)
            except ArticleError:
                article = normalize(source, self._settings)
        except (ArticleError, OSError):
            return ""
        return next((entry.url for entry in article.entries if entry.own and entry.public), "")
