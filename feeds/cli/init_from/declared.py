"""Generators whose configuration is data: Hugo, Zola, Jekyll, Hexo. Each fills a `Site`."""

import json
import os
import re
import tomllib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from feeds.cli.init_from import permalinks
from feeds.cli.init_from.permalinks import Permalink
from feeds.cli.init_from.site import OF_PATH, USUAL, Site, by_slug, first_text, most, rename
from feeds.cli.init_from.survey import Glimpse, parse_mapping, read_values
from feeds.ingest.scanner import suffix
from feeds.util import text

_DATE: Final = re.compile(r"^\d{4}-\d\d-\d\d(?:T[\d:.Z+-]*)?[-_ ]+")  # Zola removes it
# The name of a post: its date, and what its address is made of.
_NAME: Final = re.compile(r"(?:^|/)(\d{4})-(\d\d?)-(\d\d?)-([^/]+)$")


def hugo(site: Site) -> None:
    """Read Hugo's configuration: languages, the folder of content, permalinks by section."""
    values = _of_hugo(site)
    params = _mapping(values.get("params"))
    languages = _mapping(values.get("languages"))
    language = first_text(values, "defaultcontentlanguage") or "en"
    own = _mapping(languages.get(language.lower()))
    prefix = site.set_address(values.get("baseurl"))
    site.set("title", first_text(own, "title") or values.get("title"))
    site.set("description", first_text(params, "description", "subtitle"))
    site.set("language", first_text(own, "locale", "languagecode"))
    site.set("language", first_text(values, "locale", "languagecode", "defaultcontentlanguage"))
    site.set("timezone", values.get("timezone"))
    folder = first_text(own, "contentdir") or first_text(values, "contentdir") or "content"
    site.content = site.at(folder)
    site.leave_out("_index.*", "pages of sections, not articles")
    for other in sorted(set(languages) - {language.lower()}):
        why = f"addresses of other languages begin with /{other}/: they need a folder of their own"
        site.leave_out(f"*.{other}.*", why)
        site.leave_out(f"/{other}/**", why)
    if values.get("defaultcontentlanguageinsubdir") in (True, "true"):
        prefix += f"/{language}"
    site.set_authors(f"{folder}/authors", "data/authors")
    _set_permalinks_of_hugo(site, values, prefix)


def _set_permalinks_of_hugo(site: Site, values: dict[str, Any], prefix: str) -> None:
    """Set the pattern that most articles have, and a rule for each section with another one."""
    patterns = _mapping(values.get("permalinks"))
    patterns = {**patterns, **_mapping(patterns.get("page"))}
    sections = [one.path.partition("/")[0] for one in site.articles if "/" in one.path]
    by_section = {name: str(patterns.get(name.lower(), "")) for name in dict.fromkeys(sections)}
    chosen = most([by_section[name] for name in sections])
    by_name = any(":filename" in str(one) for one in _mapping(values.get("frontmatter")).values())
    dated = any(one.has_dated_name for one in site.articles) and not by_name
    name = ":filename" if dated else ":slug"
    is_ugly = values.get("uglyurls") in (True, "true")

    def ours(section: str) -> Permalink:
        written = by_section.get(section) or "/:sections/:slugorcontentbasename/"
        written = f"{written.rstrip('/')}.html" if is_ugly else written
        articles = [one for one in site.articles if one.path.startswith(f"{section}/")]
        has_slug = any(one.value("slug") for one in articles)
        if not by_section.get(section) and not has_slug and name == ":slug":
            # The same as :sections and the name, but also right within folders of dates.
            return Permalink("/:path.html" if is_ugly else "/:path/")
        translate = partial(permalinks.hugo, written, name=name)
        return by_slug(site, articles, ":title", translate, _sanitized, prefix)

    main = next((section for section, one in by_section.items() if one == chosen), "")
    usual = ours(main)
    site.set_permalink(usual, site.config if chosen else USUAL.format("Hugo"), prefix)
    for section, pattern in by_section.items():
        own_permalink = usual if pattern == chosen else ours(section)
        if own_permalink.unknown and pattern != chosen:
            site.leave_out(f"/{section}/**", f"has a permalink of its own: {pattern}")
        elif own_permalink != usual:
            site.rules[f"/{section}/**"] = prefix + own_permalink.pattern
    if not any(by_section.values()) and values.get("disablepathtolower") not in (True, "true"):
        rename(site, _sanitized, f"{prefix}/:path{'.html' if is_ugly else '/'}")


def _sanitized(name: str) -> str:
    """Return what Hugo makes of a name in an address."""
    return re.sub(
        r"\s*-\s*|\s+", "-", re.sub(r"[^\w.#+~@% -]|%(?![0-9A-Fa-f]{2})", "", name).strip()
    ).lower()


def zola(site: Site) -> None:
    """Read `config.toml` of Zola: the site and its languages."""
    values = _values(site, site.config)
    prefix = site.set_address(values.get("base_url"))
    site.set("title", values.get("title"))
    site.set("description", values.get("description"))
    site.set("language", values.get("default_language", "en"))
    site.content = site.at("content")
    site.leave_out("_index.*", "pages of sections, not articles")
    for other in sorted(_mapping(values.get("languages"))):
        if other != values.get("default_language", "en"):
            why = f"addresses in this language begin with /{other}/"
            site.leave_out(f"*.{other}.md", why)
    origin = USUAL.format("Zola")
    with_path = [bool(one.value("path")) for one in site.articles]
    if with_path and all(with_path):
        site.set_permalink(Permalink("/{path}/"), OF_PATH, prefix)
    else:
        slugs = any(one.value("slug") for one in site.articles)
        pattern = "/:sections/:slug/" if slugs else "/:path/"
        site.set_permalink(Permalink(pattern), origin, prefix)
        for one in site.articles:
            if path := one.value("path"):
                site.rules[f"/{one.path}"] = f"{prefix}/{permalinks.literal(path)}/"
        if _mapping(values.get("slugify")).get("paths", "on") == "on":
            rename(site, text.slug, f"{prefix}/:path/", lambda name: _DATE.sub("", name))


def jekyll(site: Site) -> None:
    """Read `_config.yml` of Jekyll, and find the folders `_posts`."""
    values = _values(site, site.config)
    prefix = site.set_address(values.get("url"), values.get("baseurl"))
    for key in ("title", "name"):
        site.set("title", values.get(key))
    site.set("description", values.get("description"))
    site.set("language", first_text(values, "lang", "locale").replace("_", "-"))
    site.set("timezone", values.get("timezone"))
    source = site.at(first_text(values, "source") or ".")
    folders = [path for path in site.survey.folders if f"/{path}".endswith("/_posts")]
    folders = [path for path in folders if source in ("", ".") or path.startswith(f"{source}/")]
    site.content = folders[0] if len(folders) == 1 else source
    if len(folders) > 1:
        site.include = ["**/_posts/**"]
    site.leave_out("_drafts/", "drafts")
    posts = [one.path for one in site.glimpses if site.is_included(one.path)]
    undated = [path for path in posts if not _NAME.search(path)]
    site.leave_out_files(undated, "no date in its name, so Jekyll leaves it out too")
    site.set_authors(f"{source}/_data/authors")
    written = first_text(values, "permalink")
    defaults = values.get("defaults")
    for default in map(_mapping, defaults if isinstance(defaults, list) else ()):
        scope, own = _mapping(default.get("scope")), _mapping(default.get("values"))
        if scope.get("type") in (None, "", "post", "posts") and not scope.get("path"):
            written = first_text(own, "permalink") or written
    _set_with_categories(site, written, "date", permalinks.jekyll, source, prefix)


def _set_with_categories(
    site: Site,
    written: str,
    usual: str,
    translate: Callable[[str, str], Permalink],
    source: str,
    prefix: str,
) -> None:
    """Set the pattern that was `written`, or else the `usual` one, which may have categories.

    If a field gives the categories of all articles as they are in addresses, it is the placeholder.
    Otherwise categories that all articles have become part of the pattern, and others part of rules
    for folders and articles.
    """
    is_given, written = bool(written), written or usual
    plain = translate(written, "")
    found = {one.path: _category_path(site, one, source) for one in site.articles}
    if translate(written, "x") != plain and any(found.values()):
        for key in ("categories", "category"):
            if all(_is_one_field(one, key, found[one.path]) for one in site.articles):
                plain = translate(written, f"{{{key}}}")
                found = {}
        if len(set(found.values())) == 1:
            plain = translate(written, *set(found.values()))
        by_folder: dict[str, set[str]] = {}
        for path, own in found.items():
            by_folder.setdefault(os.path.dirname(path), set()).add(own)
        if len(set(found.values())) > 1:
            for path, own in found.items():
                folder = os.path.dirname(path)
                is_shared = folder and len(by_folder[folder]) == 1
                if own:
                    rule = translate(written, own).pattern
                    site.rules[f"/{folder}/**" if is_shared else f"/{path}"] = prefix + rule
        if any(_categories(one) for one in site.articles if one.path in found):
            site.notes.append(
                "the address of an article contains its categories: the rules in articles.yaml are "
                "for the articles that exist now; one with other categories needs a url or a rule"
            )
    origin = f"{site.config} ({written})" if is_given else USUAL.format(site.generator)
    site.set_permalink(plain, origin, prefix)


def _category_path(site: Site, one: Glimpse, source: str) -> str:
    """Return the categories of a post as Jekyll has them in addresses: of its folder, its own."""
    path = os.path.relpath(f"{site.content or '.'}/{one.path}", source or ".")
    above = path.partition("_posts/")[0].split("/") if "_posts/" in path else []
    names = dict.fromkeys(name for name in (*above, *_categories(one)) if name.strip("."))
    return permalinks.literal("/".join(names))


def _is_one_field(one: Glimpse, key: str, path: str) -> bool:
    """Return whether the placeholder of a field gives the categories of a post."""
    written = one.fields.get(key, "").strip()
    is_list = written.startswith(("-", "["))
    return (
        bool(written)
        and "/".join(_categories(one)) == path
        and (is_list or " " not in written)
        and written == written.lower()
    )


def _categories(one: Glimpse) -> list[str]:
    """Return the categories of a post as they are in its address."""
    if written := one.value("category"):
        return [written.lower()]
    written = one.fields.get("categories", "").strip()
    if written.startswith("-"):
        names = re.findall(r"^\s*-\s*(.*?)\s*$", written, re.MULTILINE)
    elif written.startswith("["):
        names = written.strip("[]").split(",")
    else:
        names = written.split()
    return [name.strip(" \"'").lower() for name in names]


def hexo(site: Site) -> None:
    """Read `_config.yml` of Hexo."""
    values = _values(site, site.config)
    prefix = site.set_address(values.get("url"))
    for key in ("title", "description", "timezone"):
        site.set(key, values.get(key))
    language = values.get("language")
    site.set("language", language[0] if isinstance(language, list) and language else language)
    site.content = site.at(f"{first_text(values, 'source_dir') or 'source'}/_posts")
    written, usual = first_text(values, "permalink"), ":year/:month/:day/:title/"
    _set_with_categories(site, written, usual, permalinks.hexo, site.content, prefix)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _lowered(value: Any, depth: int = 4) -> Any:
    """Return mappings with their keys in lower case, as Hugo reads them."""
    if isinstance(value, dict) and depth:
        return {str(key).lower(): _lowered(item, depth - 1) for key, item in value.items()}
    return value


def _values(site: Site, path: str) -> dict[str, Any]:
    parse = {".toml": tomllib.loads, ".json": json.loads}.get(suffix(path), parse_mapping)
    values: dict[str, Any] = _lowered(read_values(site.survey, path, parse))
    return values


def _of_hugo(site: Site) -> dict[str, Any]:
    """Return Hugo's configuration, which may be spread over the files of `config/_default`."""
    values: dict[str, Any] = {}
    folder = site.at("config/_default")
    for path in site.survey.below(folder):
        name = os.path.splitext(path[len(folder) + 1 :])[0].lower()
        if "/" not in name and suffix(path) in (".toml", ".yaml", ".yml", ".json"):
            own = _values(site, path)
            key, _, language = name.partition(".")
            if key in ("hugo", "config"):
                values |= own
            elif not language:
                values.setdefault(key, own)
    if site.config.rpartition("/")[0] != folder:
        values = {**values, **_values(site, site.config)}
    return values
