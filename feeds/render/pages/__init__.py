"""Pages for people: a module for each page, and what they share."""

from feeds.render.pages.compose import Choice, Composed, compose_page, said
from feeds.render.pages.error import error_page
from feeds.render.pages.feed import feed_page
from feeds.render.pages.lists import front, grouped, index_page, largest, listed
from feeds.render.pages.search import Found, search_page
from feeds.render.pages.status import State, status_page
from feeds.render.pages.story import story_page

__all__ = [
    "Choice",
    "Composed",
    "Found",
    "State",
    "compose_page",
    "error_page",
    "feed_page",
    "front",
    "grouped",
    "index_page",
    "largest",
    "listed",
    "said",
    "search_page",
    "status_page",
    "story_page",
]
