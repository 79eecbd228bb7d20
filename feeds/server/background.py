"""What a serving process does in the background, apart from following the catalog.

Popular documents are rendered again after a change while their old responses stay ready:
otherwise each change would make every reader of the moment wait for a render. Each is
rendered at most once a second, and less often if it takes long, as a list of all feeds
may: a catalog that changes all the time costs a bounded share of the core.

Documents that are sent often are compressed better, one at a time.

Soon after the start the index of feeds is made, so that the first person at the front
page need not wait until thousands of feeds are in order.
"""

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial
from typing import Final

from feeds.errors import CatalogError, RequestError
from feeds.selection.feed_index_builder import feed_index
from feeds.server.http.representation import Representation
from feeds.server.responses import make_ready
from feeds.server.state import Service
from feeds.util import process_tuning
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")

_RERENDER_INTERVAL: Final = 0.02  # seconds between two looks at what is to be rendered again
_PAUSE: Final = 1.0  # seconds until the same document is rendered again …
_PAUSE_FACTOR: Final = 10  # … and at least so many times as long as its render took
_MOST_PAUSES: Final = 1024  # that are remembered
_COMPRESS_INTERVAL: Final = 1.0  # seconds between two looks at what is sent often
_PREPARE_AFTER: Final = 2.0  # seconds after the start: readers come first


async def rerender_popular(service: Service) -> None:
    """Render popular documents again after they changed, until cancelled."""
    not_before: dict[str, float] = {}
    while True:
        if service.to_rerender:
            await asyncio.sleep(_RERENDER_INTERVAL)
        else:
            service.has_to_rerender.clear()
            await service.has_to_rerender.wait()
        for address in list(service.to_rerender):
            now = time.monotonic()
            if now < not_before.get(address, 0.0):
                continue
            if len(not_before) >= _MOST_PAUSES:
                not_before.clear()
            del service.to_rerender[address]
            try:
                await _rerender(service, address)
            except RequestError:
                pass  # the feed is gone, and its document with it
            except Exception as error:  # noqa: BLE001 - the old one is served, and it is tried again
                log.warning("%s could not be rendered again: %s", address, error)
                service.to_rerender[address] = None
            seconds = time.monotonic() - now
            not_before[address] = now + max(_PAUSE, _PAUSE_FACTOR * seconds)


async def _rerender(service: Service, address: str) -> None:
    versions = await service.cache.rerender(address)
    if versions is None:
        return
    old, new = versions
    for coding in old.codings():
        if new.encoded(coding) is None:
            await in_low_priority_thread(new.encode, coding)
    service.cache.resized(address)
    if new.stale:
        service.to_rerender[address] = None  # it has changed again meanwhile
    _replace_ready(service, address, new)


def _replace_ready(service: Service, address: str, representation: Representation) -> None:
    """Replace the ready responses of a document.

    A set may have become private meanwhile: the fast path asks nobody for a token.
    """
    ready = service.cache.ready
    if representation.document.private:
        ready.drop(address.encode("latin-1"))
        return
    ready.replace(address.encode("latin-1"), representation)
    for coding in representation.codings():
        make_ready(ready, address, representation, coding)


async def prepare(service: Service) -> None:
    """Make the index of feeds that lists are made of."""
    await asyncio.sleep(_PREPARE_AFTER)
    with suppress(CatalogError):  # then the first request for a list makes it
        await service.read(feed_index)
        await in_low_priority_thread(process_tuning.trim)


async def compress_popular(service: Service) -> None:
    """Compress well what is sent often, one at a time, until cancelled."""
    cache = service.cache
    while True:
        await asyncio.sleep(_COMPRESS_INTERVAL)
        for target, document in list(cache.ready.documents.items()):
            representation = document.representation
            for coding, sent in list(document.sent_by_coding()):
                encoded = representation.encoded(coding)
                if sent < service.compress_after or encoded is None or encoded.best:
                    continue
                address = target.decode("latin-1")
                await in_low_priority_thread(partial(representation.encode, coding, best=True))
                cache.resized(address)
                if document.is_current:
                    _replace_ready(service, address, representation)
