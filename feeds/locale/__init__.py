"""The languages of pages and of feeds' own sentences, each a catalog `TAG.po` in this folder.

`languages` finds the catalog for a language, `locales` translates and writes dates, numbers and
lists. This module marks sentences that are made where the reader's language is not known. It loads
no library, because the processes that parse articles import it too. CONTRIBUTING.md says how to add
a language. Pure.
"""

from typing import Any, Self


class Message(str):
    """A text in English, for logs, which a locale can translate: see `Locale.say`.

    `id` and `plural` are templates such as `There is no page %(number)s.`, the keys of the
    catalogs. `values` may be messages themselves. Numbers among them are grouped.
    """

    __slots__ = ("id", "n", "plural", "values")
    id: str
    plural: str
    n: int
    values: dict[str, Any]

    def __new__(cls, id: str, /, **values: object) -> Self:
        """Return a message without a plural. Without values, `%` has no meaning in it."""
        return cls._of(id, id, "", 1, values)

    @classmethod
    def counted(cls, one: str, many: str, n: int, **values: object) -> Self:
        """Return a message that differs by a number, which both templates may name `n`."""
        return cls._of(one if n == 1 else many, one, many, n, {"n": n, **values})

    @classmethod
    def _of(cls, text: str, id: str, plural: str, n: int, values: dict[str, Any]) -> Self:
        shown = {name: grouped(value) for name, value in values.items()}
        message = super().__new__(cls, text % shown if values else text)
        message.id, message.plural, message.n, message.values = id, plural, n, values
        return message


def grouped(value: object) -> object:
    """Return a whole number as `12,345`, anything else as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
