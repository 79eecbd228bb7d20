"""Whether an article is public, by its flags, its status and its visibility. Pure.

A draft must not become public by a slip of the finger, so flags that are misspelt count too.
"""

from functools import lru_cache
from typing import Final

from feeds.articles.field_names import (
    DRAFT,
    FOREIGN,
    HIDDEN,
    KNOWN,
    PASSWORD,
    PUBLIC,
    STATUS,
    VISIBILITY,
)
from feeds.articles.fields import FALSE, FieldReader, Fields
from feeds.problems import Code
from feeds.util import dates
from feeds.util.positions import Path
from feeds.util.suggest import edit_distance
from feeds.util.yaml_document import Value

_PUBLISHED, _DRAFT = PUBLIC[0], DRAFT[0]
_HIDING: Final = (*DRAFT, *HIDDEN)  # true means that the article is not public
_TRUE: Final = frozenset(("true", "yes", "on", "1"))
_FALSE: Final = FALSE | {"0"}
_WORDS: Final = (*STATUS, *VISIBILITY, *PASSWORD)  # have other values than true and false
FLAGS: Final = (*PUBLIC, *_HIDING, *_WORDS)  # any of them may keep an article from being public
_PUBLIC_STATUS: Final = frozenset(("published", "publish", "public"))
_OTHER_STATUS: Final = frozenset(("draft", "hidden", "private", "pending"))
_TYPOS: Final = 2  # publish is published
# What a prefix makes of `published`: an article that was republished may be a draft or not.
_PREFIXES: Final = {"un": _DRAFT, "not": _DRAFT, "re": ""}


def with_right_flags(reader: FieldReader, fields: Fields, path: Path) -> Fields:
    """Return the fields with misspelt flags under their right names; report each."""
    given, fields = fields, dict(fields)
    for name, flag in _misspelt(given):
        here = (*path, name)
        if given.get(flag) in (None, ""):
            reader.note(here, Code.NOT_A_FLAG, f"is treated as {flag}", f"rename {name} to {flag}")
            fields[flag] = given[name]
        elif _hides(flag, given[name]) != _hides(flag, given[flag]):
            message = f"contradicts {flag}, which is used"
            reader.note(here, Code.MISSPELT, message, "remove one of the two")
    return fields


def is_public(reader: FieldReader, fields: Fields, path: Path) -> bool:
    """Return whether all flags of an article allow it to be public."""
    # Every flag is read, for its mistakes.
    allowed = [_allows(reader, fields, name, path) for name in FLAGS if name in fields]
    return all(allowed)


@lru_cache(maxsize=1024)
def flag_like(name: str) -> str:
    """Return the flag of publication that is spelled like a name, or an empty string."""
    if name in FOREIGN:
        return ""
    letters = "".join(filter(str.isalpha, name.lower())).removeprefix("is")
    for prefix, flag in _PREFIXES.items():
        if letters.startswith(prefix) and _is_published(letters.removeprefix(prefix)):
            return flag
    if letters == "private":  # true or false, as other programs have it
        return HIDDEN[0]
    for hiding in _HIDING:
        if edit_distance(letters, hiding) <= 1:
            return hiding
    if letters in _WORDS:
        return letters
    return _PUBLISHED if _is_published(letters) else ""


def _is_published(letters: str) -> bool:
    return edit_distance(letters, _PUBLISHED) <= _TYPOS


def _misspelt(fields: Fields) -> list[tuple[str, str]]:
    """Return unknown names that are spelled like a flag and have a flag's value, with the flag.

    What makes a draft comes last, since the last of two that differ counts.
    """
    misspelt = []
    for name, value in fields.items():
        if name in KNOWN or not (flag := flag_like(name)) or not isinstance(value, str):
            continue
        if flag in _WORDS or value.strip().lower() in _TRUE | _FALSE:
            misspelt.append((_hides(flag, value), name, flag))
    return [(name, flag) for _, name, flag in sorted(misspelt)]


def _hides(flag: str, value: Value) -> bool:
    """Return whether a value of a flag makes an article a draft."""
    return _says(flag, value) is False


def _says(flag: str, value: Value) -> bool | None:
    """Return whether a value of a flag makes an article public; None if it cannot be read."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if flag in PASSWORD:
        return False
    if flag in VISIBILITY:
        return word == "public" if word else None
    true, false = (_PUBLIC_STATUS, _OTHER_STATUS) if flag in STATUS else (_TRUE, _FALSE)
    if flag in _HIDING:
        true, false = false, true
    return True if word in true else False if word in false else None


def _allows(reader: FieldReader, fields: Fields, name: str, path: Path) -> bool:
    """Return whether a flag that is given allows an article to be public."""
    value = fields[name]
    if value is None or value == "":
        if name not in _WORDS:
            message = f"is empty; treated as {'false' if name in _HIDING else 'true'}"
            hint = "write true or false, or leave it out"
            reader.note((*path, name), Code.NOT_A_FLAG, message, hint)
        return True
    said = _says(name, value)
    if said is not None:
        return said
    # A value that cannot be read must not make an article public.
    if name in _WORDS:
        message, hint = "is not known; treated as draft", "write published or draft"
        if name in VISIBILITY:
            hint = "write public or private"
    else:
        message = f"is neither true nor false; treated as {'true' if name in _HIDING else 'false'}"
        hint = f"rename {name} to date" if _is_date(value) else "write true or false"
    reader.note((*path, name), Code.NOT_A_FLAG, message, hint)
    return False


def _is_date(value: Value) -> bool:
    """Return whether a value is a date: other programs have the date of publication there."""
    try:
        dates.parse(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True
