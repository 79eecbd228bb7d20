"""Text that every XML 1.0 document, JSON document and page can carry. Pure."""

import re
import unicodedata
from functools import lru_cache
from html import unescape as resolve
from html.entities import html5
from typing import Final

# Characters that XML 1.0 forbids: https://www.w3.org/TR/xml/#charsets. A single one
# makes a whole feed invalid, so they are removed from each entry.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# C1 controls are allowed in XML but never intended; U+0085 is a line break in YAML.
_CONTROLS: Final = re.compile("[\x7f-\x84\x86-\x9f]")
# A character reference as XML has it. One that does not end in a semicolon is a part of an
# address: `&copy=2`.
_REFERENCE: Final = re.compile("&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+)|[a-zA-Z][a-zA-Z0-9]*);")
_LARGEST_CODE: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
_SPELLED: Final = (("+", " plus "), ("#", " sharp "), ("&", " and "))
_LONGEST_SLUG: Final = 100


def first_forbidden(text: str) -> int | None:
    """Return the index of the first character that no feed can carry, or None."""
    match = _FORBIDDEN.search(text) or _CONTROLS.search(text)
    return match.start() if match else None


def place(before: str) -> tuple[int, int]:
    """Return the line and the column, both from 1, that follow a text."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def clean(text: str) -> str:
    """Return a text without the characters that XML 1.0 forbids, with lines that end in LF."""
    text = _CONTROLS.sub("", _FORBIDDEN.sub("", text))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_line(text: str) -> bool:
    """Return whether a text has one clean line, and neither references nor tags; a fast check."""
    # No printable character is forbidden, and the only printable white space is the space.
    return (
        text.isprintable()
        and "  " not in text
        and "&" not in text
        and "<" not in text
        and text == text.strip()
    )


def one_line(text: str) -> str:
    """Return clean text on one line, with each run of white space as one space."""
    if is_line(text):
        return text
    return " ".join(_CONTROLS.sub("", _FORBIDDEN.sub(" ", text)).split())


def in_typographic_quotes(value: object) -> bool:
    """Return whether a value begins with a quote that YAML and JSON take for a letter."""
    return isinstance(value, str) and value.strip()[:1] in tuple("“”„‘’‚«»")


def unescape(text: str) -> str:
    """Return text with the HTML character references resolved once that end in a semicolon.

    Crawlers leave them in. References to characters that are none leave nothing.
    """
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    name = reference[0][1:]
    return numeric(name[1:-1]) if name.startswith("#") else html5.get(name, reference[0])


def numeric(digits: str) -> str:
    """Return the character of a numeric reference, as HTML has it, or an empty string.

    `digits` stand between `&#` and the semicolon: `233` or `xE9`. For NUL, surrogates and
    numbers beyond Unicode, HTML has U+FFFD, of which no reader has any use.
    https://html.spec.whatwg.org/multipage/parsing.html#numeric-character-reference-end-state
    """
    base = 16 if digits[0] in "xX" else 10
    significant = digits.lstrip("xX0")
    # Python refuses to read thousands of digits.
    code = int(significant, base) if 0 < len(significant) <= len(str(_LARGEST_CODE)) else 0
    is_none = code == 0 or code in _SURROGATES or code > _LARGEST_CODE
    return "" if is_none else resolve(f"&#{code};")


def shorten(text: str, longest: int) -> str:
    """Return at most `longest` characters, cut at a word, with an ellipsis if cut."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > longest // 2 else head).rstrip() + "…"


def many(number: int, noun: str) -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@lru_cache(maxsize=65536)
def slug(name: str) -> str:
    """Return a name as a part of an address: `computer-vision` for `Computer Vision`.

    Letters of every script are kept, in NFKC and lower case. The signs of `C++`
    and `C#` are spelled out, because both have a meaning in addresses. Empty if
    the name has no letter, mark or digit.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    for sign, word in _SPELLED:
        folded = folded.replace(sign, word)
    # Letters, marks and digits: the vowels of many scripts are marks.
    spaced = (c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return "-".join("".join(spaced).split())[:_LONGEST_SLUG].rstrip("-")
