"""What a client already has, and what it can take. Pure; after RFC 9110.

An ETag here is the digest of a document and the coding it is sent in:
`"5d41402abc4b2a76-gzip"`. Comparison looks at the digest alone, which makes it
weak (section 8.8.3.2): a client that has the document in one coding need not
fetch it in another, and suffixes that servers in between add do no harm.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

# Best first, for clients that like them all the same.
CODINGS: Final = ("zstd", "br", "gzip")
IDENTITY: Final = "identity"

_EQUIVALENT: Final = {"x-gzip": "gzip"}  # section 8.4.1.3
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
_TAGS: Final = re.compile(r'(?:W/)?"[^"]*"')
_ONE_CODING: Final = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$",
    re.IGNORECASE,
)


def etag(digest: str, variant: str) -> str:
    """A strong entity tag, for a document in one coding."""
    return f'"{digest}-{variant}"'


def http_date(moment: datetime) -> str:
    """IMF-fixdate: section 5.6.7."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def coding(accept_encoding: str | None, available: Collection[str] = CODINGS) -> str:
    """The coding to answer in: section 12.5.3.

    The client's weights decide, then our order. A client that refuses all we
    have (`identity;q=0` alone, `*;q=0`) gets the plain document rather than a 406:
    section 12.4.1 leaves that to us, and a reader is better off with a feed.
    """
    if accept_encoding is None:
        return IDENTITY
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        match = _ONE_CODING.match(part)
        if match:
            name = _EQUIVALENT.get(match[1].lower(), match[1].lower())
            weights[name] = float(match[2]) if match[2] else 1.0
    others = weights.get("*", 0.0)
    best, best_weight = IDENTITY, weights.get(IDENTITY, 0.0)
    for name in reversed(CODINGS):
        weight = weights.get(name, others)
        if name in available and weight > 0 and weight >= best_weight:
            best, best_weight = name, weight
    return best


def not_modified(
    if_none_match: str | None, if_modified_since: str | None, digest: str, modified: datetime
) -> bool:
    """Whether the client has the document already: section 13.2.2.

    If-None-Match decides alone where it is present.
    """
    if if_none_match is not None:
        return matched_tag(if_none_match, digest) is not None
    return if_modified_since is not None and unmodified_since(
        if_modified_since, http_date(modified), modified
    )


def failed(
    if_match: str | None, if_unmodified_since: str | None, tag: str, modified: datetime
) -> bool:
    """Whether the client wants the document only as it was: sections 13.1.1 and 13.1.4.

    If-Match decides alone where it is present. Its comparison is strong, so `tag` is that
    of the coding to be sent, and weak tags are none.
    """
    if if_match is not None:
        return if_match.strip() != "*" and tag not in _TAGS.findall(if_match)
    return (
        if_unmodified_since is not None
        and _is_date(if_unmodified_since)
        and not (unmodified_since(if_unmodified_since, http_date(modified), modified))
    )


def _is_date(text: str) -> bool:
    try:
        parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return True


def matched_tag(if_none_match: str, digest: str) -> str | None:
    """The tag of this document in an If-None-Match, `*` included; None if there is none."""
    if if_none_match.strip() == "*":
        return "*"
    for tag in _TAG.findall(if_none_match):
        if tag.partition("-")[0] == digest:
            return f'"{tag}"'
    return None


def unmodified_since(if_modified_since: str, last_modified: str, modified: datetime) -> bool:
    """Whether a document has not changed since a date: section 13.1.3.

    Any date will do, not only one that was sent before: some clients send the
    time of their last visit. What is no date is ignored.
    """
    if if_modified_since == last_modified:
        return True
    try:
        since = parsedate_to_datetime(if_modified_since)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))
