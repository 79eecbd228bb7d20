"""Pages for people, read strictly."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}
DRAWN = {"svg", "path", "circle", "line", "rect"}
KNOWN_TAGS = DRAWN | set(
    "html head meta title link script body header nav main aside section footer h1 h2 h3 p ul ol "
    "li a img code pre span div time bdi q strong form label input button select option optgroup "
    "fieldset legend textarea output details summary dl dt dd figure figcaption "
    "table thead tbody tr th td".split()
)


class Page(HTMLParser):
    """A page parsed strictly: every element is closed where it must be."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(document.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN_TAGS, tag
        assert len(dict(attrs)) == len(attrs), attrs
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN, tag  # only SVG closes elements so
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self.open[-1:] != ["script"], "a script within the page"
        self.words += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def check(document: bytes) -> Page:
    """Check what holds for every page; return the page."""
    assert document.startswith(b"<!doctype html>")
    page = Page(document)
    assert len(page.all("title")) == len(page.all("h1")) == 1
    assert page.all("html")[0]["lang"]
    assert {"charset": "utf-8"} in page.all("meta")
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action"):
            assert re.match("(feed:)?https?://|/(?!/)|#", attributes.get(name, "/")), attributes
        assert "id" not in attributes or attributes["id"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for attributes in page.all("label") if "for" in attributes}
    assert labelled <= set(ids)
    return page
