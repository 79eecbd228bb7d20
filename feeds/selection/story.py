"""Load a story: an article with all entries that any file names together with it.

Lists of related coverage define stories, so a story grows with each file that names its article,
and nothing has to be stored for it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from feeds.catalog import stories, tombstones
from feeds.catalog.changeset import TOPICLESS
from feeds.catalog.payload import moment
from feeds.catalog.reader import StoredEntry, tiers
from feeds.errors import UnknownFeed, WithdrawnFeed
from feeds.locale import Message
from feeds.locale.locales import Locale, locale_of
from feeds.model import Criteria, Feed, FeedEntry, FeedSpec
from feeds.selection import matcher
from feeds.selection.criteria import expires
from feeds.selection.site_view import EVERYTHING, SCORES, FeedKey, FeedKeys, SiteView

MOST: Final = 200  # entries of a story, the newest
_TOPICLESS: Final[FeedKey] = (TOPICLESS, 0)
_MOST_NAMED: Final = 5  # providers in the description


def identify(view: SiteView, written: str) -> UUID:
    """Return the id of the entry that a story is about, from its address in any spelling.

    Raises UnknownFeed, and WithdrawnFeed for an entry that has been withdrawn.
    """
    try:
        id = UUID(written)  # accepts urn:uuid: and capital letters too
    except ValueError:
        message = Message("The address of a story must end with the id of an article.")
        raise UnknownFeed(message, ("/",)) from None
    shown = tiers(view.config.unpublished, related=True)
    if stories.tier_of(view.connection, id) in shown:
        return id
    if tombstones.was_removed(view.connection, id, shown):
        raise WithdrawnFeed(Message("This article has been withdrawn."))
    raise UnknownFeed(Message("There is no article %(id)s.", id=str(id)), ("/",))


def load(view: SiteView, spec: FeedSpec, now: datetime) -> Feed:
    """Return the feed of a story: the article itself and its coverage, the newest first."""
    subject, coverage = _members(view, spec)
    wanted = [row for row in coverage if _is_wanted(view, spec, row, now)]
    newest = sorted([subject, *wanted], key=_age, reverse=True)[: spec.limit]
    if subject not in newest:
        newest[-1] = subject
    site, shown = view.config.site, view.feed_entries(newest)
    feed = Feed(
        spec=spec,
        site=site,
        title=f"{subject.entry.title}{spec.words} — {site.title}",
        description=_description([item.provider.name for item in shown], locale_of(site.language))
        + spec.words,
        entries=shown,
        updated=moment(max(row.updated for row in newest)),
        image=site.icon,
        language=site.language,
        podcast=site.podcast,
        expires=expires(spec, (row.entry.published for row in newest), now),
    )
    departures = view.departures(_with_edited(change_keys(view, feed)))
    aged = _aged(spec, coverage, now)
    return feed.dated(departures.modified((row.modified for row in newest), aged))


def with_coverage(view: SiteView, feed: Feed) -> Feed:
    """Return a feed whose entries have the other coverage of their stories, which affects its date
    too."""
    ids = [item.entry.id for item in feed.entries if not item.hidden]
    found = stories.coverage(view.connection, ids, view.levels(), view.tiers, MOST - 1)
    entries = tuple(
        item._replace(coverage=found[item.entry.id].ids) if item.entry.id in found else item
        for item in feed.entries
    )
    departures = view.departures(_with_edited(coverage_keys(view, entries)))
    modified = departures.modified(coverage.modified for coverage in found.values())
    assert feed.modified is not None
    return replace(feed, entries=entries, modified=max(feed.modified, modified))


def coverage_keys(view: SiteView, entries: Iterable[FeedEntry]) -> FeedKeys:
    """Return the keys of changes after which entries may have other coverage.

    Whatever a file names has the file's topics: an entry that joins a story has one of its
    topics, or gives one to its article. What a file without topics names has a key of its own.
    """
    entries = [item for item in entries if not item.hidden]
    taxonomy = view.config.taxonomy
    slugs = {
        slug
        for item in entries
        for topic in item.topics
        for slug in taxonomy.slugs_within(topic.slug)
    }
    return frozenset((_TOPICLESS, *(("topic", id) for id in view.topic_ids(slugs))))


def change_keys(view: SiteView, feed: Feed) -> FeedKeys:
    """Return the keys of changes after which a loaded story may be another.

    During a first scan, many entries are written at once and dated later.
    """
    domains = {item.entry.provider.domain for item in feed.entries}
    keys = set(coverage_keys(view, feed.entries))
    keys |= {("provider", id) for id in view.provider_ids(domains)}
    is_whole = feed.spec.criteria == (Criteria(),)
    was_scanned = view.reader.meta(view.connection, "scanned") is not None
    if not (is_whole and was_scanned):
        keys.add(EVERYTHING)
    if any(criteria.min_quality is not None for criteria in feed.spec.criteria):
        keys.add(SCORES)
    return frozenset(keys)


def _with_edited(keys: FeedKeys) -> FeedKeys:
    """Return keys with those under which an entry is recorded that was edited."""
    return keys | {(f"edited {kind}", ref) for kind, ref in keys}


def _members(view: SiteView, spec: FeedSpec) -> tuple[StoredEntry, list[StoredEntry]]:
    """Return the article, and the coverage of it that the site shows."""
    assert spec.story is not None
    keys = stories.keys(view.connection, spec.story, view.levels())
    shown = tiers(spec.unpublished, spec.related)
    rows = {row.entry.id: row for row in view.reader.entries_by_key(view.connection, keys)}
    subject = rows.pop(spec.story)
    return subject, [row for row in rows.values() if row.tier in shown]


def _is_wanted(view: SiteView, spec: FeedSpec, row: StoredEntry, now: datetime) -> bool:
    """Return whether coverage meets the parameters that narrow the story, if there are any."""
    return spec.criteria == (Criteria(),) or matcher.is_met(spec.criteria, view.facts(row), now)


def _age(row: StoredEntry) -> tuple[datetime, UUID]:
    return row.entry.published, row.entry.id


def _aged(spec: FeedSpec, coverage: list[StoredEntry], now: datetime) -> int:
    """Return when an entry last became too old for a span, in seconds since 1970, or 0."""
    limits = (since for criteria in spec.criteria for since in criteria.since)
    span = min((since.span for since in limits if since.moment is None), default=0)
    if not span:
        return 0
    ends = (int(row.entry.published.timestamp()) + span for row in coverage)
    return max((end + 1 for end in ends if end < now.timestamp()), default=0)


def _description(providers: list[str], locale: Locale) -> str:
    """Return a sentence with the providers of the entries."""
    names = list(dict.fromkeys(providers))
    articles = locale.ngettext("%(n)s article", "%(n)s articles", len(providers))
    named, more = locale.listed(names[:_MOST_NAMED]), len(names) - _MOST_NAMED
    if more <= 0:
        return locale.gettext("%(articles)s by %(providers)s", articles=articles, providers=named)
    return locale.ngettext(
        "%(articles)s by %(providers)s and %(n)s more",
        "%(articles)s by %(providers)s and %(n)s more",
        more,
        articles=articles,
        providers=named,
    )
