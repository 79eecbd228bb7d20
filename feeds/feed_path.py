"""The path of a feed, such as `/topics/ai+law.atom`: parsed, compared and printed. Pure.

Other modules never cut or join such strings themselves.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args
from urllib.parse import quote, unquote

Kind = Literal["", "all", "topics", "providers", "sets", "stories"]

SUFFIXES: Final = ("rss", "atom", "json")
_KINDS: Final[dict[str, Kind]] = {kind: kind for kind in get_args(Kind)}
_JOINABLE: Final = ("topics", "providers")  # kinds of which several names make one feed
# Addresses that feed readers and people try at an unknown site, and their formats.
COMMON: Final = {
    "feed": "rss",
    "rss": "rss",
    "rss.xml": "rss",
    "feed.xml": "rss",
    "index.xml": "rss",
    "atom.xml": "atom",
    "feed.json": "json",
}


@dataclass(frozen=True, slots=True)
class FeedPath:
    """Hold the parts of a path: `/topics/ai+law.atom` is `topics`, `(ai, law)` and `atom`.

    `names` are decoded. `kind` is empty for a path that no feed can have: `names` are then
    all its segments. `suffix` is empty, or one of SUFFIXES.
    """

    kind: Kind = "all"
    names: tuple[str, ...] = ()
    suffix: str = ""

    @classmethod
    def parse(cls, decoded: str) -> "FeedPath":
        """Return the parts of a path that is percent-decoded, as ASGI gives it.

        Letters of the kind and of the suffix may be capitals, and slashes may be repeated. Names
        stay as they are written. A path in COMMON is one of the feed of all entries.
        """
        if common := COMMON.get(decoded.strip("/").lower()):
            return cls("all", (), common)
        stem, suffix = _split_suffix(decoded)
        segments = tuple(segment for segment in stem.split("/") if segment)
        kind = _KINDS.get(segments[0].lower(), "") if segments else ""
        if not kind or len(segments) != (1 if kind == "all" else 2):
            return cls("", segments, suffix)
        if kind in _JOINABLE:
            return cls(kind, tuple(name for name in segments[1].split("+") if name), suffix)
        return cls(kind, segments[1:], suffix)

    def with_suffix(self, suffix: str) -> "FeedPath":
        """Return the path of the same feed with another suffix, or without one."""
        return FeedPath(self.kind, self.names, suffix)

    @property
    def decoded(self) -> str:
        """The path for people, with no percent-encoding."""
        if not self.kind:
            stem = "/" + "/".join(self.names)
        elif self.kind == "all":
            stem = "/all"
        else:
            stem = f"/{self.kind}/{'+'.join(self.names)}"
        return f"{stem}.{self.suffix}" if self.suffix else stem

    def __str__(self) -> str:
        """Return the path for a URL, with canonical percent-encoding."""
        return quote(self.decoded, safe="/+")


def parse_address(address: str) -> tuple[FeedPath, str]:
    """Return the path and the query of a feed's address: a URL without scheme and host."""
    encoded, _, query = address.partition("?")
    return FeedPath.parse(unquote(encoded)), query


def _split_suffix(path: str) -> tuple[str, str]:
    """Split the suffix off a path; empty if there is none."""
    stem, dot, suffix = path.rstrip("/").rpartition(".")
    if dot and stem and suffix.lower() in SUFFIXES:
        return stem, suffix.lower()
    return path, ""
