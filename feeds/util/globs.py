"""Patterns of paths with `*`, `?` and `**`, as a .gitignore has them. Pure.

A name is whatever stands between two slashes. `*` stands for any characters within a name, `?`
for one, and `**` in the place of a name for any number of folders. A pattern without a slash
before its end means a name in any folder. One that means a folder means everything below it.
https://git-scm.com/docs/gitignore#_pattern_format
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_WILD: Final = re.compile(r"[*?]")
_BRACES: Final = re.compile(r"\{[^/{}]*,[^/{}]*\}")
_STARS: Final = re.compile(r"\*+")
_END: Final = r"(?=/|\Z)"  # of a name


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern of paths. `literal` is what a path that matches begins with."""

    literal: str
    pattern: re.Pattern[str]

    def matches(self, path: str) -> bool:
        """Return whether a path below the folder, or a folder that it lies in, is meant."""
        return self.pattern.match(path) is not None


def checked(written: str) -> str:
    """Return a pattern as it is; raise ValueError, with a hint after `; `, if nothing can match."""
    if written.startswith("!"):
        raise ValueError("begins with !; write such patterns under exclude")
    if "\\" in written:
        raise ValueError("has a backslash in it; write / between folders")
    if _BRACES.search(written):
        raise ValueError("has braces in it; write a pattern for each")
    names = _names(written)
    if ".." in names:
        raise ValueError("leads out of the folder of articles; write a path below it")
    if not names:
        raise ValueError("is empty; write a path such as content/news/**")
    return written


@lru_cache(maxsize=4096)
def glob(written: str) -> Glob:
    """Return a pattern, ready to be compared with paths.

    A comparison takes at most time in proportion to the length of the path, times that of the
    pattern: what a star stands for is not looked for again once the rest of its name has been
    found (a group that is atomic), since the first place is as good as any other.
    """
    names = _names(written)
    if len(names) == 1 and "/" not in written.rstrip("/"):
        names = ["**", *names]
    whole = "/".join(names)
    is_folder = written.endswith("/") or names[-1] == "**"
    while names and names[-1] == "**":
        names.pop()
    groups: list[list[str]] = [[]]  # of names without `**` between them
    for name in names:
        if name != "**":
            groups[-1].append(name)
        elif len(groups) == 1 or groups[-1]:
            groups.append([])
    regex = ""
    for number, group in enumerate(groups):
        end = "/" if group and number + 1 < len(groups) else ""
        at = "/".join(map(_name, group)) + end
        regex += f"(?>(?:[^/]++/)*?{at})" if number else at
    if is_folder:
        regex += "/." if names else "."
    return Glob(_WILD.split(whole, maxsplit=1)[0], re.compile(regex, re.DOTALL))


def _names(written: str) -> list[str]:
    return [name for name in written.split("/") if name not in ("", ".")]


def _name(written: str) -> str:
    """Return the expression for one name."""
    first, *others = (
        "".join("[^/]" if character == "?" else re.escape(character) for character in part)
        for part in _STARS.split(written)
    )
    if not others:
        return first + _END
    *inner, last = others
    between = "".join(f"(?>[^/]*?{part})" for part in inner if part)
    return f"(?>{first}{between}[^/]*{last}{_END})"
