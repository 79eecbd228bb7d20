"""The topics and tags of an article. Pure."""

from collections.abc import Iterable, Iterator

from feeds.articles.field_names import AUTHORS, TAGS, TAXONOMIES, TOPICS
from feeds.articles.fields import LONGEST_NAME, MOST_LISTED, FieldReader, Fields
from feeds.problems import Code
from feeds.util import text
from feeds.util.positions import Path
from feeds.util.yaml_document import Value

# What a mapping in a list of tags is called by, as Docusaurus has them.
_LABELS = ("label", "name", "title")


def read_topics(
    reader: FieldReader, fields: Fields, path: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the topics and the tags at a path, in their order, each once.

    Without topics, tags, keywords, categories and taxonomies together are both.
    """
    first, *others = TOPICS
    if fields.get(first) in (None, ""):
        both = _read(reader, fields, others, path)
        return both, both
    return _read(reader, fields, (first,), path), _read(reader, fields, TAGS, path)


def _read(reader: FieldReader, fields: Fields, names: Iterable[str], path: Path) -> tuple[str, ...]:
    topics: dict[str, str] = {}
    is_full = False
    for here, item, is_value in _items(reader, fields, names, path):
        if isinstance(item, str) and is_value:
            reader.note_cut(item, here)
        if isinstance(item, str) and not item.isprintable():
            reader.note_forbidden(item, here)
        line = text.one_line(text.unescape(item)) if isinstance(item, str) else ""
        slug = text.slug(line) if len(line) <= LONGEST_NAME else ""
        if not slug:
            message = "is not a name of a topic; it was left out"
            hint = f"write a name with letters or digits, of at most {LONGEST_NAME} characters"
            reader.note(here, Code.NOT_A_TOPIC, message, hint)
        elif len(topics) < MOST_LISTED:
            topics.setdefault(slug, line)
        elif slug not in topics and not is_full:
            is_full = True
            message = f"is after the first {MOST_LISTED} topics; it and all after it were left out"
            hint = "keep the most important ones"
            reader.note(here, Code.TOO_MANY_VALUES, message, hint)
    return tuple(topics.values())


def _items(
    reader: FieldReader, fields: Fields, names: Iterable[str], path: Path
) -> Iterator[tuple[Path, Value, bool]]:
    """Yield what the fields list: lists, texts with commas or else semicolons, and taxonomies.

    Each name comes with its place, and with whether it is a value of its own there.
    """
    for key in names:
        value = fields.get(key)
        here: Path = (*path, key)
        if value is None or value == "":
            continue
        if isinstance(value, str):
            reader.note_cut(value, here)
            parts = value.split("," if "," in value else ";")
            written = [part.strip() for part in parts if part.strip()]
            yield from (((*here, at), part, False) for at, part in enumerate(written))
        elif isinstance(value, list):
            for at, item in enumerate(value):
                # Hexo has lists of categories that lie in each other.
                for name in item if isinstance(item, list) else [item]:
                    yield ((*here, at), _label(name), not isinstance(item, list))
        elif key in TAXONOMIES:
            yield from _items(reader, value, [name for name in value if name not in AUTHORS], here)
        else:
            message, hint = "is not a list; it was left out", f"write {key}: [one, two]"
            reader.note(here, Code.NOT_A_LIST, message, hint)


def _label(item: Value) -> Value:
    if not isinstance(item, dict):
        return item
    return next((item[name] for name in _LABELS if item.get(name)), None)


def united(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    """Return two lists of names as one, each topic once; the spelling of the first counts."""
    return tuple({text.slug(name): name for name in (*second, *first)}.values())
