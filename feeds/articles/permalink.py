"""The url of an article: from its fields, or from the pattern of the settings. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import unquote

from feeds.article_settings import PLACEHOLDERS
from feeds.articles import field_names as names
from feeds.articles.fields import LONGEST_TITLE, FieldReader, Fields, dotted, is_false
from feeds.articles.file_path import FilePath
from feeds.problems import Code, Severity
from feeds.util import text, urls
from feeds.util.positions import Path

_WHOLE: Final = ("http://", "https://")  # nearly all are
_TEMPLATE: Final = re.compile(r"\{\{|\{%|<%|\$\{").search
_PLACEHOLDER: Final = re.compile(r":([a-z]+)|\{([^{}]+)\}")
# Other programs have more placeholders; a colon within a name may be one of the address.
_UNKNOWN: Final = re.compile(
    rf"(?:^|[/._-])(:(?!(?:{'|'.join(PLACEHOLDERS)})(?![a-z_]))[a-z_]+)"
).search
_APOSTROPHE: Final = re.compile("['’](?=\\w)")  # most generators have rusts for Rust's
_MAY_BE_EMPTY: Final = frozenset(("section", "sections", "lang"))
_OF_THE_DATE: Final = re.compile(r":(?:year|month|day)\b").search
# A path, and neither a whole address nor a host without its scheme.
_PATH: Final = re.compile(
    r"(?!//)(?![A-Za-z][A-Za-z0-9+.-]*:)(?:/|\.{1,2}/|[\w%~+-]+/|[^/\s]+\.html?\Z)"
).match
_LEAVES: Final = re.compile(r"\A\s*//|://").search


class _Refused(ValueError):
    """An address that is not used: why, and what to write instead."""

    def __init__(self, code: Code, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def slug_of_title(title: str) -> str:
    """Return what stands for `:title` in an address."""
    return text.slug(_APOSTROPHE.sub("", title), LONGEST_TITLE)


def is_no_article(fields: Fields) -> bool:
    """Return whether a file says that it has no page: `permalink: false`."""
    return is_false(fields.get("permalink"))


def read_url(
    reader: FieldReader, fields: Fields, path: Path, title: str, language: str, day: date | None
) -> str | None:
    """Return the url of an article, or an empty string if it has none.

    `day` is that of its publication as written. None means that the url cannot be told for a
    reason that has been reported as an error, or for want of a date. Related coverage has no
    permalink.
    """
    pattern = "" if path else reader.settings.permalink
    name = next(filter(fields.get, names.URL), "")
    written = fields.get(name)
    if isinstance(written, str) and not written.startswith(_WHOLE):
        written = written.strip()
        if "://" not in written and _TEMPLATE(written):
            message, hint = "is a template, which is not run", "write the address itself"
            if not pattern:
                hint += ", or permalink: in articles.yaml"
                reader.note((*path, name), Code.NOT_A_URL, message, hint)
                return ""
            message += "; the permalink of articles.yaml was used"
            reader.note((*path, name), Code.NOT_A_URL, message, hint)
            name = ""
        elif name == "permalink" and not path and (unknown := _UNKNOWN(written)):
            message = f"has the unknown placeholder {unknown[1]}"
            hint = f"write one of :{', :'.join(PLACEHOLDERS)}, or {{field}}"
            reader.note((*path, name), Code.NOT_A_URL, message, hint)
            return ""
        elif name == "permalink" and not path and _is_pattern(written):
            pattern, name = written, ""
        elif _PATH(written):
            try:
                return _on_site(reader, written)
            except _Refused as refused:
                reader.note((*path, name), refused.code, str(refused), refused.hint)
                return ""
    if name:
        return reader.address(fields, names.URL, path)
    if not pattern:
        return ""
    if day is None and _OF_THE_DATE(pattern):
        return None
    try:
        return _on_site(reader, _filled(reader, fields, pattern, title, language, day))
    except _Refused as refused:
        here, severity = ("permalink",), Severity.ERROR
        reader.note((), refused.code, f"{pattern} {refused}", refused.hint, here, severity)
        return None


def _filled(
    reader: FieldReader, fields: Fields, pattern: str, title: str, language: str, day: date | None
) -> str:
    """Return a pattern with all its placeholders filled in. Raises _Refused."""
    file, languages = reader.file_path, reader.settings.languages
    values = _values(fields, file, title, "" if language in languages[:1] else language, day)
    address = _PLACEHOLDER.sub(lambda found: _value(found, values, fields), pattern)
    if ":lang" not in pattern and file.language and file.language != languages[0]:
        # As Hugo does: else all languages of an article would share an address.
        address = f"/{file.language}/{address}"
    return re.sub("/{2,}", "/", f"/{address}")


def _is_pattern(written: str) -> bool:
    found = _PLACEHOLDER.findall(written)
    return "://" not in written and any(field or name in PLACEHOLDERS for name, field in found)


def _values(
    fields: Fields, file: FilePath, title: str, language: str, day: date | None
) -> Mapping[str, str]:
    slug = fields.get("slug")
    has_slug = isinstance(slug, str) and bool(slug.strip())
    return {
        "slug": slug.strip() if isinstance(slug, str) and has_slug else file.name,
        "title": slug_of_title(title),
        "filename": file.filename,
        "section": "".join(file.sections[:1]),
        "sections": "/".join(file.sections),
        "path": file.below,
        "year": f"{day.year:04}" if day else "",
        "month": f"{day.month:02}" if day else "",
        "day": f"{day.day:02}" if day else "",
        "lang": language,
    }


def _value(found: re.Match[str], values: Mapping[str, str], fields: Fields) -> str:
    """Return what stands for a placeholder, as a part of a path."""
    name, field = found.groups()
    value = _field(fields, field) if field else values.get(name, "")
    if not value.strip("/ ") and name not in _MAY_BE_EMPTY:
        message = f"needs {found[0]}, which this file does not have"
        hint = "add it, or write url:; exclude the file in articles.yaml if it is not an article"
        raise _Refused(Code.MISSING, message, hint)
    if _LEAVES(value) or _goes_up(value):
        message = f"leads out of the site, because {found[0]} is {value}"
        raise _Refused(Code.NOT_A_URL, message, f"correct {found[0]}")
    return value.replace("\\", "%5C").replace("?", "%3F").replace("#", "%23")


def _field(fields: Fields, name: str) -> str:
    """Return the text of a field, also of one in a mapping: `extra.series`; of a list each."""
    value, _ = dotted(fields, name)
    if isinstance(value, list):
        return "/".join(item.strip() for item in value if isinstance(item, str) and item.strip())
    return value.strip() if isinstance(value, str) else ""


def _goes_up(path: str) -> bool:
    return any(unquote(name).strip() in (".", "..") for name in re.split(r"[/\\]", path))


def _on_site(reader: FieldReader, path: str) -> str:
    """Return the address of a path on the site. Raises _Refused."""
    base, path = reader.settings.base, path.removeprefix("./")
    hint = "write a complete address, such as https://example.org/article"
    if not base:
        message, hint = "is a path, but no base is configured", f"{hint}, or base: in articles.yaml"
        raise _Refused(Code.NOT_A_URL, message, hint)
    if _goes_up(re.split("[?#]", path, maxsplit=1)[0]):
        raise _Refused(Code.NOT_A_URL, "leads out of the site", hint)
    try:
        return urls.usable(urls.on_site(path, base))
    except ValueError as error:
        raise _Refused(Code.NOT_A_URL, str(error), hint) from None
