"""Write the pages of feeds: their entries and how to subscribe; for a story, a time line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from feeds import query_params
from feeds.feed_path import Kind
from feeds.model import Feed, FeedEntry, FeedSpec, Format, Provider
from feeds.render import Check, go_on
from feeds.render.html.environment import page
from feeds.render.html.stories import grouped
from feeds.render.html.subscribe import qr_code, reader_links

_MARGIN: Final = 2.5  # per cent of a lane that are free at both ends


@dataclass(frozen=True, slots=True)
class Lane:
    """A provider and its articles on the time line of a story.

    A dot is a position in per cent, and whether it is the story's own article.
    """

    provider: Provider
    dots: tuple[tuple[float, bool], ...]


def feed_page(
    feed: Feed,
    check: Check = go_on,
    *,
    before: FeedEntry | None = None,
    here: str = "",
    older: str = "",
) -> bytes:
    """Return a page of the newest entries of a feed, or of those after the entry `before`.

    `here` is the page's own address, `older` that of the page after it if there is one.
    `check` is called before each entry, here and in `story_page`.
    """
    pictures = (image.url for item in feed.entries for image in item.entry.images)
    provider = _only_name(feed.spec, "providers")
    return page(
        "feed.html",
        feed.site,
        check,
        headline=headline(feed),
        stories=grouped(feed.entries),
        provider=provider,
        known=provider or _only_name(feed.spec, "topics"),
        subtopics=feed.spec.path.kind == "topics" and _has_subtopics(feed.spec),
        narrower=_composer(feed.spec),
        before=before,
        canonical=feed.site.base_url + (here or feed.spec.address()),
        older=older,
        picture=feed.image or next(pictures, ""),
        **_subscribing(feed),
    )


def story_page(feed: Feed, check: Check = go_on) -> bytes:
    """Return a page of all coverage of a story, in the order of publication."""
    subject = next(item for item in feed.entries if item.entry.id == feed.spec.story)
    items = sorted(feed.entries, key=lambda item: (item.entry.published, item.entry.id))
    pictures = (image.url for item in (subject, *items) for image in item.entry.images)
    return page(
        "story.html",
        feed.site,
        check,
        subject=subject,
        items=items,
        lanes=_lanes(items, subject),
        began=items[0].entry.published,
        ended=items[-1].entry.published,
        picture=next(pictures, ""),
        **_subscribing(feed),
    )


def headline(feed: Feed) -> str:
    """Return a feed's title without the site's name, which the page shows already."""
    return feed.title.removesuffix(f" — {feed.site.title}")


def _subscribing(feed: Feed) -> dict[str, Any]:
    """Return the values of a template that shows ways to subscribe."""
    return {
        "feed": feed,
        "readers": reader_links(feed.url(Format.RSS)),
        "qr": qr_code(feed.url()),
    }


def _composer(spec: FeedSpec) -> str:
    """Return the address of the composer with a feed's topics, providers and parameters filled
    in; empty for a feed that it cannot describe: a set, a story, or one that combines two
    groups of topics or of providers.
    """
    asked = query_params.parse(spec.query)
    names = spec.path.names
    if spec.path.kind == "topics" and not asked.topics:
        asked = replace(asked, topics=names)
    elif spec.path.kind == "providers" and not asked.providers:
        asked = replace(asked, providers=names)
    elif spec.path.kind != "all":
        return ""
    query = query_params.write(asked)
    return f"/compose?{query}" if query else "/compose"


def _only_name(spec: FeedSpec, kind: Kind) -> str:
    """Return the name of the one topic or provider that a feed is of; empty for other feeds."""
    return spec.path.names[0] if spec.path.kind == kind and len(spec.path.names) == 1 else ""


def _has_subtopics(spec: FeedSpec) -> bool:
    """Tell whether topics below those that the path names are part of the feed."""
    groups = spec.criteria[0].topics
    return bool(groups) and len(groups[0]) > len(spec.path.names)


def _lanes(items: Sequence[FeedEntry], subject: FeedEntry) -> list[Lane]:
    """Return a lane for each provider, in the order in which they first reported.

    A domain whose articles give several names has a lane for each.
    """
    began = items[0].entry.published
    length = items[-1].entry.published - began
    dots: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    providers: dict[tuple[str, str], Provider] = {}
    for item in items:
        provider = item.provider.domain, item.provider.name
        providers.setdefault(provider, item.provider)
        position = _position(item.entry.published - began, length)
        dots.setdefault(provider, []).append((position, item is subject))
    return [Lane(provider, tuple(dots[key])) for key, provider in providers.items()]


def _position(after: timedelta, length: timedelta) -> float:
    share = after / length if length else 0.5
    return round(_MARGIN + share * (100 - 2 * _MARGIN), 2)
