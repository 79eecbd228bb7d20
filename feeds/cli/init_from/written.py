"""Write the configuration for a site as text: the values that were read, and lines that ask the
user for the others. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from feeds.cli.init_from.site import Site
from feeds.problems import printable
from feeds.util.urls import host_of

MOST_RULES: Final = 500  # of the thousand that articles.yaml may have
_PLAIN: Final = re.compile(r"[A-Za-z][\w/.-]*(?: [\w/.-]+)*|/[\w/.:{}~-]*[\w/}]")
_NOT_TEXT: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
# What stands in a line that asks for a value: an example, and what it is.
_ASKED: Final = {
    "base": ("https://example.org", "the address of your site"),
    "permalink": ("/blog/:year/:slug/", "the addresses of your articles"),
}


def configuration(site: Site, authors: str) -> dict[str, str]:
    """Return the text of each file of the configuration.

    `authors` is the path of the file of authors below the folder of configuration or of
    articles; empty if there is none.
    """
    files = {"site.yaml": _site(site), "articles.yaml": _articles(site, authors)}
    if "base" in site.values and "title" in site.values:
        files["providers.yaml"] = _providers(site)
    return files


def _site(site: Site) -> str:
    return _text(
        "# yaml-language-server: $schema=.schema/site.json",
        "#",
        "# Settings that all feeds of this site share. All are optional: a line that begins",
        "# with # is an example, and has no effect until you remove the #.",
        "",
        _value(site, "title", "My news"),
        _value(site, "description", "What this site is about, in one sentence"),
        _value(site, "language", "en"),
        _value(site, "timezone", "Europe/Berlin", "of dates without one"),
        "",
        "# The public address of this service. Set it before anybody subscribes, because",
        "# it is in every feed. Without it, links lead to where `feeds serve` listens.",
        "# base_url: https://feeds.example.org",
    )


def _articles(site: Site, authors: str) -> str:
    origin = f"a site of {site.generator}" if site.generator else "a folder of articles"
    lines = [
        "# yaml-language-server: $schema=.schema/articles.json",
        "#",
        f"# How the files in {site.content or 'the folder'}, {origin}, become articles.",
        "",
        *_address(site),
        "",
        "future: hold       # articles with a date in the future appear then; show: at once",
        "shortcodes: drop   # leaves out what only the generator understands; or keep",
    ]
    if authors:
        lines += [f"authors: {_scalar(authors)}   # the authors that articles name by a key"]
    lines += ["# authors_email: true   # publish the e-mail addresses of authors"]
    if site.include:
        lines += ["", "include:", *(f"  - {_scalar(pattern)}" for pattern in site.include)]
    if site.exclude:
        lines += ["", "exclude:"]
        lines += [f"  - {_scalar(glob)}   # {printable(why)}" for glob, why in site.exclude.items()]
    lines += _rules(site.rules)
    return _text(*lines)


def _address(site: Site) -> Iterator[str]:
    """Yield base and permalink; both as comments if one is not known, since they work only
    together."""
    known = all(key in site.values for key in _ASKED)
    if not known:
        yield "# Complete these two lines, and remove the # before each:"
    for key, (example, meaning) in _ASKED.items():
        if known:
            yield _value(site, key)
        elif key in site.values:
            yield f"# {_value(site, key)}"
        else:
            written = _scalar(site.guess) if key == "permalink" and site.guess else example
            why = printable(site.missing.get(key, ""))
            yield f"# {key}: {written}   # {meaning}: {why}"


def _rules(rules: Mapping[str, str]) -> Iterator[str]:
    """Yield the rules for articles whose address is made otherwise."""
    if 0 < len(rules) <= MOST_RULES:
        yield from ("", "# Articles whose addresses have another pattern.", "rules:")
        for path, permalink in sorted(rules.items()):
            if not re.search(r"[\\{}]", path):
                yield f"  - path: {_scalar(path)}"
                yield f"    defaults: {{permalink: {json.dumps(permalink, ensure_ascii=False)}}}"


def _providers(site: Site) -> str:
    return _text(
        "# yaml-language-server: $schema=.schema/providers.json",
        "#",
        "# Names and spellings of providers. Providers that are not listed here have a feed",
        "# too, under the name that their articles give.",
        "",
        f"- domain: {_scalar(host_of(site.values['base'][0]))}",
        f"  name: {_scalar(site.values['title'][0])}",
    )


def _value(site: Site, key: str, example: str = "", meaning: str = "") -> str:
    """Return the line of a key, with where its value is from, or as a comment without one."""
    if key in site.values:
        value, source = site.values[key]
        return f"{key}: {_scalar(value)}   # from {printable(source)}"
    why = "; ".join(part for part in (meaning, site.missing.get(key, "")) if part)
    return f"# {key}: {example}{f'   # {printable(why)}' if why else ''}"


def _scalar(value: str) -> str:
    """Return a text as a scalar of YAML, on one line."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    if re.fullmatch(r"https?://[\w./~%-]+", value):
        return value
    # A string in JSON is valid YAML; characters that YAML does not allow are escaped in it.
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _text(*lines: str) -> str:
    return "\n".join(lines) + "\n"
