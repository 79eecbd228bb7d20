"""Read the authors of an article: names, pages and pictures, as publishers write them. Pure.

An author is a name, a key of the authors file, or a mapping. A name may have an address of a
page or a mailbox beside it, as RSS, Git and npm write them: `jane@example.org (Jane Doe)`,
`Jane Doe <https://example.org>`. Addresses of mailboxes are dropped wherever they stand, unless
the settings publish them.
"""

import re
from typing import Final

from feeds.article_settings import AUTHOR_AVATAR, AUTHOR_EMAIL, AUTHOR_NAME, AUTHOR_URL
from feeds.articles.field_names import AUTHORS
from feeds.articles.fields import LONGEST_TITLE, MOST_LISTED, FieldReader, Fields
from feeds.model import Person
from feeds.problems import Code
from feeds.util import text
from feeds.util.positions import Path
from feeds.util.yaml_document import Value

# A page and a picture beside `author`, as Docusaurus has them.
_URL_BESIDE: Final = ("author_url", "authorURL")
_AVATAR_BESIDE: Final = ("author_image_url", "authorImageURL")
BESIDE: Final = frozenset((*_URL_BESIDE, *_AVATAR_BESIDE))
# Names in one text under `authors`: between semicolons, else between commas, as Pelican has
# them, and before the last `and`.
_PARTS: Final = re.compile(r"(?:&#?\w{1,32};|[^;])+")  # the ; of a reference parts nothing
_COMMAS: Final = re.compile(r" ?, ?(?:(?:and|&) )?| (?:and|&) ")
_PAGE: Final = re.compile(r"<(https?://[^\s<>]+)>|\((https?://[^\s()]+)\)|(https?://[^\s<>()]+)")
# A mailbox, with what may stand around it. No part of `@jane@example.social`, of
# `https://example.org/@jane.doe`, nor of a word, so that it takes linear time to find.
_OTHERS: Final = r"\s<>()\[\],;:\"@/"
_MAILBOX: Final = re.compile(
    rf"[<(\[]?(?:mailto:)?(?<![^{_OTHERS}]|@)"
    rf"((?:\"[^\"<>]*\"|[^{_OTHERS}]+)@[^{_OTHERS}.]+(?:\.[^{_OTHERS}.]+)+\.?)[>)\]]?",
    re.IGNORECASE,
)
# One that feeds can carry: https://validator.w3.org/feed/docs/error/InvalidContact.html
_SOUND_MAILBOX: Final = re.compile(r"[A-Za-z0-9_.+'-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+").fullmatch
_IN_PARENTHESES: Final = re.compile(r"\((.+)\)").fullmatch
_HINT: Final = "write a name, or {name: …, url: …, avatar: …}"


def read_authors(reader: FieldReader, fields: Fields, path: Path, base: str) -> tuple[Person, ...]:
    """Return the authors of the fields at a path, each name once, in their order.

    Relative addresses are resolved against `base`, the address of the article.
    """
    name = next((name for name in AUTHORS if fields.get(name)), "")
    value = fields.get(name)
    if not value:
        return ()
    here: Path = (*path, name)
    items = _split(reader, name, value) if isinstance(value, str) else value
    found: dict[str, Person] = {}
    for index, item in enumerate(items if isinstance(items, list) else [items]):
        place = (*here, index) if isinstance(value, list) else here
        if len(found) == MOST_LISTED:
            message = f"is after the first {MOST_LISTED} authors; it and all after it were left out"
            reader.note(place, Code.TOO_MANY_VALUES, message, "keep the most important ones")
            break
        author = _author(reader, item, place, base)
        if author.name:
            found.setdefault(author.name, author)
    if len(found) == 1 and not BESIDE.isdisjoint(fields):
        (author,) = found.values()
        url = author.url or reader.address(fields, _URL_BESIDE, path, base)
        avatar = author.avatar or reader.address(fields, _AVATAR_BESIDE, path, base)
        return (author._replace(url=url, avatar=avatar),)
    return tuple(found.values())


def _split(reader: FieldReader, name: str, value: str) -> list[Value]:
    """Return the names in one text: under `author` and `by`, where `Doe, Jane` is a person, one,
    but where several have a mailbox."""
    known = reader.settings.authors
    value = " ".join(value.split())
    if value in known:
        return [value]
    parts = [part.strip() for part in _PARTS.findall(value) if part.strip()]
    if len(parts) == 1 and "," in value:
        names = [part for part in _COMMAS.split(value) if part]
        is_list = name == "authors" or len(_MAILBOX.findall(value)) > 1
        if is_list or all(part in known for part in names):
            return [*names]
    return [*parts]


def _author(reader: FieldReader, item: Value, path: Path, base: str) -> Person:
    """Return the author that a text or a mapping names; without a name if it is none."""
    if isinstance(item, str) and item.strip() in reader.settings.authors:
        return _known(reader, item, path)
    if isinstance(item, str):
        return _named(reader, {"name": item}, path)
    if not isinstance(item, dict):
        reader.note(path, Code.NOT_A_MAPPING, "is not an author; it was left out", _HINT)
        return Person()
    key = item.get("key")
    author = _known(reader, key, path) if isinstance(key, str) else Person()
    given = _named(reader, item, path) if any(map(item.get, AUTHOR_NAME)) else Person()
    is_shown = reader.settings.authors_email
    mailbox = reader.text(item, AUTHOR_EMAIL, path, LONGEST_TITLE) if is_shown else ""
    author = Person(
        given.name or author.name,
        given.email or _MAILBOX.sub(r"\1", mailbox) or author.email,
        reader.address(item, AUTHOR_URL, path, base) or given.url or author.url,
        reader.address(item, AUTHOR_AVATAR, path, base) or author.avatar,
    )
    if not author.name and not any(map(item.get, AUTHOR_NAME)):
        is_key = isinstance(key, str) and key.strip()
        message = f"has no name{', and its key is not in the authors file' if is_key else ''}"
        reader.note(path, Code.MISSING, f"{message}; it was left out", "add name:")
    return _with_sound_mailbox(reader, author, path)


def _known(reader: FieldReader, key: str, path: Path) -> Person:
    """Return the person of the authors file at a key; without a name if there is none.

    A name with a page or a mailbox beside it is divided as in articles.
    """
    known = reader.settings.authors.get(key.strip(), Person())
    author = _named(reader, {"name": known.name}, path) if known.name else known
    author = author._replace(
        email=known.email or author.email, url=known.url or author.url, avatar=known.avatar
    )
    return _with_sound_mailbox(reader, author, path)


def _named(reader: FieldReader, fields: Fields, path: Path) -> Person:
    """Return the author in a text, with the page and the mailbox that stand beside the name."""
    line = reader.text(fields, AUTHOR_NAME, path, LONGEST_TITLE)
    if not line:
        return Person()
    pages = ["".join(found) for found in _PAGE.findall(line)]
    line = _PAGE.sub(" ", line) if pages else line
    mailboxes = _MAILBOX.findall(line) if "@" in line else []
    line = " ".join(_MAILBOX.sub(" ", line).split()) if mailboxes else " ".join(line.split())
    while inner := _IN_PARENTHESES(line):
        line = inner[1].strip()
    name = line.strip(" ,;:<>[]|") if pages or mailboxes else line
    mailbox = mailboxes[0].removesuffix(".") if mailboxes else ""
    if not text.is_visible(name) and mailbox and reader.settings.authors_email:
        name = mailbox
    if not text.is_visible(name):
        what = "an e-mail address" if mailbox else "an address"
        message = f"is {what} without a name; it was left out"
        reader.note(path, Code.MISSING, message, "write a name before it")
        return Person()
    url = reader.address({"url": pages[0]}, ("url",), path) if pages else ""
    return _with_sound_mailbox(reader, Person(name, mailbox, url), path)


def _with_sound_mailbox(reader: FieldReader, author: Person, path: Path) -> Person:
    """Return an author without a mailbox that is not published, or that feeds cannot carry."""
    if not author.email:
        return author
    if not reader.settings.authors_email:
        return author._replace(email="")
    if _SOUND_MAILBOX(author.email):
        return author
    message = "has an e-mail address that feeds cannot contain; it was left out"
    reader.note(path, Code.BAD_VALUE, message, "write it like jane@example.org")
    return author._replace(email="")
