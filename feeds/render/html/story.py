"""The page of a story: an article and all that was written about the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from feeds.model import Feed, FeedEntry, Format, Provider
from feeds.render.html.environment import page
from feeds.render.html.qr import qr
from feeds.render.html.readers import readers

_MARGIN: Final = 2.5  # per cent of a lane left free at both ends


@dataclass(frozen=True, slots=True)
class Lane:
    """A provider, and where on the time line its articles are, in per cent."""

    provider: Provider
    dots: tuple[tuple[float, bool], ...]  # and whether it is the article itself


def story_page(feed: Feed) -> bytes:
    """All coverage in the order it came, and by whom."""
    subject = next(one for one in feed.entries if one.entry.id == feed.spec.story)
    told = sorted(feed.entries, key=lambda one: (one.entry.published, one.entry.id))
    pictures = (image.url for one in (subject, *told) for image in one.entry.images)
    return page(
        "story.html",
        feed.site,
        feed=feed,
        subject=subject,
        told=told,
        lanes=lanes(told, subject),
        began=told[0].entry.published,
        ended=told[-1].entry.published,
        readers=readers(feed.url(Format.RSS)),
        qr=qr(feed.url()),
        picture=next(pictures, ""),
    )


def lanes(told: Sequence[FeedEntry], subject: FeedEntry) -> list[Lane]:
    """One lane a provider, in the order in which they first reported."""
    began = told[0].entry.published
    length = told[-1].entry.published - began
    found: dict[str, list[tuple[float, bool]]] = {}
    providers: dict[str, Provider] = {}
    for one in told:
        domain = one.provider.domain
        providers.setdefault(domain, one.provider)
        dot = _place(one.entry.published - began, length), one is subject
        found.setdefault(domain, []).append(dot)
    return [Lane(provider, tuple(found[domain])) for domain, provider in providers.items()]


def _place(after: timedelta, length: timedelta) -> float:
    share = after / length if length else 0.5
    return round(_MARGIN + share * (100 - 2 * _MARGIN), 2)
