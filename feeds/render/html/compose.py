"""Write the composer: a form, the problems with its fields, and the feed that it describes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from feeds import query_params
from feeds.model import Feed, Format, Site
from feeds.query_params import Parameters
from feeds.render.html.chart import Chart, chart
from feeds.render.html.environment import page
from feeds.render.html.feed_pages import headline
from feeds.render.html.subscribe import qr_code, reader_links
from feeds.util import durations, text, tokenizer, urls

_NOTHING: Final = Parameters()
_BARS: Final = 20  # of the histogram
_LONGEST_TITLE: Final = 500  # characters, as the configuration accepts it
# The periods to choose from; the address may name any other.
_PERIODS: Final = (("1d", "the last day"), ("7d", "the last week"), ("30d", "the last month"),
                   ("90d", "the last three months"), ("365d", "the last year"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A box that can be ticked."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ComposeForm:
    """The fields as they were written, and the feed that they describe.

    `problems` are by the name of a parameter; there is a `feed` if there are none.
    `parameters` narrow it. `qualities` are the scores of its newest entries,
    including those below the minimum.
    """

    texts: Mapping[str, str]
    topics: Sequence[Choice]
    providers: Sequence[Choice]
    kinds: Sequence[Choice]
    problems: Mapping[str, str] = field(default_factory=dict)
    feed: Feed | None = None
    parameters: Parameters = _NOTHING
    qualities: Sequence[float] = ()


def compose_page(site: Site, form: ComposeForm) -> bytes:
    """Return the form with a preview of its feed."""
    feed = form.feed
    periods = list(_PERIODS)
    since = form.texts.get("since", "")
    if since and since not in dict(_PERIODS):
        periods.append((since, since))
    return page(
        "compose.html",
        site,
        form=form,
        texts=form.texts,
        problems=form.problems,
        periods=periods,
        feed=feed,
        headline=headline(feed) if feed else "",
        yaml=feed_set(feed, form.parameters) if feed else "",
        readers=reader_links(feed.url(Format.RSS)) if feed else (),
        qr=qr_code(feed.url()) if feed else "",
        histogram=histogram(form.qualities) if form.qualities else None,
    )


def histogram(qualities: Sequence[float]) -> tuple[Chart, str, str]:
    """Return how many entries have each quality, and the lowest and the highest quality."""
    low, high = min(qualities), max(qualities)
    width = (high - low) / _BARS or 1
    counts = [0] * _BARS
    for quality in qualities:
        counts[min(_BARS - 1, int((quality - low) / width))] += 1
    bars = [
        (query_params.number(round(low + number * width, 1)), count, 0)
        for number, count in enumerate(counts)
    ]
    return chart(bars), f"{low:.12g}", f"{high:.12g}"  # 32, not 32.0


def feed_set(feed: Feed, parameters: Parameters) -> str:
    """Return the same feed as a feed set in YAML, ready for `sets.yaml`.

    An entry has any of a set's keywords, but all words of a search: several words
    are written as a member of the set, which is a feed itself.
    """
    title = text.shorten(headline(feed), _LONGEST_TITLE)
    phrases = parameters.phrases
    include: dict[str, object] = {
        "topics": parameters.topics,
        "providers": parameters.providers,
        "types": parameters.kinds,
        "keywords": [" ".join(phrase) for phrase in phrases] if len(phrases) == 1 else (),
        "min_quality": parameters.min_quality,
        "since": durations.write(parameters.since) if parameters.since else None,
    }
    exclude: dict[str, object] = {
        "topics": parameters.not_topics,
        "providers": parameters.not_providers,
    }
    members = []
    if len(phrases) > 1:
        members.append(f"/all?{query_params.write(Parameters(phrases=phrases))}")
    lines = [f"{text.slug(title) or 'my-feed'}:", f"  title: {_yaml(title)}"]
    lines += _yaml_mapping("include", include) + _yaml_mapping("exclude", exclude)
    if members or not (any(include.values()) or include["min_quality"] is not None):
        lines.append(f"  members: {_yaml(members or ['/all'])}")
    if parameters.limit is not None:
        lines.append(f"  limit: {parameters.limit}")
    if parameters.full is not None:
        lines.append(f"  content: {'full' if parameters.full else 'summary'}")
    return "\n".join(lines) + "\n"


def _yaml_mapping(name: str, rules: Mapping[str, object]) -> list[str]:
    lines = [f"    {key}: {_yaml(value)}" for key, value in rules.items() if value or value == 0]
    return [f"  {name}:", *lines] if lines else []


def _yaml(value: object) -> str:
    """Return a value as JSON, which is YAML too."""
    if isinstance(value, float):
        return query_params.number(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def form_texts(parameters: Parameters) -> dict[str, str]:
    """Return parameters by name, as people write them into the fields of the form."""
    quality, full = parameters.min_quality, parameters.full
    return {
        "topic": ", ".join(parameters.topics),
        "provider": ", ".join(map(urls.shown, parameters.providers)),
        "not_topic": ", ".join(parameters.not_topics),
        "not_provider": ", ".join(map(urls.shown, parameters.not_providers)),
        "type": ", ".join(parameters.kinds),
        "min_quality": "" if quality is None else query_params.number(quality),
        "q": tokenizer.write(parameters.phrases),
        "since": durations.write(parameters.since) if parameters.since else "",
        "limit": "" if parameters.limit is None else str(parameters.limit),
        "content": "" if full is None else "full" if full else "summary",
    }
