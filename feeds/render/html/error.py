"""The page of what went wrong."""

from feeds.model import Site
from feeds.render.html.environment import page


def error_page(
    site: Site, status: int, title: str, message: str, nearest: tuple[str, ...]
) -> bytes:
    """What went wrong, for a person with a browser."""
    return page("error.html", site, status=status, title=title, message=message, nearest=nearest)
