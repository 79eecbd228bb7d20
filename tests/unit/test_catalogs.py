"""The catalogs of translations: nothing is missing, doubtful, left over or broken."""

import re
from collections import Counter
from functools import lru_cache
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from feeds.locale.languages import SOURCE, languages
from tests.support.catalogs import FOLDER, catalog, extracted, is_translated, update

CATALOGS = sorted(FOLDER.glob("*.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")
COUNTED = re.compile(r"%\((?:n|num|number|count)\)s")
TAG = re.compile(r"<[^>]*>|&\w+;")


def key(message: Message) -> object:
    return message.context, message.id


def texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (str(value),)


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_catalog_has_each_message_of_the_program_and_no_other(path: Path) -> None:
    """`just messages` brings a catalog up to date; then somebody has to translate."""
    expected, there = extracted(), catalog(path)
    assert {key(one) for one in there if one.id} == {key(one) for one in expected if one.id}
    assert list(there.obsolete) == []
    assert [one.id for one in there if one.fuzzy and one.id] == []
    assert [one.id for one in there if not is_translated(one)] == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_translation_has_every_plural_form_placeholder_and_tag(path: Path) -> None:
    there = catalog(path)
    plural = get_plural(path.stem.replace("-", "_"))
    assert (there.num_plurals, there.plural_expr) == (plural.num_plurals, plural.plural_expr)
    for message in there:
        sources, forms = texts(message.id), texts(message.string)
        if len(sources) == 2:
            assert len(forms) == there.num_plurals, message.id
        for index, form in enumerate(forms if message.id else ()):
            wrong = [source for source in sources if not is_alike(source, form)]
            # A form for one number alone may leave the number out, and others have it: Arabic
            # says "two articles" in one word.
            if len(forms) > 1 and is_for_one_number(path.stem, index):
                wrong = [one for one in wrong if not is_alike(COUNTED.sub("", one), form)]
            assert len(wrong) < len(sources), (message.id, form)
            assert form.strip() or not "".join(sources).strip(), message.id
            assert "%" not in PLACEHOLDER.sub("", form) or not message.python_format, form


@lru_cache
def is_for_one_number(language: str, form: int) -> bool:
    """Return whether a language has a plural form for a single number."""
    numbers = c2py(get_plural(language.replace("-", "_")).plural_expr)
    return [numbers(number) for number in range(1000)].count(form) == 1


def is_alike(source: str, form: str) -> bool:
    """Return whether two texts have the same placeholders, and the same tags in any order."""
    placeholders = [Counter(PLACEHOLDER.findall(text)) for text in (source, form)]
    tags = [Counter(TAG.findall(text)) for text in (source, form)]
    return placeholders[0] == placeholders[1] and tags[0] == tags[1]


def test_every_catalog_is_a_language() -> None:
    assert sorted([SOURCE, *(path.stem for path in CATALOGS)]) == list(languages())


def test_an_update_keeps_translations_and_drops_what_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "sv.po"
    template = extracted()
    update(path, template)
    assert len(catalog(path)) == len(template)
    assert not any(message.string for message in catalog(path) if isinstance(message.id, str)
                   and message.id)  # fmt: skip
    written = path.read_text(encoding="utf-8")
    translated = re.sub(r'(msgid "Topics"\nmsgstr )""', r'\1"Ämnen"', written)
    path.write_text(translated + '\nmsgid "gone"\nmsgstr "borta"\n', encoding="utf-8")
    update(path, template)
    assert path.read_text(encoding="utf-8") == translated
    with path.open("rb") as file:
        assert read_po(file).locale_identifier == "sv"
