"""Stories: an article with everything that any file names together with it.

The files speak for themselves: related coverage names what belongs together. So
a story grows whenever a file comes that names its article, and nothing has to
be kept for it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from feeds.catalog import stories, tombstones
from feeds.catalog.payload import moment
from feeds.catalog.reader import Stored, tiers
from feeds.errors import UnknownFeed, WithdrawnFeed
from feeds.model import Criteria, Feed, FeedSpec
from feeds.selection import matcher
from feeds.selection.criteria import expires
from feeds.selection.site_view import EVERYTHING, SCORES, FeedKeys, SiteView

MOST: Final = 200  # entries of a story, the newest
_FEW: Final = 5  # providers that its description names


def identify(view: SiteView, written: str) -> UUID:
    """The entry that a story is of, by its id; `urn:uuid:` before it and capitals will do.

    Raises UnknownFeed, and WithdrawnFeed where it was here once.
    """
    try:
        id = UUID(written)
    except ValueError:
        raise UnknownFeed("The address of a story ends in the id of an article.", ("/",)) from None
    visible = tiers(view.config.unpublished, related=True)
    if stories.tier(view.connection, id) in visible:
        return id
    if tombstones.gone(view.connection, id, visible):
        raise WithdrawnFeed("This article has been withdrawn.")
    raise UnknownFeed(f"There is no article {id}.", ("/",))


def load(view: SiteView, spec: FeedSpec, now: datetime) -> Feed:
    """The story's feed: the article itself and all coverage, the newest first."""
    subject, others = _members(view, spec)
    wanted = [one for one in others if _is_wanted(view, spec, one, now)]
    found = sorted([subject, *wanted], key=lambda one: one.position, reverse=True)[: spec.limit]
    if subject not in found:
        found[-1] = subject
    entries = view.feed_entries(found)
    site = view.config.site
    feed = Feed(
        spec=spec,
        site=site,
        title=f"{subject.entry.title}{spec.words} — {site.title}",
        description=_described([one.provider.name for one in entries]) + spec.words,
        entries=entries,
        updated=moment(max(one.updated for one in found)),
        image=site.icon,
        language=site.language,
        expires=expires(spec, (one.entry.published for one in found), now),
    )
    left = _departed(view, change_keys(view, feed))
    modified = max(left, _aged(spec, others, now), *(one.modified for one in found))
    return feed.dated(moment(modified))


def change_keys(view: SiteView, feed: Feed) -> FeedKeys:
    """The names by which the change log tells that a story has changed.

    Whatever a file names has the file's topics, so what joins the story is of
    one of its topics, or brings one to its article; without topics it may be of
    any provider. During a first scan much is written at once and dated later.
    """
    taxonomy = view.config.taxonomy
    slugs = {
        slug
        for one in feed.entries
        for topic in one.topics
        for slug in taxonomy.slugs_within(topic.slug)
    }
    domains = {one.entry.provider.domain for one in feed.entries}
    found = {("topic", id) for id in view.topic_ids(slugs)}
    found |= {("provider", id) for id in view.provider_ids(domains)}
    whole = all(one.topics for one in feed.entries) and feed.spec.criteria == (Criteria(),)
    if not whole or view.reader.meta(view.connection, "scanned") is None:
        found.add(EVERYTHING)
    if any(one.min_quality is not None for one in feed.spec.criteria):
        found.add(SCORES)
    return frozenset(found)


def _members(view: SiteView, spec: FeedSpec) -> tuple[Stored, list[Stored]]:
    """The article, and all else of its story that the site shows."""
    assert spec.story is not None
    keys = stories.together(view.connection, spec.story, view.publicity())
    visible = tiers(spec.unpublished, spec.related)
    found = {one.entry.id: one for one in view.reader.entries_by_key(view.connection, keys)}
    subject = found.pop(spec.story)
    return subject, [one for one in found.values() if one.tier in visible]


def _is_wanted(view: SiteView, spec: FeedSpec, one: Stored, now: datetime) -> bool:
    """Whether coverage meets what narrows the story; mostly nothing does."""
    return spec.criteria == (Criteria(),) or matcher.is_met(spec.criteria, view.facts(one), now)


def _departed(view: SiteView, keys: FeedKeys) -> int:
    """When an entry may last have left a story, or the site was configured."""
    edited = {(f"edited {kind}", ref) for kind, ref in keys}
    return max(view.reader.shaped(view.connection, keys | edited, view.publicity(), ["site"]))


def _aged(spec: FeedSpec, others: list[Stored], now: datetime) -> int:
    """When an entry last became too old for a span, in seconds since 1970, or 0."""
    found = (since.span for one in spec.criteria for since in one.since if since.moment is None)
    span = min(found, default=0)
    ends = (int(one.entry.published.timestamp()) + span for one in others) if span else ()
    return max((end + 1 for end in ends if end < now.timestamp()), default=0)


def _described(providers: list[str]) -> str:
    """Who reported, in words."""
    names = list(dict.fromkeys(providers))
    articles = "1 article" if len(providers) == 1 else f"{len(providers)} articles"
    said = ", ".join(names[:_FEW])
    more = len(names) - _FEW
    return f"{articles} by {said}" + (f" and {more} more" if more > 0 else "")
