"""What a feed contains, in words. Pure."""

from urllib.parse import unquote

from feeds.model import Feed


def headline(feed: Feed) -> str:
    """A feed's title without the site's name, which the page has already."""
    return feed.title.removesuffix(f" — {feed.site.title}")


def kind(feed: Feed) -> str:
    """What sort of feed it is."""
    first = feed.spec.path.strip("/").partition("/")[0]
    return {
        "topics": "Topic",
        "providers": "Provider",
        "stories": "Story",
        "sets": "Feed set",
    }.get(first, "Everything")


def contents(feed: Feed) -> str:
    """One or two sentences on which articles a feed has."""
    spec = feed.spec
    first, _, names = unquote(spec.path).strip("/").partition("/")
    what = {
        "topics": f"articles on {headline(feed)}",
        "providers": f"articles from {headline(feed)}",
    }.get(first, "articles of all topics and providers")
    if first == "topics" and len(spec.topics) > len(names.split("+")):
        what += " and the topics within it"
    words = f"The newest {spec.limit} {what}"
    words += ", related coverage among them" if spec.related else ", related coverage left out"
    words += ", in full." if spec.full else ", as summaries."
    return (
        words
        + {
            "exclude": "",
            "include": " Drafts are among them.",
            "only": " All of them are drafts.",
        }[spec.unpublished]
    )
