"""Warn of mistakes in feed sets that only the articles show: names that no article has, sets
without entries.

A configuration with such warnings is used, since articles are added and removed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from feeds import query_params
from feeds.catalog import schedule
from feeds.catalog.merge import EXPIRED, OWN, Mention, level_of
from feeds.catalog.payload import moment
from feeds.catalog.payload import text as text_of
from feeds.config import Config, Loaded
from feeds.config.validation import set_of_member
from feeds.errors import RequestError, SelectionTooSlow
from feeds.feed_path import FeedPath, parse_address
from feeds.model import FeedSet
from feeds.problems import Code, Problem, Severity
from feeds.selection import criteria, loader, matcher, resolver
from feeds.selection.criteria import Selected
from feeds.selection.matcher import Facts
from feeds.selection.site_view import SiteView
from feeds.util import text
from feeds.util.suggest import suggest
from feeds.util.tokenizer import searchable

_MOST_DOMAINS: Final = 3  # in a hint

_Location = tuple[str | int, ...]


def slow_sets(loaded: Loaded, view: SiteView, now: datetime) -> Iterator[Problem]:
    """Yield a warning for each feed set whose entries take longer to find than the time
    limit of the view's reader."""
    for feed_set in loaded.sets:
        try:
            spec = resolver.resolve(view, FeedPath("sets", (str(feed_set.key),)))
            loader.load(view, spec, now)
        except RequestError:
            continue  # its mistake is reported already
        except SelectionTooSlow:
            yield feed_set.problem(
                (),
                Code.TOO_SLOW,
                "takes longer than the time limit for queries, so readers get no feed",
                "add a topic or a provider, take common words out of exclude, or add since",
                severity=Severity.WARNING,
            )


class SetLinter:
    """Take every entry, and then return warnings about the feed sets."""

    def __init__(self, loaded: Loaded, now: datetime) -> None:
        self._config: Config = loaded.config
        self._located = {str(feed_set.key): feed_set for feed_set in loaded.sets}
        self._partial = loaded.partial
        self._now = now
        self._topics: set[str] = set()  # slugs
        self._providers: set[str] = set()  # domains
        self._named: dict[str, set[str]] = defaultdict(set)  # domains, by slugs of their names
        self._empty: dict[str, Selected] = {}  # the sets that have had no entry so far
        self._contradictions: dict[str, str] = {}
        # The sets that an entry can be in, by its topics and provider; the others, by none.
        self._by_topic: dict[str, set[str]] = defaultdict(set)
        self._by_provider: dict[str, set[str]] = defaultdict(set)
        self._others: set[str] = set()
        self._hints: dict[str, str] = {}
        for feed_set in self._config.sets.values():
            self._add_set(feed_set)
        alternatives = [one for set in self._empty.values() for one in set.criteria]
        self._needs_text = any(one.phrases or one.not_phrases for one in alternatives)

    def _add_set(self, feed_set: FeedSet) -> None:
        name, selected = feed_set.name, criteria.of_set(self._config, feed_set)
        contradictions = [matcher.contradiction(one) for one in selected.criteria]
        if all(contradictions):
            self._contradictions[name] = contradictions[0]
            return
        self._empty[name] = selected
        for one in selected.criteria:
            if one.topics:
                for slug in one.topics[0]:
                    self._by_topic[slug].add(name)
            elif one.providers is not None:
                for domain in one.providers:
                    self._by_provider[domain].add(name)
            else:
                self._others.add(name)

    def add(self, mention: Mention) -> None:
        """Add an entry."""
        hold, now = self._config.articles.future == "hold", int(self._now.timestamp())
        mention, _ = schedule.judged(mention, now, hold=hold)
        slugs = frozenset(map(text.slug, mention.topics))
        self._topics |= slugs
        self._providers.add(mention.domain)
        self._named[text.slug(mention.provider)].add(mention.domain)
        if not self._empty:
            return
        names = self._others.union(
            self._by_provider.get(mention.domain, ()),
            *(self._by_topic.get(slug, ()) for slug in slugs),
        )
        candidates = names & self._empty.keys()
        if not candidates or mention.flags & EXPIRED:
            return
        facts = Facts(
            slugs,
            mention.domain,
            mention.kind,
            mention.quality,
            moment(mention.published),
            searchable(text_of(mention.payload)) if self._needs_text else "",
            level_of(mention.flags),
            bool(mention.flags & OWN),
        )
        for name in candidates:
            selected = self._empty[name]
            private = self._config.sets[name].private
            shown = matcher.visibility(*selected.shown, facts, private=private)
            if all(verdict.met for verdict in shown) and matcher.is_met(
                selected.criteria, facts, self._now
            ):
                del self._empty[name]

    def warnings(self) -> Iterator[Problem]:
        """Yield the warnings, set by set."""
        unknown = {name: list(self._unknown_names(name)) for name in self._config.sets}
        reported = {name for name, problems in unknown.items() if problems}
        reported |= self._contradictions.keys() | self._empty.keys()
        for name in self._config.sets:
            yield from unknown[name]
            if name in self._partial or unknown[name] or reported & self._members(name):
                continue  # that warning says why it has no entry
            if name in self._contradictions:
                message = f"can never have an entry: {self._contradictions[name]}"
                hint = "take it out of include or of exclude"
                yield self._warning(name, (), Code.MATCHES_NEVER, message, hint)
            elif name in self._empty and self._providers:
                message, hint = "has no entry today", "see feeds explain, or widen its rules"
                yield self._warning(name, (), Code.MATCHES_NOTHING, message, hint)

    def _members(self, name: str) -> set[str]:
        """Return the names of the sets among the members of a set, at all levels."""
        members = self._config.sets[name].members
        direct = {set_of_member(member) for member in members} & self._config.sets.keys()
        return direct.union(*map(self._members, direct))

    def _unknown_names(self, name: str) -> Iterator[Problem]:
        feed_set = self._config.sets[name]
        for part, rules in (("include", feed_set.include), ("exclude", feed_set.exclude)):
            for number, topic in enumerate(rules.topics):
                yield from self._unknown_topic(name, (part, "topics", number), topic)
            for number, provider in enumerate(rules.providers):
                yield from self._unknown_provider(name, (part, "providers", number), provider)
        for number, address in enumerate(feed_set.members):
            path, query = parse_address(address)
            asked, location = query_params.parse(query), ("members", number)
            named = path.names if path.kind == "topics" else ()
            for topic in (*asked.topics, *asked.not_topics, *named):
                yield from self._unknown_topic(name, location, topic)
            named = path.names if path.kind == "providers" else ()
            for provider in (*asked.providers, *asked.not_providers, *named):
                yield from self._unknown_provider(name, location, provider)

    def _unknown_topic(self, name: str, location: _Location, topic: str) -> Iterator[Problem]:
        taxonomy = self._config.taxonomy
        slug = taxonomy.topic_slug(topic)
        if slug not in taxonomy.topics and not self._topics & taxonomy.slugs_within(slug):
            message = f"neither an article nor topics.yaml has the topic {topic}"
            yield self._nobody_has(name, location, message, slug, self._topics, taxonomy.topics)

    def _unknown_provider(self, name: str, location: _Location, provider: str) -> Iterator[Problem]:
        configured = self._config.taxonomy.providers
        domains = criteria.domains(self._config.taxonomy, [provider])
        if domains & self._providers or domains & configured.keys():
            return
        if named := self._named.get(text.slug(provider)):
            message = (
                f"{provider} is the name that articles give a provider, but a set needs its domain"
            )
            hint = f"write {' or '.join(sorted(named)[:_MOST_DOMAINS])}"
            yield self._warning(name, location, Code.NOBODY_HAS, message, hint)
        else:
            message = f"neither an article nor providers.yaml has the provider {provider}"
            yield self._nobody_has(name, location, message, provider, self._providers, configured)

    def _nobody_has(
        self, name: str, location: _Location, message: str, written: str, *known: Iterable[str]
    ) -> Problem:
        if message not in self._hints:  # many sets may have the same wrong name
            close = suggest(written, set[str]().union(*known))
            self._hints[message] = f"write {close[0]}" if close else "correct it, or take it out"
        return self._warning(name, location, Code.NOBODY_HAS, message, self._hints[message])

    def _warning(
        self, name: str, location: _Location, code: Code, message: str, hint: str
    ) -> Problem:
        feed_set = self._located[name]
        return feed_set.problem(location, code, message, hint, severity=Severity.WARNING)
