"""The content of a catalog, without what depends on its history: times, ids, the names of topics
that no public article has now, which one may have had, those of providers that were shown once and
that less than half of their public articles give now (all of them, where only drafts are left), and
which of its spellings a name was shown in first."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select, text

from feeds.catalog import schema as t
from feeds.catalog.database import open_to_read
from feeds.catalog.reader import Names
from feeds.model import Format
from feeds.render import render
from feeds.selection import listing, loader
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.util.tokenizer import fold
from tests.support.application import viewing
from tests.support.feed_readers import ReadFeed, read
from tests.support.paths import NOWHERE

Content = dict[str, Any]
NOW = datetime(2021, 1, 1, tzinfo=UTC)


def content(data: Path, config: Path = NOWHERE) -> Content:
    """Return the tables and feeds of a catalog in a form that can be compared with another's."""
    engine = open_to_read(data)
    try:
        with engine.connect() as connection:
            found = _tables(connection)
    finally:
        engine.dispose()
    return {**found, "feeds": _feeds(data, config)}


def _tables(connection: Connection) -> Content:
    def rows(table: Any) -> list[Row[Any]]:
        return list(connection.execute(select(table)))

    paths = {row.id: row.path for row in rows(t.files)}
    topics = {row.id: row.slug for row in rows(t.topics)}
    providers = {row.id: row.domain for row in rows(t.providers)}
    said = {
        row.id: (row.flags, row.richness, row.quality, row.heat, row.payload)
        for row in rows(t.mentions)
    }
    spellings = rows(t.spellings)
    names = {
        row.domain: fold(row.shown_name) or row.shown_name
        for row in rows(t.providers)
        if is_of_most(row, spellings)
    }
    spelled = {"topic": topics, "provider": providers}
    return {
        "files": sorted((row.path, row.good, row.digest, row.problems) for row in rows(t.files)),
        "mentions": sorted(
            (
                *(paths[row.id // t.MENTIONS_PER_FILE], row.id % t.MENTIONS_PER_FILE, row.key),
                *said[row.id],
            )
            for row in rows(t.mentions)
        ),
        "entries": sorted(
            (
                *(row.key, row.id, said[row.winner], row.tier, row.published),
                *(row.kind, row.quality, row.heat, row.digest),
                *(providers[row.provider], _slugs(row.topics, topics)),
            )
            for row in rows(t.entries)
            if row.tier >= 0
        ),
        "documents": sorted(
            (key, _term(term, topics, providers), offset)
            for key, term, offset in indexed_terms(connection)
        ),
        "names": sorted(
            [("topic", one.slug, one.name) for one in rows(t.topics) if is_public(one, spellings)]
            + [("provider", domain, name) for domain, name in names.items()]
        ),
        "given ids": sorted(
            (row.guid, row.hidden, row.url, row.key, row.urn_of or 0) for row in rows(t.given_ids)
        ),
        "spellings": sorted(
            (row.kind, spelled[row.kind][row.ref], row.public, row.name, row.count)
            for row in spellings
        ),
    }


def is_public(topic: Any, spellings: list[Row[Any]]) -> bool:
    """Return whether a public article has a topic now, so that its name is of now."""
    return any((row.kind, row.ref) == ("topic", topic.id) and row.public > 0 for row in spellings)


def is_of_most(provider: Any, spellings: list[Row[Any]]) -> bool:
    """Return whether more than half of a provider's public articles give the name shown."""
    times: Counter[str] = Counter()
    for kind, ref, public, name, count in map(tuple, spellings):
        if (kind, ref, public) == ("provider", provider.id, 1):
            times[fold(name)] += count
    return times[fold(provider.shown_name)] * 2 > times.total()


def indexed_terms(connection: Connection) -> set[tuple[int, str, int]]:
    """Return every term in the full-text index, with its entry's key and its number there."""
    if not connection.scalar(text("SELECT 1 FROM temp.sqlite_master WHERE name = 'terms'")):
        connection.execute(
            text("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, documents, instance)")
        )
    rows = connection.execute(
        text(
            "SELECT e.key, s.term, s.offset FROM temp.terms s "
            "LEFT JOIN entries e ON e.position = s.doc"
        )
    )
    return {(key, term, offset) for key, term, offset in rows}


def _term(term: str, topics: dict[int, str], providers: dict[int, str]) -> str:
    if not term.startswith(("§t", "§p")):
        return term
    id, _, tier = term[2:].partition("§")
    return f"{(topics if term[1] == 't' else providers)[int(id)]} {tier}"


def _slugs(ids: str, topics: dict[int, str]) -> tuple[str, ...]:
    return tuple(topics[int(id)] for id in ids.split(",")) if ids else ()


def _feeds(data: Path, config: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with viewing(data, config) as whole:
        view = _by_present_names(whole)
        for feed in listing.summaries(view):
            found[str(feed.path)] = (feed.title, feed.entries)
            loaded = loader.load(view, resolve(view, feed.path), NOW)
            for format in Format:
                found[f"{feed.path}.{format}"] = _timeless(read(render(loaded, format), format))
    return found


def _by_present_names(view: SiteView) -> SiteView:
    """Return a view that shows no name that was only shown once, and folds those of providers."""
    spellings = list(view.connection.execute(select(t.spellings)))
    kept = {
        row.id: fold(row.shown_name) or row.shown_name
        for row in view.connection.execute(select(t.providers))
        if is_of_most(row, spellings)
    }
    names = view.names
    providers = {id: name._replace(name=kept.get(id, "")) for id, name in names.providers.items()}
    past = {
        row.id for row in view.connection.execute(select(t.topics)) if not is_public(row, spellings)
    }
    topics = {
        id: name._replace(name=name.address) if id in past else name
        for id, name in names.topics.items()
    }
    return replace(view, names=Names.of(topics, providers))


def _timeless(feed: ReadFeed) -> Any:
    return (
        feed.title,
        feed.description,
        tuple(
            (
                *(one.id, one.url, one.title, one.published, one.authors),
                *(one.publisher, one.language, one.categories, one.summary, one.content, one.files),
            )
            for one in feed.entries
        ),
    )


def sound(data: Path) -> str:
    """Return SQLite's finding about a catalog's file: `ok`, or what is damaged."""
    engine = open_to_read(data)
    try:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
    finally:
        engine.dispose()
