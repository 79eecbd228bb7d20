"""Text that every XML 1.0 document, JSON document and page can carry. Pure."""

import re
import unicodedata
from collections import Counter
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
_MOST_LISTED: Final = 5
# What shows nothing, though its category is that of a letter or a sign: fillers and a blank.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"))
# What continues the character before it, beside marks: vowels of Thai and Lao, joiners, voiced
# Kana, skin tones, tags.
_CONTINUES: Final = re.compile(
    "[\u0e33\u0eb3\u200c\u200d\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)
# Letters of Hangul that are one syllable.
_HANGUL: Final = re.compile(
    "[\u1100-\u115f\ua960-\ua97c][\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb]"
    "|[\u1160-\u11ff\uac00-\ud7fb][\u1160-\u11ff\ud7b0-\ud7fb]"
)
_FLAG_LETTERS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # two are a flag
_FIRST_TAG: Final = "\U000e0020"  # tags end flags such as that of Wales
_VIRAMA: Final = 9  # the combining class of what joins two consonants


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


def is_visible(text: str) -> bool:
    """Return whether a text shows anything: not spaces, controls and marks alone."""
    # Nearly all texts begin with a visible character.
    return any(unicodedata.category(c) not in _UNSEEN and c not in _BLANK for c in text)


def shorten(text: str, longest: int) -> str:
    """Return at most `longest` characters, cut at a word, with an ellipsis if cut."""
    if len(text) <= longest:
        return text
    head = cut(text, longest - 1)
    space = head.rfind(" ")
    return (head[:space] if space > longest // 2 else head).rstrip() + "…"


def cut(text: str, longest: int) -> str:
    """Return at most the first `longest` code points, as whole characters.

    Those are grapheme clusters (https://unicode.org/reports/tr29/): a letter with its accents, a
    flag, a family. Of a text that begins with one that is longer, it is a part. A library such
    as `regex` would take a tenth of a second and 11 MB of each process.
    """
    if len(text) <= longest:
        return text
    at = longest
    while at > 0 and _is_within_cluster(text, at):
        at -= 1
    return text[: at or longest]


def _is_within_cluster(text: str, at: int) -> bool:
    """Return whether the code points before and after an index belong together.

    Where the standard says so of some scripts alone (consonants behind a virama, what follows a
    joiner), it is said of all: then a cut comes a little earlier.
    """
    before, after = text[at - 1], text[at]
    if unicodedata.category(after)[0] == "M" or _CONTINUES.match(after):
        return True
    if before < _FIRST_TAG and unicodedata.category(before) == "Cf":
        return True
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if after in _FLAG_LETTERS:
        return (at - len(text[:at].rstrip(_FLAG_LETTERS))) % 2 == 1
    return _HANGUL.match(text, at - 1) is not None


def many(number: int, noun: str) -> str:
    """Return a number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def counted(noun: str, names: Counter[str]) -> str:
    """Return how many there are of what has some names: `3 shortcodes (figure, youtube)`.

    The first names are listed; what has none has an empty one.
    """
    named = [name for name in names if name]
    more = ", …" if len(named) > _MOST_LISTED else ""
    list_of_names = f" ({', '.join(named[:_MOST_LISTED])}{more})" if named else ""
    return f"{many(names.total(), noun)}{list_of_names}"


@lru_cache(maxsize=65536)
def slug(name: str, longest: int = _LONGEST_SLUG) -> str:
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
    return cut("-".join("".join(spaced).split()), longest).rstrip("-")
