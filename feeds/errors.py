"""The errors of this program, in one tree.

    FeedsError
    ├── ArticleError       a file that cannot be an article; carries its problems
    ├── ConfigError        a configuration that cannot be used; carries its problems
    ├── SeedsUnreadable    the folder of articles is not there or cannot be read
    ├── SelectionTooSlow   finding the entries of a feed would take too long
    ├── Overloaded         more work waits than can be done in a moment
    ├── NobodyWaits        all clients that waited for a piece of work have left
    ├── CatalogError
    │   ├── CatalogMissing     no articles have been read yet, or a rebuild has not ended
    │   ├── CatalogBusy        another ingest holds the catalog
    │   └── CatalogUnusable    damaged, read-only or full
    └── RequestError       an address that names no feed; knows its HTTP status
        ├── MovedFeed          301, another spelling of a canonical path
        ├── BadParameter       400
        ├── TokenNeeded        401
        ├── UnknownFeed        404, with the nearest names that exist
        ├── TooLong            414
        └── WithdrawnFeed      410

Problems of files (`feeds.problems`) are collected, so that a person sees all of them
at once, and only then raised as an ArticleError or a ConfigError.
"""

from collections.abc import Iterable

from feeds.locale import Message
from feeds.problems import Problem


class FeedsError(Exception):
    """An error with a message for people, shown instead of a traceback."""

    @property
    def message(self) -> str:
        """The message, which a locale can translate if it is a `Message`; `str` is English."""
        return str(self) if not self.args else self.args[0]


class _WithProblems(FeedsError):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ArticleError(_WithProblems):
    """A file that cannot be an article."""


class ConfigError(_WithProblems):
    """A configuration that cannot be used."""


class SeedsUnreadable(FeedsError):
    """The folder of articles is not there or cannot be read."""


class SelectionTooSlow(FeedsError):
    """Finding the entries of a feed would take longer than is allowed.

    `feed_set` is the name of the feed set, empty for other feeds.
    """

    def __init__(self, feed_set: str = "") -> None:
        super().__init__(
            Message(
                "Finding these articles takes too long. Add a topic or a provider, "
                "exclude no common words, or choose a shorter period."
            )
        )
        self.feed_set = feed_set


class Overloaded(FeedsError):
    """More work waits than can be done in a moment."""

    def __init__(self) -> None:
        super().__init__(
            Message("The server is too busy at the moment. Please try again in a few seconds.")
        )


class NobodyWaits(FeedsError):
    """All clients that waited for a piece of work have disconnected, so it was dropped."""


class CatalogError(FeedsError):
    """The catalog cannot be used for what was asked."""


class CatalogMissing(CatalogError):
    """Nothing has been ingested yet, or a rebuild has not ended.

    `hint` is for users of a command: a server already has an ingest running.
    """

    def __init__(self, message: str, hint: str = "run feeds ingest") -> None:
        super().__init__(message)
        self.hint = hint


class CatalogBusy(CatalogError):
    """Another ingest holds the catalog."""


class CatalogUnusable(CatalogError):
    """The catalog cannot be read or written."""


class TextDamaged(Exception):
    """A text in the catalog has changed since it was written, which SQLite, without checksums, does
    not notice."""


class RequestError(FeedsError):
    """An address that names no feed."""

    status = 400


class MovedFeed(RequestError):
    """Another spelling of a feed's address; `path` is the canonical one, with its suffix.
    A token is added to it if it is of `use` there."""

    status = 301

    def __init__(self, path: str, *, use: bool = True) -> None:
        super().__init__(f"This feed is at {path}.")
        self.path, self.use = path, use


class TooLong(RequestError):
    """An address longer than any feed's."""

    status = 414


class BadParameter(RequestError):
    """A parameter with a value that is not allowed; the message says which are."""


class TokenNeeded(RequestError):
    """A private feed set was requested without a token that opens it."""

    status = 401


class UnknownFeed(RequestError):
    """No such topic, provider or path; `nearest` are paths that do exist."""

    status = 404

    def __init__(self, message: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class WithdrawnFeed(RequestError):
    """The article whose story was here has been withdrawn."""

    status = 410
