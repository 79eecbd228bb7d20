"""The commonest words of common languages, and which of them a text has for sure. Pure.

They are what most texts have. Whoever wants entries without one of them would
read thousands to find a few; any other word is lacking so often that those
without it are found among the first that are read. So the catalog keeps with
every entry which of these it has, as the bits of one number.

That has to cost an ingest next to nothing, so it is only looked for words
between spaces, and only for those of a language whose commonest word is there:
a text may have words whose bits are not set, but it has all whose bits are.

The catalog is full of these numbers: a bit may get a word, but never another.
"""

from collections.abc import Iterable
from typing import Final

from feeds.model import Phrase

# By the commonest word of a language, or of several that share it. Folded, as
# `feeds.util.tokenizer` does it. The first bits make the shortest numbers.
_LISTS: Final = (
    "the of to and a in for",  # English
    "de la en que el y les et a e het een van in",  # Spanish, French, Portuguese, Dutch
    "der die und den in",  # German
    "di la il che e a",  # Italian
    "и в на",  # Russian
    "的 在",  # Chinese
    "の に は を",  # Japanese
)
WORDS: Final = tuple(dict.fromkeys(" ".join(_LISTS).split()))
_BITS: Final = {word: 1 << number for number, word in enumerate(WORDS)}
_LANGUAGES: Final = tuple(
    (f" {words.split()[0]} ", tuple((f" {word} ", _BITS[word]) for word in words.split()))
    for words in _LISTS
)


def bits(text: str) -> int:
    """Some of the words that a text has, as it is `words.indexed`."""
    spaced = f" {text.lower()} "
    for commonest, language in _LANGUAGES:
        if commonest in spaced:
            return sum([bit for word, bit in language if word in spaced])
    return 0


def bits_of(phrases: Iterable[Phrase]) -> int:
    """The bits of those phrases that are one of the words."""
    return sum({_BITS.get(phrase[0], 0) for phrase in phrases if len(phrase) == 1})
