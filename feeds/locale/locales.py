"""Translate, and write dates, numbers and lists by CLDR in a language. Pure.

A catalog is read once, when it is first needed: an unused language costs nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache, reduce
from io import BytesIO
from typing import Any, Final, Literal

import babel
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations

from feeds.locale import Message
from feeds.locale.languages import SOURCE, catalog_file, parts, spoken

# English of no country: the day before the month and 24 hours, as read in most of them. A site
# in en-US has January 24, 2020, 6:11 PM.
_ENGLISH: Final = "en_150"


@dataclass(frozen=True, slots=True)
class Locale:
    """The words and forms of one language; `language` is the tag of its catalog.

    `formats` may be of a country: `de-AT` has the catalog `de`, and its first month is `Jänner`.
    """

    language: str
    translations: NullTranslations
    formats: babel.Locale

    @property
    def direction(self) -> str:
        """Return the direction of text: `ltr` or `rtl`."""
        return self.formats.text_direction

    # --- words ----------------------------------------------------------------

    def gettext(self, message: str, /, **values: object) -> str:
        """Return a message with its values filled in. Numbers among them are grouped."""
        return self._filled(self.translations.gettext(message), values)

    def ngettext(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Return the form of a message for a number, which it may name `n`."""
        return self._filled(self.translations.ngettext(one, many, n), {"n": n, **values})

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """Return a message that means different things in different places."""
        return self._filled(str(self.translations.pgettext(context, message)), values)

    def say(self, text: str) -> str:
        """Return a message in this language; any other text as it is."""
        if not isinstance(text, Message):
            return text
        if text.plural:
            return self.ngettext(text.id, text.plural, text.n, **text.values)
        return self.gettext(text.id, **text.values)

    def kind(self, name: str) -> str:
        """Return a kind of entries in words; one that the program does not know as it is."""
        match name:
            case "article":
                return self.pgettext("kind of entry", "article")
            case "video":
                return self.pgettext("kind of entry", "video")
        return name

    def _filled(self, text: str, values: dict[str, Any]) -> str:
        shown = {name: self._shown(value) for name, value in values.items()}
        return text % shown if shown else text

    def _shown(self, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(value)
        return self.say(value) if isinstance(value, str) else value

    # --- numbers and lists ----------------------------------------------------

    def number(self, value: float) -> str:
        """Return a number as `12,345` in English."""
        return format_decimal(value, locale=self.formats)

    def percent(self, share: float) -> str:
        """Return a share as `87%` in English."""
        return format_percent(share, locale=self.formats)

    def every(self, names: Sequence[str]) -> str:
        """Return names as `a, b and c` in English."""
        return format_list(names, "standard", self.formats)

    def listed(self, names: Iterable[str]) -> str:
        """Return names as `a, b, c` in English: more may follow."""
        # Translators: between names that follow each other: BBC, CBC
        return self.gettext(", ").join(names)

    def pairwise(self, style: Literal["or", "standard"], names: Iterable[str]) -> str:
        """Return names as `a or b or c` in English, or with `and`."""
        pattern = self.formats.list_patterns[style]["2"]
        return reduce(pattern.format, names)

    # --- dates and times, in the zone that they are given in --------------------

    def day(self, moment: date) -> str:
        """Return a date as `24 January 2020`."""
        return _day(self.formats, moment.year, moment.month, moment.day)

    def day_of_year(self, moment: date) -> str:
        """Return a date as `24 Jan`."""
        return format_skeleton("MMMd", moment, locale=self.formats)

    def clock(self, moment: datetime) -> str:
        """Return a time with its zone as `18:11 UTC`.

        The zone is abbreviated as in the tz database: CLDR has such names for few zones.
        """
        return f"{self.time_of_day(moment)} {moment:%Z}"

    def time_of_day(self, moment: datetime) -> str:
        """Return a time without its zone as `18:11`."""
        return _time(self.formats, moment.hour, moment.minute)

    def minute(self, moment: datetime) -> str:
        """Return both as `24 January 2020, 18:11 UTC`."""
        pattern: str = str(self.formats.datetime_formats["medium"])
        return pattern.format(self.clock(moment), self.day(moment))


# Babel takes 90 µs for a date with a time, and a page may have hundreds.
@lru_cache(maxsize=4096)
def _day(formats: babel.Locale, year: int, month: int, day: int) -> str:
    return format_date(date(year, month, day), "long", formats)


@lru_cache(maxsize=2048)  # there are 1,440 in a day
def _time(formats: babel.Locale, hour: int, minute: int) -> str:
    return format_time(time(hour, minute), "short", locale=formats)


@lru_cache(maxsize=32)
def locale_of(tag: str) -> Locale:
    """Return the locale for a language tag: its own, its parent's, or English."""
    language = spoken(tag) or SOURCE
    return Locale(language, _translations(language), _formats(tag if spoken(tag) else SOURCE))


@lru_cache(maxsize=32)
def _translations(language: str) -> NullTranslations:
    if language == SOURCE:
        return NullTranslations()
    with catalog_file(language).open("rb") as file:
        catalog = read_po(file, locale=language.replace("-", "_"))
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


def _formats(tag: str) -> babel.Locale:
    """Return CLDR's forms for a tag, without the parts at its end that CLDR does not know."""
    known = parts(tag)
    while known != [SOURCE]:
        try:
            return babel.Locale.parse("_".join(known))
        except (ValueError, babel.UnknownLocaleError):
            known = known[:-1] or [SOURCE]
    return babel.Locale.parse(_ENGLISH)
