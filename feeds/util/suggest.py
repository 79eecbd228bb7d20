"""Suggestions for names that are not known: the names most like them. Pure.

Unknown names come from anybody, and there are tens of thousands of known ones: difflib of the
standard library would take seconds.
"""

from collections.abc import Iterable

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA


def suggest(name: str, known: Iterable[str], most: int = 1, score: int = 65) -> list[str]:
    """Return up to `most` of the known names, the one most like `name` first.

    `score` is how much alike they have to be, from 0 to 100 (equal but for the case of letters).
    """
    names = list(known)
    matches = process.extract(
        name[:100].lower(),
        [known_name.lower() for known_name in names],  # `processor` would take twice as long
        scorer=fuzz.ratio,
        limit=most,
        score_cutoff=score,
    )
    return [names[index] for _, _, index in matches]


def edit_distance(written: str, meant: str) -> int:
    """Return how many letters to change, insert, delete or swap with the next one."""
    return OSA.distance(written, meant)
