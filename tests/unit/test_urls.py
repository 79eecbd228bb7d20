"""One article, one id, however its address is spelled."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.ingest.pool import parse_file
from feeds.ingest.scanner import scan
from feeds.util import urls
from tests.support.paths import DATA, NEWS, SHIPPED_SEEDS

hosts = st.sampled_from(["example.org", "a.b-c.example", "xn--bcher-kva.example", "bbc.co.uk"])
segments = st.text("abcXYZ019-._~!$&'()*+,;=:@", min_size=1, max_size=8).filter(
    lambda one: one not in (".", "..")
)
paths = st.lists(segments, max_size=4).map("/".join)
queries = st.lists(st.sampled_from(["id=7", "q=a+b", "x", "y=%20"]), max_size=3, unique=True)


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    return draw(hosts), draw(paths).rstrip("/"), draw(queries)


def spelled(
    address: tuple[str, str, list[str]], scheme: str = "https", www: str = "", port: str = "",
    slash: str = "", tracking: str = "", fragment: str = "", upper: bool = False,
) -> str:  # fmt: skip
    host, path, query = address
    query = [*query, tracking] if tracking else query
    host = www + host
    return (
        f"{scheme}://{host.upper() if upper else host}{port}/{path}{slash}"
        + ("?" + "&".join(query) if query else "") + fragment
    )  # fmt: skip


@given(
    addresses(), st.sampled_from(["http", "https"]), st.sampled_from(["", "www."]),
    st.sampled_from(["", "default"]), st.sampled_from(["", "/"]),
    st.sampled_from(["", "utm_source=x", "fbclid=1", "UTM_Medium=y", "gclid="]),
    st.sampled_from(["", "#", "#top", "#comment-7", "#more-7", "#xtor=1", "#:~:text=x"]),
    st.booleans(),
)  # fmt: skip
def test_no_spelling_changes_the_id(
    address: tuple[str, str, list[str]], scheme: str, www: str, port: str, slash: str,
    tracking: str, fragment: str, upper: bool,
) -> None:  # fmt: skip
    default = {"http": ":80", "https": ":443"}[scheme] if port else ""
    other = spelled(address, scheme, www, default, slash, tracking, fragment, upper)
    assert urls.entry_id(urls.usable(other)) == urls.entry_id(urls.usable(spelled(address)))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("/a/#v1.0", "/a#v1.0"),
        ("/a?utm_source=x#v1.0", "/a#v1.0"),
        ("/a#v1%2E0", "/a#v1.0"),
        ("/a#v1.0:~:text=new", "/a#v1.0"),
        ("/a#ä", "/a#%c3%a4"),
        ("#/news/7", "/#/news/7"),
        ("/#/news/7/", "/#/news/7"),
        ("/#/news/7?utm_source=x", "/#/news/7"),
        ("/#/news?id=7&fbclid=x", "/#/news?id=7"),
        ("/#!news/7&utm_source=x", "/#!news/7"),
        ("/#/", "/"),
        *((f"/a#{part}", "/a") for part in (
            "top", "main", "content", "comments", "respond", "more", "disqus_thread",
            "atom-everything", "comment-7", "comment%2D7", "more-7", "xtor=RSS-1", ":~:text=new",
            "comments:~:text=new",
        )),
    ],
)  # fmt: skip
def test_no_spelling_of_what_follows_the_number_sign_changes_the_id(
    written: str, same: str
) -> None:
    first, second = (urls.usable(f"https://example.org{end}") for end in (written, same))
    assert urls.entry_id(first) == urls.entry_id(second)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("example.org", "example.org"),
        ("[::1]", "[::1]"),
        ("a_b.example", "a_b.example"),
        ("www.xn--mller-kva.example", "www.müller.example"),
        ("xn--strae-oqa.de", "straße.de"),
        ("xn--r8jz45g.xn--zckzah", "例え.テスト"),
        ("xn--mgbh0fb.xn--kgbechtv", "مثال.إختبار"),
        ("xn--e1afmkfd.xn--80akhbyknj4f", "пример.испытание"),
        ("xn--a.com", "xn--a.com"),
        ("xn--ls8h.la", "xn--ls8h.la"),  # an emoji
        ("xn--a_b-hoa.example", "xn--a_b-hoa.example"),
        ("xn--pypal-4ve.com", "xn--pypal-4ve.com"),  # Cyrillic а among Latin letters
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),  # Cyrillic that reads like apple
        ("Example xn--mller-kva", "Example xn--mller-kva"),
    ],
)
def test_people_read_a_host_in_its_own_script_where_it_passes_for_no_other(
    host: str, shown: str
) -> None:
    assert urls.shown(host) == shown


def test_the_ids_of_addresses_stay_as_subscribers_have_them() -> None:
    """`tests/data/ids.txt` has addresses in every spelling, and those of shipped articles."""
    lines = (DATA / "ids.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 200
    moved = [
        line
        for line in lines
        if str(urls.entry_id(urls.usable(line.partition(" ")[2]))) != line.partition(" ")[0]
    ]
    assert moved == []


def test_the_ids_of_shipped_articles_are_among_them() -> None:
    held = {line.partition(" ")[0] for line in (DATA / "ids.txt").read_text().splitlines()}
    for folder in (SHIPPED_SEEDS, *NEWS):
        files = [parse_file(str(folder), found) for found in scan(folder)]
        mentions = [mention for file in files if file for mention in file.mentions or ()]
        ids = {str(uuid.UUID(bytes=mention.id)) for mention in mentions}
        assert ids
        assert ids <= held


@given(addresses(), st.sampled_from(["p", "~", "-", "A"]))
def test_escapes_of_plain_characters_do_not_change_the_id(
    address: tuple[str, str, list[str]], character: str
) -> None:
    host, path, query = address
    plain = spelled((host, path + character, query))
    escaped = spelled((host, f"{path}%{ord(character):02x}", query))
    assert urls.entry_id(urls.usable(plain)) == urls.entry_id(urls.usable(escaped))


@given(addresses())
def test_the_id_is_a_uuid_of_version_5_of_the_canonical_address(
    address: tuple[str, str, list[str]],
) -> None:
    url = urls.usable(spelled(address))
    assert urls.entry_id(url) == uuid.uuid5(uuid.NAMESPACE_URL, urls.canonical(url))
    assert urls.entry_id(url).version == 5


@given(st.text(max_size=60).map("https://example.org/".__add__) | st.text(max_size=30))
def test_what_is_usable_is_absolute_ascii_and_stays_as_it_is(text: str) -> None:
    try:
        url = urls.usable(text)
    except ValueError as error:
        assert str(error)
        return
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    assert url.startswith(("http://", "https://"))
    assert urls.usable(url) == url
    urls.canonical(url)


@pytest.mark.parametrize(
    ("written", "usable"),
    [
        (" https://example.org/a ", "https://example.org/a"),
        ("HTTPS://Example.ORG/A", "https://example.org/A"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org?q=1", "https://example.org/?q=1"),
        ("https://bücher.example/ß?ä#ö", "https://xn--bcher-kva.example/%C3%9F?%C3%A4#%C3%B6"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("https://example.org/a%2Fb", "https://example.org/a%2Fb"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
    ],
)
def test_an_address_is_mended_no_more_than_it_needs(written: str, usable: str) -> None:
    assert urls.usable(written) == usable


@pytest.mark.parametrize(
    "one",
    [
        ("https://example.org/a", "https://example.org/b"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a?id=1", "https://example.org/a?id=2"),
        ("https://example.org/a?x=1&y=2", "https://example.org/a?y=2&x=1"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org:8443/a", "https://example.org/a"),
        ("https://news.example.org/a", "https://example.org/a"),
        ("https://example.org/changelog#v1.0", "https://example.org/changelog#v1.1"),
        ("https://example.org/changelog#v1.0", "https://example.org/changelog"),
        ("https://example.org/#/news/7", "https://example.org/#/news/8"),
        ("https://example.org/#!news", "https://example.org/"),
        ("https://example.org/#/news?id=7", "https://example.org/#/news?id=8"),
        ("https://example.org/a#comments-policy", "https://example.org/a"),
        ("https://example.org/a#moreover", "https://example.org/a"),
        ("https://example.org/a#topics", "https://example.org/a"),
    ],
)
def test_what_may_be_another_article_has_another_id(one: tuple[str, str]) -> None:
    first, second = map(urls.entry_id, one)
    assert first != second
