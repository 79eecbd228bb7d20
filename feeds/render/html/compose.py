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
_LONGEST_NAME: Final = 40  # characters of a feed set's name
_NOT_TEXT: Final = frozenset("null true false yes no on off y n".split())  # for YAML 1.1


@dataclass(frozen=True, slots=True)
class Choice:
    """A box that can be ticked; `unknown` if the site has nothing of that name."""

    value: str
    name: str
    chosen: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Picker:
    """The boxes of topics or of providers: the largest, and all that are chosen.

    `found` are those with the `words` of a search in their names, and those that an unknown
    name may mean; there are `more` of them than are shown. `total` is how many the site has.
    """

    boxes: Sequence[Choice]
    words: str = ""
    found: Sequence[Choice] = ()
    more: bool = False
    total: int = 0

    @property
    def has_more(self) -> bool:
        """Return whether some have no box, so that a search is of use."""
        return bool(self.words) or self.total > sum(not box.unknown for box in self.boxes)


@dataclass(frozen=True, slots=True)
class ComposeForm:
    """The fields as they were written, and the feed that they describe.

    `pickers` are by the name of their parameter. So are `problems`, with the unknown names if
    that is the problem; there is a `feed` if there are none. `parameters` narrow it.
    `qualities` are the scores of its newest entries, including those below the minimum.
    `matches` is how many entries it has, or that many at least unless `counted_all`.
    """

    texts: Mapping[str, str]
    pickers: Mapping[str, Picker]
    kinds: Sequence[Choice]
    usual_limit: int
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    feed: Feed | None = None
    parameters: Parameters = _NOTHING
    qualities: Sequence[float] = ()
    matches: int = 0
    counted_all: bool = True


def compose_page(site: Site, form: ComposeForm) -> bytes:
    """Return the form with a preview of its feed."""
    feed = form.feed
    name = set_name(form)
    return page(
        "compose.html",
        site,
        form=form,
        texts=form.texts,
        problems=form.problems,
        most=query_params.HIGHEST_LIMIT,
        feed=feed,
        headline=headline(feed) if feed else "",
        set_name=name,
        yaml=feed_set(name, feed, form.parameters) if feed else "",
        readers=reader_links(feed.url(Format.RSS)) if feed else (),
        qr=qr_code(feed.url()) if feed else "",
        histogram=histogram(form.qualities) if form.qualities else None,
    )


def set_name(form: ComposeForm) -> str:
    """Return a name for the feed as a feed set, of what is chosen: `ai-london`."""
    chosen, asked = form.pickers, form.parameters
    parts = [box.value for box in chosen["topic"].boxes if box.chosen]
    parts += [box.name for box in chosen["provider"].boxes if box.chosen]
    parts += [" ".join(phrase) for phrase in asked.phrases]
    parts += asked.kinds
    name = ""
    for part in map(text.slug, parts):
        longer = f"{name}-{part}".strip("-")
        if len(longer) > _LONGEST_NAME:
            break
        name = longer
    return name or "my-feed"


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


def feed_set(name: str, feed: Feed, parameters: Parameters) -> str:
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
    lines = [f"{_key(name)}:", f"  title: {_yaml(title)}"]
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


def _key(name: str) -> str:
    """Return a name as a key of YAML, which is in quotes where it would be something else."""
    return name if name[0].isalpha() and name not in _NOT_TEXT else _yaml(name)


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
