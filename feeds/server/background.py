"""What a serving process does beside answering: popular documents made anew, and smaller.

And once, soon after its start, it looks which feeds there are, so that the
first person at the front page need not wait until thousands are in order.

A document that the fast lane sends all the time is not taken from it when it
changes: it is made anew beside, and exchanged. Otherwise each change would make
every reader of the moment wait for a render. At most once a second for each,
and less often if it takes long, as a list of all feeds may: a catalog that
changes without pause costs a bounded share of the core.
"""

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial
from typing import Final

from feeds.errors import CatalogError, RequestError
from feeds.server.http.representation import Representation
from feeds.server.responses import put_on_rack
from feeds.server.state import Service
from feeds.util import process_tuning
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")

_LOOK: Final = 0.02  # seconds between looks at what is to be made anew
_AGAIN: Final = 1.0  # seconds until the same document is made anew again …
_SHARE: Final = 10  # … and no fewer than so many times what it took
_IMPROVE: Final = 1.0  # seconds between looks at what is asked for often
_MOST_REMEMBERED: Final = 1024
_AFTER_START: Final = 2.0  # seconds: those who wait for feeds come first


async def renew(service: Service) -> None:
    """Make popular documents anew after they changed, until cancelled."""
    not_before: dict[str, float] = {}
    while True:
        if service.hot:
            await asyncio.sleep(_LOOK)
        else:
            service.due.clear()
            await service.due.wait()
        for address in list(service.hot):
            now = time.monotonic()
            if now < not_before.get(address, 0.0):
                continue
            if len(not_before) >= _MOST_REMEMBERED:
                not_before.clear()
            del service.hot[address]
            try:
                await _renew(service, address)
            except RequestError:
                pass  # the feed is gone, and its document with it
            except Exception as error:  # noqa: BLE001 - what was good goes on, and is tried again
                log.warning("%s could not be made anew: %s", address, error)
                service.hot[address] = None
            took = time.monotonic() - now
            not_before[address] = now + max(_AGAIN, _SHARE * took)


async def _renew(service: Service, address: str) -> None:
    renewed = await service.cache.renew(address)
    if renewed is None:
        return
    before, made = renewed
    for coding in before.codings():
        if made.coded(coding) is None:
            await in_low_priority_thread(made.code, coding)
    service.cache.grown(address)
    if made.stale:
        service.hot[address] = None  # it changed again meanwhile
    _exchange(service, address, made)


def _exchange(service: Service, address: str, representation: Representation) -> None:
    """Put a document on the rack in place of what is there.

    A set may have become private meanwhile: the fast lane asks nobody for a token.
    """
    if representation.document.private:
        service.cache.rack.drop(address.encode("latin-1"))
        return
    service.cache.rack.exchange(address.encode("latin-1"), representation)
    for coding in representation.codings():
        put_on_rack(service.cache.rack, address, representation, coding)


async def prepare(service: Service) -> None:
    """Have at hand what lists are made of."""
    await asyncio.sleep(_AFTER_START)
    with suppress(CatalogError):  # then whoever asks for a list has it made
        await service.read(lambda selection, connection: selection.directory(connection))
        await in_low_priority_thread(process_tuning.trim)


async def improve(service: Service) -> None:
    """Compress well what the fast lane sends often, one at a time, until cancelled."""
    cache = service.cache
    while True:
        await asyncio.sleep(_IMPROVE)
        for target, racked in list(cache.rack.answers.items()):
            representation = racked.representation
            for coding, asked in list(racked.asked()):
                coded = representation.coded(coding)
                if asked < service.improve_after or coded is None or coded.best:
                    continue
                address = target.decode("latin-1")
                await in_low_priority_thread(partial(representation.code, coding, best=True))
                cache.grown(address)
                if racked.live:
                    _exchange(service, address, representation)
