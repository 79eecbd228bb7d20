"""Resolve a path and a query to a feed, or to suggestions of similar ones."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from feeds import query_params
from feeds.config import Config
from feeds.errors import TooLong, UnknownFeed
from feeds.feed_path import FeedPath, Kind
from feeds.locale import Message
from feeds.locale.locales import locale_of
from feeds.model import Criteria, FeedSpec
from feeds.query_params import Parameters
from feeds.selection import criteria, titles
from feeds.selection import story as stories
from feeds.selection.site_view import SiteView
from feeds.util import text
from feeds.util.suggest import suggest
from feeds.util.urls import domain, without_www

_MOST_JOINED: Final = 20
_MOST_SHOWN: Final = 100  # characters of a name that does not exist
_FRONT: Final = "/"
_FOREIGN_SUFFIXES: Final = ("xml", "rdf", "html")  # of feeds and pages elsewhere

Names = tuple[str, ...]


def resolve(view: SiteView, path: FeedPath, query: str = "") -> FeedSpec:
    """Return the feed at a path, whatever its suffix, narrowed by a query as it was sent.

    Its canonical address may differ from the requested one; then the caller redirects. Raises
    UnknownFeed with the nearest paths that exist, BadParameter, and TooLong if too many names are
    joined.
    """
    parameters = query_params.parse(query)
    names = path.names
    match path.kind:
        case "all":
            return _composed(view, (), (), parameters)
        case "topics":
            return _composed(view, _topics_of_path(view, names), (), parameters)
        case "providers":
            return _composed(view, (), _not_empty(provider_domains(view, names)), parameters)
        case "sets":
            return _of_set(view, names[0], parameters)
        case "stories":
            return _of_story(view, names[0], parameters)
    written = text.shorten(path.with_suffix("").decoded, _MOST_SHOWN)
    shown = written if written.isprintable() else repr(written)
    message = Message("There is no feed at %(path)s.", path=shown)
    raise UnknownFeed(message, _near_path(view, names))


def set_name(path: FeedPath) -> str:
    """Return the name of the set at a path; empty if it is not the path of a set."""
    return text.slug(path.names[0]) if path.kind == "sets" else ""


def unknown_set(config: Config, name: str) -> UnknownFeed:
    """Return the error for a set that does not exist; private ones are not suggested."""
    public = [feed_set.name for feed_set in config.sets.values() if not feed_set.private]
    near = _paths("sets", suggest(name, public, most=3))
    message = Message("There is no feed set %(name)s.", name=_shown(name))
    return UnknownFeed(message, near or (_FRONT,))


# --- the feeds of each kind ------------------------------------------------------


def _composed(view: SiteView, topics: Names, providers: Names, parameters: Parameters) -> FeedSpec:
    """Return a feed of topics and providers, from its path and its query.

    Equal selections have one address, whether their names are in the path or the query: topics go
    into the path, or else providers.
    """
    parameters = _with_canonical_names(view, parameters)
    topic_groups = _smallest({group for group in (topics, parameters.topics) if group})
    provider_groups = _common({group for group in (providers, parameters.providers) if group})
    if len(provider_groups) == 1:
        left = tuple(one for one in provider_groups[0] if one not in parameters.not_providers)
        if left:
            provider_groups, parameters = [left], replace(parameters, not_providers=())
    taxonomy, selected = view.config.taxonomy, Criteria()
    for group in topic_groups:
        selected = selected.narrowed(criteria.of_topics(taxonomy, group))
    for group in provider_groups:
        selected = selected.narrowed(criteria.of_providers(taxonomy, group))
    if len(provider_groups) == 2 or (provider_groups and not topic_groups):
        path = FeedPath("providers", provider_groups.pop(0))
    elif topic_groups:
        path = FeedPath("topics", topic_groups.pop(0))
    else:
        path = FeedPath("all")
    narrowing = criteria.of_parameters(taxonomy, replace(parameters, topics=(), providers=()))
    parameters = replace(
        parameters,
        topics=topic_groups[0] if topic_groups else (),
        providers=provider_groups[0] if provider_groups else (),
    )
    return _narrowed(view, _plain(view.config, path, selected.narrowed(narrowing)), parameters)


def _of_set(view: SiteView, name: str, parameters: Parameters) -> FeedSpec:
    config = view.config
    feed_set = config.sets.get(text.slug(name))
    if feed_set is None:
        raise unknown_set(config, name)
    parameters = _with_canonical_names(view, parameters)
    narrowing = criteria.of_parameters(config.taxonomy, parameters)
    selected = criteria.of_set(config, feed_set)
    alternatives = (alternative.narrowed(narrowing) for alternative in selected.criteria)
    spec = _plain(config, FeedPath("sets", (feed_set.name,)), *alternatives)
    spec = replace(
        spec,
        set=feed_set.name,
        limit=spec.limit if feed_set.limit is None else feed_set.limit,
        order=feed_set.order,
        max_age=spec.max_age if feed_set.max_age is None else feed_set.max_age,
        full=spec.full if feed_set.full is None else feed_set.full,
        unpublished=selected.shown.unpublished,
        related=selected.shown.related,
        private=feed_set.private,
    )
    return _narrowed(view, spec, parameters)


def _of_story(view: SiteView, entry: str, parameters: Parameters) -> FeedSpec:
    id = stories.identify(view, entry)
    parameters = _with_canonical_names(view, parameters)
    narrowing = criteria.of_parameters(view.config.taxonomy, parameters)
    spec = _plain(view.config, FeedPath("stories", (str(id),)), narrowing)
    return _narrowed(view, replace(spec, limit=stories.MOST, story=id), parameters)


def _plain(config: Config, path: FeedPath, *alternatives: Criteria) -> FeedSpec:
    """Return a feed with the defaults of the site."""
    return FeedSpec(
        path,
        alternatives,
        limit=config.limit,
        max_age=config.max_age,
        full=config.full,
        unpublished=config.unpublished,
        related=config.related,
    )


def _narrowed(view: SiteView, spec: FeedSpec, parameters: Parameters) -> FeedSpec:
    """Return a feed with its canonical query, and with what that says of the document."""
    if parameters.limit == spec.limit:  # a parameter without effect makes no other address
        parameters = replace(parameters, limit=None)
    if parameters.full == spec.full:
        parameters = replace(parameters, full=None)
    return replace(
        spec,
        query=query_params.write(parameters),
        words=titles.narrowed(view, parameters, locale_of(titles.language_of(view, spec.set))),
        limit=spec.limit if parameters.limit is None else parameters.limit,
        full=spec.full if parameters.full is None else parameters.full,
    )


def _smallest(groups: set[Names]) -> list[Names]:
    """Return the groups of topics that have an effect, sorted. A group that contains another one
    has none, since an entry needs a topic of each group."""
    return sorted(group for group in groups if not any(set(other) < set(group) for other in groups))


def _common(groups: set[Names]) -> list[Names]:
    """Return the providers that are in all groups as one group; the groups themselves if there are
    none."""
    common = tuple(sorted(set.intersection(*map(set, groups)))) if groups else ()
    return [common] if common else sorted(groups)


# --- names -----------------------------------------------------------------------


def _with_canonical_names(view: SiteView, parameters: Parameters) -> Parameters:
    """Return parameters with canonical slugs and domains. Raises UnknownFeed."""
    return replace(
        parameters,
        topics=topic_slugs(view, parameters.topics),
        providers=provider_domains(view, parameters.providers),
        not_topics=topic_slugs(view, parameters.not_topics),
        not_providers=provider_domains(view, parameters.not_providers),
    )


def _topics_of_path(view: SiteView, names: Names) -> Names:
    try:
        return _not_empty(topic_slugs(view, names))
    except UnknownFeed as error:
        # Forms write + for a space.
        slug = view.config.taxonomy.topic_slug(" ".join(names))
        if len(names) > 1 and view.has_topic(slug):
            raise UnknownFeed(error.message, _paths("topics", [slug])) from None
        raise


def _not_empty(names: Names) -> Names:
    if not names:
        raise UnknownFeed(Message("This address names no topic or provider."), (_FRONT,))
    return names


def topic_slugs(view: SiteView, names: Iterable[str]) -> Names:
    """Return the canonical slugs of topics. Raises UnknownFeed and TooLong."""
    written = {view.config.taxonomy.topic_slug(name): name for name in names if name}
    for slug in _canonical(written):
        if not view.has_topic(slug):
            message = Message("There is no topic %(name)s.", name=_shown(written[slug]))
            raise UnknownFeed(message, _near_topics(view, slug))
    return _canonical(written)


def provider_domains(view: SiteView, names: Iterable[str]) -> Names:
    """Return the canonical domains of providers. Raises UnknownFeed and TooLong."""
    taxonomy = view.config.taxonomy
    written = {taxonomy.provider_named(name) or _host(name): name for name in names if name}
    for host in _canonical(written):
        if not view.has_provider(host):
            message = Message("There is no provider %(name)s.", name=_shown(written[host]))
            raise UnknownFeed(message, _near_providers(view, host))
    return _canonical(written)


def _canonical(names: Iterable[str]) -> Names:
    """Return distinct names in the order in which addresses have them. Raises TooLong."""
    joined = tuple(sorted(names))
    if len(joined) > _MOST_JOINED:
        raise TooLong(Message("An address can join at most %(most)s names.", most=_MOST_JOINED))
    return joined


def _host(name: str) -> str:
    try:
        return without_www(domain(name))
    except ValueError:
        return name


def _shown(name: str) -> str:
    """Return a name in quotes, with its control characters escaped."""
    return repr(text.shorten(name, _MOST_SHOWN))


def _paths(kind: Kind, names: Iterable[str]) -> tuple[str, ...]:
    """Return the paths of feeds with one name each, encoded as in URLs."""
    return tuple(str(FeedPath(kind, (name,))) for name in names)


# --- suggestions -------------------------------------------------------------------

_one_at_a_time: Final = threading.Lock()


def _suggested(name: str, names: Iterable[str]) -> list[str]:
    """Return similar names; none while another such search runs.

    A search among 20,000 names takes some milliseconds, and clients that invent names must not
    occupy a whole core.
    """
    if not _one_at_a_time.acquire(blocking=False):
        return []
    try:
        return suggest(name, names, most=6)
    finally:
        _one_at_a_time.release()


def _near_path(view: SiteView, segments: Names) -> tuple[str, ...]:
    if not segments:
        return (_FRONT,)
    if suggest(segments[0].partition(".")[0], ("all",)):
        return (str(FeedPath("all")),)
    # `/ai` for `/topics/ai`, and `/provider/cbc.ca` for `/providers/cbc.ca`.
    name = segments[:2][-1]
    slug = view.config.taxonomy.topic_slug(name)
    if view.has_topic(slug):
        return _paths("topics", [slug])
    host = view.config.taxonomy.provider_domain(_host(name))
    if view.has_provider(host):
        return _paths("providers", [host])
    return (_FRONT,)


def _near_topics(view: SiteView, slug: str) -> tuple[str, ...]:
    taxonomy = view.config.taxonomy
    stem, _, suffix = slug.rpartition("-")
    if suffix in _FOREIGN_SUFFIXES and view.has_topic(stem):
        return _paths("topics", [stem])
    close = _suggested(slug, {*view.names.topic_ids, *taxonomy.topics})
    slugs = dict.fromkeys(map(taxonomy.topic_slug, close))
    return _paths("topics", filter(view.has_topic, slugs))[:3]


def _near_providers(view: SiteView, host: str) -> tuple[str, ...]:
    taxonomy = view.config.taxonomy
    domain_of = {name.name: name.address for name in view.names.providers.values() if name.name}
    close = _suggested(host, {*view.names.provider_ids, *taxonomy.providers, *domain_of})
    domains = dict.fromkeys(taxonomy.provider_domain(domain_of.get(one, one)) for one in close)
    return _paths("providers", filter(view.has_provider, domains))[:3]
