"""What can go wrong, in one tree.

    FeedsError
    ├── ArticleError       a file that cannot be an article; carries its problems
    ├── ConfigError        a configuration that cannot be used; carries its problems
    ├── SeedsUnreadable    the folder of articles is not there or cannot be read
    ├── CatalogError
    │   ├── CatalogMissing     nothing has been ingested yet
    │   ├── CatalogBusy        another ingest holds the catalog
    │   └── CatalogUnusable    unreadable, read-only, full, or of a later version
    └── RequestError       an address that names no feed; knows its HTTP status
        ├── MovedFeed          301, another spelling of a canonical path
        ├── BadParameter       400
        ├── TokenNeeded        401
        ├── UnknownFeed        404, with the nearest names that exist
        ├── TooLong            414
        └── WithdrawnFeed      410

A `Problem` is one finding about a file. Most problems are collected, so that a
person sees all of them at once, and only then carried by an error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Names of problems, stable for scripts that read `--format json`."""

    # the file
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    NOT_UTF8 = "not-utf8"
    CONTROL_CHARACTER = "control-character"
    NO_FRONT_MATTER = "no-front-matter"
    UNCLOSED = "unclosed"
    # YAML and JSON
    SYNTAX = "syntax"
    TAG = "tag"
    DUPLICATE_KEY = "duplicate-key"
    TOO_DEEP = "too-deep"
    TOO_MANY_VALUES = "too-many-values"
    # fields of an article
    MISSING = "missing"
    NOT_TEXT = "not-text"
    NOT_A_URL = "not-a-url"
    NOT_A_DATE = "not-a-date"
    DATE_WITHOUT_ZONE = "date-without-zone"
    NOT_A_NUMBER = "not-a-number"
    NOT_A_FLAG = "not-a-flag"
    NOT_A_LIST = "not-a-list"
    NOT_A_MAPPING = "not-a-mapping"
    NOT_A_DOMAIN = "not-a-domain"
    NOT_A_TOPIC = "not-a-topic"
    TOO_LONG = "too-long"
    # fields that are sound, but perhaps not meant so
    MISSPELT = "misspelt"
    SHARED_ADDRESS = "shared-address"
    TO_COME = "to-come"
    # configuration
    UNKNOWN_KEY = "unknown-key"
    UNKNOWN_NAME = "unknown-name"
    BAD_VALUE = "bad-value"
    TAKEN_TWICE = "taken-twice"
    CYCLE = "cycle"
    # configuration that is sound, but perhaps not meant so
    SHARED_NAME = "shared-name"
    NOBODY_HAS = "nobody-has"
    MATCHES_NEVER = "matches-never"
    MATCHES_NOTHING = "matches-nothing"


# Nothing is refused for these.
DOUBTS = frozenset(
    (
        Code.UNCLOSED,
        Code.MISSPELT,
        Code.SHARED_ADDRESS,
        Code.TO_COME,
        Code.SHARED_NAME,
        Code.NOBODY_HAS,
        Code.MATCHES_NEVER,
        Code.MATCHES_NOTHING,
    )
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one place in a file.

    `line` and `column` count from 1. `refused` tells a thing left out whole
    from a thing taken after repair.
    """

    path: str
    line: int
    column: int
    field: str
    code: Code
    what: str
    cure: str
    refused: bool = True

    @property
    def outcome(self) -> str:
        """What came of it: refused, repaired, or only doubtful."""
        return "refused" if self.refused else "doubtful" if self.code in DOUBTS else "repaired"

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}: {self.field}"
        return _on_one_line(f"{place}: {self.what}; {self.cure}")


def _on_one_line(text: str) -> str:
    """Names of files and keys come from strangers: what would move a terminal's
    cursor, or end the line, is spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class FeedsError(Exception):
    """Whatever this program says to a person instead of a traceback."""


class _WithProblems(FeedsError):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ArticleError(_WithProblems):
    """A file that cannot be an article."""


class ConfigError(_WithProblems):
    """A configuration that cannot be used."""


class SeedsUnreadable(FeedsError):
    """The folder of articles is not there or cannot be read."""


class CatalogError(FeedsError):
    """The catalog cannot do what was asked."""


class CatalogMissing(CatalogError):
    """Nothing has been ingested yet."""


class CatalogBusy(CatalogError):
    """Another ingest holds the catalog."""


class CatalogUnusable(CatalogError):
    """The catalog cannot be read or written, or is of a later version."""


class RequestError(FeedsError):
    """An address that names no feed."""

    status = 400


class MovedFeed(RequestError):
    """Another spelling of a feed's address; `path` is the canonical one, with its suffix.
    A token goes along unless it is of no `use` there."""

    status = 301

    def __init__(self, path: str, *, use: bool = True) -> None:
        super().__init__(f"This feed is at {path}.")
        self.path, self.use = path, use


class TooLong(RequestError):
    """An address longer than any feed's."""

    status = 414


class BadParameter(RequestError):
    """A parameter with a value that is not allowed; the message says what is."""


class TokenNeeded(RequestError):
    """A private feed set, asked for without a token that opens it."""

    status = 401


class UnknownFeed(RequestError):
    """No such topic, provider or path; `nearest` are paths that do exist."""

    status = 404

    def __init__(self, message: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class WithdrawnFeed(RequestError):
    """What was here has been withdrawn for good."""

    status = 410
