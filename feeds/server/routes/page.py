"""What the handlers of pages share: headers, and a page as a document."""

from datetime import datetime
from typing import Final

from starlette.responses import Response

from feeds.selection import Selection
from feeds.server.http.representation import Document, Places, Representation
from feeds.server.responses import ALWAYS, PAGE_POLICY, cache_tag

MEDIA_TYPE: Final = "text/html; charset=utf-8"
_EVERYWHERE: Final[Places] = frozenset((("all", 0),))


def page(
    body: bytes,
    modified: datetime,
    selection: Selection,
    expires: datetime | None = None,
) -> Representation:
    """A page as it is kept: any change of an entry touches it, and so may time."""
    return Representation(
        Document(
            body,
            MEDIA_TYPE,
            modified,
            _EVERYWHERE,
            selection.publicity(),
            (cache_tag(selection.config.site), ("Content-Security-Policy", PAGE_POLICY)),
            settings=frozenset(("site", "sets")),
            max_age=selection.config.max_age,
            expires=expires,
        )
    )


def problem_page(body: bytes) -> Response:
    """A form sent back with what is wrong beside its fields."""
    headers = {
        "Cache-Control": "public, max-age=60",
        "Content-Security-Policy": PAGE_POLICY,
        **ALWAYS,
    }
    return Response(body, 400, headers, MEDIA_TYPE)
