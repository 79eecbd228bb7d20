"""Whether an entry is in a feed, rule by rule, and why. Pure.

The catalog answers the same question for many entries at once (`catalog.query`);
a property test holds both to the same answers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from feeds import query_params
from feeds.model import Criteria, Phrase, Visibility
from feeds.util import durations, tokenizer


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at in an entry. `topics` are slugs, `folded` the words it shows."""

    topics: frozenset[str]
    provider: str
    kind: str
    quality: float | None
    published: datetime
    folded: str
    public: bool
    own: bool


class Verdict(NamedTuple):
    """A rule, whether an entry meets it, and what in the entry decided that."""

    rule: str
    met: bool
    because: str


def verdicts(one: Criteria, facts: Facts, now: datetime) -> Iterator[Verdict]:
    """Each rule of some criteria in turn; an entry is wanted if it meets all."""
    if one.shown is not None:
        yield from visibility(*one.shown, facts)
    for group in one.topics:
        yield _any("topics", sorted(group), facts.topics.__contains__, "has", sorted(facts.topics))
    if one.providers is not None:
        met = facts.provider in one.providers
        yield Verdict(f"provider: {_either(one.providers)}", met, f"is {facts.provider}")
    if one.kinds is not None:
        yield Verdict(f"type: {_either(one.kinds)}", facts.kind in one.kinds, f"is {facts.kind}")
    if one.min_quality is not None:
        yield Verdict(
            f"quality: {query_params.number(one.min_quality)} or more",
            facts.quality is not None and facts.quality >= one.min_quality,
            "has none" if facts.quality is None else f"is {query_params.number(facts.quality)}",
        )
    for since in one.since:
        yield Verdict(
            f"published: from {durations.in_words(since)}",
            facts.published >= durations.earliest(since, now),
            f"was {facts.published:%Y-%m-%d %H:%M} UTC",
        )
    for phrases in one.phrases:
        found = [phrase for phrase in phrases if tokenizer.contains(facts.folded, phrase)]
        yield Verdict(f"words: {_said(phrases)}", bool(found), _has(found))
    yield from _excluded(one, facts)


def _excluded(one: Criteria, facts: Facts) -> Iterator[Verdict]:
    if one.not_topics:
        unwanted = sorted(facts.topics & one.not_topics)
        rule = f"topics: not {_either(one.not_topics)}"
        yield Verdict(rule, not unwanted, f"has {_either(unwanted) or 'none of them'}")
    if one.not_providers:
        met = facts.provider not in one.not_providers
        rule = f"provider: not {_either(one.not_providers)}"
        yield Verdict(rule, met, f"is {facts.provider}")
    if one.not_phrases:
        found = [phrase for phrase in one.not_phrases if tokenizer.contains(facts.folded, phrase)]
        yield Verdict(f"words: not {_said(one.not_phrases)}", not found, _has(found))


def visibility(unpublished: Visibility, related: bool, facts: Facts) -> Iterator[Verdict]:
    """Whether a feed shows entries like this one at all."""
    shown = {
        "exclude": ("public articles", facts.public),
        "only": ("drafts", not facts.public),
        "include": ("public articles and drafts", True),
    }
    rule, met = shown[unpublished]
    yield Verdict(f"shows: {rule}", met, "is public" if facts.public else "is a draft")
    if not related:
        because = "has a file of its own" if facts.own else "is related coverage"
        yield Verdict("shows: only articles with a file of their own", facts.own, because)


def is_met(criteria: Iterable[Criteria], facts: Facts, now: datetime) -> bool:
    """Whether an entry meets any of some criteria."""
    return any(all(verdict.met for verdict in verdicts(one, facts, now)) for one in criteria)


def contradiction(one: Criteria) -> str:
    """Why no entry can ever meet some criteria; empty if one could."""
    if one.providers is not None and not one.providers - one.not_providers:
        return "every provider it includes is excluded" if one.providers else "no provider is left"
    if one.kinds is not None and not one.kinds:
        return "no type is left"
    for group in one.topics:
        if not group - one.not_topics:
            return "every topic it includes is excluded"
    for phrases in one.phrases:
        if all(any(_within(no, phrase) for no in one.not_phrases) for phrase in phrases):
            return "every keyword it includes is excluded"
    return ""


def _within(short: Phrase, long: Phrase) -> bool:
    return tokenizer.contains(" ".join(long), short)


def _any(
    what: str, wanted: list[str], met: Callable[[str], bool], verb: str, has: list[str]
) -> Verdict:
    found = [one for one in wanted if met(one)]
    because = _either(found) if found else _either(has) or "none"
    return Verdict(f"{what}: {_either(wanted)}", bool(found), f"{verb} {because}")


def _either(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


def _said(phrases: Iterable[Phrase]) -> str:
    return " or ".join(tokenizer.write((phrase,)) for phrase in phrases)


def _has(found: list[Phrase]) -> str:
    return f"has {_said(found)}" if found else "has none of them"
