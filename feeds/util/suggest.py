"""What was perhaps meant: the nearest of the names that exist. Pure.

Unknown names come from strangers, against tens of thousands of known ones;
the standard library's difflib would take seconds for that.
"""

from collections.abc import Iterable

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA


def nearest(name: str, known: Iterable[str], most: int = 1, score: int = 65) -> list[str]:
    """Up to `most` of the known names that are like this one, the likest first."""
    names = list(known)
    found = process.extract(
        name[:100].lower(),
        [one.lower() for one in names],  # by `processor`, it would take twice as long
        scorer=fuzz.ratio,
        limit=most,
        score_cutoff=score,
    )
    return [names[place] for _, _, place in found]


def typos(written: str, meant: str) -> int:
    """How many letters are to be changed, put in, left out or exchanged with the next."""
    return OSA.distance(written, meant)
