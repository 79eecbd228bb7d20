"""Problems with the names of fields: needed ones that are missing, and unknown ones. Pure."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from feeds.articles import field_names as names
from feeds.articles.fields import FieldReader, Fields
from feeds.articles.publication_flags import flag_like
from feeds.problems import Code, Severity
from feeds.util import dates
from feeds.util.positions import Path, field_name
from feeds.util.suggest import suggest
from feeds.util.yaml_syntax import quoted

# What an entry needs: the names of the field, and what to write if it is missing.
_NEEDED: Final = {
    "title": (names.TITLE, "add title:"),
    "url": (names.URL, "add url: with the address of the article"),
    "date": (names.PUBLISHED, "add date: such as 2020-01-24T18:11:00Z"),
}


def note_missing(
    reader: FieldReader, fields: Fields, path: Path, since: int, values: Mapping[str, object]
) -> set[str]:
    """Report needed fields that are missing, or the problems with their values, as errors.

    Return the misspelt keys for which others were meant.
    """
    missing = [need for need in _NEEDED if not values[need]]
    if missing and not fields and not path:
        _note_bare(reader, missing)
        return set()
    misspelt = set[str]()
    for need, (spellings, default) in _NEEDED.items():
        given = {field_name((*path, name)) for name in spellings if fields.get(name)}
        if values[need] or reader.raise_to_errors(since, given):
            continue
        message = f"the {'related ' if path else ''}article has no {need}"
        place, hint = path, default
        if need == "url" and not path:
            hint += ", or permalink: in articles.yaml"
        written, meant = _misspelt(fields, spellings)
        if written:
            misspelt.add(written)
            place, hint = (*path, written), f"rename {written} to {meant}"
        elif empty := next((name for name in spellings if name in fields), ""):
            place, hint = (*path, empty), f"write the {need} after {empty}:"
            if comment := reader.comment_at(place):
                hint = f"write {empty}: {quoted(comment)}, because # begins a comment"
        elif need == "date" and not path and (written := _dated(fields)):
            place = (written,)
            hint = f"rename {written} to date, or write fields: {{date: {written}}}"
            hint += " in articles.yaml"
        here = (*path, need)
        reader.note(place, Code.MISSING, message, hint, here, Severity.ERROR, key=bool(written))
    return misspelt


def _note_bare(reader: FieldReader, missing: Sequence[str]) -> None:
    """Report in one sentence what the article of a file without front matter lacks."""
    message = f"the article has no {', no '.join(missing)}, and no front matter that gives "
    message += "it" if len(missing) == 1 else "them"
    hint = f"begin the file with a line ---, then {missing[0]}: and other fields, then a line ---, "
    hint += "or exclude it in articles.yaml"
    field = "url" if "url" in missing else missing[0]
    reader.note((), Code.NO_FRONT_MATTER, message, hint, (field,), Severity.ERROR)


def note_unknown(reader: FieldReader, fields: Fields, path: Path, reported: set[str]) -> None:
    """Report keys that are not read, of an article only those that are probably misspelt."""
    if path:
        unknown = {
            name: value
            for name, value in fields.items()
            if name not in reported and not flag_like(name)
        }
        reader.note_unknown(unknown, names.KNOWN, path)
        return
    for name, meant in names.misspelt_names(fields):
        if name not in reported:
            hint = f"rename {name} to {meant}"
            reader.note((name,), Code.MISSPELT, "is not a known field", hint, key=True)


def _misspelt(fields: Fields, spellings: tuple[str, ...]) -> tuple[str, str]:
    """Return the misspelt key and the name that was meant, or empty strings."""
    for name in fields:
        if names.FOREIGN.get(name) in spellings:
            return name, names.FOREIGN[name]
    unknown = [name for name in fields if name not in names.KNOWN and not flag_like(name)]
    for score in (100, 75):  # the same in other letters before what is only alike
        for name in spellings:
            for close in suggest(name, unknown, score=score):
                return close, name
    return "", ""


def _dated(fields: Fields) -> str:
    """Return the first name that is not known of a field with a date, or an empty string."""
    for name, value in fields.items():
        if name not in names.KNOWN and isinstance(value, str) and not value.isdecimal():
            with suppress(dates.NotADate):
                dates.parse(value)
                return name
    return ""
