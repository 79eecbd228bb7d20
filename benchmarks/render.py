"""A feed that is not cached, against feedgen's own build and serialise of the same entries.

`python -m benchmarks.render --articles 1000 --entries 50 --runs 15`. Ours is what
a request costs that finds nothing in the cache: path to feed, entries out of the
catalog, document and headers. Theirs begins with the same entries in memory,
texts and all, and calls feedgen as its documentation says.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import feedgen.entry
import feedgen.feed
import feedgen.util
from feedgen.feed import FeedGenerator

from benchmarks import measure
from benchmarks.generate import articles, write
from feeds.catalog.database import open_to_read, open_to_write
from feeds.catalog.reader import Reader
from feeds.catalog.writer import Writer
from feeds.config import Config
from feeds.feed_path import FeedPath
from feeds.ingest.pipeline import Pipeline
from feeds.locale.locales import locale_of
from feeds.model import Feed, FeedEntry, Format, Site
from feeds.render.entry_content import categories, content
from feeds.selection import loader
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.documents import ContentLimit
from feeds.server.routes.feed import document
from feeds.util import process_tuning

LIMIT: Final = 2.0
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_CALLS: Final = 20  # in a row, before the other takes its turn
_PATHS: Final = ("/all", "/topics/ai")


@dataclass(frozen=True)
class Prepared:
    """An entry with all that a document says of it, ready to be handed to feedgen."""

    one: FeedEntry
    summary: str
    content: str
    categories: list[dict[str, str]]
    images: list[dict[str, str]]


def prepared(feed: Feed) -> list[Prepared]:
    """The entries of a feed for whoever publishes them with feedgen alone."""
    return [
        Prepared(
            one,
            one.entry.summary,
            content(one, locale_of(feed.language or feed.site.language), full=feed.spec.full),
            [{"term": term, "label": label} for term, label, _ in categories(one)],
            [
                {"url": i.url, "medium": "image", "width": str(i.width), "height": str(i.height)}
                for i in one.entry.images
            ],
        )
        for one in feed.entries
    ]


def by_feedgen(feed: Feed, entries: list[Prepared], format: Format) -> bytes:
    """The same feed, as a user of feedgen writes it."""
    made = FeedGenerator()
    made.load_extension("media")
    if format is Format.RSS:
        made.load_extension("dc")
    made.id(feed.url())
    made.title(feed.title)
    made.description(feed.description)
    made.language(feed.site.language)
    made.updated(feed.updated)
    made.author(name=feed.site.title)
    made.link(href=feed.url(format), rel="self", type=format.media_type)
    made.link(href=feed.url(), rel="alternate", type="text/html")
    for entry in entries:
        _add(made, entry, format)
    with _as_released():
        built: bytes = made.rss_str() if format is Format.RSS else made.atom_str()
    return built


def _add(made: FeedGenerator, given: Prepared, format: Format) -> None:
    one = given.one
    item = made.add_entry(order="append")
    item.id(one.entry.urn)
    item.title(one.entry.title)
    item.link(href=one.entry.url)
    item.published(one.entry.published)
    item.updated(one.updated)
    if format is Format.RSS:
        item.dc.dc_creator(one.provider.name)
        item.description(given.summary)
    else:
        item.author(name=one.provider.name, uri=f"https://{one.provider.domain}/")
        item.summary(given.summary)
    item.content(given.content, type="html")
    if given.categories:
        item.category([dict(one) for one in given.categories])
    for image in given.images:
        item.media.content(dict(image), group=None)


@contextmanager
def _as_released() -> Iterator[None]:
    """feedgen with its own formatter of dates, which `feeds.render.rss_atom` replaces."""
    modules = (feedgen.feed, feedgen.entry)
    replaced = [module.formatRFC2822 for module in modules]
    for module in modules:
        module.formatRFC2822 = feedgen.util.formatRFC2822
    try:
        yield
    finally:
        for module, formatter in zip(modules, replaced, strict=True):
            module.formatRFC2822 = formatter


def calls(work: Callable[[], object]) -> Callable[[], measure.Took]:
    """Some calls in a row, measured."""
    return lambda: measure.called(work, _CALLS)


def compare(view: SiteView, path: str, runs: int) -> None:
    """One feed in each format, from the catalog to bytes, against feedgen from memory to bytes."""
    feed = loader.load(view, resolve(view, FeedPath.parse(path)), _NOW)
    entries = prepared(feed)
    print(f"\n{path}, {len(entries)} entries, {runs} runs of {_CALLS} calls each in turn:")
    for format in Format:

        def ours(format: Format = format) -> bytes:
            with view.reader.connect() as connection:
                now = replace(view, connection=connection)
                return document(
                    now, resolve(now, FeedPath.parse(path)), format, _NOW, ContentLimit()
                ).body

        # feedgen knows no JSON Feed: there, Atom is what it would take instead.
        other = Format.ATOM if format is Format.JSON else format

        def theirs(format: Format = other) -> bytes:
            return by_feedgen(feed, entries, format)

        print(f" {format}: {len(ours())} bytes; feedgen's {other}: {len(theirs())} bytes")
        took = measure.alternate(calls(ours), calls(theirs), runs)
        measure.compare(("select and render", f"feedgen alone, {other}"), *took, LIMIT)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.render", description=__doc__)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = write(folder / "seeds", articles(wanted.articles, wanted.seed))
        with (
            open_to_write(folder / "data") as engine,
            closing(Pipeline(folder / "seeds", Writer(engine), print, processes=2)) as work,
        ):
            work.scan({})
        print(f"{made.files} files, {made.entries} entries, {made.bytes / 1e6:.1f} MB")
        config = Config(Site("News", "https://feeds.example"), limit=wanted.entries)
        reader = Reader(open_to_read(folder / "data"))
        with reader.connect() as connection:
            view = SiteView(config, reader, connection, reader.names(connection))
            # As a serving process does before its first answer.
            process_tuning.give_back_memory()
            process_tuning.freeze_loaded()
            for path in _PATHS:
                compare(view, path, wanted.runs)
        reader.close()


if __name__ == "__main__":
    main()
