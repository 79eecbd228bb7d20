"""Whether an article is public, by its flags `published` and `draft`, misspelt ones too. Pure.

A draft must not become public by a slip of the finger.
"""

from functools import lru_cache
from typing import Final

from feeds.articles.field_names import DRAFT, FOREIGN, KNOWN, PUBLIC
from feeds.articles.fields import FieldReader, Fields
from feeds.problems import Code
from feeds.util import dates
from feeds.util.positions import Path
from feeds.util.suggest import edit_distance
from feeds.util.yaml_document import Value

_PUBLISHED, _DRAFT = PUBLIC[0], DRAFT[0]
_TRUE: Final = frozenset(("true", "yes", "on", "1"))
_FALSE: Final = frozenset(("false", "no", "off", "0"))
_TYPOS: Final = 2  # publish is published
# What a prefix makes of `published`: an article that was republished may be a draft or not.
_PREFIXES: Final = {"un": _DRAFT, "not": _DRAFT, "re": ""}


def with_right_flags(reader: FieldReader, fields: Fields, path: Path) -> Fields:
    """Return the fields with misspelt flags under their right names; report each."""
    given = fields
    for name, flag in _misspelt(given):
        here = (*path, name)
        if given.get(flag) in (None, ""):
            reader.note(here, Code.NOT_A_FLAG, f"is taken as {flag}", f"rename {name} to {flag}")
            fields = {**fields, flag: given[name]}
        elif _hides(flag, given[name]) != _hides(flag, given[flag]):
            message = f"says otherwise than {flag}, which counts"
            reader.note(here, Code.MISSPELT, message, "take one of the two away")
    return fields


def is_public(reader: FieldReader, fields: Fields, path: Path) -> bool:
    """Return whether both flags allow an article to be public."""
    published = _read(reader, fields, _PUBLISHED, path, default=True, unreadable=False)
    draft = _read(reader, fields, _DRAFT, path, default=False, unreadable=True)
    return published and not draft


@lru_cache(maxsize=1024)
def flag_like(name: str) -> str:
    """Return the flag of publication that is spelled like a name, or an empty string."""
    if name in FOREIGN:
        return ""
    letters = "".join(filter(str.isalpha, name.lower())).removeprefix("is")
    for prefix, flag in _PREFIXES.items():
        if letters.startswith(prefix) and _is_published(letters.removeprefix(prefix)):
            return flag
    if edit_distance(letters, _DRAFT) <= 1:
        return _DRAFT
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
        if value.strip().lower() in _TRUE | _FALSE:
            misspelt.append((_hides(flag, value), name, flag))
    return [(name, flag) for _, name, flag in sorted(misspelt)]


def _hides(flag: str, value: Value) -> bool:
    """Return whether a value of a flag makes an article a draft."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return word in (_TRUE if flag == _DRAFT else _FALSE)


def _read(
    reader: FieldReader, fields: Fields, name: str, path: Path, *, default: bool, unreadable: bool
) -> bool:
    value = fields.get(name)
    if value is None or value == "":
        if name in fields:
            message = f"is empty; taken as {str(default).lower()}"
            hint = "write true or false, or leave it out"
            reader.note((*path, name), Code.NOT_A_FLAG, message, hint)
        return default
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    # An article is not made public by a value that nobody can read.
    message = f"is neither true nor false; taken as {str(unreadable).lower()}"
    hint = f"rename {name} to date" if _is_date(value) else "write true or false"
    reader.note((*path, name), Code.NOT_A_FLAG, message, hint)
    return unreadable


def _is_date(value: Value) -> bool:
    """Return whether a value is a date: other programs have the date of publication there."""
    try:
        dates.parse(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True
