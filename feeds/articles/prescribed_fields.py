"""Apply articles.yaml to the fields of a file: more names, defaults and overrides. Pure.

It is applied to the fields as they are written, before any of them is read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields as fields_of
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from feeds.article_settings import ArticleSettings
from feeds.articles import field_names as names
from feeds.articles.fields import FieldReader, Fields, dotted
from feeds.articles.publication_flags import FLAGS, flag_like
from feeds.util.globs import glob
from feeds.util.yaml_document import Value


class RuleIndex:
    """The rules of articles.yaml, found by the path of a file.

    Of many rules most are for a folder. So a file is compared with those of the folders that it
    lies in, and with those that begin with a wildcard.

    `digest` is that of all settings by which files are read.
    """

    def __init__(self, settings: ArticleSettings) -> None:
        self.settings = settings
        rules = [[rule.path, rule.defaults, rule.overrides] for rule in settings.rules]
        self._shared = _shared(settings)
        self.digest = _digest(self._shared, rules)
        self._digests: dict[tuple[int, ...], int] = {}
        self._of_folders: dict[str, list[int]] = {}
        for number, rule in enumerate(settings.rules):
            folder = glob(rule.path).literal.rpartition("/")[0]
            self._of_folders.setdefault(folder, []).append(number)

    def matching(self, path: str) -> tuple[int, ...]:
        """Return the numbers of the rules for a file, that of the most particular last."""
        if not self._of_folders:
            return ()
        folder = path.rpartition("/")[0]
        near = list(self._of_folders.get("", ()))
        while folder:
            near += self._of_folders.get(folder, ())
            folder = folder.rpartition("/")[0]
        rules = self.settings.rules
        return tuple(sorted(number for number in near if glob(rules[number].path).matches(path)))

    def digest_of(self, path: str) -> int:
        """Return a number of 63 bits that differs once a file may be read otherwise."""
        matching = self.matching(path)
        digest = self._digests.get(matching)
        if digest is None:
            digest = _digest(self._shared, *self.values(matching))
            self._digests[matching] = digest
        return digest

    def values(self, matching: tuple[int, ...]) -> tuple[Fields, Fields]:
        """Return the defaults and the overrides of some rules together."""
        rules = [self.settings.rules[number] for number in matching]
        return _last([rule.defaults for rule in rules]), _last([rule.overrides for rule in rules])


def _shared(settings: ArticleSettings) -> list[object]:
    """Return what all files are read by: not which of them are, nor when they are shown."""
    apart = ["future", "exclude", "rules"]
    # What these stand for begins below the folder that is included. Rules have permalinks too.
    permalinks = str((settings.permalink, settings.rules))
    if ":path" not in permalinks and ":section" not in permalinks:
        apart.append("include")
    return [getattr(settings, name.name) for name in fields_of(settings) if name.name not in apart]


def _digest(*values: object) -> int:
    written = json.dumps(values, sort_keys=True, ensure_ascii=False)
    digest = blake2b(written.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


_latest = RuleIndex(ArticleSettings())


def rule_index(settings: ArticleSettings) -> RuleIndex:
    """Return the rules of some settings; those of the settings that were asked for last are
    kept, since all files are read by the same."""
    global _latest  # noqa: PLW0603
    if _latest.settings is not settings:
        _latest = RuleIndex(settings)
    return _latest


def with_prescribed(reader: FieldReader, path: str, written: Fields) -> Fields:
    """Return the fields of a file as articles.yaml has them read.

    The first of a field's more names that has a value stands under the field's first usual
    name. `reader` is told where it stands in the file, and which values are not in the file.
    """
    settings = reader.settings
    if not (settings.fields or settings.rules):
        return written
    fields = dict(written)
    for field, more_names in settings.fields.items():
        for name in more_names:
            value, at = dotted(fields, name)
            if value:
                usual = names.ALIASES.get(field, (field,))[0]
                fields[usual] = value
                reader.origins[usual] = at
                break
    index = rule_index(settings)
    defaults, overrides = index.values(index.matching(path))
    missing = _without(defaults, [name for name, value in fields.items() if value])
    fields = {**_without({**fields, **missing}, overrides), **overrides}
    reader.origins |= dict.fromkeys((*missing, *overrides), ())
    return fields


def _last(parts: Sequence[Mapping[str, Value]]) -> Fields:
    """Return the fields of all parts together, each as the last part that gives it has it."""
    given = set[tuple[str, ...]]()
    kept: list[Fields] = []
    for part in reversed(parts):
        kept.append({name: part[name] for name in part if _names_of(name) not in given})
        given.update(map(_names_of, part))
    return dict(chain.from_iterable(part.items() for part in reversed(kept)))


def _without(fields: Fields, given: Iterable[str]) -> Fields:
    """Return fields without those that are given under any name."""
    fields_given = set(map(_names_of, given))
    return {name: fields[name] for name in fields if _names_of(name) not in fields_given}


@lru_cache(maxsize=4096)
def _names_of(name: str) -> tuple[str, ...]:
    """Return all known names of the field that has this name; the flags are one field."""
    if name in FLAGS or (name not in names.KNOWN and flag_like(name)):
        return FLAGS
    return next((spellings for spellings in names.ALIASES.values() if name in spellings), (name,))
