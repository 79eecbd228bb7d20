"""Text that every XML 1.0 document, JSON document and page can carry. Pure."""

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

# What XML 1.0 forbids: https://www.w3.org/TR/xml/#charsets. One of these in one
# entry would cost the whole feed, so they go here, entry by entry.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# C1 controls are legal XML but never meant; U+0085 is a line break to YAML.
_CONTROLS: Final = re.compile("[\x7f-\x84\x86-\x9f]")
_SPELLED: Final = (("+", " plus "), ("#", " sharp "), ("&", " and "))
_LONGEST_SLUG: Final = 100


def first_forbidden(text: str) -> int | None:
    """The index of the first character that no feed can carry."""
    found = _FORBIDDEN.search(text) or _CONTROLS.search(text)
    return found.start() if found else None


def place(before: str) -> tuple[int, int]:
    """Line and column, both from 1, of what comes after some text."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def clean(text: str) -> str:
    """The same text with nothing in it that XML 1.0 forbids, lines ended by LF."""
    text = _CONTROLS.sub("", _FORBIDDEN.sub("", text))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_line(text: str) -> bool:
    """Whether a text is what `one_line` and `unescape` would make of it, told quickly."""
    # Nothing printable is forbidden, and of white space only the space is printable.
    return text.isprintable() and "  " not in text and "&" not in text and text == text.strip()


def one_line(text: str) -> str:
    """Clean text on one line, runs of white space folded into a single space."""
    if is_line(text):
        return text
    return " ".join(_CONTROLS.sub("", _FORBIDDEN.sub(" ", text)).split())


def unescape(text: str) -> str:
    """Text with HTML character references resolved once: crawlers leave them in."""
    return html.unescape(text) if "&" in text else text


def shorten(text: str, longest: int) -> str:
    """At most `longest` characters, cut at a word, with an ellipsis if cut."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > longest // 2 else head).rstrip() + "…"


def many(number: int, noun: str) -> str:
    """So many of something: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@lru_cache(maxsize=65536)
def slug(name: str) -> str:
    """The address of a name: `Computer Vision` is at `computer-vision`.

    Letters of every script stay, in NFKC and lower case, so that no two
    scripts fall together. `C++` and `C#` keep their signs, spelled out, since
    both have a meaning in addresses. Empty if nothing is left.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    for sign, word in _SPELLED:
        folded = folded.replace(sign, word)
    # Letters, marks and digits: the vowels of many scripts are marks.
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return "-".join("".join(kept).split())[:_LONGEST_SLUG].rstrip("-")
