"""Check rules that concern several items of the configuration together. Pure.

These are names that are used twice or unknown, cycles, and bundles that are too large. Whether any
article has the names in a feed set changes with the articles: see `feeds.selection.lint`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Final
from urllib.parse import parse_qsl

from feeds import query_params
from feeds.config.schema import (
    ExcludePart,
    IncludePart,
    ProviderItem,
    SecurityPart,
    SetItem,
    TopicItem,
)
from feeds.config.yaml_files import Located, YamlFile
from feeds.errors import BadParameter
from feeds.feed_path import parse_address
from feeds.problems import Code, Problem, Severity
from feeds.util import text
from feeds.util.positions import Path as Location
from feeds.util.suggest import suggest

_OF_MEMBERS: Final = tuple(
    name for name in query_params.NAMES if name not in ("limit", "content", "token")
)
# Each feed of a bundle, including those of nested bundles, is a separate selection.
_MOST_FEEDS: Final = 1000
_DEEPEST: Final = 16
_MOST_SHOWN: Final = 12  # names of a cycle that are shown
_SOON: Final = timedelta(days=30)


# --- the site ------------------------------------------------------------------


def check_security(
    file: YamlFile | None, security: SecurityPart | None, now: datetime
) -> Iterator[Problem]:
    """Yield a warning if the contact for vulnerabilities has expired, or does so soon.

    `file` is site.yaml, which contains it. A server still sends an expired contact, because RFC
    9116 2.5.5 leaves it to the researcher not to use it.
    """
    if file is None or security is None or now + _SOON < security.expires:
        return
    message = f"is within {_SOON.days} days, and then researchers no longer trust security.txt"
    if security.expires <= now:
        message = "is over, so researchers no longer trust security.txt"
    yield file.problem(
        ("security", "expires"),
        Code.EXPIRING,
        message,
        "check the contact, and write a date less than a year ahead",
        severity=Severity.WARNING,
    )


# --- topics and providers ------------------------------------------------------


def check_topics(topics: Sequence[Located[TopicItem]]) -> Iterator[Problem]:
    """Yield names that two topics share, parents that are not topics, and cycles of parents."""
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for topic in topics:
        item = topic.item
        names: list[tuple[Location, str]] = [(("slug",), item.slug)]
        if item.name:
            names.append((("name",), item.name))
        for location, name in [*names, *_aliases(item)]:
            owner = owners.setdefault(text.slug(name), item.slug)
            if owner != item.slug or (location == ("slug",) and item.slug in seen):
                message = f"{name} is already a name of the topic {owner}"
                hint = "keep it in one of the two"
                yield topic.problem(location, Code.TAKEN_TWICE, message, hint)
        seen.add(item.slug)
    parents = {
        topic.item.slug: [owners[slug]]
        if topic.item.parent and (slug := text.slug(topic.item.parent)) in owners
        else []
        for topic in topics
    }
    for topic in topics:
        parent = topic.item.parent
        if parent and not parents[topic.item.slug]:
            close = suggest(text.slug(parent), owners)
            message = f"{parent} is not a topic of topics.yaml"
            hint = f"write {owners[close[0]]}" if close else "add the topic or leave the parent out"
            yield topic.problem("parent", Code.UNKNOWN_NAME, message, hint)
        elif cycle := _cycle(parents, topic.item.slug):
            message = f"leads back to itself: {' > '.join(cycle)}"
            hint = "give one of them another parent, or none"
            yield topic.problem("parent", Code.CYCLE, message, hint)


def check_providers(providers: Sequence[Located[ProviderItem]]) -> Iterator[Problem]:
    """Yield domains that two providers share, and warn of shared names.

    Names may be shared, but in a set such a name means only the first provider.
    """
    owners: dict[str, Located[ProviderItem]] = {}
    for provider in providers:
        domains: list[tuple[Location, str]] = [(("domain",), provider.item.domain)]
        for location, domain in [*domains, *_aliases(provider.item)]:
            owner = owners.setdefault(domain, provider)
            if owner is not provider:
                message = f"{domain} already belongs to the provider {owner.item.domain}"
                hint = "keep it in one of the two"
                yield provider.problem(location, Code.TAKEN_TWICE, message, hint)
    first: dict[str, str] = {}
    for provider in providers:
        item = provider.item
        domain = first.setdefault(text.slug(item.name or item.domain), item.domain)
        if item.name and domain != item.domain:
            message = f"{item.name} is also the name of {domain}, and sets that use it get {domain}"
            hint = "use the domain in sets, or give this provider another name"
            yield provider.problem(
                "name", Code.SHARED_NAME, message, hint, severity=Severity.WARNING
            )


def _aliases(item: TopicItem | ProviderItem) -> list[tuple[Location, str]]:
    return [(("aliases", number), alias) for number, alias in enumerate(item.aliases)]


# --- feed sets -----------------------------------------------------------------


def check_sets(
    sets: Mapping[str, Located[SetItem]], names: Collection[str]
) -> Iterator[tuple[str, Problem]]:
    """Yield problems of feed sets by the set: no rules, members that are no feeds, cycles, size.

    `names` are the names of all sets, including those with other mistakes.
    """
    for name, feed_set in sets.items():
        item = feed_set.item
        has_rules = item.include != IncludePart() or item.exclude != ExcludePart()
        if feed_set.whole and not item.members and not has_rules:
            message = "has no rules"
            hint = "add include:, exclude: or members:; members: [/all] takes every article"
            yield name, feed_set.problem((), Code.MISSING, message, hint)
    members = {
        name: [member for member in map(set_of_member, feed_set.item.members) if member in sets]
        for name, feed_set in sets.items()
    }
    sizes, reported = _sizes(members, sets), set[str]()
    for name, feed_set in sets.items():
        for number, member in enumerate(feed_set.item.members):
            for problem in _check_member(feed_set, ("members", number), member, sets, names):
                yield name, problem
        if name in sizes:
            for problem in _check_size(feed_set, *sizes[name]):
                yield name, problem
        elif name not in reported and (cycle := _cycle(members, name)):
            reported.update(cycle)
            if len(cycle) > _MOST_SHOWN:
                cycle[_MOST_SHOWN // 2 : -_MOST_SHOWN // 2] = ["…"]
            message = f"leads back to itself: {' > '.join(cycle)}"
            hint = "take one of them out of the other"
            yield name, feed_set.problem("members", Code.CYCLE, message, hint)


def set_of_member(member: str) -> str:
    """Return the name of the set that a member of a bundle is; empty if it is another feed."""
    path, _ = parse_address(member)
    return path.names[0] if path.kind == "sets" and not path.suffix else ""


def sound_sets(
    sets: Mapping[str, Located[SetItem]], wrong: Collection[str]
) -> list[Located[SetItem]]:
    """Return the sets without mistakes in themselves or in any set among their members."""
    bundles = defaultdict[str, list[str]](list)  # lists of sets, by the set that is their member
    for name, feed_set in sets.items():
        for member in map(set_of_member, feed_set.item.members):
            bundles[member].append(name)
    absent = {member for member in bundles if member and member not in sets}
    spoilt, waiting = set[str](), [*wrong, *absent]
    while waiting:
        name = waiting.pop()
        if name not in spoilt:
            spoilt.add(name)
            waiting += bundles[name]
    return [feed_set for name, feed_set in sets.items() if name not in spoilt]


def _sizes(
    members: Mapping[str, Sequence[str]], sets: Mapping[str, Located[SetItem]]
) -> dict[str, tuple[int, int]]:
    """Return the depth of nested sets and the number of feeds in each set that has no cycle."""
    sizes: dict[str, tuple[int, int]] = {}
    sorter = TopologicalSorter(members)
    with suppress(CycleError):
        sorter.prepare()
    while sorter.is_active():
        for name in sorter.get_ready():
            inner = [sizes[member] for member in members[name]]
            others = len(sets[name].item.members) - len(inner)
            sizes[name] = (
                1 + max((depth for depth, _ in inner), default=0),
                max(1, others + sum(feeds for _, feeds in inner)),
            )
            sorter.done(name)
    return sizes


def _check_size(feed_set: Located[SetItem], depth: int, feeds: int) -> Iterator[Problem]:
    if depth == _DEEPEST + 1:  # the sets that contain it are too deep for the same reason
        message = f"nests feed sets {depth} deep; at most {_DEEPEST} are allowed"
        hint = "name the innermost feeds directly"
        yield feed_set.problem("members", Code.TOO_DEEP, message, hint)
    elif feeds > _MOST_FEEDS:
        message = f"has {feeds if feeds < 10**6 else 'over a million'} feeds in it"
        hint = f"keep it to {_MOST_FEEDS}, including the feeds in its members"
        yield feed_set.problem("members", Code.TOO_MANY_VALUES, message, hint)


def _check_member(
    feed_set: Located[SetItem],
    location: Location,
    member: str,
    sets: Mapping[str, Located[SetItem]],
    names: Collection[str],
) -> Iterator[Problem]:
    path, query = parse_address(member)
    is_feed = member.startswith("/") and "#" not in member and path.kind not in ("", "stories")
    if path.suffix or not is_feed:
        hint = "write an address such as /topics/ai, /providers/bbc.co.uk or /sets/london"
        if is_feed:
            hint = f"write {path.with_suffix('').decoded}{'?' if query else ''}{query}"
        message = f"{member} is not the address of a feed"
        yield feed_set.problem(location, Code.BAD_VALUE, message, hint)
        return
    if path.kind != "all" and not path.names:
        message, hint = (
            f"{member} has no name in it",
            "add the name of a topic, a provider or a set",
        )
        yield feed_set.problem(location, Code.BAD_VALUE, message, hint)
    yield from _check_query(feed_set, location, query)
    if path.kind != "sets":
        return
    name = path.names[0]
    if name not in names:
        close = suggest(name, names)
        hint = f"write /sets/{close[0]}" if close else "add the set or leave the member out"
        message = f"{member} is not a feed set of sets.yaml"
        yield feed_set.problem(location, Code.UNKNOWN_NAME, message, hint)
    elif name in sets and sets[name].item.private and not feed_set.item.private:
        message = f"{member} is private, and this set would make it public"
        hint = "make this set private too, or leave the member out"
        yield feed_set.problem(location, Code.BAD_VALUE, message, hint)


def _check_query(feed_set: Located[SetItem], location: Location, query: str) -> Iterator[Problem]:
    """Yield wrong parameters, and parameters that are allowed in requests but not in members."""
    try:
        query_params.parse(query)
    except BadParameter as error:
        hint = "correct the parameter, or leave it out"
        yield feed_set.problem(location, Code.BAD_VALUE, str(error).rstrip("."), hint)
        return
    for name, _ in parse_qsl(query, keep_blank_values=True):
        if name not in _OF_MEMBERS:
            close = suggest(name, _OF_MEMBERS) or [", ".join(_OF_MEMBERS)]
            message = f"{name} is not a parameter that a member may have"
            yield feed_set.problem(location, Code.UNKNOWN_KEY, message, f"write {close[0]}")


def _cycle(below: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """Return a path from a name through its successors back to the name; empty if there is none."""
    came_from = dict.fromkeys(below[start], start)
    waiting = list(came_from)
    while waiting:
        name = waiting.pop()
        if name == start:
            way = [start]
            while (previous := came_from[way[-1]]) != start:
                way.append(previous)
            return [start, *reversed(way)]
        for other in below.get(name, ()):
            if other not in came_from:
                came_from[other] = name
                waiting.append(other)
    return []
