"""The composer: a form, what is wrong with it, and the feed that comes of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from feeds import query_params
from feeds.model import Feed, Format, Site
from feeds.query_params import Parameters
from feeds.render.html.chart import Chart, chart
from feeds.render.html.descriptions import headline
from feeds.render.html.environment import page
from feeds.render.html.qr import qr
from feeds.render.html.readers import readers
from feeds.util import durations, text, tokenizer

_NOTHING: Final = Parameters()
_BARS: Final = 20  # of the histogram
_LONGEST_TITLE: Final = 500  # as the configuration takes it
# Periods that are offered; any other can be given in the address.
_PERIODS: Final = (("1d", "the last day"), ("7d", "the last week"), ("30d", "the last month"),
                   ("90d", "the last three months"), ("365d", "the last year"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A box that can be ticked."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Composed:
    """What was asked for, as it was written, and what came of it.

    `problems` say by the name of a parameter what is wrong with it; `feed` is
    there if nothing is. `qualities` are those of its newest entries, whatever
    the minimum.
    """

    asked: Mapping[str, str]
    topics: Sequence[Choice]
    providers: Sequence[Choice]
    kinds: Sequence[Choice]
    problems: Mapping[str, str] = field(default_factory=dict)
    feed: Feed | None = None
    narrowing: Parameters = _NOTHING
    qualities: Sequence[float] = ()


def compose_page(site: Site, composed: Composed) -> bytes:
    """The form beside what comes of it."""
    feed = composed.feed
    periods = list(_PERIODS)
    since = composed.asked.get("since", "")
    if since and since not in dict(_PERIODS):
        periods.append((since, since))
    return page(
        "compose.html",
        site,
        composed=composed,
        asked=composed.asked,
        problems=composed.problems,
        periods=periods,
        feed=feed,
        headline=headline(feed) if feed else "",
        yaml=feed_set(feed, composed.narrowing) if feed else "",
        readers=readers(feed.url(Format.RSS)) if feed else (),
        qr=qr(feed.url()) if feed else "",
        histogram=histogram(composed.qualities) if composed.qualities else None,
    )


def histogram(qualities: Sequence[float]) -> tuple[Chart, str, str]:
    """How many entries have which quality; and the lowest and the highest there is."""
    low, high = min(qualities), max(qualities)
    width = (high - low) / _BARS or 1
    counts = [0] * _BARS
    for one in qualities:
        counts[min(_BARS - 1, int((one - low) / width))] += 1
    bars = [
        (query_params.number(round(low + place * width, 1)), count, 0)
        for place, count in enumerate(counts)
    ]
    return chart(bars), f"{low:.12g}", f"{high:.12g}"  # 32, not 32.0


def feed_set(feed: Feed, asked: Parameters) -> str:
    """The same feed as a set, ready for `sets.yaml`.

    A set's keywords are met by any of them, a search only by all: several words
    go in as a member of the set, which is a feed itself.
    """
    title = text.shorten(headline(feed), _LONGEST_TITLE)
    include: dict[str, object] = {
        "topics": asked.topics,
        "providers": asked.providers,
        "types": asked.kinds,
        "keywords": [" ".join(one) for one in asked.phrases] if len(asked.phrases) == 1 else (),
        "min_quality": asked.min_quality,
        "since": durations.write(asked.since) if asked.since else None,
    }
    exclude: dict[str, object] = {"topics": asked.not_topics, "providers": asked.not_providers}
    members = []
    if len(asked.phrases) > 1:
        searched = Parameters(phrases=asked.phrases)
        members.append(f"/all?{query_params.write(searched)}")
    lines = [f"{text.slug(title) or 'my-feed'}:", f"  title: {_yaml(title)}"]
    lines += _part("include", include) + _part("exclude", exclude)
    if members or not (any(include.values()) or include["min_quality"] is not None):
        lines.append(f"  members: {_yaml(members or ['/all'])}")
    if asked.limit is not None:
        lines.append(f"  limit: {asked.limit}")
    if asked.full is not None:
        lines.append(f"  content: {'full' if asked.full else 'summary'}")
    return "\n".join(lines) + "\n"


def _part(name: str, rules: Mapping[str, object]) -> list[str]:
    found = [f"    {key}: {_yaml(value)}" for key, value in rules.items() if value or value == 0]
    return [f"  {name}:", *found] if found else []


def _yaml(value: object) -> str:
    """Every JSON value is one in YAML."""
    if isinstance(value, float):
        return query_params.number(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def said(asked: Parameters) -> dict[str, str]:
    """What is asked for, parameter by parameter, as people write it."""
    return {
        "topic": ", ".join(asked.topics),
        "provider": ", ".join(asked.providers),
        "not_topic": ", ".join(asked.not_topics),
        "not_provider": ", ".join(asked.not_providers),
        "type": ", ".join(asked.kinds),
        "min_quality": "" if asked.min_quality is None else query_params.number(asked.min_quality),
        "q": tokenizer.write(asked.phrases),
        "since": durations.write(asked.since) if asked.since else "",
        "limit": "" if asked.limit is None else str(asked.limit),
        "content": "" if asked.full is None else "full" if asked.full else "summary",
    }
