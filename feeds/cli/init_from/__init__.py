"""What `feeds init --from` finds out about an existing site, and writes down.

`recognise` finds the site in a folder by the configuration of its generator, or else by the form of
its files. These files are not trusted: reading them has limits, and none of them is run.
"""

import json
import os
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from feeds.cli.init_from import declared, programs
from feeds.cli.init_from.permalinks import Permalink
from feeds.cli.init_from.site import OF_PATH, USUAL, Site, leave_out_what_is_no_article, narrowed
from feeds.cli.init_from.survey import Survey, read_values

_DEEPEST_SITE: Final = 3  # folders above a configuration, as in a repository of several packages
# Folders whose configurations are not those of the site: of other environments, tests, themes.
_NOT_THE_SITE: Final = frozenset(
    "config test tests fixtures __fixtures__ examples example exampleSite themes templates".split()
)


class _Generator(NamedTuple):
    """A generator: what reads it, and the names of its configuration.

    `says` has to be in the configuration where other generators have the same name for it.
    """

    name: str
    read: Callable[[Site], None]
    files: re.Pattern[str]
    says: re.Pattern[str] | None = None


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=/))(?:{pattern})$")


_ANY: Final = r"\.(?:js|cjs|mjs|ts|mts|cts)"
_DATA: Final = r"\.(?:toml|ya?ml|json)"
_BASE_URL_OF_HUGO: Final = re.compile(
    r"^\s*[\"']?base-?url[\"']?\s*[=:]", re.IGNORECASE | re.MULTILINE
)
_BASE_URL_OF_ZOLA: Final = re.compile(r"^\s*base_url\s*=", re.MULTILINE)
# The first one whose configuration exists is used. The order matters only if one folder has
# several.
_GENERATORS: Final = (
    _Generator(
        "Hugo", declared.hugo, _named(rf"hugo{_DATA}|config/_default/(?:hugo|config){_DATA}")
    ),
    _Generator("Eleventy", programs.eleventy, _named(rf"eleventy\.config{_ANY}|\.eleventy\.c?js")),
    _Generator("Astro", programs.astro, _named(rf"astro\.config{_ANY}")),
    _Generator("Docusaurus", programs.docusaurus, _named(rf"docusaurus\.config{_ANY}")),
    _Generator("Pelican", programs.pelican, _named(r"pelicanconf\.py")),
    _Generator("Zola", declared.zola, _named(r"zola\.toml")),
    _Generator("Zola", declared.zola, _named(r"config\.toml"), _BASE_URL_OF_ZOLA),
    _Generator("Hugo", declared.hugo, _named(rf"config{_DATA}"), _BASE_URL_OF_HUGO),
    _Generator(
        "Hexo", declared.hexo, _named(r"_config\.ya?ml"), re.compile(r"^source_dir:", re.MULTILINE)
    ),
    _Generator("Jekyll", declared.jekyll, _named(r"_config\.(?:ya?ml|toml)")),
    _Generator("Next", programs.next_js, _named(rf"next\.config{_ANY}")),
)
_READERS: Final = {generator.name: generator.read for generator in _GENERATORS}
_PACKAGES: Final = {
    "@11ty/eleventy": "Eleventy",
    "astro": "Astro",
    "@docusaurus/core": "Docusaurus",
    "hexo": "Hexo",
    "next": "Next",
}


def recognise(survey: Survey) -> Site:
    """Return what is known of the site in a folder or in one of its subfolders."""
    site = _by_configuration(survey) or _by_package(survey)
    if site:
        _READERS[site.generator](site)
    else:
        site = _by_shape(survey)
    _find_address(site)
    leave_out_what_is_no_article(site)
    for key in site.asked:
        site.needs(key)
    zone = USUAL.format(site.generator) if site.generator else "a guess"
    site.set("timezone", "UTC", zone)
    return site


def _by_configuration(survey: Survey) -> Site | None:
    """Return the site whose configuration is nearest to the top of the folder, if there is one."""
    found = []
    for path in survey.paths:
        if path.count("/") > _DEEPEST_SITE + 2:
            continue
        for order, generator in enumerate(_GENERATORS):
            match = generator.files.search(path)
            if match and (not generator.says or generator.says.search(survey.text(path))):
                folder = path[: match.start()].rstrip("/")
                depth = len(folder.split("/")) if folder else 0
                if depth <= _DEEPEST_SITE and _NOT_THE_SITE.isdisjoint(folder.split("/")):
                    found.append((depth, order, folder, path, generator.name))
                break
    if not found:
        return None
    _, _, folder, path, name = min(found)
    others = sorted({other[2] for other in found} - {folder})
    if others:
        survey.note(f"there are other sites in {', '.join(others)}: name one of them with --from")
    return Site(survey, name, folder, path, path)


def _by_package(survey: Survey) -> Site | None:
    """Return the site of a package.json that depends on a generator: some need no configuration."""
    for path in sorted(survey.paths, key=lambda path: (path.count("/"), path)):
        if os.path.basename(path) == "package.json" and path.count("/") <= _DEEPEST_SITE:
            package = read_values(survey, path, json.loads)
            needs = {
                name
                for key in ("dependencies", "devDependencies")
                if isinstance(package.get(key), dict)
                for name in package[key]
            }
            for package_name, generator in _PACKAGES.items():
                if package_name in needs:
                    return Site(survey, generator, os.path.dirname(path), path, path)
    return None


def _by_shape(survey: Survey) -> Site:
    """Return the site of a folder without configuration, recognised by the form of its files.

    Files do not tell the address of the site, nor how the addresses of articles are made. So the
    pattern is a guess, and is marked as one.
    """
    posts = [path for path in survey.folders if f"/{path}".endswith("/_posts")]
    if posts:
        site = Site(survey, "Jekyll", os.path.dirname(min(posts, key=len)), "", "its folder _posts")
        declared.jekyll(site)
        return site
    site = Site(survey, "", "", "", "")
    site.content = narrowed(site, "")
    content, name = f"/{site.content}/", os.path.basename(site.content)
    articles = site.articles
    forms = {one.form for one in site.glimpses}
    if articles and all(one.form == "toml" and one.value("path") for one in articles):
        site.generator, site.found_by = "Zola", "TOML front matter with path"
        site.set_permalink(Permalink("/{path}/"), OF_PATH)
        return site
    if any(one.has_dated_name for one in articles):
        site.guess = "/:year/:month/:day/:slug/"
    else:
        site.guess = "/:path/"
    if "header lines" in forms:
        site.generator, site.found_by = "Pelican", "header lines"
        site.guess = "/:title.html"
    elif "/src/content/" in content:
        site.generator, site.found_by = "Astro", "its folder src/content"
        site.guess = f"/{name}/:path/"
    elif "/pages/" in content:
        site.generator, site.found_by = "Next", "its folder pages"
        site.guess = f"/{content.partition('/pages/')[2]}:path"
    elif any(one.is_cut for one in articles):
        site.generator, site.found_by = "Docusaurus", "the mark truncate in its articles"
        site.guess = f"/{name}/:year/:month/:day/:slug"
    elif any(one.is_program for one in site.glimpses) or any(
        ".11tydata." in path for path in survey.paths
    ):
        site.generator, site.found_by = "Eleventy", "front matter or data in JavaScript"
        below = content.removeprefix("/content/").removeprefix("/src/").strip("/")
        site.guess = re.sub("/+", "/", f"/{below}/{programs.of_eleventy(site)}/")
    elif "toml" in forms:
        site.generator, site.found_by = "Hugo or Zola", "TOML front matter"
    because = site.found_by or "the names of the files"
    site.missing["permalink"] = f"a guess by {because}: compare it with your site"
    return site


def _find_address(site: Site) -> None:
    """Read the address of a site from other files if its configuration has none."""
    for name in ("CNAME", "static/CNAME", "public/CNAME", "source/CNAME", "docs/CNAME"):
        if "base" not in site.values and site.has(name):
            host = site.survey.text(site.at(name)).strip()
            if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", host):
                site.set_address(f"https://{host}", source=site.at(name))
