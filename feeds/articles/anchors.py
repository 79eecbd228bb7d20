"""Resolve the links of an article: to ids within it, and to files of other articles. Pure."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, urldefrag

from turbohtml import Document, Element

from feeds.articles import elements
from feeds.util import urls

# A path of a file as generators have it; other links may end so too, but with a host.
_FILE: Final = re.compile(
    r"(?![/?#])(?![A-Za-z][A-Za-z0-9+.-]*:)([^?#]+\.(?:md|mdx|markdown))(?:#(.*))?", re.IGNORECASE
).fullmatch
_NAMED_FILE: Final = re.compile(r"(@/[^?#]*)(?:#(.*))?").fullmatch  # of which nothing else is meant
_IS_ID: Final = re.compile(r"[^\s\"'&<>]{1,200}").fullmatch
Tree = Document | Element
# The address of the article in a file, by the path that another article names it with; empty if
# there is none. The path is relative to the folder of that article or to one above it, as `@/x`
# to the uppermost.
AddressOf = Callable[[str], str]

_SAFE: Final = "!$()*+,;=:@/?~"  # in a fragment, RFC 3986 section 3.5
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


def unknown_address(path: str) -> str:
    """Return that no other article is known."""
    return ""


def address_in(path: str, address_of: AddressOf) -> str | None:
    """Return the address of the article in the file at a path, which may have a fragment; None
    if that is not known."""
    path, _, fragment = path.partition("#")
    other = address_of(unquote(path))
    return f"{other}#{fragment}" if other and fragment else other or None


class Site(NamedTuple):
    """The address that paths are relative to, if there is one, and the articles of other files."""

    base: str = ""
    address_of: AddressOf = unknown_address


class Anchors:
    """The ids in the content of one article: those of headings, and those that it links to.

    Readers show several articles on one page of their own, so each id ends in the beginning of
    the id of its entry.
    """

    def __init__(self, content: Tree, base: str, address_of: AddressOf) -> None:
        """Take the content of the article at the address `base`."""
        self._address_of = address_of
        self._is_file_itself = _FILE(base.rpartition("/")[2]) is not None
        self._names = {
            name
            for element in content.select("[id], a[name]")
            if (name := _name(element)) and elements.shown_as(element)
        }
        self._unwritten = set(self._names)
        self._linked = set[str]()
        if self._names:
            self._page = urldefrag(base)[0]
            self._suffix = f"-{urls.entry_id(base).hex[:8]}"
            links = content.select("a[href*='#']")
            self._linked.update(self._name_in(link.attr("href") or "") for link in links)

    def id_of(self, element: Element) -> str:
        """Return the id to write for an element, each once; an empty string for none."""
        name = _name(element) if self._unwritten else ""
        if name not in self._unwritten:
            return ""
        if element.tag not in _HEADINGS and name not in self._linked:
            return ""
        self._unwritten.remove(name)
        return self._unique(name)

    def address(self, address: str) -> str | None:
        """Return where a link leads: to an id of the article's page, or to another article.

        None for a file that is not an article.
        """
        if _NAMED_FILE(address) or (_FILE(address) and not self._is_file_itself):
            return address_in(address, self._address_of)
        if not self._names or "#" not in address:
            return address
        name = self._name_in(address)
        return f"{self._page}#{quote(self._unique(name), _SAFE)}" if name else address

    def _name_in(self, address: str) -> str:
        """Return the id here that an address leads to, or an empty string."""
        page, _, fragment = address.partition("#")
        name = unquote(fragment) if page in ("", self._page) else ""
        return name if name in self._names else ""

    def _unique(self, name: str) -> str:
        return name if name.endswith(self._suffix) else f"{name}{self._suffix}"


def _name(element: Element) -> str:
    """Return the id of an element, or the name of an anchor, if it can be one."""
    name = element.attr("id") or (element.attr("name") if element.tag == "a" else "") or ""
    return name if _IS_ID(name) else ""
