"""The file of authors that articles.yaml may name: by key, as generators of sites have it.

A key stands for a name, or for a mapping with it. Jekyll, Hugo and Docusaurus have other names
for the same fields; what is none of them, such as a title, is not read.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from feeds.config.value_types import checked_email
from feeds.config.yaml_files import YamlFile, read_file
from feeds.model import Person
from feeds.problems import Code, Problem, Severity
from feeds.util import text, urls
from feeds.util.yaml_document import Value

_NAME: Final = ("name", "display_name")
_EMAIL: Final = ("email",)
_URL: Final = ("url", "website", "web", "link", "homepage")
_AVATAR: Final = ("avatar", "image_url", "image", "picture", "photo")
_LONGEST_NAME: Final = 100  # characters


def candidates(named: object, folder: Path, seeds: Path | None) -> list[Path]:
    """Return where a file of authors may be: below the folder of configuration, or else below
    that of articles. None if its path is not valid: that is a problem of its own."""
    if not isinstance(named, str) or ".." in named.split("/") or named.startswith("/"):
        return []
    return [folder / named, *([seeds / named] if seeds else [])]


def read_authors(
    named: str,
    folder: Path,
    seeds: Path | None,
    base: str,
    refuse: Callable[[Code, str, str], Problem],
    problems: list[Problem],
) -> dict[str, Person]:
    """Return the authors of a file by their keys.

    `base` is the address that paths of pictures are relative to. `refuse` makes a problem of
    the key that names the file. Without `seeds`, a file that is not below the folder of
    configuration is left unread: who does not read articles does not need it.
    """
    paths = candidates(named, folder, seeds)
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        if seeds:
            message = f"is not there: neither {' nor '.join(map(str, paths))}"
            hint = "write the path of a file below one of these folders"
            problems.append(refuse(Code.UNREADABLE, message, hint))
        return {}
    if seeds and path == paths[-1] and _leads_out(path, seeds):
        message = f"leads out of {seeds}: {path} is a link"
        problems.append(refuse(Code.LINK_OUT, message, "put a copy in its place"))
        return {}
    file = read_file(path, problems)
    if file is None or file.document.value is None:
        return {}
    if not isinstance(file.document.value, dict):
        hint = "write a key and a colon for each author, and the name after it or below it"
        problems.append(file.problem((), Code.NOT_A_MAPPING, "is no mapping", hint))
        return {}
    return dict(_authors(file, file.document.value, base, problems))


def _leads_out(path: Path, folder: Path) -> bool:
    root = os.path.realpath(folder)
    return os.path.commonpath((root, os.path.realpath(path))) != root


def _authors(
    file: YamlFile, values: Mapping[str, Value], base: str, problems: list[Problem]
) -> Iterator[tuple[str, Person]]:
    for key, value in values.items():
        fields = {"name": value} if isinstance(value, str) else value or {}
        if not isinstance(fields, dict):
            message, hint = "is no author", "write a name, or name: and the rest below it"
            problems.append(file.problem((key,), Code.NOT_A_MAPPING, message, hint))
            continue
        read = partial(_read, file, key, fields, problems)
        address = partial(urls.usable, base=f"{base}/" if base else "")
        name, email = read(_NAME, _line), read(_EMAIL, checked_email)
        yield key, Person(name or key, email, read(_URL, address), read(_AVATAR, address))


def _read(
    file: YamlFile,
    key: str,
    fields: Mapping[str, Value],
    problems: list[Problem],
    names: tuple[str, ...],
    parse: Callable[[str], str],
) -> str:
    """Return the first of some fields that has a value; nothing, and a warning, if that is
    not valid."""
    name = next((name for name in names if fields.get(name)), names[0])
    written = fields.get(name)
    if not written:
        return ""
    try:
        return parse(written if isinstance(written, str) else "")
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        message, hint = f"{message}; it is left out", hint or "write a whole address, or nothing"
        of_value = Severity.WARNING
        problems.append(file.problem((key, name), Code.BAD_VALUE, message, hint, severity=of_value))
        return ""


def _line(written: str) -> str:
    line = text.one_line(written)
    if not line:
        raise ValueError("is not text; write one line of text")
    return text.shorten(line, _LONGEST_NAME)
