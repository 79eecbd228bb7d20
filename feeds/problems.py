"""Problems of files: position, severity, message, and a hint on how to solve them.

`feeds check` prints them; ingest and the configuration report them in the same form.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a file can be used in spite of a problem."""

    ERROR = "error"  # the article, the related article or the configuration is not used
    WARNING = "warning"  # used after a repair, or probably a mistake


class Code(StrEnum):
    """Names of problems, stable for scripts that read `--format json`."""

    # the file
    UNREADABLE = "unreadable"
    LINK_OUT = "link-out"
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
    CUT = "cut"
    # valid fields that are probably mistakes
    MISSPELT = "misspelt"
    DROPPED = "dropped"
    SHARED_ADDRESS = "shared-address"
    SHARED_ID = "shared-id"
    TO_COME = "to-come"
    NEVER_SHOWN = "never-shown"
    # configuration
    UNKNOWN_KEY = "unknown-key"
    UNKNOWN_NAME = "unknown-name"
    BAD_VALUE = "bad-value"
    TAKEN_TWICE = "taken-twice"
    CYCLE = "cycle"
    # valid configuration that is probably a mistake
    SHARED_NAME = "shared-name"
    NOBODY_HAS = "nobody-has"
    MATCHES_NEVER = "matches-never"
    MATCHES_NOTHING = "matches-nothing"
    TOO_SLOW = "too-slow"
    UNTRANSLATED = "untranslated"
    EXPIRING = "expiring"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem at one place in a file.

    `line` and `column` count from 1. The message is about `field`, the hint says what to
    write instead, or what else to do.
    """

    path: str
    line: int
    column: int
    field: str
    code: Code
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        """Whether something is not used because of this."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}"
        return printable(f"{place}: {self.severity}: {self.field}: {self.message}; {self.hint}")


def printable(text: str) -> str:
    """Return a text, such as the name of a file, in which all characters that would end a line or
    move a terminal's cursor are escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
