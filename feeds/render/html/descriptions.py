"""What a feed contains, in words. Pure."""

from feeds.model import Feed, FeedSpec


def headline(feed: Feed) -> str:
    """A feed's title without the site's name, which the page has already."""
    return feed.title.removesuffix(f" — {feed.site.title}")


def kind(feed: Feed) -> str:
    """What sort of feed it is."""
    return {
        "topics": "Topic",
        "providers": "Provider",
        "stories": "Story",
        "sets": "Feed set",
    }.get(feed.spec.path.kind, "Everything")


def first_of(spec: FeedSpec) -> str:
    """What the entries that come first are, in a feed's order."""
    return {"published": "newest", "quality": "best", "heat": "hottest"}[spec.order]


def contents(feed: Feed) -> str:
    """One or two sentences on which articles a feed has."""
    spec = feed.spec
    what = {
        "topics": f"articles on {headline(feed)}",
        "providers": f"articles from {headline(feed)}",
        "sets": f"articles of this selection{spec.words}",
    }.get(spec.path.kind, f"articles of all topics and providers{spec.words}")
    if spec.path.kind == "topics" and not spec.query and _is_wider(spec):
        what += " and the topics within it"
    words = f"The {first_of(spec)} {spec.limit} {what}"
    words += ", related coverage among them" if spec.related else ", related coverage left out"
    words += ", in full." if spec.full else ", as summaries."
    if spec.private:
        words += " It is private: "
        words += (
            "its addresses here hold your token, so keep them to yourself."
            if spec.token
            else "give your reader the token as the password."
        )
    drafts = {"exclude": "", "include": " Drafts are among them.", "only": " All are drafts."}
    return words + drafts[spec.unpublished]


def _is_wider(spec: FeedSpec) -> bool:
    """Whether topics within those that the path names count as well."""
    groups = spec.criteria[0].topics
    return bool(groups) and len(groups[0]) > len(spec.path.names)
