"""What was perhaps meant: the nearest of the names that exist. Pure.

Unknown names come from strangers, against tens of thousands of known ones;
the standard library's difflib would take seconds for that.
"""

from collections.abc import Iterable

from rapidfuzz import fuzz, process


def nearest(name: str, known: Iterable[str], most: int = 1, score: int = 65) -> list[str]:
    """Up to `most` of the known names that are like this one, the likest first."""
    found = process.extract(
        name[:100].lower(),
        list(known),
        scorer=fuzz.ratio,
        limit=most,
        score_cutoff=score,
        processor=str.lower,
    )
    return [match for match, _, _ in found]
