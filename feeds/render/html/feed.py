"""The page of a feed: what is in it, and how to subscribe to it."""

from feeds.model import Feed, FeedEntry, Format
from feeds.render.html.descriptions import contents, first_of, headline, kind
from feeds.render.html.environment import page
from feeds.render.html.qr import qr
from feeds.render.html.readers import readers


def feed_page(
    feed: Feed, *, before: FeedEntry | None = None, here: str = "", older: str = ""
) -> bytes:
    """The newest entries of a feed, or those after one.

    `here` is the page's own address, `older` that of the page after it if there is one.
    """
    return page(
        "feed.html",
        feed.site,
        feed=feed,
        headline=headline(feed),
        kind=kind(feed),
        contents=contents(feed),
        first=first_of(feed.spec).capitalize(),
        readers=readers(feed.url(Format.RSS)),
        qr=qr(feed.url()),
        before=before,
        canonical=feed.site.base_url + (here or feed.spec.address()),
        older=older,
        picture=_picture(feed),
    )


def _picture(feed: Feed) -> str:
    """What stands for the feed where its page is shared."""
    shown = (image.url for one in feed.entries for image in one.entry.images)
    return feed.image or next(shown, "")
