"""Scan the seeds folder: find the articles, and whether they may have changed.

A path that cannot be read is not the same as one that does not exist: folders that cannot be read,
files that cannot be reached and names that are not UTF-8 are recorded as unreadable, so that their
articles are not treated as deleted.
"""

import os
import re
import stat
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from feeds.article_settings import ArticleSettings
from feeds.articles.frontmatter import WITH_BODY
from feeds.catalog.merge import AGAIN
from feeds.errors import SeedsUnreadable
from feeds.problems import Code, Problem
from feeds.util.globs import glob
from feeds.util.text import many

SUFFIXES: Final = WITH_BODY | {".yaml", ".yml", ".json"}


class ScannedFile(NamedTuple):
    """An article file: its path below the folder with `/`, its size in bytes and its signature."""

    path: str
    size: int
    signature: int


# Other formats in which people write articles. They are named first, since their authors may expect
# them in feeds.
_TEXTS: Final = frozenset(
    ".adoc .asciidoc .docx .htm .ipynb .njk .odt .org .rst .tex .textile .vue .xml".split()
)
_KIND: Final = re.compile(r"\.\w{1,10}").fullmatch
_NAMED: Final = 4  # kinds


class Unreadable(NamedTuple):
    """A path below the folder (empty for the folder itself) that cannot be read, and why."""

    path: str
    reason: str


# The reason if a name is not text, which is all that the catalog can store.
NAME_NOT_UTF8: Final = "has a name that is not UTF-8"
# The reason if a link is not followed. Files behind it are not articles of the folder.
LEADS_OUT: Final = "is a link that leads out of the folder of articles"


def unreadable_problem(item: Unreadable) -> Problem:
    """Return the problem of a file or folder that cannot be read."""
    if item.reason == NAME_NOT_UTF8:
        return Problem(item.path, 1, 1, "file", Code.NOT_UTF8, NAME_NOT_UTF8, "rename it")
    if item.reason == LEADS_OUT:
        hint = "replace it by copies, or use --follow-links"
        return Problem(item.path, 1, 1, "file", Code.LINK_OUT, LEADS_OUT, hint)
    message = f"cannot be read: {item.reason}"
    return Problem(item.path or ".", 1, 1, "file", Code.UNREADABLE, message, "make it readable")


def defect_problem(path: str, error: Exception) -> Problem:
    """Return the problem of a file that made the parser fail."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {os.path.basename(at.filename)}:{at.lineno}"
    message = f"cannot be read because of a defect in this program ({where})"
    return Problem(path, 1, 1, "file", Code.UNREADABLE, message, "report the defect with this file")


# Odd factors of 64 random bits each, for `stat_signature`.
_OF_SIZE: Final = 0x9E3779B97F4A7C15
_OF_MTIME: Final = 0xC2B2AE3D27D4EB4F
_OF_CTIME: Final = 0x165667B19E3779F9
_63_BITS: Final = (1 << 63) - 1


# A file that changed this recently may change again without a change of any of its times: clocks of
# file systems tick every few milliseconds, some every two seconds.
# https://git-scm.com/docs/racy-git
_TICK: Final = 2_000_000_000  # nanoseconds


def signature_when_read(status: os.stat_result, now: int) -> int:
    """Return the signature to compare with at the next scan, or AGAIN for a file that had just
    changed when it was read, at `now` in nanoseconds."""
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return AGAIN if changed > now - _TICK else stat_signature(status)


def stat_signature(status: os.stat_result) -> int:
    """Return a number of 63 bits, never 0, which is another one if a file may have changed.

    The time of the last change of its inode (ctime) is part of it: unlike the modification time, no
    tool can set it back, and a file that replaces another one has its own. The same status gives
    the same number on every machine.

    It is a multilinear hash (https://arxiv.org/abs/1202.4961), which takes a third
    of the time of BLAKE2 here: this runs once for every file of a scan.
    """
    return (
        status.st_size * _OF_SIZE + status.st_mtime_ns * _OF_MTIME + status.st_ctime_ns * _OF_CTIME
    ) & _63_BITS or 1


def is_article(path: str) -> bool:
    """Return whether a path below the seeds folder has the name of an article."""
    return not is_hidden(path) and suffix(path) in SUFFIXES


def suffix(name: str) -> str:
    """Return the suffix of a file's name, with the dot, in lower case."""
    return os.path.splitext(name)[1].lower()


def named_others(others: Mapping[str, int]) -> str:
    """Return a text with the number and the kinds of files that are not articles; empty if there
    are none.

    `others` are their numbers by suffix.
    """
    if not others:
        return ""
    kinds = sorted(
        filter(None, others), key=lambda kind: (kind not in _TEXTS, -others[kind], kind)
    )[:_NAMED]
    total = sum(others.values())
    parts = [f"{others[kind]} {kind}" for kind in kinds]
    if unnamed := total - sum(others[kind] for kind in kinds):
        parts.append(many(unnamed, "other"))
    return f"{total} more of other kinds ({', '.join(parts)})"


def is_hidden(path: str) -> bool:
    """Return whether the name of a file, or of a folder that it is in, begins with a dot."""
    return any(part.startswith(".") and part != "." for part in path.split("/"))


def check_readable(seeds: Path) -> None:
    """Raise SeedsUnreadable if the folder does not exist or cannot be read."""
    try:
        os.scandir(seeds).close()
    except OSError as error:
        raise SeedsUnreadable(
            f"{seeds}: {error.strerror}; name the folder of articles with --seeds, "
            "or make one with feeds init"
        ) from None


def is_readable(seeds: Path) -> bool:
    """Return whether the folder can be read now."""
    try:
        check_readable(seeds)
    except SeedsUnreadable:
        return False
    return True


def folder_id(path: Path | str) -> tuple[int, int] | None:
    """Return the device and inode of a folder, which tell whether it was replaced, or None if it
    does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class PathFilter:
    """Decide by `include` and `exclude` which paths below the folder are articles."""

    def __init__(self, settings: ArticleSettings) -> None:
        self._is_included = _any_of(settings.include)
        self._is_excluded = _any_of(settings.exclude)
        # The folders that contain all files of a pattern; "" for the seeds folder.
        self._folders = {
            f"{folder}/" if (folder := glob(pattern).literal.rpartition("/")[0]) else ""
            for pattern in settings.include
        } or {""}

    @property
    def is_needed(self) -> bool:
        """Whether any path is excluded."""
        return bool(self._is_included or self._is_excluded)

    def excludes(self, path: str) -> bool:
        """Return whether neither a file nor anything below a folder is an article."""
        return self._is_excluded is not None and self._is_excluded(path) is not None

    def allows(self, path: str) -> bool:
        """Return whether a file is an article, if its name is that of one."""
        is_included = self._is_included is None or self._is_included(path) is not None
        return is_included and not self.excludes(path)

    def enters(self, folder: str) -> bool:
        """Return whether a file below a folder may be an article."""
        below = f"{folder}/"
        return not self.excludes(folder) and any(
            below.startswith(one) or one.startswith(below) for one in self._folders
        )


def _any_of(patterns: Sequence[str]) -> Callable[[str], re.Match[str] | None] | None:
    """Return a function that tells whether any of some patterns matches a path; None without
    patterns."""
    if not patterns:
        return None
    expressions = (glob(pattern).pattern.pattern for pattern in patterns)
    return re.compile("|".join(f"(?:{one})" for one in expressions), re.DOTALL).match


EVERYTHING: Final = PathFilter(ArticleSettings())


def look_at(
    seeds: Path, path: str, filter: PathFilter = EVERYTHING, *, follow_links: bool = False
) -> "ScannedFile | Unreadable | Scan | None":
    """Return the present item at a path below the folder: a file, a folder to scan, or None.

    Paths that `filter` excludes count as missing.
    """
    if filter.excludes(path):
        return None
    try:
        status = os.stat(seeds / path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        return Unreadable(path, _reason(error))
    is_folder = stat.S_ISDIR(status.st_mode)
    is_file = stat.S_ISREG(status.st_mode) and is_article(path) and filter.allows(path)
    if not (is_folder or is_file):
        return None
    if not follow_links:
        parts = path.split("/")
        for length in range(1, len(parts) + 1):
            part = "/".join(parts[:length])
            if _leads_out(seeds, part):
                return Unreadable(part, LEADS_OUT)
    if is_folder:
        return Scan(seeds, path, filter, follow_links=follow_links)
    return ScannedFile(path, status.st_size, stat_signature(status))


def _leads_out(seeds: Path, path: str) -> bool:
    """Return whether a path below the folder, with links resolved, is not below it."""
    root = os.path.realpath(seeds)
    return os.path.commonpath((root, os.path.realpath(seeds / path))) != root


def scan(seeds: Path, filter: PathFilter = EVERYTHING, *, follow_links: bool = False) -> "Scan":
    """Return a walk over the folder. Raises SeedsUnreadable if the folder cannot be read."""
    check_readable(seeds)
    return Scan(seeds, "", filter, follow_links=follow_links)


class Scan:
    """A walk over the articles below a folder, or below a folder in it; in no order.

    Paths that `filter` excludes are not visited, so they are never among the unreadable.

    Links within the folder are followed; others are followed with `follow_links`, and without it
    are among the unreadable. The folder itself may be a link. Each folder is entered once, by its
    own path rather than by a link to it, so that an article always has the same path. After the
    walk, `unreadable` has the paths that could not be read, `links` each link to a folder that was
    entered, with the real path of that folder, and `others` the numbers of files that are not
    articles, by suffix (empty for unusual ones).
    """

    def __init__(
        self,
        seeds: Path,
        below: str = "",
        filter: PathFilter = EVERYTHING,
        *,
        follow_links: bool = False,
    ) -> None:
        self.unreadable: list[Unreadable] = []
        self.links: list[tuple[str, str]] = []
        self.others = Counter[str]()
        self._seeds = seeds
        self._filter = filter if filter.is_needed else None
        self._follow_links = follow_links
        self._folders = [f"{below}/" if below else ""]
        self._folder_links: list[str] = []  # links to folders
        self._entered: set[tuple[int, int] | None] = set()

    def __iter__(self) -> Iterator[ScannedFile]:
        while self._folders or self._folder_links:
            if self._folders:
                yield from self._files_of(self._folders.pop())
                continue
            # Real folders come first.
            self._folder_links.sort(reverse=True)
            path = self._folder_links.pop()
            if folder_id(self._seeds / path) not in self._entered and not self._refuse(path):
                self.links.append((path, os.path.realpath(self._seeds / path)))
                self._folders.append(f"{path}/")

    def _files_of(self, below: str) -> Iterator[ScannedFile]:
        folder = os.path.join(self._seeds, below)
        id = folder_id(folder)
        if id in self._entered:
            return
        self._entered.add(id)
        try:
            items = os.scandir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return  # it was deleted meanwhile
        except OSError as error:
            self.unreadable.append(Unreadable(below.rstrip("/"), _reason(error)))
            return
        try:
            with items:
                for item in items:
                    name = item.name
                    # The suffix is enough for most names, and most have it in lower case.
                    ending = name[name.rfind(".") :]
                    if ending not in SUFFIXES and ending.lower() not in SUFFIXES:
                        self._look_inside(item, below)
                    elif not name.startswith("."):
                        article = self._article(item, below)
                        if article is not None:
                            yield article
        except OSError as error:
            self.unreadable.append(Unreadable(below.rstrip("/"), _reason(error)))

    def _article(self, item: "os.DirEntry[str]", below: str) -> ScannedFile | None:
        """Return the file of an article, or enter a folder that has the name of one."""
        path = below + item.name
        if self._filter and self._filter.excludes(path):
            return None
        try:
            if item.is_file():
                if self._filter and not self._filter.allows(path):
                    return None
                if not path.isascii():
                    path.encode()  # raises for a name that is not UTF-8: the catalog stores text
                if item.is_symlink() and self._refuse(path):
                    return None
                status = item.stat()
                return ScannedFile(path, status.st_size, stat_signature(status))
            self._look_inside(item, below)
        except FileNotFoundError:
            pass
        except (OSError, UnicodeEncodeError) as error:
            self.unreadable.append(Unreadable(path, _reason(error)))
        return None

    def _refuse(self, link: str) -> bool:
        """Return whether a link is not followed, and record such a link."""
        if self._follow_links or not _leads_out(self._seeds, link):
            return False
        self.unreadable.append(Unreadable(link, LEADS_OUT))
        return True

    def _look_inside(self, item: "os.DirEntry[str]", below: str) -> None:
        """Enter an item if it is a folder; otherwise count it."""
        path = below + item.name
        if self._filter and not self._filter.enters(path):
            return
        if item.name.startswith("."):
            return
        try:
            if item.is_dir():
                self._enter(path, is_link=item.is_symlink())
            else:
                kind = suffix(item.name)
                self.others[kind if _KIND(kind) else ""] += 1
        except FileNotFoundError:
            pass
        except (OSError, UnicodeEncodeError) as error:
            self.unreadable.append(Unreadable(path, _reason(error)))

    def _enter(self, path: str, *, is_link: bool) -> None:
        path.encode()
        if is_link:
            self._folder_links.append(path)
        else:
            self._folders.append(f"{path}/")


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return NAME_NOT_UTF8
