"""The seeds folder: which files are articles, and how they look from outside.

What cannot be looked at is not the same as what is not there: a folder that
cannot be read, a file that cannot be reached and a name that is no text are
remembered as unread, so that nothing of theirs is taken for deleted.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from feeds.errors import SeedsUnreadable

SUFFIXES: Final = frozenset((".md", ".markdown", ".txt", ".yaml", ".yml", ".json"))


class Found(NamedTuple):
    """An article file: its path below the folder with `/`, its size in bytes and its signature."""

    path: str
    size: int
    signature: int


class Unread(NamedTuple):
    """What cannot be looked at: its path below the folder, empty for the folder itself, and why."""

    path: str
    why: str


# Why something is unread that has no name a catalog could keep it by.
NO_NAME: Final = "has a name that is not UTF-8"


# Odd factors of 64 random bits each, for `stat_signature`.
_OF_SIZE: Final = 0x9E3779B97F4A7C15
_OF_MTIME: Final = 0xC2B2AE3D27D4EB4F
_OF_CTIME: Final = 0x165667B19E3779F9
_63_BITS: Final = (1 << 63) - 1


def stat_signature(status: os.stat_result) -> int:
    """Return a number of 63 bits, never 0, that differs once a file may have changed.

    The time of the last change of its inode (ctime) is part of it: unlike the
    time of its content, no tool can set it back, and a file moved over another
    has its own. The same status gives the same number on every machine.

    It is a multilinear hash (https://arxiv.org/abs/1202.4961), which takes a third
    of the time of BLAKE2 here: this runs once for every file of a scan.
    """
    return (
        status.st_size * _OF_SIZE + status.st_mtime_ns * _OF_MTIME + status.st_ctime_ns * _OF_CTIME
    ) & _63_BITS or 1


def is_article(path: str) -> bool:
    """Whether a path below the seeds folder names an article, by its name alone."""
    return not is_hidden(path) and os.path.splitext(path)[1].lower() in SUFFIXES


def is_hidden(path: str) -> bool:
    """Whether a path below the seeds folder is a dot-file or lies in a dot-folder."""
    return any(part.startswith(".") and part != "." for part in path.split("/"))


def check(seeds: Path) -> None:
    """Raises SeedsUnreadable if the folder is not there or cannot be read."""
    try:
        os.scandir(seeds).close()
    except OSError as error:
        raise SeedsUnreadable(
            f"{seeds}: {error.strerror}; name the folder of articles with --seeds"
        ) from None


def is_there(seeds: Path) -> bool:
    """Whether the folder can be read now."""
    try:
        check(seeds)
    except SeedsUnreadable:
        return False
    return True


def identity(path: Path | str) -> tuple[int, int] | None:
    """What tells a folder from another in its place; None if it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def look(seeds: Path, path: str) -> "Found | Unread | Scan | None":
    """What is at a path below the folder now: a file, a folder to scan, or nothing."""
    try:
        status = os.stat(seeds / path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        return Unread(path, _why(error))
    if stat.S_ISDIR(status.st_mode):
        return Scan(seeds, path)
    if stat.S_ISREG(status.st_mode) and is_article(path):
        return Found(path, status.st_size, stat_signature(status))
    return None


def scan(seeds: Path) -> "Scan":
    """Every article below the folder. Raises SeedsUnreadable if it cannot be read itself."""
    check(seeds)
    return Scan(seeds)


class Scan:
    """A walk over the articles below a folder, or below a folder in it; in no order.

    Links are followed. Each folder is entered once, by its own path rather than
    by a link to it, so that an article always has the same path. After the
    walk, `unread` has what could not be looked at, and `links` each link to a
    folder that was entered, with where it leads.
    """

    def __init__(self, seeds: Path, below: str = "") -> None:
        self.unread: list[Unread] = []
        self.links: list[tuple[str, str]] = []
        self._seeds = seeds
        self._folders = [f"{below}/" if below else ""]
        self._waiting: list[str] = []  # links to folders
        self._entered: set[tuple[int, int] | None] = set()

    def __iter__(self) -> Iterator[Found]:
        while self._folders or self._waiting:
            if self._folders:
                yield from self._walk(self._folders.pop())
                continue
            # The folders that are really here come first.
            self._waiting.sort(reverse=True)
            path = self._waiting.pop()
            if identity(self._seeds / path) not in self._entered:
                self.links.append((path, os.path.realpath(self._seeds / path)))
                self._folders.append(f"{path}/")

    def _walk(self, below: str) -> Iterator[Found]:
        folder = os.path.join(self._seeds, below)
        found = identity(folder)
        if found in self._entered:
            return
        self._entered.add(found)
        try:
            listing = os.scandir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return  # it has gone meanwhile
        except OSError as error:
            self.unread.append(Unread(below.rstrip("/"), _why(error)))
            return
        try:
            with listing:
                for item in listing:
                    name = item.name
                    # A suffix tells what is likely, and most names have one in lower case.
                    suffix = name[name.rfind(".") :]
                    if suffix not in SUFFIXES and suffix.lower() not in SUFFIXES:
                        self._look_inside(item, below)
                    elif not name.startswith("."):
                        article = self._look_at(item, below)
                        if article is not None:
                            yield article
        except OSError as error:
            self.unread.append(Unread(below.rstrip("/"), _why(error)))

    def _look_at(self, item: "os.DirEntry[str]", below: str) -> Found | None:
        """What has the name of an article."""
        path = below + item.name
        try:
            if item.is_file():
                if not path.isascii():
                    path.encode()  # what is no UTF-8 could not be written to the catalog
                status = item.stat()
                return Found(path, status.st_size, stat_signature(status))
            self._look_inside(item, below)
        except FileNotFoundError:
            pass
        except (OSError, UnicodeEncodeError) as error:
            self.unread.append(Unread(path, _why(error)))
        return None

    def _look_inside(self, item: "os.DirEntry[str]", below: str) -> None:
        """What is no article may be a folder."""
        path = below + item.name
        try:
            if not item.name.startswith(".") and item.is_dir():
                self._enter(path, is_link=item.is_symlink())
        except FileNotFoundError:
            pass
        except (OSError, UnicodeEncodeError) as error:
            self.unread.append(Unread(path, _why(error)))

    def _enter(self, path: str, *, is_link: bool) -> None:
        path.encode()
        (self._waiting if is_link else self._folders).append(path if is_link else f"{path}/")


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return NO_NAME
