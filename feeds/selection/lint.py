"""What only the articles show of a configuration: names that nobody has, sets without entries.

Nothing here keeps a configuration from being used: articles come and go.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from feeds import query_params
from feeds.catalog.merge import OWN, PUBLIC, Mention
from feeds.catalog.payload import moment
from feeds.catalog.payload import text as said
from feeds.config import Config, Loaded
from feeds.feed_path import parse_address
from feeds.model import FeedSet
from feeds.problems import Code, Problem, Severity
from feeds.selection import criteria, matcher
from feeds.selection.criteria import Selected
from feeds.selection.matcher import Facts
from feeds.util import text
from feeds.util.suggest import suggest
from feeds.util.tokenizer import searchable


class Advisor:
    """Is shown every article, and says in the end what is doubtful about the feed sets."""

    def __init__(self, loaded: Loaded, now: datetime) -> None:
        self._config: Config = loaded.config
        self._sets = {str(one.key): one for one in loaded.sets}
        self._partial = loaded.partial
        self._now = now
        self._topics: dict[str, str] = {}
        self._providers: set[str] = set()
        self._open: dict[str, Selected] = {}
        self._never: dict[str, str] = {}
        # Where to look for sets that an entry may be the first of.
        self._by_topic: dict[str, set[str]] = defaultdict(set)
        self._by_provider: dict[str, set[str]] = defaultdict(set)
        self._others: set[str] = set()
        self._hints: dict[str, str] = {}
        for one in self._config.sets.values():
            self._add(one)
        found = (one for selected in self._open.values() for one in selected.criteria)
        self._reads = any(one.phrases or one.not_phrases for one in found)

    def _add(self, one: FeedSet) -> None:
        selected = criteria.of_set(self._config, one)
        found = selected.criteria
        against = [matcher.contradiction(each) for each in found]
        if all(against):
            self._never[one.name] = against[0]
            return
        self._open[one.name] = selected
        for each in found:
            if each.topics:
                for slug in each.topics[0]:
                    self._by_topic[slug].add(one.name)
            elif each.providers is not None:
                for domain in each.providers:
                    self._by_provider[domain].add(one.name)
            else:
                self._others.add(one.name)

    def see(self, mention: Mention) -> None:
        """Take note of an entry."""
        slugs = {text.slug(name): name for name in mention.topics}
        self._topics |= slugs
        self._providers.add(mention.domain)
        if not self._open:
            return
        near = self._others.union(
            self._by_provider.get(mention.domain, ()),
            *(self._by_topic.get(slug, ()) for slug in slugs),
        )
        candidates = [name for name in near if name in self._open]
        if not candidates:
            return
        facts = Facts(
            frozenset(slugs),
            mention.domain,
            mention.kind,
            mention.quality,
            moment(mention.published),
            searchable(said(mention.payload)) if self._reads else "",
            bool(mention.flags & PUBLIC),
            bool(mention.flags & OWN),
        )
        for name in candidates:
            selected = self._open[name]
            shows = matcher.visibility(*selected.shown, facts)
            if all(verdict.met for verdict in shows) and matcher.is_met(
                selected.criteria, facts, self._now
            ):
                del self._open[name]

    def doubts(self) -> Iterator[Problem]:
        """What is doubtful, set by set."""
        for name in self._config.sets:
            yield from self._unknown_names(name)
            if name in self._partial:
                continue
            if name in self._never:
                yield self._doubt(
                    name,
                    (),
                    Code.MATCHES_NEVER,
                    f"can never have an entry: {self._never[name]}",
                    "take it out of include or of exclude",
                )
            elif name in self._open:
                yield self._doubt(
                    name,
                    (),
                    Code.MATCHES_NOTHING,
                    "has no entry today",
                    "see feeds explain, or widen its rules",
                )

    def _unknown_names(self, name: str) -> Iterator[Problem]:
        one = self._config.sets[name]
        for part, part_rules in (("include", one.include), ("exclude", one.exclude)):
            for index, written in enumerate(part_rules.topics):
                yield from self._unknown_topic(name, (part, "topics", index), written)
            for index, written in enumerate(part_rules.providers):
                yield from self._unknown_provider(name, (part, "providers", index), written)
        for index, address in enumerate(one.members):
            path, query = parse_address(address)
            asked = query_params.parse(query)
            named = path.names if path.kind == "topics" else ()
            topics = (*asked.topics, *asked.not_topics, *named)
            for written in topics:
                yield from self._unknown_topic(name, ("members", index), written)
            named = path.names if path.kind == "providers" else ()
            for written in (*asked.providers, *asked.not_providers, *named):
                yield from self._unknown_provider(name, ("members", index), written)

    def _unknown_topic(
        self, name: str, place: tuple[str | int, ...], written: str
    ) -> Iterator[Problem]:
        taxonomy = self._config.taxonomy
        slug = taxonomy.topic_slug(written)
        if slug in taxonomy.topics or self._topics.keys() & taxonomy.slugs_within(slug):
            return
        message = f"no article and no topics.yaml has the topic {written}"
        yield self._nobody_has(name, place, message, slug, {*self._topics, *taxonomy.topics})

    def _unknown_provider(
        self, name: str, place: tuple[str | int, ...], written: str
    ) -> Iterator[Problem]:
        taxonomy = self._config.taxonomy
        domains = criteria.domains(taxonomy, [written])
        if domains & self._providers or domains & taxonomy.providers.keys():
            return
        message = f"no article and no providers.yaml has the provider {written}"
        known = {*self._providers, *taxonomy.providers}
        yield self._nobody_has(name, place, message, written, known)

    def _nobody_has(
        self,
        name: str,
        place: tuple[str | int, ...],
        message: str,
        written: str,
        known: Iterable[str],
    ) -> Problem:
        if message not in self._hints:  # many sets may have the same name wrong
            close = suggest(written, known)
            self._hints[message] = f"write {close[0]}" if close else "correct it, or take it out"
        return self._doubt(name, place, Code.NOBODY_HAS, message, self._hints[message])

    def _doubt(
        self, name: str, place: tuple[str | int, ...], code: Code, message: str, hint: str
    ) -> Problem:
        return self._sets[name].problem(place, code, message, hint, severity=Severity.WARNING)
