"""Write pages for people: a module for each group of pages, and what they share."""

from feeds.render.html.compose import Choice, ComposeForm, compose_page, form_texts
from feeds.render.html.feed_pages import feed_page, story_page
from feeds.render.html.site_pages import (
    FRONT_PROVIDERS,
    FRONT_SUBTOPICS,
    FRONT_TOPICS,
    PAGE_LENGTH,
    FrontPage,
    IndexPage,
    SearchResults,
    error_page,
    front_page,
    index_page,
    search_page,
)
from feeds.render.html.status import SystemState, status_page

__all__ = [
    "FRONT_PROVIDERS",
    "FRONT_SUBTOPICS",
    "FRONT_TOPICS",
    "PAGE_LENGTH",
    "Choice",
    "ComposeForm",
    "FrontPage",
    "IndexPage",
    "SearchResults",
    "SystemState",
    "compose_page",
    "error_page",
    "feed_page",
    "form_texts",
    "front_page",
    "index_page",
    "search_page",
    "status_page",
    "story_page",
]
