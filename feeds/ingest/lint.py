"""What is doubtful about articles that are sound each by itself: only `feeds check` asks.

Two files with one address give one entry, so that one of them shows nothing; a
date that is still to come puts an article above all others until then.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from feeds.articles import field_names
from feeds.articles.frontmatter import read
from feeds.catalog.merge import OWN, FileRead
from feeds.errors import ArticleError
from feeds.problems import Code, Problem, Severity

_TOLERANCE: Final = 24 * 3600  # seconds: dates without a zone, and clocks that are wrong


class Review:
    """Is shown every file, and says in the end what is doubtful."""

    def __init__(self, seeds: Path, now: datetime) -> None:
        self._seeds = seeds
        self._latest = now.timestamp() + _TOLERANCE
        self._of: dict[int, str] = {}  # the first file of each entry
        self._twins: list[tuple[str, str]] = []
        self._early: list[str] = []

    def see(self, file: FileRead) -> None:
        """Take note of a file, in the order of their paths."""
        for mention in file.mentions or ():
            if mention.flags & OWN:
                first = self._of.setdefault(mention.key, file.path)
                if first != file.path:
                    self._twins.append((file.path, first))
                if mention.published > self._latest:
                    self._early.append(file.path)

    def doubts(self) -> Iterator[Problem]:
        """What is doubtful, each at its place in a file that is read again for it."""
        for path, first in self._twins:
            message = f"is the address of {first} too, and an address is one article"
            hint = "give each its own address, or take one of the two files away"
            yield from self._doubt(path, field_names.URL, Code.SHARED_ADDRESS, message, hint)
        for path in self._early:
            message = "is still to come, and the article is shown at once"
            hint = "correct it, or write published: false until then"
            yield from self._doubt(path, field_names.PUBLISHED, Code.TO_COME, message, hint)

    def _doubt(
        self, path: str, names: Sequence[str], code: Code, message: str, hint: str
    ) -> Iterator[Problem]:
        try:
            source = read(path, (self._seeds / path).read_bytes())
        except (OSError, ArticleError):
            return  # it has changed meanwhile
        name = next((one for one in names if source.fields.get(one)), names[0])
        mark = source.document.locate((name,))
        yield Problem(path, mark.line, mark.column, name, code, message, hint, Severity.WARNING)
