"""`feeds explain`: why an article is, or is not, in a feed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from feeds.catalog.database import open_to_read, reporting
from feeds.catalog.reader import Connection, Reader, StoredEntry
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    ConfigFolder,
    Data,
    configuration,
    nearest_said,
)
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
    entry: Annotated[str, typer.Argument(help="An article, by its address or its id")],
    path: Annotated[
        str, typer.Argument(help="A feed, such as /sets/london; all it is in if absent")
    ] = "",
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
) -> None:
    """Say why an article is, or is not, in a feed: each rule, and what it made of it.

    Without a feed, say which feeds it is in and what keeps it out of the sets.
    """
    settings = configuration(config)
    reader = Reader(open_to_read(data))
    now = datetime.now(UTC)
    with reporting(data), reader.connect() as connection:
        view = SiteView(settings, reader, connection, reader.names(connection))
        stored = _stored(reader, connection, entry)
        for line in _about(view, stored):
            print(line)
        paths = [(one, "") for one in _paths(view, stored)]
        for one, query in [parse_address(path)] if path else paths:
            print()
            for line in _explained(view, stored, one, query, now):
                print(line)


def _stored(reader: Reader, connection: Connection, written: str) -> StoredEntry:
    id = _id(written)
    found = reader.entry(connection, id)
    if found is not None:
        return found
    at = reader.withdrawn_at(connection, id)
    if at is not None:
        when = datetime.fromtimestamp(at, UTC)
        raise FeedsError(f"{written}: withdrawn on {when:%Y-%m-%d %H:%M} UTC; no file names it")
    raise FeedsError(
        f"{written}: no article in the catalog has this address or id; "
        "give the address as its file has it, and run feeds ingest if it is new"
    )


def _id(written: str) -> UUID:
    try:
        return UUID(written.strip().removeprefix("urn:uuid:"))
    except ValueError:
        pass
    try:
        return urls.entry_id(urls.usable(written))
    except ValueError as error:
        raise FeedsError(
            f"{written}: {error}; give the article's whole address, or its id urn:uuid:…"
        ) from None


def _about(view: SiteView, stored: StoredEntry) -> Iterator[str]:
    entry = stored.entry
    topics = [view.names.topics[id].name for id in stored.topics]
    files = view.reader.files_of(view.connection, entry.id)
    quality = "none" if stored.quality is None else f"{stored.quality:g}"
    yield entry.title
    yield f"  id         {entry.urn}"
    yield f"  address    {entry.url}"
    yield f"  published  {entry.published:%Y-%m-%d %H:%M} UTC"
    yield f"  provider   {entry.provider.name} ({entry.provider.domain})"
    yield f"  topics     {', '.join(topics) or 'none'}"
    yield f"  type       {entry.kind}, quality {quality}"
    yield f"  is         {'public' if entry.public else 'a draft'}, " + (
        "an article" if entry.own else "related coverage"
    )
    yield f"  from       {', '.join(files)}"


def _paths(view: SiteView, stored: StoredEntry) -> list[FeedPath]:
    """Every feed that an entry might be in: its topics, those above, its provider, all sets."""
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
        *(FeedPath("topics", (slug,)) for slug in topics),
        FeedPath("providers", (provider,)),
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
        raise FeedsError(f"{error}{nearest_said(error)}") from None
    found = explanations.explain(view, loader.load(view, spec, now), stored, now)
    yield f"{spec.address()}: {_outcome(found)}"
    yield from map(_line, found.general)
    for number, verdicts in enumerate(found.alternatives, 1):
        if len(found.alternatives) > 1:
            yield f"  member rules {number} of {len(found.alternatives)}:"
        yield from map(_line, verdicts)


def _outcome(found: Explanation) -> str:
    if found.position is not None:
        return f"in it, number {found.position} of at most {found.limit}"
    met = all(verdict.met for verdict in found.general) and any(
        all(verdict.met for verdict in verdicts) for verdicts in found.alternatives
    )
    if met:
        return f"not in it: it meets every rule, but comes after the {found.limit} that are shown"
    return "not in it"


def _line(verdict: Verdict) -> str:
    return f"  {'yes' if verdict.met else 'NO '}  {verdict.rule}: {verdict.because}"
