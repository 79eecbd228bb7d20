"""The words of a text, as searches and keywords compare them. Pure.

Case, accents and punctuation do not count. The same folding is used for what
is indexed, for what is searched and for what is explained, so all three agree
whatever a database's own tokenizer would do.

Scripts that put no space between words (Han, Kana, Thai and their neighbours)
are cut into single characters: a word in them is found wherever its characters
are adjacent. `C++`, `C#` and `F#` keep their signs: without them they
would be single letters.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import chain, pairwise
from typing import Final

from feeds.model import Phrase

# Accents, not the vowel signs of scripts that write vowels as marks.
_ACCENTS: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_UNSPACED: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff])"
)
# The folded form of each byte of ASCII: several times as fast as a regular expression.
_ASCII: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in "+#" else ord(" ")
    for code in range(128)
).ljust(256)
_SIGNS: Final = re.compile("([^ +#])?([+#]+)")
# Typographic punctuation, the only characters beyond ASCII in most texts.
_TYPOGRAPHIC: Final = re.compile(
    "[\u00a0-\u00a9\u00ab-\u00b1\u00b4-\u00b8\u00bb\u00bf\u2000-\u206f]"
)
# Where a line may be broken; it is not part of a word.
_SOFT_HYPHEN: Final = "\u00ad"
# What can be found of a text: see `searchable`. A word's length is in bytes.
_MOST_WORDS: Final = 16_000
_MOST_TIMES: Final = 200
_LONGEST_WORD: Final = 500
_LONGEST_CHARACTER: Final = 4  # bytes in UTF-8
_NO_WORD: Final = "§"
_QUOTED: Final = re.compile(r'"([^"]*)"|([^"\s]+)')


# The parts of Unicode that have marks. The rest has ideographs, Hangul or nothing, and
# searching all of it would take a tenth of a second at each start.
_WITH_MARKS: Final = (
    range(0x300, 0x3400),
    range(0xA48D, 0xAC00),
    range(0xF900, 0x20000),
    range(0xE0000, 0xE1000),
)


def _marks() -> str:
    """Return all combining marks as ranges of a character class."""
    ranges: list[list[int]] = []
    codes = list(chain(*_WITH_MARKS))
    for code, category in zip(codes, map(unicodedata.category, map(chr, codes)), strict=True):
        if category[0] != "M":
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@cache
def _many_marks() -> re.Pattern[str]:
    """Return a pattern of more marks of one letter than any language has, in two groups: those
    that count and the rest.

    Unicode's normal forms take the square of their number. https://unicode.org/reports/tr15/,
    section 13, allows 30; those of half width become marks.
    """
    marks = f"[{_marks()}\uff9e\uff9f]"
    return re.compile(f"({marks}{{30}}){marks}+")


@cache
def _separators() -> re.Pattern[str]:
    """Return a pattern of what is not a letter, digit or mark; `_` is punctuation to people.

    It is made when it is first needed, because most texts are ASCII.
    """
    return re.compile(f"[^\\w+#{_marks()}]+|_+")


def fold(text: str) -> str:
    """Return the words of a text, folded, with one space between them."""
    if not text.isascii():
        text = _without_typography(text)
    if text.isascii():
        return _fold_ascii(text)
    # Line by line, since most are ASCII, and those take a tenth of the time.
    lines = ((_fold_ascii if line.isascii() else _fold)(line) for line in text.split("\n"))
    return " ".join(filter(None, lines))


def _fold_ascii(text: str) -> str:
    return _without_signs(text.encode().translate(_ASCII).decode())


def _fold(text: str) -> str:
    text = _many_marks().sub(r"\1", text)
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKC", _ACCENTS.sub("", text))
    return _without_signs(_UNSPACED.sub(r" \1 ", _separators().sub(" ", text)))


def _without_signs(text: str) -> str:
    """Return a text with `+` and `#` only where they are part of a word, and single spaces."""
    if "+" in text or "#" in text:
        text = _SIGNS.sub(_sign, text)
    return " ".join(text.split())


def indexed(text: str) -> str:
    """Return a text for an index that splits and lowers ASCII by itself, as `fold` does.

    Most texts are ASCII but for typographic punctuation, and folding a million
    of them here would cost more than indexing them. The index has no more of a
    text than `searchable`.
    """
    if not text.isascii():
        text = _without_typography(text)
    if not text.isascii() or "+" in text or "#" in text:
        return searchable(text)
    # Nearly all texts are found to be within the bounds at the cost of this line.
    if len(text) <= _LONGEST_WORD and text.encode().translate(_ASCII).count(b" ") < _MOST_TIMES:
        return text
    folded = fold(text)
    bounded = _bounded(folded)
    return text if bounded is folded else bounded


def searchable(text: str) -> str:
    """Return the words of a text that can be found, folded, with one space between them.

    These are its first 16,000 words, each at most 200 times and of at most 500 bytes
    in UTF-8: no full-text index takes more than some limit, and these hold for a
    `tsvector` of PostgreSQL (https://www.postgresql.org/docs/current/textsearch-limitations.html).
    A sign that no word equals stands in place of others, so that phrases are the same.
    """
    return _bounded(fold(text))


def _bounded(folded: str) -> str:
    words = folded.split()
    longest = max(map(len, words), default=0) * _LONGEST_CHARACTER
    if len(words) <= _MOST_TIMES and longest <= _LONGEST_WORD:
        return folded
    times = Counter(words)
    if (
        len(words) <= _MOST_WORDS
        and max(times.values()) <= _MOST_TIMES
        and longest <= _LONGEST_WORD
    ):
        return folded
    times.clear()
    kept = []
    for word in words[:_MOST_WORDS]:
        times[word] += 1
        is_kept = times[word] <= _MOST_TIMES and len(word.encode()) <= _LONGEST_WORD
        kept.append(word if is_kept else _NO_WORD)
    return " ".join(kept)


def _without_typography(text: str) -> str:
    return _TYPOGRAPHIC.sub(" ", text.replace(_SOFT_HYPHEN, ""))


def _sign(match: re.Match[str]) -> str:
    letter, signs = match[1] or "", match[2]
    return f"{letter}{signs} " if letter and signs in ("++", "#") else f"{letter} "


def phrases(written: str) -> tuple[Phrase, ...]:
    """Return the words of a search, and its phrases in double quotes; each once, sorted.

    Parts without a word are left out, so the result may be empty.
    """
    parts = (phrase(quoted or bare) for quoted, bare in _QUOTED.findall(_plain_quotes(written)))
    return tuple(sorted({part for part in parts if part}))


def phrase(written: str) -> Phrase:
    """Return the words that have to be adjacent."""
    return tuple(fold(written).split())


def write(searched: tuple[Phrase, ...]) -> str:
    """Return phrases as a search has them: the inverse of `phrases`."""
    texts = map(display, searched)
    return " ".join(f'"{text}"' if " " in text else text for text in texts)


def display(words: Phrase) -> str:
    """Return a phrase as people write it, without spaces in scripts that have none."""
    text = words[0]
    for before, word in pairwise(words):
        together = _UNSPACED.fullmatch(before) and _UNSPACED.fullmatch(word)
        text += word if together else f" {word}"
    return text if phrase(text) == words else " ".join(words)


def contains(folded: str, words: Phrase) -> bool:
    """Return whether a folded text contains a phrase, whole words only."""
    return f" {' '.join(words)} " in f" {folded} "


def _plain_quotes(written: str) -> str:
    """Return text with typographic double quotes, as phones write them, as plain ones."""
    return re.sub("[“”„‟«»＂]", '"', written)
