"""What links within an article lead to: ids that no other article has. Pure."""

import re
from typing import Final
from urllib.parse import quote, unquote, urldefrag

from turbohtml import Document, Element

from feeds.articles import elements
from feeds.util import urls

_IS_ID: Final = re.compile(r"[^\s\"'&<>]{1,200}").fullmatch
Tree = Document | Element

_SAFE: Final = "!$()*+,;=:@/?~"  # in a fragment, RFC 3986 section 3.5
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


class Anchors:
    """The ids in the content of one article: those of headings, and those that it links to.

    Readers show several articles on one page of their own, so each id ends in the beginning of
    the id of its entry.
    """

    def __init__(self, content: Tree, base: str) -> None:
        """Take the content of the article at the address `base`."""
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

    def address(self, address: str) -> str:
        """Return the address of a link: one of the article's page if it leads to an id here."""
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
