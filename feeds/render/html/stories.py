"""Group the entries of a page by story. Pure."""

from collections.abc import Iterable
from uuid import UUID

from feeds.model import FeedEntry

Story = tuple[FeedEntry, tuple[FeedEntry, ...]]


def grouped(entries: Iterable[FeedEntry]) -> list[Story]:
    """Return the stories of entries in the order in which they begin: the entry that leads
    each, and the others.

    An article with a file of its own leads before one that is only named as related coverage.
    An entry belongs to the story of the first one that it is coverage of, so an article that
    many files name does not unite what they tell.
    """
    stories: list[list[FeedEntry]] = []
    home: dict[UUID, list[FeedEntry]] = {}
    for item in entries:
        story = home.get(item.entry.id)
        if story is None:
            story = home[item.entry.id] = []
            stories.append(story)
            for id in _coverage(item):
                home.setdefault(id, story)
        story.append(item)
    return [_led(story) for story in stories]


def has_both(entries: Iterable[FeedEntry]) -> bool:
    """Return whether there are both drafts and public articles."""
    return len({item.entry.public for item in entries}) > 1


def _coverage(item: FeedEntry) -> Iterable[UUID]:
    """Return the other entries of a story; a draft has what it names itself."""
    return (UUID(other.id) for other in item.entry.related) if item.hidden else item.coverage


def _led(story: list[FeedEntry]) -> Story:
    lead = next((item for item in story if item.entry.own), story[0])
    return lead, tuple(item for item in story if item is not lead)
