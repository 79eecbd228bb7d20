"""Write the pages of feeds: their entries and how to subscribe; for a story, a time line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from feeds.model import Feed, FeedEntry, FeedSpec, Format, Provider
from feeds.render import Check, go_on
from feeds.render.html.environment import page
from feeds.render.html.subscribe import qr_code, reader_links

_MARGIN: Final = 2.5  # per cent of a lane that are free at both ends
_FIRST: Final = {"published": "newest", "quality": "best", "heat": "hottest"}


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
    return page(
        "feed.html",
        feed.site,
        check,
        headline=headline(feed),
        kind={"topics": "Topic", "providers": "Provider", "stories": "Story",
              "sets": "Feed set"}.get(feed.spec.path.kind, "Everything"),
        contents=_contents(feed),
        first=_FIRST[feed.spec.order].capitalize(),
        before=before,
        canonical=feed.site.base_url + (here or feed.spec.address()),
        older=older,
        picture=feed.image or next(pictures, ""),
        **_subscribing(feed),
    )  # fmt: skip


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


def _contents(feed: Feed) -> str:
    """Return one or two sentences on which articles a feed has."""
    spec = feed.spec
    articles = {
        "topics": f"articles on {headline(feed)}",
        "providers": f"articles from {headline(feed)}",
        "sets": f"articles of this selection{spec.words}",
    }.get(spec.path.kind, f"articles of all topics and providers{spec.words}")
    if spec.path.kind == "topics" and not spec.query and _has_subtopics(spec):
        articles += " and the topics within it"
    words = f"The {_FIRST[spec.order]} {spec.limit} {articles}"
    words += ", related coverage among them" if spec.related else ", related coverage left out"
    words += ", in full." if spec.full else ", as summaries."
    if spec.private:
        words += " It is private: "
        words += (
            "its addresses here hold your token, so keep them to yourself."
            if spec.token
            else "give your reader the token as the password."
        )
    drafts = {"exclude": "", "include": " Drafts are among them.", "only": " All are drafts."}
    return words + drafts[spec.unpublished]


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
