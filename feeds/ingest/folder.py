"""The seeds folder: which files are articles, and how they look from outside."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from feeds.errors import FeedsError

SUFFIXES: Final = frozenset((".md", ".markdown", ".txt", ".yaml", ".yml", ".json"))


class Found(NamedTuple):
    """An article file: its path below the folder with `/`, its size and time of change."""

    path: str
    size: int
    mtime: int  # nanoseconds


def is_article(path: str) -> bool:
    """Whether a path below the seeds folder names an article, by its name alone."""
    return not is_hidden(path) and os.path.splitext(path)[1].lower() in SUFFIXES


def has_a_name(path: str) -> bool:
    """Whether a path is text: one whose bytes are not UTF-8 has no name in a catalog."""
    return path.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in path)


def scan(seeds: Path) -> Iterator[Found]:
    """Every article below the folder, in order of path.

    Links to files and folders are followed, each folder once. Raises
    FeedsError if the folder itself cannot be read; a folder below it that
    cannot is passed over, and so are files that vanish meanwhile.
    """
    try:
        os.scandir(seeds).close()
    except OSError as error:
        raise FeedsError(
            f"{seeds}: {error.strerror}; name the folder of articles with --seeds"
        ) from None
    found = list(_walk(str(seeds), "", {_identity(seeds)}))
    found.sort()
    return iter(found)


def look(seeds: Path, path: str) -> Found | None:
    """One file as it is now, None if there is none."""
    try:
        status = os.stat(seeds / path)
    except OSError:
        return None
    if not os.path.isfile(seeds / path):
        return None
    return Found(path, status.st_size, status.st_mtime_ns)


def _walk(folder: str, below: str, seen: set[tuple[int, int]]) -> Iterator[Found]:
    try:
        listing = os.scandir(folder)
    except OSError:
        return
    with listing:
        for item in listing:
            name = item.name
            if name.startswith("."):
                continue
            try:
                if item.is_dir():
                    inside = _identity(item)
                    if inside not in seen:
                        seen.add(inside)
                        yield from _walk(item.path, f"{below}{name}/", seen)
                elif os.path.splitext(name)[1].lower() in SUFFIXES and item.is_file():
                    status = item.stat()
                    yield Found(below + name, status.st_size, status.st_mtime_ns)
            except OSError:
                continue


def _identity(path: "Path | os.DirEntry[str]") -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def is_hidden(path: str) -> bool:
    """Whether a path below the seeds folder is a dot-file or lies in a dot-folder."""
    return any(part.startswith(".") and part != "." for part in path.split("/"))
