"""Pages for people: a module for each page, and what they share."""

from feeds.render.html.compose import Choice, Composed, compose_page, said
from feeds.render.html.error import error_page
from feeds.render.html.feed import feed_page
from feeds.render.html.lists import (
    MOST_BELOW,
    MOST_PROVIDERS,
    MOST_TOPICS,
    ON_A_PAGE,
    Front,
    Listed,
    front,
    index_page,
)
from feeds.render.html.search import Found, search_page
from feeds.render.html.status import State, status_page
from feeds.render.html.story import story_page

__all__ = [
    "MOST_BELOW",
    "MOST_PROVIDERS",
    "MOST_TOPICS",
    "ON_A_PAGE",
    "Choice",
    "Composed",
    "Found",
    "Front",
    "Listed",
    "State",
    "compose_page",
    "error_page",
    "feed_page",
    "front",
    "index_page",
    "said",
    "search_page",
    "status_page",
    "story_page",
]
