"""Stories: an article with everything that any file names together with it.

The files speak for themselves: related coverage names what belongs together. So
a story grows whenever a file comes that names its article, and nothing has to
be kept for it.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from feeds.catalog import stories
from feeds.catalog.payload import moment
from feeds.catalog.reader import tiers
from feeds.errors import UnknownFeed, WithdrawnFeed
from feeds.model import Feed, FeedSpec
from feeds.selection.entries import departed, shown
from feeds.selection.known import EVERYWHERE, Known, Places

_MOST: Final = 200  # entries of a story, the newest
_FEW: Final = 5  # providers that its description names


def resolve(known: Known, connection: Connection, written: str) -> FeedSpec:
    """The story of an entry, from its id; `urn:uuid:` before it and capitals will do."""
    config = known.config
    try:
        id = UUID(written)
    except ValueError:
        raise UnknownFeed("The address of a story ends in the id of an article.", ("/",)) from None
    tier = stories.tier(connection, id)
    if stories.is_withdrawn(tier):
        raise WithdrawnFeed("This article has been withdrawn.")
    if tier not in tiers(config.unpublished, related=True):
        raise UnknownFeed(f"There is no article {id}.", ("/",))
    return FeedSpec(
        f"/stories/{id}",
        limit=_MOST,
        full=config.full,
        unpublished=config.unpublished,
        related=config.related,
        story=id,
    )


def load(known: Known, connection: Connection, spec: FeedSpec) -> Feed:
    """The story's feed: the article itself and all coverage, the newest first."""
    assert spec.story is not None
    keys = stories.together(connection, spec.story, known.publicity())
    visible = tiers(spec.unpublished, spec.related)
    found = [
        one
        for one in known.reader.entries(connection, keys)
        if one.tier in visible or one.entry.id == spec.story
    ]
    found.sort(key=lambda one: (one.entry.published, one.entry.id), reverse=True)
    subject = next(one for one in found if one.entry.id == spec.story)
    newest = found[: spec.limit]
    if subject not in newest:
        newest[-1] = subject
    entries = tuple(shown(known, newest))
    site = known.config.site
    feed = Feed(
        spec=spec,
        site=site,
        title=f"{subject.entry.title} — {site.title}",
        description=_described([one.provider.name for one in entries]),
        entries=entries,
        updated=moment(max(one.updated for one in newest)),
        image=site.icon,
    )
    left = departed(known, connection, places(known, connection, feed))
    return feed.dated(moment(max(left, *(one.modified for one in found))))


def places(known: Known, connection: Connection, feed: Feed) -> Places:
    """The names by which the change log tells that a story has changed.

    Whatever a file names has the file's topics, so what joins the story is of
    one of its topics, or brings one to its article; without topics it may be of
    any provider. During a first scan much is written at once and dated later.
    """
    taxonomy = known.config.taxonomy
    slugs = {slug for one in feed.entries for topic in one.topics
             for slug in taxonomy.slugs_within(topic.slug)}  # fmt: skip
    domains = {one.entry.provider.domain for one in feed.entries}
    found = {("topic", id) for id in known.topic_ids(slugs)}
    found |= {("provider", id) for id in known.provider_ids(domains)}
    whole = all(one.topics for one in feed.entries)
    if not whole or known.reader.meta(connection, "scanned") is None:
        found.add(EVERYWHERE)
    return frozenset(found)


def _described(providers: list[str]) -> str:
    """Who reported, in words."""
    names = list(dict.fromkeys(providers))
    articles = "1 article" if len(providers) == 1 else f"{len(providers)} articles"
    said = ", ".join(names[:_FEW])
    more = len(names) - _FEW
    return f"{articles} by {said}" + (f" and {more} more" if more > 0 else "")
