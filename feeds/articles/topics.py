"""The topics and tags of an article. Pure."""

from collections.abc import Iterable

from feeds.articles.fields import LONGEST_NAME, MOST_LISTED, FieldReader, Fields
from feeds.problems import Code
from feeds.util import text
from feeds.util.positions import Path


def read_topics(
    reader: FieldReader, fields: Fields, spellings: tuple[str, ...], path: Path
) -> tuple[str, ...]:
    """Return topics or tags in their order, each once."""
    name, items = reader.items(fields, spellings, path)
    if not items:
        return ()
    topics: dict[str, str] = {}
    is_full = False
    for index, item in enumerate(items):
        if isinstance(item, str) and isinstance(fields[name], list):
            reader.note_cut(item, (*path, name, index))
        if isinstance(item, str) and not item.isprintable():
            reader.note_forbidden(item, (*path, name, index))
        line = text.one_line(text.unescape(item)) if isinstance(item, str) else ""
        slug = text.slug(line) if len(line) <= LONGEST_NAME else ""
        if not slug:
            message = "is no name of a topic; it was left out"
            hint = f"write a name with letters or digits, of at most {LONGEST_NAME} characters"
            reader.note((*path, name, index), Code.NOT_A_TOPIC, message, hint)
        elif len(topics) < MOST_LISTED:
            topics.setdefault(slug, line)
        elif slug not in topics and not is_full:
            is_full = True
            message = f"is beyond {MOST_LISTED} topics; it and all after it were left out"
            hint = "keep the most important ones"
            reader.note((*path, name, index), Code.TOO_MANY_VALUES, message, hint)
    return tuple(topics.values())


def united(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    """Return two lists of names as one, each topic once; the spelling of the first counts."""
    return tuple({text.slug(name): name for name in (*second, *first)}.values())
