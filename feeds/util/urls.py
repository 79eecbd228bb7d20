"""Addresses: usable ones, and which spellings name the same article. Pure."""

import hashlib
import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit
from uuid import UUID

import idna

# Parameters that say where a reader came from, not which article is asked for.
_TRACKING: Final = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid igshid li_fat_id "
    "mc_cid mc_eid mkt_tok oly_anon_id oly_enc_id vero_id vero_conv _hsenc _hsmi "
    "hsctatracking s_cid ncid sr_share wickedid guccounter guce_referrer guce_referrer_sig".split()
)
_VERSION_AND_VARIANT: Final = 0xF << 76 | 3 << 62  # bits of a UUID
_NAMESPACE_URL: Final = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8").bytes  # RFC 9562 6.6
_PLAIN_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9]*").fullmatch
# Parts of every page, and what scripts and feeds append: none names an article of its own.
_PARTS_OF_ANY_PAGE: Final = frozenset(
    "top main content comments respond more disqus_thread atom-everything".split()
)
# An address that is usable as it is if its host is valid and each % begins an escape.
_PLAIN: Final = re.compile(
    r"https?://([a-z0-9.-]+)(?:/[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]*)?"
).fullmatch
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)$")
_BARE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
# Scripts with letters that look like those of each other, and Cyrillic ones that look Latin:
# https://chromium.googlesource.com/chromium/src/+/main/docs/idn.md
_ALIKE: Final = frozenset(("ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LATIN"))
_LATIN_TO_THE_EYE: Final = frozenset("асԁеһіјӏорԛѕԝхуѵ-0123456789")
# What is a path from another address: none is a word such as `none`, nor a host without scheme.
_RELATIVE: Final = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:|www\.)[^./]*[./]").match
_LONGEST: Final = 2000
_LONGEST_HOST: Final = 253


def usable(text: str, base: str = "") -> str:
    """Return an absolute http or https address that any reader can open.

    Spaces and characters beyond ASCII are percent-encoded, the host is put into
    punycode; existing escapes are kept. Where `base` is given, an address with a `/` or a `.`
    may be relative to it. Raises ValueError with the reason.
    """
    text = text.strip()
    if base and _RELATIVE(text):
        try:
            text = urljoin(base, text)
        except ValueError:
            raise ValueError("is not an address") from None
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    if _is_usable_as_it_is(text):
        return text
    try:
        text.encode()  # JSON may have half of a surrogate pair
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if not parts.scheme:
        raise ValueError("is not a complete address")
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"has the scheme {parts.scheme!r}")
    if "@" in parts.netloc:
        raise ValueError("has a user name in it")
    netloc = domain(parts.hostname or "")
    if port is not None:
        netloc += f":{port}"
    rest = _encode(parts.path) or ("/" if parts.query else "")
    if parts.query:
        rest += "?" + _encode(parts.query)
    if parts.fragment:
        rest += "#" + _encode(parts.fragment)
    return f"{parts.scheme}://{netloc}{rest}"


def on_site(path: str, base: str) -> str:
    """Return the address of a path on the site at `base`, which has no slash at its end.

    A site in a folder, such as https://example.org/blog, is meant by paths with that folder and
    by those without.
    """
    scheme, _, rest = base.partition("://")
    host, slash, folder = rest.partition("/")
    path = "/" + path.lstrip("/")
    if slash and f"{path}/".startswith(f"/{folder}/"):
        return f"{scheme}://{host}{path}"
    return base + path


def domain(text: str) -> str:
    """Return a host name in lower case and punycode; `www.` is kept.

    IPv6 addresses keep their brackets. Raises ValueError for anything else.
    """
    host = text.strip().strip(".").lower()
    if ":" in host and "%" not in host:
        try:
            return f"[{IPv6Address(host.removeprefix('[').removesuffix(']'))}]"
        except ValueError:
            raise ValueError("has no valid host name") from None
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValueError("has no valid host name") from None
    if not host or len(host) > _LONGEST_HOST or not all(map(_LABEL.match, host.split("."))):
        raise ValueError("has no valid host name")
    return host


def shown(host: str) -> str:
    """Return a host name in punycode as people read it: `müller.example`.

    It stays as it is if IDNA 2008 (RFC 5891) does not allow all of it, or if a label passes for
    another: it mixes scripts that look alike, or is Cyrillic of which each letter looks Latin.
    """
    if "xn--" not in host:
        return host
    try:
        decoded = idna.decode(host)
    except idna.IDNAError:
        return host
    return host if any(map(_looks_like_another, decoded.split("."))) else decoded


def _looks_like_another(label: str) -> bool:
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in label if letter.isalpha()}
    return len(scripts & _ALIKE) > 1 or (bool(scripts) and set(label) <= _LATIN_TO_THE_EYE)


def without_www(host: str) -> str:
    """Return a host as the domain of a provider: `cbc.ca` for `www.cbc.ca`."""
    return host[4:] if host.startswith("www.") and "." in host[4:] else host


def host_of(url: str) -> str:
    """Return the host of a usable address, without port and `www.`."""
    netloc = url.split("/", 3)[2].partition("?")[0].partition("#")[0]
    if not netloc.endswith("]"):
        netloc = netloc.rpartition(":")[0] or netloc if ":" in netloc else netloc
    return without_www(netloc.lower())


def canonical(url: str) -> str:
    """Return the form that all spellings of a usable address share; used for identity only.

    It has no scheme, `www.`, default port, tracking parameter or trailing slash, and a
    fragment only if it may name an article: see `_fragment`. Percent-encoding is normalized
    by RFC 3986 section 6.2.2. The order of the other parameters is kept, because servers may
    depend on it.
    """
    _, _, rest = url.partition("//")
    host, slash, path = rest.partition("/")
    if _is_plain_host(host) and not ("%" in path or "?" in path or "#" in path or "/." in url):
        return without_www(host) + (slash + path).rstrip("/")
    parts = urlsplit(url)
    host = without_www(domain(parts.hostname or ""))
    if parts.port not in (None, 80, 443):
        host += f":{parts.port}"
    path = _normal(_without_dots(parts.path)).rstrip("/")
    query = _without_tracking(_normal(parts.query))
    fragment = _fragment(_normal(parts.fragment)) if parts.fragment else ""
    return host + path + (query and f"?{query}") + (fragment and f"#{fragment}")


def entry_id(url: str) -> UUID:
    """Return the id of the article at a usable address: a UUIDv5 of its canonical form."""
    digest = hashlib.sha1(_NAMESPACE_URL + canonical(url).encode(), usedforsecurity=False)
    # RFC 9562 section 5.5: version 5, variant 10. `UUID(version=5)` does the same, but slower.
    bits = int.from_bytes(digest.digest()[:16], "big")
    return UUID(int=bits & ~_VERSION_AND_VARIANT | 5 << 76 | 2 << 62)


def _is_usable_as_it_is(text: str) -> bool:
    """Return whether an address needs no change: the common case, without splitting it."""
    match = _PLAIN(text)
    if match is None or ("%" in text and _BARE_PERCENT.search(text)):
        return False
    return _is_plain_host(match[1])


@lru_cache(maxsize=8192)
def _is_plain_host(host: str) -> bool:
    return bool(_PLAIN_HOST(host)) and len(host) <= _LONGEST_HOST


def _fragment(written: str) -> str:
    """Return what names an article of its own in a normalized fragment, or an empty string.

    That is a route of a page that scripts build (`#/news/7`, `#!news`), and an anchor, such as
    that of a release in a changelog. It is none of what scripts append (`#xtor=RSS-1`), what
    any page has (`#comments`), and text directives, which the browser removes:
    https://wicg.github.io/scroll-to-text-fragment/
    """
    fragment = written.partition(":~:")[0]
    if fragment.startswith(("/", "!")):
        route, _, query = fragment.partition("?")
        route, query = _without_tracking(route).rstrip("/"), _without_tracking(query)
        return route + (query and f"?{query}")
    counts = not (
        "=" in fragment
        or fragment in _PARTS_OF_ANY_PAGE
        or fragment.startswith(("comment-", "more-"))
    )
    return fragment if counts else ""


def _without_tracking(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if pair and not _tracks(pair))


def _tracks(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(("utm_", "pk_", "mtm_", "hsa_"))


def _encode(text: str) -> str:
    return quote(_BARE_PERCENT.sub("%25", text), safe="%/?:@!$&'()*+,;=-._~")


def _normal(text: str) -> str:
    """Return text with escapes of unreserved characters resolved and others in upper case."""
    return _ESCAPE.sub(
        lambda escape: (
            chr(byte)
            if (byte := unquote_to_bytes(escape[0])[0]) in _UNRESERVED
            else escape[0].upper()
        ),
        _encode(text),
    )


def _without_dots(path: str) -> str:
    """Return a path with its dot segments removed: RFC 3986 section 5.2.4."""
    if "/." not in path:
        return path
    output: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(output) > 1:
                output.pop()
        elif segment != ".":
            output.append(segment)
    if segments[-1] in (".", ".."):
        output.append("")
    return "/".join(output)
