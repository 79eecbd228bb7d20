"""A path and a query, to the feed they mean; or what was perhaps meant by them."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from feeds import query_params
from feeds.config import Config
from feeds.errors import TooLong, UnknownFeed
from feeds.feed_path import FeedPath, Kind
from feeds.model import Criteria, FeedSpec
from feeds.query_params import Parameters
from feeds.selection import criteria, titles
from feeds.selection import story as stories
from feeds.selection.site_view import SiteView
from feeds.util import text
from feeds.util.suggest import suggest
from feeds.util.urls import domain, without_www

_MOST_JOINED: Final = 20
_MOST_SHOWN: Final = 100  # characters of what does not exist
_FRONT: Final = "/"
_ENDINGS: Final = ("xml", "rdf", "html")  # of feeds and pages elsewhere

Names = tuple[str, ...]


def resolve(view: SiteView, path: FeedPath, query: str = "") -> FeedSpec:
    """The feed at a path, whatever its suffix, and a query: see `Selection.resolve`."""
    asked = query_params.parse(query)
    names = path.names
    match path.kind:
        case "all":
            return _composed(view, (), (), asked)
        case "topics":
            return _composed(view, _topics(view, names), (), asked)
        case "providers":
            return _composed(view, (), _providers(view, names), asked)
        case "sets":
            return _of_set(view, names[0], asked)
        case "stories":
            return _of_story(view, names[0], asked)
    asked_for = _shortened(path.with_suffix("").decoded)
    raise UnknownFeed(f"There is no feed at {asked_for}.", _near_path(view, names))


def set_name(path: FeedPath) -> str:
    """The name of the set that a path is about; empty if it is about none."""
    return text.slug(path.names[0]) if path.kind == "sets" else ""


def _composed(
    view: SiteView,
    topics: Names,
    providers: Names,
    asked: Parameters,
) -> FeedSpec:
    """A feed of topics and providers. Equal selections get one address, wherever their
    parts stood: topics go into the path first, else providers."""
    asked = _named(view, asked)
    groups = _least({one for one in (topics, asked.topics) if one})
    froms = _overlap({one for one in (providers, asked.providers) if one})
    if len(froms) == 1 and (
        left := tuple(one for one in froms[0] if one not in asked.not_providers)
    ):
        froms, asked = [left], replace(asked, not_providers=())
    if len(froms) == 2 or (froms and not groups):
        path, groups, rest = FeedPath("providers", froms[0]), [(), *groups], froms[1:]
    else:
        path = FeedPath("topics", groups[0]) if groups else FeedPath("all")
        rest = froms
    second = groups[1:2] or [()]
    asked = replace(asked, topics=second[0], providers=rest[0] if rest else ())
    taxonomy = view.config.taxonomy
    base = Criteria()
    for group in groups:
        base = base.narrowed(criteria.of_topics(taxonomy, group) if group else Criteria())
    for group in froms:
        base = base.narrowed(criteria.of_providers(taxonomy, group))
    narrowing = criteria.of_parameters(taxonomy, replace(asked, topics=(), providers=()))
    config = view.config
    return _spec(
        view,
        FeedSpec(
            path,
            (base.narrowed(narrowing),),
            limit=config.limit,
            max_age=config.max_age,
            full=config.full,
            unpublished=config.unpublished,
            related=config.related,
        ),
        asked,
    )


def _of_set(view: SiteView, name: str, asked: Parameters) -> FeedSpec:
    """A configured feed set, as it is or narrowed."""
    config = view.config
    found = config.sets.get(text.slug(name))
    if found is None:
        raise unknown_set(config, name)
    asked = _named(view, asked)
    narrowing = criteria.of_parameters(config.taxonomy, asked)
    selected = criteria.of_set(config, found)
    return _spec(
        view,
        FeedSpec(
            FeedPath("sets", (found.name,)),
            tuple(one.narrowed(narrowing) for one in selected.criteria),
            set=found.name,
            limit=config.limit if found.limit is None else found.limit,
            order=found.order,
            max_age=config.max_age if found.max_age is None else found.max_age,
            full=config.full if found.full is None else found.full,
            unpublished=selected.shown.unpublished,
            related=selected.shown.related,
            private=found.private,
        ),
        asked,
    )


def unknown_set(config: Config, name: str) -> UnknownFeed:
    """What is said of a set that does not exist; private ones are not suggested."""
    public = [one.name for one in config.sets.values() if not one.private]
    near = _paths("sets", suggest(name, public, most=3))
    return UnknownFeed(f"There is no feed set {_shown(name)}.", near or (_FRONT,))


def _of_story(view: SiteView, entry: str, asked: Parameters) -> FeedSpec:
    """An article with all its related coverage, as it is or narrowed."""
    config = view.config
    id = stories.identify(view, entry)
    asked = _named(view, asked)
    return _spec(
        view,
        FeedSpec(
            FeedPath("stories", (str(id),)),
            (criteria.of_parameters(config.taxonomy, asked),),
            limit=stories.MOST,
            max_age=config.max_age,
            full=config.full,
            unpublished=config.unpublished,
            related=config.related,
            story=id,
        ),
        asked,
    )


def _spec(view: SiteView, spec: FeedSpec, asked: Parameters) -> FeedSpec:
    """A feed with what a query says of its document, and its canonical query."""
    # What is so anyway does not make another address.
    if asked.limit == spec.limit:
        asked = replace(asked, limit=None)
    if asked.full == spec.full:
        asked = replace(asked, full=None)
    return replace(
        spec,
        query=query_params.write(asked),
        words=titles.narrowed(view, asked),
        limit=spec.limit if asked.limit is None else asked.limit,
        full=spec.full if asked.full is None else asked.full,
    )


def _least(groups: set[Names]) -> list[Names]:
    """Groups of topics that must each be met: one that holds another adds nothing to it."""
    return sorted(one for one in groups if not any(set(other) < set(one) for other in groups))


def _overlap(groups: set[Names]) -> list[Names]:
    """Groups of providers that must each be met: as one, unless they have nothing in common."""
    common = tuple(sorted(set.intersection(*map(set, groups)))) if groups else ()
    return [common] if common else sorted(groups)


def _named(view: SiteView, asked: Parameters) -> Parameters:
    """The names in a query as their feeds are called. Raises UnknownFeed."""
    return replace(
        asked,
        topics=_known_topics(view, asked.topics),
        providers=_known_providers(view, asked.providers),
        not_topics=_known_topics(view, asked.not_topics),
        not_providers=_known_providers(view, asked.not_providers),
    )


def _topics(view: SiteView, names: Names) -> Names:
    try:
        return _some(_known_topics(view, names))
    except UnknownFeed as error:
        # Forms write + for a space.
        slug = view.config.taxonomy.topic_slug(" ".join(names))
        if len(names) > 1 and view.has_topic(slug):
            raise UnknownFeed(str(error), _paths("topics", [slug])) from None
        raise


def _providers(view: SiteView, names: Names) -> Names:
    return _some(_known_providers(view, names))


def _some(names: Names) -> Names:
    if not names:
        raise UnknownFeed("The address names nothing.", (_FRONT,))
    return names


def _known_topics(view: SiteView, names: Iterable[str]) -> Names:
    written = {view.config.taxonomy.topic_slug(name): name for name in names if name}
    for slug in _joined(written):
        if not view.has_topic(slug):
            raise UnknownFeed(
                f"There is no topic {_shown(written[slug])}.", _near_topics(view, slug)
            )
    return _joined(written)


def _known_providers(view: SiteView, names: Iterable[str]) -> Names:
    taxonomy = view.config.taxonomy
    written = {taxonomy.provider_named(name) or _host(name): name for name in names if name}
    for one in _joined(written):
        if not view.has_provider(one):
            raise UnknownFeed(
                f"There is no provider {_shown(written[one])}.",
                _near_providers(view, one),
            )
    return _joined(written)


def _joined(names: dict[str, str]) -> Names:
    """Each name once, in the one order they are served in."""
    if len(names) > _MOST_JOINED:
        raise TooLong(f"An address joins at most {_MOST_JOINED} names.")
    return tuple(sorted(names))


def _host(name: str) -> str:
    try:
        return without_www(domain(name))
    except ValueError:
        return name


def _shown(name: str) -> str:
    """A name in quotes, its control characters spelled out."""
    return repr(text.shorten(name, _MOST_SHOWN))


def _shortened(path: str) -> str:
    short = text.shorten(path, _MOST_SHOWN)
    return short if short.isprintable() else repr(short)


# --- what was perhaps meant --------------------------------------------------

_one_at_a_time: Final = threading.Lock()


def _likest(name: str, names: Iterable[str]) -> list[str]:
    """Names like this one; none while another search goes on.

    Among 20,000 a search takes some milliseconds, and whoever makes up names
    must not get at all of a core by it.
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
    whole, _, ending = slug.rpartition("-")
    if ending in _ENDINGS and view.has_topic(whole):
        return _paths("topics", [whole])
    close = _likest(slug, {*view.names.topic_ids, *taxonomy.topics})
    slugs = dict.fromkeys(map(taxonomy.topic_slug, close))
    found = (one for one in slugs if view.has_topic(one))
    return _paths("topics", found)[:3]


def _near_providers(view: SiteView, host: str) -> tuple[str, ...]:
    taxonomy = view.config.taxonomy
    named = {one.name: one.address for one in view.names.providers.values()}
    close = _likest(host, {*view.names.provider_ids, *taxonomy.providers, *named})
    domains = dict.fromkeys(taxonomy.provider_domain(named.get(one, one)) for one in close)
    found = (one for one in domains if view.has_provider(one))
    return _paths("providers", found)[:3]


def _paths(kind: Kind, names: Iterable[str]) -> tuple[str, ...]:
    """The paths of feeds with a name each, as they stand in URLs."""
    return tuple(str(FeedPath(kind, (name,))) for name in names)
