"""Made-up articles in the image of `seeds/*.md`: what they say. Pure.

The same seed gives the same articles everywhere: only `random()` and
`randbytes()` are drawn from, which Python keeps stable, and only arithmetic
that IEEE 754 fixes is done with them. Each article has its own dice, so any
of them can be made without those before it.
"""

import re
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final, TypeVar

from benchmarks import words

MOST_RELATED: Final = 24
# As in the seed and its siblings.
_DRAFTS: Final = 0.1
_WITH_IMAGE: Final = 0.95
_WITH_AMP: Final = 0.78
_VIDEOS: Final = 0.08
_NEWER: Final = 0.25  # with the newer field names
_CRLF: Final = 0.05
_TWICE: Final = 0.04  # articles that name one address twice, with and without an image
_SHARED: Final = 0.02  # related coverage that other articles name too
_STORIES_A_WEEK: Final = 8  # that recur
_WEEK: Final = 64  # articles
_HAS_A_FILE: Final = 0.2  # of the coverage that recurs

_ARTICLE, _SHARED_STORY = 0, 1  # kinds of dice

_FIRST_DAY: Final = datetime(2019, 1, 1, tzinfo=UTC)
_MINUTES: Final = 5 * 365 * 24 * 60
_LONGEST_SLUG: Final = 46
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
_SIZES: Final = ((1200, 630), (1024, 683), (1600, 900), (800, 533), (2048, 1536))

_Item = TypeVar("_Item")


class Dice:
    """What is drawn, from one seed and one number."""

    def __init__(self, seed: int, kind: int, number: int) -> None:
        self._random = Random((seed * 4 + kind) << 40 | number)
        self.roll = self._random.random

    def below(self, end: int) -> int:
        """A number from 0 to `end` - 1."""
        return int(self.roll() * end)

    def one(self, items: Sequence[_Item]) -> _Item:
        """One of the items, each as likely."""
        return items[int(self.roll() * len(items))]

    def early(self, items: Sequence[_Item], odds: Sequence[float]) -> _Item:
        """One of the items by their odds, added up."""
        return items[bisect_right(odds, self.roll() * odds[-1], hi=len(items) - 1)]

    def secret(self, size: int) -> str:
        """Random bytes in base64."""
        return b64encode(self._random.randbytes(size)).decode()


def zipf(count: int, first: int = 1) -> list[float]:
    """Odds that fall with rank, as those of words do, added up.

    A higher `first` rank flattens the top: no paper writes a tenth of all news.
    """
    return list(accumulate(1 / rank for rank in range(first, first + count)))


# Every paper in an order that is no alphabet's, so that frequent ones differ.
PROVIDERS: Final = tuple(
    f"{words.PAPERS[(number * 7) % 40]} {words.KINDS[(number * 11 + number // 40) % 40]}"
    for number in range(40 * 40)
)
TOPICS: Final = (*words.SUBJECTS, *(f"{a} {f}" for f in words.FIELDS for a in words.ANGLES))


class World:
    """Who publishes, and on what. The frequent ones come first, whatever its size."""

    def __init__(self, providers: int = len(PROVIDERS), topics: int = len(TOPICS)) -> None:
        # Once every name has been used, each place has a paper and a topic of its own of that name.
        papers = (*PROVIDERS, *(f"{place} {name}" for place in words.PLACES for name in PROVIDERS))
        subjects = (*TOPICS, *(f"{name} {place}" for place in words.PLACES for name in TOPICS))
        self.providers = papers[:providers]
        self.topics = subjects[:topics]
        self.provider_odds = zipf(len(self.providers), first=20)
        self.topic_odds = zipf(len(self.topics), first=2)


USUAL: Final = World()


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as an article names it."""

    url: str
    width: int
    height: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """What an article and its related coverage have in common."""

    title: str
    excerpt: str
    published: datetime
    url: str
    provider: str
    domain: str
    quality: int
    amp_url: str = ""
    amp_cache_url: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One file."""

    name: str
    story: Story
    topics: tuple[str, ...]
    related: tuple[Story, ...]
    heat: int
    public: bool
    newer: bool
    crlf: bool
    embed: str
    secured: str


def article(seed: int, number: int, world: World = USUAL) -> Article:
    """The article of a number."""
    dice, story = _story_of_its_own(seed, _ARTICLE, number, world)
    related = [
        _related(dice, seed, number, place, story, world)
        for place in range(dice.below(MOST_RELATED + 1))
    ]
    if related and dice.roll() < _TWICE:
        related.append(replace(related[0], amp_url="", amp_cache_url="", picture=None))
        del related[MOST_RELATED:]
    newer = dice.roll() < _NEWER
    return Article(
        name=f"{story.published:%Y-%m-%d}-{_slug(story.title)}-{number}.md",
        story=story,
        topics=tuple(dict.fromkeys(_topic(dice, world) for _ in range(1 + dice.below(4)))),
        related=tuple(related),
        heat=dice.below(120) - 1,
        public=dice.roll() >= _DRAFTS,
        newer=newer,
        crlf=dice.roll() < _CRLF,
        embed=f"https://video.example/embed/{number}" if newer and dice.roll() < _VIDEOS else "",
        secured=f"{dice.secret(240)};{dice.secret(16)}",
    )


def _story_of_its_own(seed: int, kind: int, number: int, world: World) -> tuple[Dice, Story]:
    """A story that comes out the same for whoever names it, and the dice that made it."""
    dice = Dice(seed, kind, number)
    moment = _FIRST_DAY + timedelta(minutes=dice.below(_MINUTES))
    return dice, _story(dice, moment, f"{number}-s" if kind else f"{number}", world)


def _related(dice: Dice, seed: int, number: int, place: int, parent: Story, world: World) -> Story:
    """Coverage of its own, or now and then a story that other articles name too."""
    if dice.roll() >= _SHARED:
        moment = parent.published + timedelta(minutes=dice.below(2 * 24 * 60) - 24 * 60)
        return _story(dice, moment, f"{number}-{place}", world)
    if number and dice.roll() < _HAS_A_FILE:
        other = number - 1 - dice.below(min(number, _WEEK))
        return _story_of_its_own(seed, _ARTICLE, other, world)[1]
    other = number // _WEEK * _STORIES_A_WEEK + dice.below(_STORIES_A_WEEK)
    return _story_of_its_own(seed, _SHARED_STORY, other, world)[1]


def _story(dice: Dice, moment: datetime, mark: str, world: World) -> Story:
    provider = dice.early(world.providers, world.provider_odds)
    domain = provider.lower().replace(" ", "") + ".example"
    title = _title(dice)
    slug = _slug(title)
    host = domain if dice.roll() < 0.5 else f"www.{domain}"
    path = f"{moment:/%Y/%m/%d/}{slug}-{mark}" if dice.roll() < 0.5 else f"/news/{slug}-{mark}/"
    amp = dice.roll() < _WITH_AMP
    amp_path = f"{host}{path.rstrip('/')}/amp/"
    return Story(
        title=title,
        excerpt=_excerpt(dice),
        published=moment,
        url=f"https://{host}{path}",
        provider=provider,
        domain=domain,
        quality=dice.below(200),
        amp_url=f"https://{amp_path}" if amp else "",
        amp_cache_url=(
            f"https://{host.replace('.', '-')}.cdn.ampproject.example/c/s/{amp_path}" if amp else ""
        ),
        picture=_picture(dice, domain, slug, moment) if dice.roll() < _WITH_IMAGE else None,
    )


def _picture(dice: Dice, domain: str, slug: str, moment: datetime) -> Picture:
    width, height = dice.one(_SIZES)
    code = int(dice.roll() * (1 << 52))
    query = f"?w={width}&h={height}&crop=1" if dice.roll() < 0.3 else ""
    return Picture(
        f"https://images.{domain}/wp-content/uploads/{moment:%Y/%m}/{slug}-{code:013x}.jpg{query}",
        width,
        height,
        dice.one(words.CAPTIONS) if dice.roll() < 0.1 else "",
    )


def _title(dice: Dice) -> str:
    one = dice.one
    what = f"{one(words.ADJECTIVES)} {one(words.THINGS)}"
    return f"{one(words.PLACES)} {one(words.BODIES)} {one(words.ACTS)} {what}" + (
        f" {one(words.REASONS)}" if dice.roll() < 0.5 else ""
    )


def _excerpt(dice: Dice) -> str:
    one = dice.one
    said = [f"{one(words.OPENINGS)} {one(words.CLAIMS)}." for _ in range(1 + dice.below(3))]
    ending = one(words.ENDINGS) if dice.roll() < 0.5 else "The ..."
    return f"{_title(dice)}. {' '.join(said)} {ending}"


def _topic(dice: Dice, world: World) -> str:
    return dice.early(world.topics, world.topic_odds)


def _slug(title: str) -> str:
    return _NO_WORD.sub("-", title.lower())[:_LONGEST_SLUG].rstrip("-")
