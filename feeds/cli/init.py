"""`feeds init`: make a folder that can be served at once, also for an existing site."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final

import typer

from feeds.cli.init_from import recognise, tally
from feeds.cli.init_from.site import Site
from feeds.cli.init_from.survey import survey
from feeds.cli.init_from.written import configuration
from feeds.cli.terminal import say, shown
from feeds.config import json_schema
from feeds.errors import FeedsError
from feeds.problems import printable

_SCHEMAS: Final = Path("config", ".schema")


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make", metavar="DIR")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            envvar="FEEDS_FROM",
            metavar="FOLDER",
            help="The folder of an existing site, whose articles are served as they are.",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            envvar="FEEDS_OVERWRITE",
            help="With --from, replace an existing configuration.",
        ),
    ] = False,
) -> None:
    """Make a folder with a configuration and a sample article.

    DIR must be new or empty: existing files are never changed. With --from, makes a
    configuration for the articles of an existing site instead. Nothing in the site is
    changed, and DIR may be the folder of the site.
    """
    try:
        if source is None:
            _make_new(folder)
        else:
            _make_from(folder, source, overwrite=overwrite)
    except OSError as error:
        raise FeedsError(f"{error.filename or folder}: {error.strerror}") from None


def _make_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder}: already exists; name a new or empty folder"
        raise FeedsError(f"{message}, or an existing site with --from")
    with as_file(files("feeds.cli") / "starter") as starter:
        shutil.copytree(starter, folder, dirs_exist_ok=True)
    _add_schemas(folder / _SCHEMAS)
    say(f"{folder} is ready: cd {folder} && feeds serve")


def _add_schemas(folder: Path) -> None:
    """Write the JSON Schemas, with which editors complete and check YAML."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in json_schema.NAMES:
        body, _ = json_schema.published(name)
        (folder / f"{name}.json").write_bytes(body)


def _make_from(folder: Path, source: Path, *, overwrite: bool) -> None:
    """Write the configuration of a site into a folder, and print which files become entries."""
    site = recognise(survey(source))
    content, seeds = source / site.content, folder / "seeds"
    links = {seeds: content}
    authors = ""
    if "authors" in site.values:
        path = site.values["authors"][0]
        authors = os.path.relpath(path, site.content or ".")
        if authors.startswith("../"):
            # Only files below one of the two folders are read.
            authors = f"data/{os.path.basename(path)}"
            links[folder / "config" / authors] = source / path
    _leave_out_own(site, folder, content)
    texts = {folder / "config" / name: text for name, text in configuration(site, authors).items()}
    _check_free(texts, links, overwrite=overwrite)
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    _add_schemas(folder / _SCHEMAS)
    failed = [message for link, target in links.items() if (message := _link(link, target))]
    for line in _found(site, content):
        print(shown(printable(line), sys.stdout))
    for line in tally.lines(site, content, folder / "config"):
        print(shown(printable(line), sys.stdout))
    for message in (*site.survey.notes, *site.notes, *failed):
        say(f"note: {printable(message)}")
    if site.asked:
        what = " and ".join(site.asked)
        file = folder / "config" / "articles.yaml"
        say(f"Complete {what} in {file}: until then, articles have no address and are in no feed")
    say(f"{folder} is ready: {f'cd {folder} && ' if folder != Path('.') else ''}feeds serve")


def _leave_out_own(site: Site, folder: Path, content: Path) -> None:
    """Exclude the files that this command writes, if they are in the folder of articles."""
    below = os.path.relpath(os.path.realpath(folder), os.path.realpath(content))
    if not below.startswith(".."):
        for name in ("config", "seeds"):
            path = os.path.normpath(os.path.join(below, name))
            site.exclude[f"/{path}/**"] = "of feeds itself"


def _check_free(texts: Mapping[Path, str], links: Mapping[Path, Path], *, overwrite: bool) -> None:
    """Raise FeedsError if an existing file would be replaced."""
    there = [path for path in texts if os.path.lexists(path)]
    for link, target in links.items():
        if os.path.lexists(link) and not _is_same(link, target):
            if not link.is_symlink():
                message = f"{link} already exists and is not a link, so nothing was written"
                raise FeedsError(f"{message}; move it away, or name another folder")
            there.append(link)
    if there and not overwrite:
        names = ", ".join(map(str, there))
        exist, them = ("exists", "it") if len(there) == 1 else ("exist", "them")
        message = f"{names} {exist} already, so nothing was written"
        raise FeedsError(f"{message}; --overwrite replaces {them}, or name another folder")


def _is_same(path: Path, other: Path) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)


def _link(link: Path, target: Path) -> str:
    """Make a relative link; return a message if that is not possible."""
    if _is_same(link, target):
        return ""
    link.parent.mkdir(parents=True, exist_ok=True)
    relative = os.path.relpath(os.path.realpath(target), os.path.realpath(link.parent))
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(relative, target_is_directory=target.is_dir())
    except OSError as error:
        what = f"--seeds {target}" if link.name == "seeds" else f"a copy of {target} in its place"
        return f"{link}: no link can be made here ({error.strerror}); use {what} instead"
    return ""


def _found(site: Site, content: Path) -> Iterator[str]:
    """Yield what was recognised, line by line."""
    by = f", recognised by {site.found_by}" if site.found_by else ""
    yield f"{site.generator or 'No generator was recognised: a folder of articles'}{by}"
    yield f"  {'articles':<12} {content}"
    for key in ("base", "permalink", "title", "language", "timezone", "authors"):
        if key in site.values:
            value, origin = site.values[key]
            yield f"  {key:<12} {value}   from {origin}"
        elif key == "permalink" and site.guess:
            yield f"  {key:<12} {site.guess}   {site.missing[key]}"
        elif key in site.missing:
            yield f"  {key:<12} not known: {site.missing[key]}"
