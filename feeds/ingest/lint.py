"""Warn of mistakes in articles that are valid each by itself, and of unused paths in articles.yaml.
Only `feeds check` shows all of these warnings.

Two files with one address give one entry, so that one of them has no effect. With a date far in the
future, an article is held for a long time, or, where nothing is held, stays above all others. An
article that expires before its date is never shown. If several articles give the same id, only one
gets it; ingest reports the others too.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.articles import field_names
from feeds.articles.frontmatter import read
from feeds.articles.prescribed_fields import rule_index
from feeds.catalog import given_ids
from feeds.catalog.given_ids import Claim, SharedId
from feeds.catalog.merge import OWN, FileRead, tier_of
from feeds.config.yaml_files import YamlFile
from feeds.errors import ArticleError
from feeds.problems import Code, Problem, Severity
from feeds.util.globs import glob
from feeds.util.positions import Path

_DAY: Final = 24 * 3600  # seconds
_TOLERANCE: Final = _DAY  # for dates without a zone and clocks that are wrong
# An article may be held for weeks, but a date more than a year ahead is usually a mistake.
_LONG: Final = 365 * _DAY


def unused_patterns(
    file: YamlFile | None, settings: ArticleSettings, paths: Sequence[str]
) -> Iterator[Problem]:
    """Yield a warning for each path of `include` and of the rules that matches no article.

    `file` is articles.yaml, and `paths` are those of all articles.
    """
    written = file.document.value if file else None
    if file is None or not isinstance(written, dict):
        return
    unused = {
        pattern
        for pattern in settings.include
        if not any(glob(pattern).matches(path) for path in paths)
    }
    listed = written.get("include")
    for number, pattern in enumerate(listed if isinstance(listed, list) else [listed]):
        if pattern in unused:
            location = ("include", number) if isinstance(listed, list) else ("include",)
            yield _unused(file, location)
    index = rule_index(settings)
    used = {number for path in paths for number in index.matching(path)}
    unused = {rule.path for number, rule in enumerate(settings.rules) if number not in used}
    rules = written.get("rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict) and rule.get("path") in unused:
            yield _unused(file, ("rules", number, "path"))


def _unused(file: YamlFile, location: Path) -> Problem:
    message, hint = "matches no article", "correct it, or leave it out"
    return file.problem(location, Code.MATCHES_NOTHING, message, hint, severity=Severity.WARNING)


class ArticleLinter:
    """Take every file, and then return warnings.

    With `hold`, articles are held until their date.
    """

    def __init__(self, seeds: FilePath, now: datetime, *, hold: bool) -> None:
        self._seeds = seeds
        self._hold = hold
        self._latest = now.timestamp() + (_LONG if hold else _TOLERANCE)
        self._first_files: dict[int, str] = {}  # the first file of each entry, by its key
        self._twins: list[tuple[str, str]] = []  # a file, and the first file of the same entry
        self._early: list[str] = []
        self._never: list[str] = []
        self._keys: set[int] = set()  # of all entries
        # By the keys of entries: the id that an article gives itself, and its file; articles come
        # before related coverage.
        self._claims: dict[int, tuple[int, Claim, str]] = {}

    def add(self, file: FileRead) -> None:
        """Add a file; files are added in the order of their paths."""
        for mention in file.mentions or ():
            self._keys.add(mention.key)
            if claim := given_ids.claim(mention, tier_of(mention.flags)):
                new = (mention.flags & OWN, claim, file.path)
                if new[0] > self._claims.get(mention.key, (-1,))[0]:
                    self._claims[mention.key] = new
            if mention.flags & OWN:
                first = self._first_files.setdefault(mention.key, file.path)
                if first != file.path:
                    self._twins.append((file.path, first))
                if mention.published > self._latest:
                    self._early.append(file.path)
                if mention.expires is not None and mention.expires <= mention.published:
                    self._never.append(file.path)

    def warnings(self) -> Iterator[Problem]:
        """Yield the warnings with their positions; for these, the files are read again."""
        for path, first in self._twins:
            message = f"is also the address of {first}, but each article needs its own"
            hint = "give each file its own address, or remove one of the two"
            yield from _warning(
                *(self._seeds, path, field_names.URL, "permalink"),
                *(Code.SHARED_ADDRESS, message, hint),
            )
        for path in self._early:
            message = "is in the future, and the article is shown now"
            hint = "correct it, or write published: false until then"
            if self._hold:
                message = "is more than a year in the future, and the article is held until then"
                hint = "correct it, unless you mean it"
            yield from _warning(
                self._seeds, path, field_names.PUBLISHED, "date", Code.TO_COME, message, hint
            )
        for path in self._never:
            message = "is not after the date of publication, so the article is never shown"
            hint = "correct one of the two"
            yield from _warning(
                self._seeds, path, field_names.EXPIRES, "expires", Code.NEVER_SHOWN, message, hint
            )
        yield from shared_ids(self._seeds, self._shared_ids())

    def _shared_ids(self) -> Iterator[SharedId]:
        """Yield the ids that articles give but another article gets, as the catalog decides."""
        holders: dict[str, str] = {}
        for _, claim, path in sorted(self._claims.values(), key=lambda claim: claim[1][:3]):
            if claim.urn_of in self._keys:
                yield SharedId(path, claim.guid, given_ids.OF_ITS_ADDRESS)
            elif claim.guid in holders:
                yield SharedId(path, claim.guid, holders[claim.guid])
            else:
                holders[claim.guid] = claim.url


def shared_ids(seeds: FilePath, claims: Iterable[SharedId]) -> Iterator[Problem]:
    """Yield the warnings of articles that give themselves the id of another."""
    hint = "give each article an id of its own, or take this one out"
    for claim in claims:
        message = (
            f"is the id of {claim.holder} too, so feeds write the id of this article's address"
        )
        yield from _warning(
            seeds, claim.path, field_names.ID, field_names.ID[0], Code.SHARED_ID, message, hint
        )


def _warning(
    seeds: FilePath,
    path: str,
    names: Sequence[str],
    default: str,
    code: Code,
    message: str,
    hint: str,
) -> Iterator[Problem]:
    try:
        source = read(path, (seeds / path).read_bytes())
    except (OSError, ArticleError):
        return  # it has changed meanwhile
    # An address may be that of the permalink, and a date that of the file's name.
    name = next((name for name in names if source.fields.get(name)), "")
    mark = source.document.locate((name,) if name else ())
    yield Problem(
        path, mark.line, mark.column, name or default, code, message, hint, Severity.WARNING
    )
