"""Feed sets that have other feeds in them: members that are none, cycles, sizes.

A set with something wrong in it is not held against the articles, and neither is
one that it is in: see `sound`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Final
from urllib.parse import parse_qsl

from feeds import query_params
from feeds.config.schema import SetItem
from feeds.config.taxonomy import cycle_among
from feeds.config.yaml_files import Placed
from feeds.errors import BadParameter
from feeds.feed_path import parse_address
from feeds.problems import Code, Problem
from feeds.util.suggest import suggest

_OF_MEMBERS: Final = tuple(
    name for name in query_params.NAMES if name not in ("limit", "content", "token")
)
# Each feed of a bundle, those of its bundles counted, is a selection of its own.
_MOST_FEEDS: Final = 1000
_DEEPEST: Final = 16
_MOST_SHOWN: Final = 12  # names of a cycle
_ALLOWED: Final = "write what is allowed, or leave the parameter out"


def set_named(member: str) -> str:
    """The set that a member is; empty if it is another feed."""
    path, _ = parse_address(member)
    return path.names[0] if path.kind == "sets" and not path.suffix else ""


def check_bundles(
    sets: Mapping[str, Placed[SetItem]], written: Collection[str]
) -> Iterator[tuple[str, Problem]]:
    """Members that are none, bundles that lead back to themselves or are too large: by set.

    `written` are the names of all sets, those with other mistakes in them too.
    """
    members = {
        name: [below for member in one.item.members if (below := set_named(member)) in sets]
        for name, one in sets.items()
    }
    sizes, told = _sizes(members, sets), set[str]()
    for name, one in sets.items():
        for index, member in enumerate(one.item.members):
            for problem in _check_member(one, ("members", index), member, sets, written):
                yield name, problem
        if name in sizes:
            for problem in _check_size(one, *sizes[name]):
                yield name, problem
        elif name not in told and (way := cycle_among(members, name)):
            told.update(way)
            yield name, _cycle(one, way)


def _cycle(one: Placed[SetItem], way: list[str]) -> Problem:
    if len(way) > _MOST_SHOWN:
        way[_MOST_SHOWN // 2 : -_MOST_SHOWN // 2] = ["…"]
    message = f"leads back to itself: {' > '.join(way)}"
    return one.problem("members", Code.CYCLE, message, "take one of them out of the other")


def sound(sets: Mapping[str, Placed[SetItem]], wrong: Collection[str]) -> list[Placed[SetItem]]:
    """The sets that nothing is wrong with, nor with any set among their members."""
    bundles = defaultdict[str, list[str]](list)  # by what is in them
    for name, one in sets.items():
        for member in one.item.members:
            bundles[set_named(member)].append(name)
    absent = {below for below in bundles if below and below not in sets}
    spoilt, waiting = set[str](), [*wrong, *absent]
    while waiting:
        name = waiting.pop()
        if name not in spoilt:
            spoilt.add(name)
            waiting += bundles[name]
    return [one for name, one in sets.items() if name not in spoilt]


def _sizes(
    members: Mapping[str, Sequence[str]], sets: Mapping[str, Placed[SetItem]]
) -> dict[str, tuple[int, int]]:
    """How deep each set nests others, and how many feeds are in it; cycles are left out."""
    found: dict[str, tuple[int, int]] = {}
    sorter = TopologicalSorter(members)
    with suppress(CycleError):
        sorter.prepare()
    while sorter.is_active():
        for name in sorter.get_ready():
            below = [found[one] for one in members[name]]
            others = len(sets[name].item.members) - len(below)
            found[name] = (
                1 + max((depth for depth, _ in below), default=0),
                max(1, others + sum(feeds for _, feeds in below)),
            )
            sorter.done(name)
    return found


def _check_size(one: Placed[SetItem], depth: int, feeds: int) -> Iterator[Problem]:
    if depth == _DEEPEST + 1:  # those around it are too, for the same reason
        message = f"nests feed sets {depth} deep; at most {_DEEPEST} are allowed"
        yield one.problem("members", Code.TOO_DEEP, message, "name the innermost feeds directly")
    elif feeds > _MOST_FEEDS:
        message = f"has {feeds if feeds < 10**6 else 'over a million'} feeds in it"
        hint = f"leave at most {_MOST_FEEDS}, those of its members counted"
        yield one.problem("members", Code.TOO_MANY_VALUES, message, hint)


def _check_query(one: Placed[SetItem], place: tuple[str, int], query: str) -> Iterator[Problem]:
    """The parameters of a member: unlike a reader, who wrote them would like to know."""
    try:
        query_params.parse(query)
    except BadParameter as error:
        yield one.problem(place, Code.BAD_VALUE, str(error).rstrip("."), _ALLOWED)
        return
    for name, _ in parse_qsl(query, keep_blank_values=True):
        if name not in _OF_MEMBERS:
            close = suggest(name, _OF_MEMBERS) or [", ".join(_OF_MEMBERS)]
            message = f"{name} is no parameter of a member"
            yield one.problem(place, Code.UNKNOWN_KEY, message, f"write {close[0]}")


def _check_member(
    one: Placed[SetItem],
    place: tuple[str, int],
    member: str,
    sets: Mapping[str, Placed[SetItem]],
    written: Collection[str],
) -> Iterator[Problem]:
    path, query = parse_address(member)
    is_feed = member.startswith("/") and "#" not in member and path.kind not in ("", "stories")
    if path.suffix or not is_feed:
        hint = "write an address such as /topics/ai, /providers/bbc.co.uk or /sets/london"
        if is_feed:
            hint = f"write {path.with_suffix('').decoded}{'?' if query else ''}{query}"
        yield one.problem(place, Code.BAD_VALUE, f"{member} is no address of a feed", hint)
        return
    if path.kind != "all" and not path.names:
        yield one.problem(place, Code.BAD_VALUE, f"{member} names nothing", "name a feed")
    yield from _check_query(one, place, query)
    if path.kind != "sets":
        return
    name = path.names[0]
    if name not in written:
        close = suggest(name, written)
        hint = f"write /sets/{close[0]}" if close else "add the set or leave the member out"
        yield one.problem(place, Code.UNKNOWN_NAME, f"{member} is no set of sets.yaml", hint)
    elif name in sets and sets[name].item.private and not one.item.private:
        yield one.problem(
            place,
            Code.BAD_VALUE,
            f"{member} is private and would be shown to all",
            "make this set private too, or leave the member out",
        )
