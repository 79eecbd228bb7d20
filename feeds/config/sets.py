"""Feed sets as configured: from their items to `FeedSet`, and what is wrong with them.

Here is only what a configuration alone shows. Whether anything has the names in
a set is another question, whose answer changes with the articles: `feeds check`
asks it.
"""

from collections.abc import Collection, Iterator, Mapping

from feeds.config.bundles import check_bundles
from feeds.config.schema import ExcludePart, IncludePart, SetItem
from feeds.config.yaml_files import Placed
from feeds.model import FeedSet, Rules
from feeds.problems import Code, Problem


def feed_set(name: str, item: SetItem) -> FeedSet:
    """A set as all else knows it."""
    return FeedSet(
        name=name,
        title=item.title or name,
        description=item.description or "",
        icon=item.icon or "",
        language=item.language or "",
        include=_included(item.include),
        exclude=_excluded(item.exclude),
        members=item.members,
        order=item.sort,
        private=item.private,
        limit=item.limit,
        max_age=item.max_age,
        full=None if item.content is None else item.content == "full",
        unpublished=item.unpublished,
        related=None if item.related is None else item.related == "include",
    )


def _included(part: IncludePart) -> Rules:
    return Rules(
        part.topics, part.providers, part.types, part.keywords, part.min_quality, part.since
    )


def _excluded(part: ExcludePart) -> Rules:
    return Rules(part.topics, part.providers, keywords=part.keywords)


def check_sets(
    sets: Mapping[str, Placed[SetItem]], written: Collection[str]
) -> Iterator[tuple[str, Problem]]:
    """Sets without rules, and what is wrong with members: each problem by its set."""
    for name, one in sets.items():
        item = one.item
        if (
            one.whole
            and not item.members
            and item.include == IncludePart()
            and item.exclude == ExcludePart()
        ):
            message = "has no rules, and would have every entry"
            hint = "add include:, exclude: or members:"
            yield name, one.problem((), Code.MISSING, message, hint)
    yield from check_bundles(sets, written)
