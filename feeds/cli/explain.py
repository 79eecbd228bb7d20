"""`feeds explain`: why an article is, or is not, in a feed."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from feeds.catalog import files, given_ids, schedule
from feeds.catalog.database import database_errors, open_to_read
from feeds.catalog.reader import Connection, Reader, StoredEntry
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_SEEDS,
    ConfigFolder,
    Data,
    Seeds,
    configuration,
    suggestion,
)
from feeds.cli.terminal import shown
from feeds.errors import FeedsError, RequestError
from feeds.feed_path import FeedPath, parse_address
from feeds.selection import explain as explanations
from feeds.selection import loader
from feeds.selection.explain import Explanation
from feeds.selection.matcher import Verdict
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.util import urls


def explain(
    entry: Annotated[str, typer.Argument(help="The address, the id or the file of an article")],
    path: Annotated[
        str,
        typer.Argument(
            help="A feed, such as /sets/london. Without it, every feed that could have the article"
        ),
    ] = "",
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
) -> None:
    """Explain why an article is in a feed or not.

    Prints each rule of the feed, and whether the article meets it.
    """
    settings = configuration(config)
    reader = Reader(open_to_read(data))
    now = datetime.now(UTC)
    with database_errors(data), reader.connect() as connection:
        view = SiteView(settings, reader, connection, reader.names(connection))
        stored = _of_file(reader, connection, entry, seeds) or _stored(reader, connection, entry)
        for line in _about(view, stored):
            print(shown(line, sys.stdout))
        feeds = [parse_address(path)] if path else [(feed, "") for feed in _feeds(view, stored)]
        for feed, query in feeds:
            print()
            for line in _explained(view, stored, feed, query, now):
                print(shown(line, sys.stdout))


def _of_file(
    reader: Reader, connection: Connection, argument: str, seeds: Path
) -> StoredEntry | None:
    """Return the entry of a file, named as `feeds check` prints it or with its folder."""
    for path in (argument, os.path.relpath(argument or ".", seeds)):
        for stored in reader.entries_by_key(connection, files.article_of(connection, path)):
            return stored
    return None


def _stored(reader: Reader, connection: Connection, argument: str) -> StoredEntry:
    """Return the entry that an address or an id names. Raises FeedsError if there is none."""
    id = _id(argument)
    stored = reader.entry(connection, id) if id else None
    if stored is None and (given := given_ids.find(connection, argument.strip())):
        id, stored = given, reader.entry(connection, given)
    if stored is not None:
        return stored
    at = reader.withdrawn_at(connection, id) if id else None
    if at is not None:
        when = datetime.fromtimestamp(at, UTC)
        if id and schedule.has_expired(connection, id):
            raise FeedsError(f"{argument}: expired on {when:%Y-%m-%d %H:%M} UTC, as its file says")
        raise FeedsError(f"{argument}: withdrawn on {when:%Y-%m-%d %H:%M} UTC; no file has it now")
    if id is None:
        raise FeedsError(
            f"{argument}: no article has this id, and it is not an address, or the file of an "
            "article; give the article's complete address, its id or its file"
        )
    raise FeedsError(
        f"{argument}: no article in the catalog has this address or id; "
        "copy it from the file of the article, and run feeds ingest if that is new"
    )


def _id(argument: str) -> UUID | None:
    """Return the id of an address or a URN, or None if the text is neither."""
    with suppress(ValueError):
        return UUID(argument.strip().removeprefix("urn:uuid:"))
    with suppress(ValueError):
        return urls.entry_id(urls.usable(argument))
    return None


def _about(view: SiteView, stored: StoredEntry) -> Iterator[str]:
    entry = stored.entry
    topics = [view.names.topics[id].name for id in stored.topics]
    paths = view.reader.files_of(view.connection, entry.id)
    quality = "none" if stored.quality is None else f"{stored.quality:g}"
    yield entry.title
    yield f"  id         {entry.urn}"
    if entry.guid:
        (item,) = view.feed_entries([stored])
        note = "" if item.entry.guid else ", which another article has: feeds write the id above"
        yield f"  given id   {entry.guid}{note}"
    yield f"  address    {entry.url}"
    yield f"  published  {entry.published:%Y-%m-%d %H:%M} UTC"
    yield f"  provider   {view.provider_of(entry).name} ({entry.provider.domain})"
    yield f"  topics     {', '.join(topics) or 'none'}"
    yield f"  type       {entry.kind}, quality {quality}"
    appears, expires, draft = schedule.moments(view.connection, entry.id)
    zone = view.config.site.timezone
    state = "a draft" if draft else "public"
    if appears is not None:
        held = f"held until {schedule.in_words(appears, zone)}"
        state = f"{state}, {held}" if draft else held
    yield f"  state      {state}, {'an article' if entry.own else 'related coverage'}"
    if expires is not None:
        yield f"  expires    {schedule.in_words(expires, zone)}"
    yield f"  {'files' if paths[1:] else 'file':<9}  {', '.join(paths)}"


def _feeds(view: SiteView, stored: StoredEntry) -> list[FeedPath]:
    """Return every feed that an entry might be in: those of its topics and their parents, that of
    its provider, and all sets. Names that only drafts or held articles have are without a feed."""
    taxonomy = view.config.taxonomy
    topics: dict[str, None] = {}
    for id in stored.topics:
        slug: str | None = taxonomy.topic_slug(view.names.topics[id].address)
        while slug:
            topics[slug] = None
            slug = taxonomy.topics[slug].parent if slug in taxonomy.topics else None
    provider = taxonomy.provider_domain(stored.entry.provider.domain)
    return [
        FeedPath("all"),
        *(FeedPath("topics", (slug,)) for slug in topics if view.has_topic(slug)),
        *(FeedPath("providers", (name,)) for name in (provider,) if view.has_provider(name)),
        *(FeedPath("sets", (name,)) for name in view.config.sets),
    ]


def _explained(
    view: SiteView,
    stored: StoredEntry,
    path: FeedPath,
    query: str,
    now: datetime,
) -> Iterator[str]:
    try:
        spec = resolve(view, path, query)
    except RequestError as error:
        raise FeedsError(f"{error}{suggestion(error)}") from None
    explanation = explanations.explain(view, loader.load(view, spec, now), stored, now)
    yield f"{spec.address()}: {_outcome(explanation)}"
    yield from map(_line, explanation.general)
    for number, verdicts in enumerate(explanation.alternatives, 1):
        if len(explanation.alternatives) > 1:
            yield f"  group {number} of {len(explanation.alternatives)} (one group is enough):"
        yield from map(_line, verdicts)


def _outcome(explanation: Explanation) -> str:
    if explanation.position is not None:
        return f"in this feed, number {explanation.position} of at most {explanation.limit}"
    met = all(verdict.met for verdict in explanation.general) and any(
        all(verdict.met for verdict in verdicts) for verdicts in explanation.alternatives
    )
    if met:
        limit = explanation.limit
        return f"not in this feed: it meets every rule, but the feed shows only the first {limit}"
    return "not in this feed"


def _line(verdict: Verdict) -> str:
    return f"  {'yes' if verdict.met else 'NO '}  {verdict.rule} ({verdict.because})"
