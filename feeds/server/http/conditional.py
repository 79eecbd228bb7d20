"""Conditional requests and content negotiation, after RFC 9110. Pure.

An ETag here is the digest of a document and the coding in which it is sent:
`"5d41402abc4b2a76-gzip"`. Only the digest is compared, which makes the comparison weak
(section 8.8.3.2): a client that has the document in one coding need not fetch it in
another, and suffixes that intermediaries add do no harm.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

# In our order of preference, for clients that have none.
CODINGS: Final = ("zstd", "br", "gzip")
IDENTITY: Final = "identity"

_EQUIVALENT: Final = {"x-gzip": "gzip"}  # section 8.4.1.3
_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"|(?:W/)?([^\s,"]+-[^\s,"]*)')  # some lose the quotes
_TAGS: Final = re.compile(r'(?:W/)?"[^"]*"')
_CODING: Final = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$",
    re.IGNORECASE,
)


def etag(digest: str, variant: str) -> str:
    """Return a strong entity tag for a document in one coding."""
    return f'"{digest}-{variant}"'


def http_date(moment: datetime) -> str:
    """Return a time as an IMF-fixdate: section 5.6.7."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def preferred_coding(accept_encoding: str | None, available: Collection[str] = CODINGS) -> str:
    """Return the coding for an Accept-Encoding: section 12.5.3.

    The client's weights decide, then our order. A client that refuses all codings (`identity;q=0`
    alone, `*;q=0`) gets the document without a coding rather than a 406: section 12.4.1 allows
    both, and a feed is more useful.
    """
    if accept_encoding is None:
        return IDENTITY
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        match = _CODING.match(part)
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
    """Return whether the client has the document already: section 13.2.2.

    If If-None-Match is present, dates are ignored.
    """
    if if_none_match is not None:
        return matched_tag(if_none_match, digest) is not None
    return if_modified_since is not None and unmodified_since(if_modified_since, modified)


def precondition_failed(
    if_match: str | None, if_unmodified_since: str | None, tag: str, modified: datetime
) -> bool:
    """Return whether the client wants another version: sections 13.1.1 and 13.1.4.

    If If-Match is present, dates are ignored. Its comparison is strong, so `tag` is that of the
    coding to be sent, and weak tags never match.
    """
    if if_match is not None:
        return if_match.strip() != "*" and tag not in _TAGS.findall(if_match)
    return (
        if_unmodified_since is not None
        and _date(if_unmodified_since) is not None
        and not unmodified_since(if_unmodified_since, modified)
    )


def matched_tag(if_none_match: str, digest: str) -> str | None:
    """Return the tag of this document in an If-None-Match, or `*`; None without either."""
    if if_none_match.strip() == "*":
        return "*"
    for quoted, bare in _TAG.findall(if_none_match):
        tag = quoted or bare
        if tag.partition("-")[0] == digest:
            return f'"{tag}"'
    return None


def unmodified_since(if_modified_since: str, modified: datetime) -> bool:
    """Return whether a document has not changed since a date: section 13.1.3.

    Any date is accepted, not only one that was sent before: some clients send the time of their
    last visit. An invalid date is ignored.
    """
    since = _date(if_modified_since)
    return since is not None and modified <= since


def _date(text: str) -> datetime | None:
    """Return the time that a header field gives, None if it is not a valid date."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
