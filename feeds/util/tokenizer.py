"""The words of a text, as searches and keywords compare them. Pure.

Case, accents and punctuation do not count. The same folding is used for what
is indexed, for what is searched and for what is explained, so all three agree
whatever a database's own tokenizer would do.

Scripts that put no space between words (Han, Kana, Thai and their neighbours)
are cut into single characters: a word in them is found wherever its characters
stand side by side. `C++`, `C#` and `F#` keep their signs: without them they
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
# What becomes of each byte of ASCII: several times as fast as a regular expression.
_ASCII: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in "+#" else ord(" ")
    for code in range(128)
).ljust(256)
_SIGNS: Final = re.compile("([^ +#])?([+#]+)")
# Punctuation of print, the only thing most texts have that is not ASCII.
_PRINTED: Final = re.compile("[\u00a0-\u00a9\u00ab-\u00b1\u00b4-\u00b8\u00bb\u00bf\u2000-\u206f]")
# Where a line may be broken, which is no part of a word.
_HYPHEN: Final = "\u00ad"
# What can be found of a text: see `searchable`. A word's length is in bytes.
_MOST_WORDS: Final = 16_000
_MOST_TIMES: Final = 200
_LONGEST_WORD: Final = 500
_LONGEST_CHARACTER: Final = 4  # bytes in UTF-8
_NO_WORD: Final = "§"
_QUOTED: Final = re.compile(r'"([^"]*)"|([^"\s]+)')


# Where marks are: the rest of the seventeen planes has ideographs, Hangul or nothing,
# and to look through it all would take a tenth of a second of every start.
_WITH_MARKS: Final = (
    range(0x300, 0x3400),
    range(0xA48D, 0xAC00),
    range(0xF900, 0x20000),
    range(0xE0000, 0xE1000),
)


def _marks() -> str:
    """Every combining mark, as ranges of a character class."""
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
def _separators() -> re.Pattern[str]:
    """What is no letter, digit or mark of any script; `_` is punctuation to people.

    Made when it is first needed: most texts have nothing but ASCII.
    """
    return re.compile(f"[^\\w+#{_marks()}]+|_+")


def fold(text: str) -> str:
    """The words of a text, folded, with one space between them."""
    if not text.isascii():
        text = _without_print(text)
    if text.isascii():
        text = text.encode().translate(_ASCII).decode()
    else:
        text = unicodedata.normalize("NFKD", text).casefold()
        text = unicodedata.normalize("NFKC", _ACCENTS.sub("", text))
        text = _UNSPACED.sub(r" \1 ", _separators().sub(" ", text))
    if "+" in text or "#" in text:
        text = _SIGNS.sub(_sign, text)
    return " ".join(text.split())


def indexed(text: str) -> str:
    """Return a text for an index that splits and lowers ASCII by itself, as `fold` does.

    Most texts are ASCII but for the punctuation of print, and folding a million
    of them here would cost more than indexing them. The index has no more of a
    text than `searchable`.
    """
    if not text.isascii():
        text = _without_print(text)
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
    found = []
    for word in words[:_MOST_WORDS]:
        times[word] += 1
        is_found = times[word] <= _MOST_TIMES and len(word.encode()) <= _LONGEST_WORD
        found.append(word if is_found else _NO_WORD)
    return " ".join(found)


def _without_print(text: str) -> str:
    return _PRINTED.sub(" ", text.replace(_HYPHEN, ""))


def _sign(found: re.Match[str]) -> str:
    letter, signs = found[1] or "", found[2]
    return f"{letter}{signs} " if letter and signs in ("++", "#") else f"{letter} "


def phrases(written: str) -> tuple[Phrase, ...]:
    """What a search asks for: words, and phrases in double quotes; each once, in order.

    What has no word in it is left out, so the outcome may be empty.
    """
    found = (phrase(quoted or bare) for quoted, bare in _QUOTED.findall(_plain_quotes(written)))
    return tuple(sorted({one for one in found if one}))


def phrase(written: str) -> Phrase:
    """The words that have to stand side by side."""
    return tuple(fold(written).split())


def write(wanted: tuple[Phrase, ...]) -> str:
    """Phrases as a search would ask for them: the inverse of `phrases`."""
    return " ".join(f'"{said}"' if " " in (said := say(one)) else said for one in wanted)


def say(wanted: Phrase) -> str:
    """A phrase as people write it: no spaces in scripts that have none."""
    said = wanted[0]
    for before, word in pairwise(wanted):
        together = _UNSPACED.fullmatch(before) and _UNSPACED.fullmatch(word)
        said += word if together else f" {word}"
    return said if phrase(said) == wanted else " ".join(wanted)


def contains(folded: str, wanted: Phrase) -> bool:
    """Whether a folded text has a phrase in it, whole words only."""
    return f" {' '.join(wanted)} " in f" {folded} "


def _plain_quotes(written: str) -> str:
    """Typographic double quotes, as phones write them, count as plain ones."""
    return re.sub("[“”„‟«»＂]", '"', written)
