"""Find the catalog for a language tag: its own, that of its parent, or none. Pure."""

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from babel.core import get_global

SOURCE: Final = "en"  # the language of the sentences in the program: it needs no catalog
FOLDER: Traversable = files("feeds.locale")
_SUFFIX: Final = ".po"


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Return the tags of all languages that the program speaks, in order."""
    names = (file.name for file in FOLDER.iterdir() if file.name.endswith(_SUFFIX))
    return tuple(sorted({SOURCE, *(name.removesuffix(_SUFFIX) for name in names)}))


def catalog_file(language: str) -> Traversable:
    """Return the catalog of a language that the program speaks; the source has none."""
    return FOLDER.joinpath(f"{language}{_SUFFIX}")


@lru_cache(maxsize=64)
def spoken(tag: str) -> str:
    """Return the language, of those that the program speaks, for a tag; empty without one.

    It is in the same script, which CLDR knows where the tag does not say: `zh` and `zh-SG` are
    `zh-Hans`, `zh-TW` is not.
    """
    same = [language for language in languages() if _in_script(language) == _in_script(tag)]
    return max(same, key=lambda language: _common_parts(language, tag), default="")


def parts(tag: str) -> list[str]:
    """Return the parts of a tag as CLDR spells them: `zh-hant-tw` is `zh`, `Hant` and `TW`."""
    first, *others = tag.replace("_", "-").split("-")
    return [first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in others)]


def _in_script(tag: str) -> tuple[str, str]:
    """Return the language and the script of a tag."""
    language, *others = parts(tag)
    given = [part for part in others if len(part) == 4 and part.isalpha()]
    regions = [part for part in others if len(part) in (2, 3)]
    likely = get_global("likely_subtags")
    keys = [f"{language}_{region}" for region in regions] + [language]
    known = next((likely[key].split("_")[1] for key in keys if key in likely), "")
    return language, given[0] if given else known


def _common_parts(one: str, other: str) -> tuple[int, int]:
    """Return how many parts two tags have in common; among equals, the shorter first."""
    common = len([1 for a, b in zip(parts(one), parts(other), strict=False) if a == b])
    return common, -len(parts(one))
