"""One document, many codings: each decodes to the same, each has a tag of its own."""

import gzip
from datetime import UTC, datetime, timedelta

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from feeds.server.http.conditional import http_date, unmodified_since
from feeds.server.http.representation import Document, Representation

NOW = datetime(2020, 1, 1, tzinfo=UTC)


def representation(body: bytes, modified: datetime = NOW) -> Representation:
    return Representation(Document(body, "text/plain", modified, frozenset(), frozenset()), now=NOW)


def decode(coding: str, body: bytes) -> bytes:
    if coding == "gzip":
        return gzip.decompress(body)
    if coding == "br":
        return bytes(brotli.decompress(body))
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompress(body)
    return body


@given(st.binary(max_size=4000), st.sampled_from(["gzip", "br", "zstd", "identity"]), st.booleans())
def test_every_coding_decodes_to_the_same_document(body: bytes, coding: str, best: bool) -> None:
    coded = representation(body).encode(coding, best=best)
    assert decode(coded.coding, coded.body) == body


def test_the_same_document_gives_the_same_bytes_and_tags_every_time() -> None:
    body = b"a feed of some length " * 100
    for coding in ("gzip", "br", "zstd", "identity"):
        first, second = (representation(body).encode(coding) for _ in range(2))
        assert (first.body, first.etag) == (second.body, second.etag)


def test_every_coding_has_a_tag_of_its_own() -> None:
    one = representation(b"a feed of some length " * 100)
    tags = [one.encode(coding, best=best).etag
            for coding in ("gzip", "br", "zstd") for best in (False, True)]  # fmt: skip
    tags.append(one.encode("identity").etag)
    assert len(set(tags)) == len(tags)
    assert all(tag.startswith(f'"{one.digest}-') and tag.endswith('"') for tag in tags)


def test_other_content_has_other_tags() -> None:
    assert representation(b"one").digest != representation(b"two").digest


def test_even_what_is_short_is_sent_in_the_coding_asked_for() -> None:
    # It may be that the client refuses any other: `gzip, identity;q=0`.
    assert representation(b"short").encode("br").coding == "br"


def test_no_date_more_than_a_second_ahead_of_the_clock_is_sent() -> None:
    far, near = (representation(b"", NOW + timedelta(seconds=s)) for s in (9, 1))
    assert far.last_modified == near.last_modified == http_date(NOW + timedelta(seconds=1))
    assert unmodified_since(near.last_modified, near.modified)
    assert not unmodified_since(far.last_modified, far.modified)  # other versions have it too


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_304_carries_the_tag_the_client_was_given(coding: str) -> None:
    one = representation(b"a feed of some length " * 100)
    quick = one.encode(coding).etag
    best = one.encode(coding, best=True).etag
    assert one.not_modified_tag(quick, coding) == quick
    assert one.not_modified_tag(best, coding) == best
    assert one.not_modified_tag('"something else"', coding) == best
