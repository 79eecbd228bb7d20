"""Feed sets as configured: from their items to `FeedSet`, and what is wrong with them.

Here is only what a configuration alone shows. Whether anything has the names in
a set is another question, whose answer changes with the articles: `feeds check`
asks it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from feeds import parameters
from feeds.config.files import Placed
from feeds.config.schema import ExcludePart, IncludePart, SetItem
from feeds.errors import BadParameter, Code, Problem
from feeds.model import FeedSet, Rules
from feeds.nearest import nearest
from feeds.taxonomy import cycle_among

_MEMBER: Final = re.compile(r"/(?:all|(topics|providers|sets)/([^/?#]+))(?:\?([^#]*))?").fullmatch
_SUFFIXED: Final = re.compile(r"(/[^?]*)\.(?:rss|atom|json)(\?.*)?").fullmatch


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


def set_named(member: str) -> str:
    """The set that a member is; empty if it is another feed."""
    match = _MEMBER(member)
    return match[2] if match and match[1] == "sets" else ""


def check_sets(sets: Sequence[Placed[SetItem]]) -> Iterator[Problem]:
    """Sets without rules, members that are none, bundles that lead back to themselves."""
    by_name = {str(one.key): one for one in sets}
    members = {
        name: [below for member in one.item.members if (below := set_named(member)) in by_name]
        for name, one in by_name.items()
    }
    for name, one in by_name.items():
        item = one.item
        if not item.members and item.include == IncludePart() and item.exclude == ExcludePart():
            yield one.problem(
                (),
                Code.MISSING,
                "has no rules, and would have every entry",
                "add include:, exclude: or members:",
            )
        for index, member in enumerate(item.members):
            yield from _check_member(one, ("members", index), member, by_name)
        if way := cycle_among(members, name):
            yield one.problem(
                "members",
                Code.CYCLE,
                f"leads back to itself: {' > '.join(way)}",
                "take one of them out of the other",
            )


def _check_member(
    one: Placed[SetItem],
    place: tuple[str, int],
    member: str,
    sets: Mapping[str, Placed[SetItem]],
) -> Iterator[Problem]:
    match, suffixed = _MEMBER(member), _SUFFIXED(member)
    if suffixed or match is None:
        cure = "write an address such as /topics/ai, /providers/bbc.co.uk or /sets/london"
        if suffixed:
            cure = f"write {suffixed[1]}{suffixed[2] or ''}"
        yield one.problem(place, Code.BAD_VALUE, f"{member} is no address of a feed", cure)
        return
    try:
        parameters.parse(match[3] or "")
    except BadParameter as error:
        yield one.problem(place, Code.BAD_VALUE, str(error).rstrip("."), "correct it")
    if match[1] != "sets":
        return
    if match[2] not in sets:
        close = nearest(match[2], sets)
        cure = f"write /sets/{close[0]}" if close else "add the set or leave the member out"
        yield one.problem(place, Code.UNKNOWN_NAME, f"{member} is no set of sets.yaml", cure)
    elif sets[match[2]].item.private and not one.item.private:
        yield one.problem(
            place,
            Code.BAD_VALUE,
            f"{member} is private and would be shown to all",
            "make this set private too, or leave the member out",
        )
