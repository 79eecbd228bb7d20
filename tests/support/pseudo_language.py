"""A made-up language that puts each message in marks, to find words that are not marked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from babel.dates import get_day_names, get_month_names
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from feeds.locale import languages, locales
from feeds.render.html import environment
from tests.support.catalogs import extracted

LANGUAGE: Final = "eo"  # CLDR has its dates, and the program does not speak it
OPEN, CLOSE = "⟦", "⟧"
# Names that are the same everywhere, and values of parameters.
_NAMES: Final = frozenset(
    "RSS Atom JSON Feed OPML YAML URL QR UTC Feedly Inoreader NewsBlur The Old Reader "
    "NetNewsWire kB MB GB bajtoj aŭ kaj".split()
)
_MONTHS: Final = frozenset(
    word
    for width in ("wide", "abbreviated")
    for names in (get_month_names(width, locale=LANGUAGE), get_day_names(width, locale=LANGUAGE))
    for word in names.values()
)
_ADDRESS: Final = re.compile(
    r"(?:\w+:)?//\S+|(?<!\w)[/?][\w./+?=&%:,~-]+|\S+@\S+|[\w-]+(?:\.[\w-]+)+"
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_SPOKEN: Final = ("aria-label", "alt", "title", "placeholder", "content", "label")
_TOLD: Final = ("description", "og:title", "og:description")  # of what `meta` says
_SKIPPED: Final = frozenset(("script", "style", "code", "pre"))
_VOID: Final = frozenset(("meta", "link", "img", "br", "hr", "input"))


@contextmanager
def spoken(
    folder: Path, monkeypatch: pytest.MonkeyPatch, language: str = LANGUAGE
) -> Iterator[None]:
    """Let the program speak the made-up language, beside English alone."""
    catalog = Catalog(language)
    for message in extracted():
        if message.id:
            ids = (message.id,) if isinstance(message.id, str) else message.id
            forms = [f"{OPEN}{form}{CLOSE}" for form in ids]
            forms += forms[-1:] * (catalog.num_plurals - len(forms))
            string = forms[0] if isinstance(message.id, str) else tuple(forms)
            catalog.add(message.id, string, context=message.context)
    folder.mkdir(parents=True)
    with (folder / f"{language}.po").open("wb") as file:
        write_po(file, catalog)
    with monkeypatch.context() as patch:
        patch.setattr(languages, "FOLDER", folder)
        forget()
        yield
    forget()


def forget() -> None:
    """Let the catalogs be read again."""
    for function in (languages.languages, languages.spoken, locales.locale_of):
        function.cache_clear()
    locales._translations.cache_clear()
    environment._environment.cache_clear()


def unmarked(text: str) -> list[str]:
    """Return the words of a text outside marks that are neither names nor content.

    Words of content begin with Q.
    """
    outside, depth = "", 0
    for character in text:
        depth += (character == OPEN) - (character == CLOSE)
        outside += "" if depth or character == CLOSE else character
    assert depth == 0, text
    words = _WORD.findall(_ADDRESS.sub(" ", outside))
    return [
        word for word in words if word[0] not in "qQ" and word not in _NAMES and word not in _MONTHS
    ]


class Words(HTMLParser):
    """The words of a page that are not marked, and marked ones that claim another language."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._open: list[tuple[str, str]] = []  # tags with the language within them
        self._depth = 0
        self.feed(document)
        self.close()
        assert self._depth == 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        language = attributes.get("lang", self._open[-1][1] if self._open else "")
        for name in _SPOKEN:
            value = attributes.get(name, "")
            if tag == "meta" and attributes.get("name", attributes.get("property")) not in _TOLD:
                continue
            if not self._depth and (words := unmarked(value)):
                self.wrong.append(f"{tag} {name}: {' '.join(words)}")
        for name, value in attributes.items():
            if name.startswith("data-") and " " in value and (words := unmarked(value)):
                self.wrong.append(f"{tag} {name}: {' '.join(words)}")
        if tag == "html" and language != LANGUAGE:
            self.wrong.append(f"html lang: {language}")
        if tag not in _VOID:
            self._open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if _SKIPPED & set(tags):
            return
        if OPEN in data and self._open[-1][1] != LANGUAGE:
            self.wrong.append(f"in lang={self._open[-1][1]}: {data.strip()}")
        outside = ""
        for character in data:
            self._depth += (character == OPEN) - (character == CLOSE)
            outside += "" if self._depth or character == CLOSE else character
        # What is in English for whoever runs the site says so.
        if self._open[-1:] and self._open[-1][1] != "en" and (words := unmarked(outside)):
            self.wrong.append(f"{' '.join(tags[-2:])}: {' '.join(words)} in {data.strip()!r}")
