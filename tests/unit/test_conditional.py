"""What a client already has and what it can take, after RFC 9110."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.server.http.conditional import (
    CODINGS,
    etag,
    http_date,
    matched_tag,
    not_modified,
    precondition_failed,
    preferred_coding,
    unmodified_since,
)

DIGEST = "5d41402abc4b2a76"
MODIFIED = datetime(2020, 1, 24, 23, 6, tzinfo=UTC)


# --- codings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("x-br", "identity"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.5", "br"),
        ("zstd;q=0, br;q=0.000, gzip;q=0.001", "gzip"),
        ("*", "zstd"),
        ("*;q=0.1, gzip", "gzip"),
        ("zstd;q=0, *", "br"),
        ("identity", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("identity;q=0", "identity"),  # nothing is left: plain rather than 406
        ("*;q=0", "identity"),
        ("deflate", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=2", "identity"),  # no weight is above 1: not understood
        ("gzip ; q=0.3 , br ; q=0.2", "gzip"),
        (";;;,,q=1", "identity"),
        ("gzip;level=9", "identity"),
    ],
)
def test_the_client_chooses_the_coding(accepted: str | None, chosen: str) -> None:
    assert preferred_coding(accepted) == chosen


def test_only_what_is_available_is_chosen() -> None:
    assert preferred_coding("zstd, br, gzip", ["gzip"]) == "gzip"
    assert preferred_coding("zstd, br", []) == "identity"


@given(st.text())
def test_whatever_a_client_accepts_it_gets_a_coding(accepted: str) -> None:
    assert preferred_coding(accepted) in (*CODINGS, "identity")


# --- tags --------------------------------------------------------------------------


def test_a_tag_is_strong_and_differs_by_coding() -> None:
    tags = {etag(DIGEST, variant) for variant in (*CODINGS, "identity")}
    assert len(tags) == 4
    assert all(tag.startswith(f'"{DIGEST}-') and tag.endswith('"') for tag in tags)


@pytest.mark.parametrize(
    "header",
    [
        f'"{DIGEST}-br"',
        f'"{DIGEST}-gzip"',
        f'W/"{DIGEST}-br"',
        f'"{DIGEST}-br-gzip"',  # what servers in between make of it
        f'"{DIGEST}"',
        f'"other", "{DIGEST}-br"',
        f'"other",W/"{DIGEST}-zstd","more"',
        f'"a, b", "{DIGEST}-br"',
        "*",
        " * ",
    ],
)
def test_a_client_that_has_the_document_in_any_coding_has_it(header: str) -> None:
    assert matched_tag(header, DIGEST) is not None
    assert not_modified(header, None, DIGEST, MODIFIED)


@pytest.mark.parametrize(
    "header", ["", '""', '"other"', f'"{DIGEST}x-br"', DIGEST, f'"x{DIGEST}"', "W/", '"', ",,"]
)
def test_any_other_tag_is_of_another_document(header: str) -> None:
    assert matched_tag(header, DIGEST) is None
    assert not not_modified(header, None, DIGEST, MODIFIED)


@pytest.mark.parametrize(
    "header", [f"{DIGEST}-br", f"W/{DIGEST}-gzip", f"other, {DIGEST}-br", f'"x",{DIGEST}-gzip']
)
def test_a_tag_without_its_quotes_is_still_known(header: str) -> None:
    assert matched_tag(header, DIGEST) in (f'"{DIGEST}-br"', f'"{DIGEST}-gzip"')


@pytest.mark.parametrize("header", ["other-br", f"x{DIGEST}-br", f'"x {DIGEST}-br"', "-", "W/-"])
def test_another_tag_without_quotes_is_of_another_document(header: str) -> None:
    assert matched_tag(header, DIGEST) is None


def test_a_tag_that_does_not_match_leaves_the_date_unread() -> None:
    late = "Sun, 06 Nov 2094 08:49:37 GMT"
    assert not not_modified('"other"', late, DIGEST, MODIFIED)
    assert not_modified(None, late, DIGEST, MODIFIED)
    assert not_modified(f'"{DIGEST}-br"', "Thu, 01 Jan 1970 00:00:00 GMT", DIGEST, MODIFIED)


def test_a_client_that_says_nothing_has_nothing() -> None:
    assert not not_modified(None, None, DIGEST, MODIFIED)


# --- dates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "since", "refused"),
    [
        (None, None, False),
        ('"abc-gzip"', None, False),
        ('"x", "abc-gzip"', None, False),
        ("*", None, False),
        ('"zz"', None, True),
        ('W/"abc-gzip"', None, True),
        ('"abc-br"', None, True),
        ("", None, True),
        (None, "Thu, 23 Jan 2020 18:11:00 GMT", True),
        (None, "Sat, 25 Jan 2020 18:11:00 GMT", False),
        (None, "yesterday", False),
        ('"abc-gzip"', "Thu, 23 Jan 2020 18:11:00 GMT", False),
    ],
)
def test_who_wants_a_document_as_it_was_gets_no_other(
    match: str | None, since: str | None, refused: bool
) -> None:
    modified = datetime(2020, 1, 24, 18, 11, tzinfo=UTC)
    assert precondition_failed(match, since, '"abc-gzip"', modified) == refused


def test_a_date_is_in_gmt_whatever_zone_it_comes_in() -> None:
    tokyo = MODIFIED.astimezone(timezone(timedelta(hours=9)))
    assert http_date(tokyo) == http_date(MODIFIED) == "Fri, 24 Jan 2020 23:06:00 GMT"


@pytest.mark.parametrize(
    ("since", "unmodified"),
    [
        ("Fri, 24 Jan 2020 23:06:00 GMT", True),
        ("Fri, 24 Jan 2020 23:06:01 GMT", True),  # never sent by us, and a date all the same
        ("Fri, 24 Jan 2020 23:05:59 GMT", False),
        ("Sun, 06 Nov 2094 08:49:37 GMT", True),
        ("Friday, 24-Jan-20 23:06:00 GMT", True),  # RFC 850
        ("Fri Jan 24 23:06:00 2020", True),  # asctime
        ("Sat, 25 Jan 2020 00:06:00 +0100", True),
        ("Fri, 24 Jan 2020 23:06:00", True),
        ("", False),
        ("yesterday", False),
        ("0", False),
        ("Fri, 99 Jan 2020 23:06:00 GMT", False),
        ("Fri, 24 Jan 99999 23:06:00 GMT", False),
        ("Fri, 24 Jan 2020 99999999999999999999:06:00 GMT", False),
        ("Fri, 24 Jan 2020 10:00:00 +99999999999999999999", False),
    ],
)
def test_a_document_is_unmodified_since_it_was_changed_or_later(
    since: str, unmodified: bool
) -> None:
    assert unmodified_since(since, MODIFIED) is unmodified
    assert not_modified(None, since, DIGEST, MODIFIED) is unmodified


@given(st.text(), st.text())
def test_whatever_a_client_says_it_is_answered(tag: str, date: str) -> None:
    assert not_modified(tag, None, DIGEST, MODIFIED) in (True, False)
    assert not_modified(None, date, DIGEST, MODIFIED) in (True, False)
