"""Audio, video and other files that belong to an article: addresses, types and lengths. Pure."""

import re
from collections.abc import Container
from typing import Final
from urllib.parse import unquote, urlsplit

from feeds.articles.field_names import MEDIA
from feeds.articles.fields import LONGEST_TITLE, MOST_LISTED, FieldReader, Fields
from feeds.model import Media
from feeds.problems import Code
from feeds.util import durations
from feeds.util.positions import Path
from feeds.util.yaml_document import Value

_URL: Final = ("url", "src", "href", "file")
_TYPE: Final = ("type", "mime_type", "mimeType")
_LENGTH: Final = ("length", "size", "size_in_bytes")
_DURATION: Final = ("duration", "duration_in_seconds")
_TITLE: Final = ("title",)
_KEYS: Final = (*_URL, *_TYPE, *_LENGTH, *_DURATION, *_TITLE)
_MOST_BYTES: Final = 2**53  # what every reader of JSON can count to
# A table of our own: that of `mimetypes` differs from one machine to another.
_TYPES: Final = {
    "aac": "audio/aac", "aif": "audio/aiff", "aiff": "audio/aiff", "flac": "audio/flac",
    "m4a": "audio/mp4", "m4b": "audio/mp4", "mp3": "audio/mpeg", "oga": "audio/ogg",
    "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav", "weba": "audio/webm",
    "avi": "video/x-msvideo", "m4v": "video/mp4", "mkv": "video/x-matroska",
    "mov": "video/quicktime", "mp4": "video/mp4", "mpeg": "video/mpeg", "mpg": "video/mpeg",
    "ogv": "video/ogg", "webm": "video/webm",
    "avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "png": "image/png", "svg": "image/svg+xml", "webp": "image/webp",
    "csv": "text/csv", "ics": "text/calendar", "srt": "application/x-subrip", "txt": "text/plain",
    "vtt": "text/vtt",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip", "gz": "application/gzip", "json": "application/json",
    "m3u8": "application/vnd.apple.mpegurl",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text", "pdf": "application/pdf",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "torrent": "application/x-bittorrent", "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}  # fmt: skip
# RFC 6838, section 4.2, without signs that no type in use has.
_MEDIA_TYPE: Final = re.compile(
    r"[a-z0-9][a-z0-9.+_-]{0,126}/[a-z0-9][a-z0-9.+_-]{0,126}"
).fullmatch
_ENCLOSURE: Final = re.compile(r"\s*(\S+)\s+([0-9]+)\s+([\w.+-]+/[\w.+-]+)(?:\s|\Z)").match
_PAGES: Final = frozenset(("text/html", "application/xhtml+xml"))


def read_media(reader: FieldReader, fields: Fields, path: Path, base: str) -> tuple[Media, ...]:
    """Return the files of all fields at a path, each address once, in their order.

    What is a page, such as one on which to watch a film, has no type. Relative addresses are
    resolved against `base`, the address of the article; the length of a file that lies beside
    the article's own is looked up.
    """
    files: dict[str, Media] = {}
    for name in MEDIA:
        value = fields.get(name)
        for index, item in enumerate(
            value if isinstance(value, list) else [value] if value else []
        ):
            here: Path = (*path, name, index) if isinstance(value, list) else (*path, name)
            if len(files) == MOST_LISTED:
                message = (
                    f"is after the first {MOST_LISTED} files; it and all after it were left out"
                )
                reader.note(here, Code.TOO_MANY_VALUES, message, "keep the most important ones")
                return tuple(files.values())
            if file := _file(reader, _parts(item), here, base, files):
                files[file.url] = file
    return tuple(files.values())


def _parts(item: Value) -> Value:
    """Return a mapping for an address alone, or for address, length and type behind each other,
    which is what WordPress has on lines and its exports keep; its plugins add to that."""
    if not isinstance(item, str):
        return item
    if enclosure := _ENCLOSURE(item):
        return dict(zip(("url", "length", "type"), enclosure.groups(), strict=True))
    return {"url": item}


def _file(
    reader: FieldReader, fields: Value, path: Path, base: str, known: Container[str]
) -> Media | None:
    """Return a file, None if it is not usable or its address is known already."""
    if not isinstance(fields, dict):
        message = "is not a file; it was left out"
        reader.note(path, Code.NOT_A_MAPPING, message, "write {url: …, type: …, length: …}")
        return None
    reader.note_unknown(fields, _KEYS, path)
    address = reader.address(fields, _URL, path, base)
    if not address:
        if not any(map(fields.get, _URL)):
            reader.note(path, Code.MISSING, "has no url; it was left out", "add url:")
        return None
    if address in known:
        return None
    type = _type(reader, fields, path, address)
    title = reader.text(fields, _TITLE, path, LONGEST_TITLE)
    duration = _duration(reader, fields, path)
    if not type:
        return Media(address, "", None, duration, title)
    length = _length(reader, fields, path)
    is_own = path[0] != "related"  # what related coverage names lies beside that
    if length is None and is_own and (place := _place(reader, fields, address)):
        length = reader.size_of(place)
    if length is None:
        message = "has no length, so it is 0 in RSS"
        reader.note(path, Code.MISSING, message, "add length: with its size in bytes")
    return Media(address, type, length, duration, title)


def _type(reader: FieldReader, fields: Fields, path: Path, address: str) -> str:
    """Return the type that is given, else the one of the extension; nothing for a page."""
    for name in _TYPE:
        if value := fields.get(name):
            given = value.partition(";")[0].strip().lower() if isinstance(value, str) else ""
            if given in _PAGES:
                return ""
            if _MEDIA_TYPE(given):
                return given
            message = "is not a media type; the type was taken from the address"
            reader.note((*path, name), Code.BAD_VALUE, message, "write it like audio/mpeg")
            break
    name = unquote(urlsplit(address).path).rpartition("/")[2]
    return _TYPES.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def _length(reader: FieldReader, fields: Fields, path: Path) -> int | None:
    """Return the size in bytes that is given; 0 stands for one that is not known."""
    number = reader.number(fields, _LENGTH, path)
    if number is None or number == 0:
        return None
    if number > 0 and number < _MOST_BYTES and number == int(number):
        return int(number)
    name = next(name for name in _LENGTH if fields.get(name))
    message = "is not a size in bytes; it was left out"
    reader.note((*path, name), Code.NOT_A_NUMBER, message, "write a whole number such as 24986239")
    return None


def _duration(reader: FieldReader, fields: Fields, path: Path) -> int | None:
    for name in _DURATION:
        if value := fields.get(name):
            try:
                return durations.playing_time(value if isinstance(value, str) else "")
            except ValueError as error:
                message, _, hint = str(error).partition("; ")
                reader.note((*path, name), Code.BAD_VALUE, f"{message}; it was left out", hint)
                return None
    return None


def _place(reader: FieldReader, fields: Fields, address: str) -> str:
    """Return where a file may lie: relative to the article's own, or from the top of the seeds
    folder with `/` before it; nothing if it lies on another site."""
    written = next(value for name in _URL if isinstance(value := fields.get(name), str) and value)
    own = f"{reader.settings.base}/"
    is_of_site = "//" in written or written.lstrip().startswith("/")
    if len(own) > 1 and address.startswith(own) and is_of_site:
        written = address[len(own) - 1 :]
    parts = urlsplit(written.strip())
    return "" if parts.netloc else unquote(parts.path)
