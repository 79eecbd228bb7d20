"""Generators whose configuration is a program: Eleventy, Astro, Docusaurus, Pelican, Next.

Each function fills a `Site`. Programs are read as text, and never run.
"""

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from feeds.cli.init_from import permalinks
from feeds.cli.init_from.literals import Literal, first, javascript, python
from feeds.cli.init_from.permalinks import Permalink
from feeds.cli.init_from.site import USUAL, Site, by_slug, first_text, narrowed, rename
from feeds.cli.init_from.survey import Survey, parse_mapping, read_values
from feeds.ingest.scanner import suffix

_PROGRAMS: Final = (".js", ".cjs", ".mjs", ".ts", ".mts", ".cts")
_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    ".json": json.loads,
    ".yaml": parse_mapping,
    ".yml": parse_mapping,
    ".toml": tomllib.loads,
}
# As Docusaurus takes the path of a post apart.
_POST: Final = re.compile(
    r"(?P<folder>.*)(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*?)(?:/index)?\.mdx?"
).fullmatch
_DATED: Final = re.compile(r"\d{4}-\d\d-\d\d[-_. ]").match


def eleventy(site: Site) -> None:
    """Read `eleventy.config.js`, the site's data, and data files of folders."""
    literals = _literals(site)
    folder = first(literals, "dir", "input") or first(literals, "setInputDirectory") or "."
    data = first(literals, "dir", "data") or first(literals, "setDataDirectory") or "_data"
    for where in (f"{folder}/{data}", data):
        for name in ("metadata", "site", "meta", "config"):
            for end in ("json", "js", "cjs", "mjs", "yaml", "yml", "toml"):
                if site.has(f"{where}/{name}.{end}"):
                    _eleventy_data(site, site.at(f"{where}/{name}.{end}"))
    whole = site.at(folder)
    site.content = narrowed(site, whole)
    below = os.path.relpath(site.content or ".", whole or ".").strip(".")
    prefix = first(literals, "pathPrefix") or first(literals, "setPathPrefix") or ""
    prefix = f"/{prefix.strip('/')}".rstrip("/")
    written, source = _directory_permalink(site, whole)
    if written:
        permalink = permalinks.eleventy(written)
        pattern = permalink.pattern.replace(":path", f"{below}/:path")
        site.set_permalink(permalink._replace(pattern=pattern), source, prefix)
        return
    name = of_eleventy(site)
    site.set_permalink(Permalink(f"/{below}/{name}/"), USUAL.format("Eleventy"), prefix)
    for one in site.articles if name == ":path" else ():
        if _DATED(os.path.basename(one.path)):
            written = permalinks.literal(os.path.splitext(one.path)[0])
            site.rules[f"/{one.path}"] = f"{prefix}/{below}/{written}/"


def of_eleventy(site: Site) -> str:
    """Return the placeholder for what Eleventy makes of the path of an article by itself.

    The name of a file that is also that of its folder is dropped: `one/one.md` is `/one/`. A date
    in a name stays.
    """
    paths = [one.path.split("/") for one in site.articles]
    ends = [parts[-2:-1] == [os.path.splitext(parts[-1])[0]] for parts in paths]
    is_flat = all(len(parts) <= 1 + end for parts, end in zip(paths, ends, strict=True))
    if is_flat and any(_DATED(parts[-1]) for parts in paths):
        return ":filename"
    return ":slug" if any(ends) and is_flat else ":path"


def _eleventy_data(site: Site, path: str) -> None:
    """Take what the data of all pages say of the site."""
    found = _data(site.survey, path)
    for key in ("url", "siteUrl", "siteURL", "baseUrl", "origin", "domain"):
        site.set_address(found.get(key), source=path)
    for key in ("title", "name", "description", "language", "lang"):
        site.set({"name": "title", "lang": "language"}.get(key, key), found.get(key), path)


def _directory_permalink(site: Site, whole: str) -> tuple[str, str]:
    """Return the permalink in the data files of the folders of articles, and the file."""
    folder = site.content
    while True:
        name = os.path.basename(folder)
        for end in (".json", ".11tydata.json", ".11tydata.js", ".11tydata.cjs", ".11tydata.mjs"):
            path = os.path.normpath(f"{folder}/{name}{end}")
            if site.survey.has(path):
                written = _data(site.survey, path).get("permalink")
                if isinstance(written, str) and written:
                    return written, path
        if folder in (whole, "", "."):
            return "", ""
        folder = os.path.dirname(folder)


def astro(site: Site) -> None:
    """Read `astro.config.*`, the collections of content and the pages that show them."""
    literals = _literals(site)
    prefix = site.set_address(first(literals, "site"), first(literals, "base"))
    site.set("language", first(literals, "i18n", "defaultLocale"))
    for name in ("src/consts.ts", "src/config.ts", "src/site.config.ts", "src/consts.js"):
        if site.has(name):
            _constants(site, site.at(name))
    if "base" not in site.values:
        site.needs("base")
    slash = "" if first(literals, "trailingSlash") == "never" else "/"
    if first(literals, "build", "format") == "file":
        slash = "" if first(literals, "trailingSlash") != "always" else "/"
    collections = site.at("src/content")
    for name in ("src/content.config.ts", "src/content.config.mjs", "src/content/config.ts"):
        for keys, base in _javascript(site, site.at(name)) if site.has(name) else ():
            if keys[-1:] == ("base",) and site.survey.dated(site.at(base)):
                collections = site.at(base)
    pages = site.at("src/pages")
    site.content = narrowed(site, collections)
    if not site.articles:
        site.content = narrowed(site, pages)
        below = os.path.relpath(site.content, pages).strip(".")
        site.set_permalink(Permalink(f"/{below}/:path{slash}"), USUAL.format("Astro"), prefix)
        return
    collection = os.path.relpath(site.content, site.at("src/content")).partition("/")[0]
    collection = collection if collection not in (".", "..") else os.path.basename(site.content)
    for path in site.survey.below(pages):
        route = re.fullmatch(r"(.*)/\[(?:\.\.\.)?\w+\](?:/index)?\.astro", path)
        if route and re.search(rf"[\"']{re.escape(collection)}[\"']", site.survey.text(path)):
            folder = route[1][len(pages) :]
            if "[" not in folder:
                pattern = Permalink(f"{folder}/:path{slash}")
                site.set_permalink(pattern, path, prefix)
                rename(site, _slugged, f"{prefix}{folder}/:path{slash}")
                for one in site.articles:
                    if slug := permalinks.literal(one.value("slug")):
                        site.rules[f"/{one.path}"] = f"{prefix}{folder}/{slug}{slash}"
                return
    site.guess = f"{prefix}/{collection}/:path{slash}"
    site.missing["permalink"] = f"no page in src/pages shows the collection {collection} by name"


def _slugged(name: str) -> str:
    """Return what Astro makes of a name in an id."""
    return re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


def docusaurus(site: Site) -> None:
    """Read `docusaurus.config.js` or `.ts`: the site, and its blog."""
    literals = _literals(site)
    prefix = site.set_address(first(literals, "url"), first(literals, "baseUrl"))
    site.set("title", first(literals, "title"))
    site.set("description", first(literals, "tagline"))
    site.set("language", first(literals, "i18n", "defaultLocale"))
    plugin = "@docusaurus/plugin-content-blog"
    folder = first(literals, "blog", "path") or first(literals, plugin, "path") or "blog"
    route = first(literals, "blog", "routeBasePath") or first(literals, plugin, "routeBasePath")
    route = f"{prefix}/{'blog' if route is None else route.strip('/')}".rstrip("/")
    site.content = site.at(folder)
    site.set_authors(f"{folder}/authors")
    slash = "/" if first(literals, "trailingSlash") == "true" else ""
    slugs = {one.path: one.value("slug") for one in site.articles if one.value("slug")}
    if slugs and len(slugs) == len(site.articles):
        site.set_permalink(Permalink(f"{route}/:slug{slash}"), "the slugs of all articles")
        return
    pattern = Permalink(f"{route}/:year/:month/:day/:slug{slash}")
    site.set_permalink(pattern, USUAL.format("Docusaurus"))
    # A slug of an article replaces its date as well.
    for path, slug in slugs.items():
        site.rules[f"/{path}"] = f"{route}/{permalinks.literal(slug)}{slash}"
    for path in (one.path for one in site.articles if one.path not in slugs):
        found = _POST(path)
        if not found:  # whose date is in its front matter alone
            written = os.path.splitext(path)[0].removesuffix("/index")
        elif found["folder"] or len(found["date"]) < len("2024-05-01"):
            written = f"{found['date'].replace('-', '/')}/{found['folder']}{found['text']}"
        else:
            continue
        site.rules[f"/{path}"] = f"{route}/{permalinks.literal(written)}{slash}"


def pelican(site: Site) -> None:
    """Read the literals of `pelicanconf.py`, and the address in `publishconf.py`."""
    values = _python(site, site.config)
    published = site.at("publishconf.py")
    own = _python(site, published) if site.survey.has(published) else {}
    merged = {**values, **{key: value for key, value in own.items() if value}}
    source = published if own.get("SITEURL") else site.config
    prefix = site.set_address(merged.get("SITEURL"), source=source)
    for key, name in (
        ("title", "SITENAME"),
        ("description", "SITESUBTITLE"),
        ("language", "DEFAULT_LANG"),
        ("timezone", "TIMEZONE"),
    ):
        site.set(key, merged.get(name))
        if name in merged and merged[name] is None:
            site.needs(key)
    folder = site.at(first_text(merged, "PATH") or "content")
    paths = merged.get("ARTICLE_PATHS")
    paths = [one for one in paths if isinstance(one, str)] if isinstance(paths, list) else []
    site.content = site.at(f"{folder}/{paths[0]}") if len(paths) == 1 else folder
    if len(paths) > 1:
        site.include = [f"{one.strip('/')}/**" for one in paths]
    pages = merged.get("PAGE_PATHS", ["pages"])
    for name in pages if isinstance(pages, list) else ():
        site.leave_out(f"/{name}/**", "pages, not articles")
    if any(suffix(path) == ".rst" for path in site.survey.below(site.content)):
        site.notes.append("files in reStructuredText (.rst) are not read: only Markdown is")
    written = merged.get("ARTICLE_URL", merged.get("ARTICLE_SAVE_AS", "{slug}.html"))
    if not isinstance(written, str):
        site.needs("permalink")
        return
    origin = f"{site.config} ({written})" if "ARTICLE_URL" in merged else USUAL.format("Pelican")
    by_name = merged.get("SLUGIFY_SOURCE") == "basename"
    in_field = [bool(one.value("category")) for one in site.articles]
    category = "{category}" if all(in_field) else None if any(in_field) else ":section"
    permalink = by_slug(
        site,
        site.articles,
        ":filename" if by_name else ":title",
        lambda slug: permalinks.pelican(written, slug, category),
        partial(
            permalinks.slug_of_pelican,
            in_unicode=bool(merged.get("SLUGIFY_USE_UNICODE")),
            keeps_case=bool(merged.get("SLUGIFY_PRESERVE_CASE")),
        ),
        prefix,
    )
    site.set_permalink(permalink, origin, prefix)


def next_js(site: Site) -> None:
    """Read `next.config.*`, and look for a folder of Markdown that pages are made of."""
    literals = _literals(site)
    for name in ("next-sitemap.config.js", "next-sitemap.config.mjs", "next-sitemap.config.cjs"):
        if site.has(name):
            site.set_address(first(_javascript(site, site.at(name)), "siteUrl"))
    for name in ("site.config.js", "site.config.ts", "data/siteMetadata.js", "lib/constants.ts"):
        if site.has(name):
            _constants(site, site.at(name))
    if "base" not in site.values:
        site.needs("base")
    site.set("language", first(literals, "i18n", "defaultLocale"))
    prefix = first(literals, "basePath") or ""
    slash = "/" if first(literals, "trailingSlash") == "true" else ""
    for pages in ("pages", "src/pages"):
        if site.survey.dated(site.at(pages)):
            site.content = narrowed(site, site.at(pages))
            below = os.path.relpath(site.content, site.at(pages)).strip(".")
            pattern = Permalink(f"/{below}/:path{slash}")
            site.set_permalink(pattern, USUAL.format("Next"), prefix)
            return
    site.content = narrowed(site, site.folder)
    name = os.path.basename(site.content).strip("_") or "blog"
    site.guess = f"/{name}/:path{slash}"
    site.missing["permalink"] = "the pages of the site decide it, and these are programs"


def _literals(site: Site) -> list[Literal]:
    """Return the literals of the site's configuration, if that is a program."""
    return _javascript(site, site.config) if site.config.endswith(_PROGRAMS) else []


def _javascript(site: Site, path: str) -> list[Literal]:
    return javascript(site.survey.text(path))


def _python(site: Site, path: str) -> dict[str, object]:
    try:
        return python(site.survey.text(path))
    except SyntaxError as error:
        site.survey.note(f"{path}:{error.lineno or 1}: {error.msg}; nothing was taken from it")
        return {}


def _constants(site: Site, path: str) -> None:
    """Take title, description and address from a program of constants, however it names them."""
    for key, ours in {
        "title": r"(?:site_?|blog_?)?(?:title|name)",
        "description": r"(?:site_?|blog_?)?description",
        "base": r"(?:site_?|base_?)?(?:url|origin)|website",
        "language": r"lang(?:uage)?|locale",
    }.items():
        for names, value in _javascript(site, path):
            if re.fullmatch(ours, names[-1], re.IGNORECASE) and len(names) <= 2:
                if key == "base":
                    site.set_address(value, source=path)
                else:
                    site.set(key, value, path)


def _data(survey: Survey, path: str) -> Mapping[str, Any]:
    """Return the values of a data file, in whatever language it is."""
    parse = _PARSERS.get(suffix(path))
    if parse:
        return read_values(survey, path, parse)
    return {names[-1]: value for names, value in reversed(javascript(survey.text(path))) if names}
