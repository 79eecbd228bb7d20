"""Match one entry against criteria, rule by rule, with the reason of each verdict. Pure.

The catalog matches many entries at once (`catalog.query`); a property test checks that both
select the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from feeds import query_params
from feeds.model import Criteria, Phrase, Visibility
from feeds.util import durations, tokenizer


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of an entry that criteria compare. `topics` are slugs, `folded` is its text in
    folded words."""

    topics: frozenset[str]
    provider: str
    kind: str
    quality: float | None
    published: datetime
    folded: str
    level: int  # its visibility: see `merge.level_of`
    own: bool


class Verdict(NamedTuple):
    """A rule, whether an entry meets it, and the fact that decided that."""

    rule: str
    met: bool
    because: str


def is_met(alternatives: Iterable[Criteria], facts: Facts, now: datetime) -> bool:
    """Return whether an entry meets any of several criteria."""
    return any(
        all(verdict.met for verdict in verdicts(criteria, facts, now)) for criteria in alternatives
    )


def verdicts(criteria: Criteria, facts: Facts, now: datetime) -> Iterator[Verdict]:
    """Yield a verdict for each rule of criteria; an entry has to meet all of them."""
    if criteria.shown is not None:  # the feed as a whole decides whether it shows held articles
        yield from visibility(*criteria.shown, facts, private=True)
    for group in criteria.topics:
        matching = facts.topics & group
        because = _either(matching or facts.topics) or "none"
        yield Verdict(f"topics: {_either(group)}", bool(matching), f"has {because}")
    if criteria.providers is not None:
        met = facts.provider in criteria.providers
        yield Verdict(f"provider: {_either(criteria.providers)}", met, f"is {facts.provider}")
    if criteria.kinds is not None:
        met = facts.kind in criteria.kinds
        yield Verdict(f"type: {_either(criteria.kinds)}", met, f"is {facts.kind}")
    if criteria.min_quality is not None:
        yield Verdict(
            f"quality: {query_params.number(criteria.min_quality)} or more",
            facts.quality is not None and facts.quality >= criteria.min_quality,
            "has none" if facts.quality is None else f"is {query_params.number(facts.quality)}",
        )
    for since in criteria.since:
        yield Verdict(
            f"published: {durations.in_words(since)}",
            facts.published >= durations.earliest(since, now),
            f"was {facts.published:%Y-%m-%d %H:%M} UTC",
        )
    for phrases in criteria.phrases:
        said = [phrase for phrase in phrases if tokenizer.contains(facts.folded, phrase)]
        yield Verdict(f"words: {_quoted(phrases)}", bool(said), f"has {_quoted(said)}")
    if criteria.not_topics:
        unwanted = _either(facts.topics & criteria.not_topics)
        rule = f"topics: not {_either(criteria.not_topics)}"
        yield Verdict(rule, not unwanted, f"has {unwanted or 'none of them'}")
    if criteria.not_providers:
        met = facts.provider not in criteria.not_providers
        rule = f"provider: not {_either(criteria.not_providers)}"
        yield Verdict(rule, met, f"is {facts.provider}")
    if criteria.not_phrases:
        unsaid = criteria.not_phrases
        said = [phrase for phrase in unsaid if tokenizer.contains(facts.folded, phrase)]
        yield Verdict(f"words: not {_quoted(unsaid)}", not said, f"has {_quoted(said)}")


def visibility(
    unpublished: Visibility, related: bool, facts: Facts, *, private: bool
) -> Iterator[Verdict]:
    """Yield verdicts on whether a feed shows this entry if it is a draft, is held until its date,
    or is related coverage."""
    rule, levels = {
        "exclude": ("public articles", (1,)),
        "only": ("drafts", (0, -1)),
        "include": ("public articles and drafts", (1, 0, -1)),
    }[unpublished]
    met = facts.level in levels and (private or facts.level != -1)
    because = {1: "is public", 0: "is a draft", -1: "is held until its date"}[facts.level]
    if facts.level == -1 and unpublished != "exclude" and not private:
        because += ", before which only private sets have it"
    yield Verdict(f"shows: {rule}", met, because)
    if not related:
        because = "has a file of its own" if facts.own else "is related coverage"
        yield Verdict("shows: only articles with a file of their own", facts.own, because)


def contradiction(criteria: Criteria) -> str:
    """Return why no entry can ever meet criteria; empty if one could."""
    if criteria.providers is not None and not criteria.providers - criteria.not_providers:
        is_excluded = "every provider it includes is excluded"
        return is_excluded if criteria.providers else "no provider is left"
    if criteria.kinds is not None and not criteria.kinds:
        return "no type is left"
    if any(not group - criteria.not_topics for group in criteria.topics):
        return "every topic it includes is excluded"
    for phrases in criteria.phrases:
        if all(_is_excluded(phrase, criteria) for phrase in phrases):
            return "every keyword it includes is excluded"
    return ""


def _is_excluded(phrase: Phrase, criteria: Criteria) -> bool:
    """Return whether every text with a phrase has an excluded one."""
    words = " ".join(phrase)
    return any(tokenizer.contains(words, excluded) for excluded in criteria.not_phrases)


def _either(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


def _quoted(phrases: Iterable[Phrase]) -> str:
    return " or ".join(tokenizer.write((phrase,)) for phrase in phrases) or "none of them"
