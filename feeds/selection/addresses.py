"""A path, to the feed it means; or what was perhaps meant by it."""

from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection

from feeds import text
from feeds.errors import TooLong, UnknownFeed
from feeds.model import FeedSpec
from feeds.nearest import nearest
from feeds.selection import stories
from feeds.selection.known import Known
from feeds.urls import domain, without_www

_MOST_JOINED: Final = 20
_MOST_SHOWN: Final = 100  # characters of what does not exist
_FRONT: Final = "/"


def resolve(known: Known, connection: Connection, path: str) -> FeedSpec:
    """The feed at a path without suffix, decoded: see `Selection.resolve`."""
    kind, *names = [part for part in path.split("/") if part] or [""]
    match kind.lower(), names:
        case "all", []:
            return _spec(known, "/all")
        case "topics", [joined]:
            return _of_topics(known, connection, joined)
        case "providers", [joined]:
            return _of_providers(known, connection, joined)
        case "stories", [id]:
            return stories.resolve(known, connection, id)
    raise UnknownFeed(
        f"There is no feed at {_shortened(path)}.", _near_path(known, connection, kind, names)
    )


def _of_topics(known: Known, connection: Connection, joined: str) -> FeedSpec:
    taxonomy = known.config.taxonomy
    written = {taxonomy.topic_slug(name): name for name in joined.split("+") if name}
    slugs = _joined(written)
    for slug in slugs:
        if not known.has_topic(connection, slug):
            raise UnknownFeed(
                f"There is no topic {_shown(written[slug])}.", _near_topics(known, connection, slug)
            )
    within = frozenset[str]().union(*map(taxonomy.slugs_within, slugs))
    return _spec(known, "/topics/" + "+".join(slugs), topics=within)


def _of_providers(known: Known, connection: Connection, joined: str) -> FeedSpec:
    taxonomy = known.config.taxonomy
    written = {taxonomy.provider_domain(_host(name)): name for name in joined.split("+") if name}
    domains = _joined(written)
    for one in domains:
        if not known.has_provider(connection, one):
            raise UnknownFeed(
                f"There is no provider {_shown(written[one])}.",
                _near_providers(known, connection, one),
            )
    within = frozenset[str]().union(*map(taxonomy.domains_of, domains))
    return _spec(known, "/providers/" + "+".join(domains), providers=within)


def _spec(
    known: Known,
    path: str,
    topics: frozenset[str] = frozenset(),
    providers: frozenset[str] = frozenset(),
) -> FeedSpec:
    config = known.config
    return FeedSpec(
        path_of(path),
        topics,
        providers,
        config.limit,
        config.full,
        config.unpublished,
        config.related,
    )


def path_of(decoded: str) -> str:
    """A canonical path, percent-encoded the one way it is served at."""
    return quote(decoded, safe="/+")


def _joined(names: dict[str, str]) -> list[str]:
    """Each name once, in the one order they are served in."""
    if not names:
        raise UnknownFeed("The address names nothing.", (_FRONT,))
    if len(names) > _MOST_JOINED:
        raise TooLong(f"An address joins at most {_MOST_JOINED} names.")
    return sorted(names)


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


def _near_path(
    known: Known, connection: Connection, kind: str, names: list[str]
) -> tuple[str, ...]:
    if nearest(kind.partition(".")[0], ("all",)):
        return ("/all",)
    # `/ai` for `/topics/ai`, and `/provider/cbc.ca` for `/providers/cbc.ca`.
    name = names[0] if names else kind
    slug = known.config.taxonomy.topic_slug(name)
    if known.has_topic(connection, slug):
        return (path_of(f"/topics/{slug}"),)
    host = known.config.taxonomy.provider_domain(_host(name))
    if known.has_provider(connection, host):
        return (path_of(f"/providers/{host}"),)
    return (_FRONT,)


def _near_topics(known: Known, connection: Connection, slug: str) -> tuple[str, ...]:
    taxonomy = known.config.taxonomy
    close = nearest(slug, {*known.names.topic_ids, *taxonomy.topics}, most=6)
    slugs = dict.fromkeys(map(taxonomy.topic_slug, close))
    found = (one for one in slugs if known.has_topic(connection, one))
    return tuple(path_of(f"/topics/{one}") for one in found)[:3]


def _near_providers(known: Known, connection: Connection, host: str) -> tuple[str, ...]:
    taxonomy = known.config.taxonomy
    close = nearest(host, {*known.names.provider_ids, *taxonomy.providers}, most=6)
    domains = dict.fromkeys(map(taxonomy.provider_domain, close))
    found = (one for one in domains if known.has_provider(connection, one))
    return tuple(path_of(f"/providers/{one}") for one in found)[:3]
