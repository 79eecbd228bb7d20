"""What site generators run within a body, taken out of it; its text and its code stay. Pure.

Shortcodes of Hugo and Zola, tags and expressions of Liquid, Nunjucks and Jinja, containers
(`:::note`), and of MDX imports, exports, components and expressions. Nothing of it is run. One
pass from the beginning to the end; no form takes more than a few times the length of the body.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from html import escape
from typing import Final, NamedTuple

from feeds.articles import jsx
from feeds.articles.anchors import AddressOf, address_in, unknown_address
from feeds.articles.embeds import (
    arguments,
    end_of,
    is_in_link,
    shown_by_call,
    shown_by_component,
    shown_by_output,
    takes_next_line,
    trimmed,
)
from feeds.util import text

# In most bodies there is nothing to take out.
_ANYTHING: Final = re.compile(
    r"\{[{%#]|^[ \t>]*:::|</?[A-Z]|^import\s|\{(?:static|attach|filename)\}", re.MULTILINE
).search
# Where something begins that may be code, or be taken out.
_NEXT: Final = re.compile(
    r"""
    (?P<escape>   \\[!-/:-@\[-`{-~] )
  | (?P<fence>    ^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?
                  (?:(?P<ticks>`{3,})(?=[^`\n]*$)|(?P<tildes>~{3,})) )
  | (?P<blank>    ^[ \t]*\n(?P<indent>[ \t]*)(?=\S) )
  | (?P<item>     ^[ ]{0,3}(?:[-*+]|\d{1,9}[.)])[ \t] )
  | (?P<code>     `+ )
  | (?P<element>  <(?P<verbatim>(?i:pre|code|script|style|textarea))(?![\w-])|<!-- )
  | (?P<math>     \$\$ | \$(?=[^\s$]) )
  | (?P<container> ^(?P<before>[ \t>]*):{3,}+[ \t]*+(?P<kind>[\w-]*+)[ \t]*+
                  (?P<options>\{[^}\n]*\}|\[[^\]\n]*\])?+[ \t]*+(?P<title>[^\n:]*+)$ )
  | (?P<hugo>     \{\{[<%] )
  | (?P<output>   \{\{ )
  | (?P<tag>      \{% )
  | (?P<comment>  \{\#(?=[\s-]) )
  | (?P<pelican>  \{(?P<place>static|attach|filename)\}(?=[^\s}]) )
  | (?P<module>   ^(?:import|export)(?=[\s{*]) )
  | (?P<component> </?(?=[A-Za-z>]) )
  | (?P<braces>   \{(?![\#:]) )
    """,
    re.MULTILINE | re.VERBOSE,
)  # fmt: skip
_INDENTED: Final = re.compile(r"(?:(?:[ ]{4}|[ ]{0,3}\t)[^\n]*(?:\n|\Z)|[ \t]*\n)+").match
_MATH: Final = re.compile(r"\$[^$\n]*[^\s$\\]\$(?!\d)").match
_TICKS: Final = re.compile("`+")
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")
# The inside of a tag: `quote(author="x")`, `/note`, `image "a.png" "words"`, `-if x`.
_CALL: Final = re.compile(r"(?P<name>/?\s*[\w.-]+(?:/[\w.-]+)*)(?P<rest>.*)", re.DOTALL).match
_CODE: Final = frozenset(("codeblock", "highlight", "prism"))
# Of which there is none in HTML.
_MARKDOWN: Final = frozenset("blank code component container escape fence item module".split())
_AS_IT_IS: Final = frozenset(("raw", "verbatim"))
_LONGEST_NAME: Final = 40  # characters


class Dropped(NamedTuple):
    """A body without these, whether it is MDX, and what was dropped; empty if nothing was."""

    body: str
    is_mdx: bool
    what: str


def drop(
    body: str,
    address_of: AddressOf = unknown_address,
    *,
    is_mdx: bool = False,
    is_html: bool = False,
) -> Dropped:
    """Return a body without what generators run in it.

    Of shortcodes, tags, containers and components only these themselves are dropped, and what
    is between them stays. `is_mdx` tells what the file's suffix says; another file that imports
    something as MDX does is taken for it from there on. In HTML, only elements are code. A
    reference to another article that is in no link becomes its address, which `address_of` has.
    """
    if not is_mdx and not _ANYTHING(body):
        return Dropped(body, is_mdx, "")
    dropper = _Dropper(body, address_of, is_mdx, is_html)
    return Dropped(dropper.run(), dropper.is_mdx, dropper.what())


class _Dropper:
    """One pass over a body."""

    def __init__(self, body: str, address_of: AddressOf, is_mdx: bool, is_html: bool) -> None:
        self.is_mdx = is_mdx
        self._address_of = address_of
        self._is_html = is_html
        self._body = body
        self._written: list[str] = []
        self._position = 0  # up to here the body is written or dropped
        self._dropped_to = -1
        self._paragraph = 0  # where one begins behind what was dropped
        self._counts: dict[str, Counter[str]] = {}
        self._is_in_list = False
        self._matches: dict[re.Pattern[str], re.Match[str] | None] = {}
        self._next: dict[str, int] = {}  # where a marker is found next; -1 for nowhere
        self._module = jsx.Module(body)
        self._runs: dict[int, list[int]] = {}  # where backticks are, by how many
        self._blank_lines: list[int] | None = None

    def run(self) -> str:
        """Return the body without what is dropped."""
        at = 0
        while found := _NEXT.search(self._body, at):
            kind = str(found.lastgroup)
            handle = _Dropper.skip if self._is_html and kind in _MARKDOWN else _HANDLERS[kind]
            at = max(handle(self, found), found.start() + 1)
        self._keep_to(len(self._body))
        return "".join(self._written)

    def what(self) -> str:
        """Return what was dropped, in words, or an empty string."""
        *groups, last = [text.counted(noun, names) for noun, names in self._counts.items()] or [""]
        return f"{', '.join(groups)} and {last}" if groups else last

    def _keep_to(self, end: int) -> None:
        if end > self._position:
            self._written.append(self._body[self._position : end])
            self._position = end

    def _drop(self, start: int, end: int, instead: str = "") -> int:
        """Leave a part out, and return its end."""
        self._keep_to(start)
        if start == self._dropped_to and self._body[start] == "<" and not instead:
            instead = " "  # between two components
        self._written.append(instead)
        self._position = self._dropped_to = end
        if not instead and self._body.startswith("\n", end):
            self._paragraph = end + 1
        return end

    def _parted(self, start: int, end: int, html: str) -> str:
        """Return HTML to write in a place, parted from the next line where it would take that."""
        if self._is_html or not takes_next_line(self._body, start, end, html, self._paragraph):
            return html
        self._paragraph = end + 1
        return f"{html}\n"

    def _count(self, noun: str, name: str) -> None:
        self._counts.setdefault(noun, Counter())[name[:_LONGEST_NAME]] += 1

    def _find(self, marker: str, start: int) -> int:
        """Return where a marker begins behind a place, or -1. Places are asked for in order."""
        at = self._next.get(marker, 0)
        if 0 <= at < start:
            at = self._next[marker] = self._body.find(marker, start)
        return at

    def _closing(self, marker: str, opening: str, start: int) -> int:
        """Return where a marker ends that closes what was opened before a place, or -1."""
        end = self._find(marker, start)
        return -1 if end < 0 or 0 <= self._find(opening, start) < end else end

    def _search(self, pattern: re.Pattern[str], start: int) -> re.Match[str] | None:
        """Return what is found behind a place, or None. Places are asked for in order."""
        found = self._matches.get(pattern)
        if pattern not in self._matches or (found and found.start() < start):
            found = self._matches[pattern] = pattern.search(self._body, start)
        return found

    def _behind(self, marker: str, start: int) -> int:
        """Return where a marker ends behind a place: the end of the body if there is none."""
        at = self._find(marker, start)
        return len(self._body) if at < 0 else at + len(marker)

    def skip(self, found: re.Match[str]) -> int:
        """Keep what stands for itself."""
        return found.end()

    def skip_fence(self, found: re.Match[str]) -> int:
        """Keep a fenced block of code."""
        fence = found["ticks"] or found["tildes"]
        closing = re.compile(rf"^[ \t>]*{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE).search(
            self._body, found.end()
        )
        return closing.end() if closing else len(self._body)

    def skip_indented(self, found: re.Match[str]) -> int:
        """Keep an indented block of code; it begins behind a blank line, but not in MDX."""
        width = len(found["indent"].expandtabs(4))
        start = found.start("indent")
        if not width:
            self._is_in_list = False  # unless an item begins here
        elif not self.is_mdx and width >= (8 if self._is_in_list else 4):
            block = _INDENTED(self._body, start)
            return block.end() - 1 if block else start
        return start

    def begin_item(self, found: re.Match[str]) -> int:
        """Note that a list begins: in it, indented text is no code."""
        self._is_in_list = True
        return found.end()

    def skip_code(self, found: re.Match[str]) -> int:
        """Keep code in a line, which ends with as many backticks in the same paragraph."""
        if self._blank_lines is None:
            self._blank_lines = [line.start() for line in _BLANK_LINE.finditer(self._body)]
            for run in _TICKS.finditer(self._body):
                self._runs.setdefault(len(run[0]), []).append(run.start())
        runs = self._runs.get(len(found[0]), [])
        index = bisect_right(runs, found.start())
        blank = bisect_right(self._blank_lines, found.start())
        end = self._blank_lines[blank] if blank < len(self._blank_lines) else len(self._body)
        if index < len(runs) and runs[index] < end:
            return runs[index] + len(found[0])
        return found.end()

    def skip_element(self, found: re.Match[str]) -> int:
        """Keep a comment, and code that is HTML."""
        if not found["verbatim"]:
            return self._behind("-->", found.end())
        if self.is_mdx and found["verbatim"] in ("script", "style"):
            return self.drop_component(found)
        return self._behind(f"</{found['verbatim']}", found.end())

    def skip_math(self, found: re.Match[str]) -> int:
        """Keep a formula: its braces are no expressions."""
        if found["math"] == "$$":
            end = self._find("$$", found.end())
            return found.end() if end < 0 else end + 2
        formula = _MATH(self._body, found.start())
        return formula.end() if formula else found.end()

    def drop_container(self, found: re.Match[str]) -> int:
        """Drop the line with which a container begins or ends, but for its title."""
        kind, options = found["kind"], found["options"] or ""
        title = options[1:-1] if options.startswith("[") else found["title"].strip()
        if kind or options:
            self._count("container", kind or "div")
        bold = f"{found['before']}**{title}**\n{found['before']}" if title and kind else ""
        return self._drop(found.start(), found.end(), bold or found["before"])

    def drop_hugo(self, found: re.Match[str]) -> int:
        """Drop a shortcode of Hugo; one that is commented out is the text that it stands for."""
        start, mark = found.start(), found["hugo"][2]
        closing = f"{'>' if mark == '<' else '%'}}}}}"
        end = self._closing(closing, "{{", found.end())
        if end < 0:
            return found.end()
        inside, end = self._body[found.end() : end], end + 3
        stripped = inside.strip()
        if stripped.startswith("/*") and stripped.endswith("*/"):
            shown = f"{{{{{mark} {stripped[2:-2].strip()} {closing}"
            return self._drop(start, end, escape(shown, quote=False))
        return self._drop_call("shortcode", start, end, inside.rstrip("/"), found["hugo"])

    def drop_output(self, found: re.Match[str]) -> int:
        """Drop an expression of a template, or a shortcode of Zola."""
        start, is_raw = found.start(), self._body.startswith("{{{", found.start())
        end = self._closing("}}}" if is_raw else "}}", "{{", found.end() + is_raw)
        if end < 0:
            return found.end()
        inside, end = trimmed(self._body[found.end() + is_raw : end]), end + 2 + is_raw
        address = shown_by_output(inside)
        if address is not None:
            return self._drop(start, end, address)
        call = _CALL(inside)
        if call and call["rest"].startswith("("):
            return self._drop_call("shortcode", start, end, inside, "{{")
        self._count("template expression", call["name"] if call else "")
        return self._drop(start, end)

    def drop_tag(self, found: re.Match[str]) -> int:
        """Drop a tag of a template."""
        end = self._closing("%}", "{%", found.end())
        if end < 0:
            return found.end()
        inside = self._body[found.end() : end]
        return self._drop_call("template tag", found.start(), end + 2, inside, "{%")

    def drop_comment(self, found: re.Match[str]) -> int:
        """Drop a comment of a template."""
        end = self._find("#}", found.end())
        return found.end() if end < 0 else self._drop(found.start(), end + 2)

    def _drop_call(self, noun: str, start: int, end: int, inside: str, opening: str) -> int:
        """Drop a shortcode or tag, or write what stands for it; return where it ends."""
        call = _CALL(trimmed(inside))
        if call and call["rest"].startswith("("):
            noun = "shortcode"
        name = re.sub(r"\s", "", call["name"]) if call else ""
        if not call or name.startswith(("/", "end")):
            return self._drop(start, end)
        if name in _AS_IT_IS or name in _CODE or name == "comment":
            return self._drop_block(name, start, end, call["rest"], opening)
        shown = shown_by_call(name, call["rest"])
        if shown.startswith("@/") and not is_in_link(self._body, start):
            shown = escape(address_in(shown, self._address_of) or "", quote=False)
        if not shown:
            self._count(noun, name)
        return self._drop(start, end, self._parted(start, end, shown))

    def _drop_block(self, name: str, start: int, end: int, rest: str, opening: str) -> int:
        """Keep what is within a tag as text or code, and drop a comment with what is in it."""
        close = self._search(end_of(name, is_hugo=opening != "{%"), end)
        if close is None:
            return self._drop(start, end)
        inner, end = self._body[end : close.start()], close.end()
        if name == "comment":
            return self._drop(start, end)
        if name in _CODE:
            language = next(iter(arguments(rest)[1]), "")
            longest = max((len(run) for run in _TICKS.findall(inner)), default=0)
            fence = "`" * max(3, longest + 1)
            inner = f"\n{fence}{language}\n{inner.strip(chr(10))}\n{fence}\n"
        return self._drop(start, end, inner)

    def drop_pelican(self, found: re.Match[str]) -> int:
        """Write the address of a file that Pelican places."""
        instead = "@/" if found["place"] == "filename" else ""
        end = found.end()
        if instead and self._body.startswith("/", end):
            end += 1
        return self._drop(found.start(), end, instead)

    def drop_module(self, found: re.Match[str]) -> int:
        """Drop an import or export of MDX."""
        start = found.start()
        if self._body.startswith("import", start):
            end, name = self._module.end_of_import(start), "import"
            self.is_mdx = self.is_mdx or end >= 0
        else:
            end, name = self._module.end_of_export(start) if self.is_mdx else -1, "export"
        if end < 0:
            return found.end()
        self._count(name, "")
        return self._drop(start, end)

    def drop_component(self, found: re.Match[str]) -> int:
        """Drop a tag of a component, and from those of HTML what is JavaScript."""
        start = found.start()
        name = jsx.name_of(self._body, start)
        if (jsx.is_html(name) or not name) and not self.is_mdx:
            return found.end()
        end = self._module.end_of_tag(start, is_mdx=self.is_mdx)
        if end < 0:
            return found.end()
        tag = self._body[start:end]
        if jsx.is_html(name):
            if "{" in tag:
                tag = jsx.as_html(name, tag, self._module.attributes(tag))
            return self._drop(start, end, self._parted(start, end, tag))
        if not name or tag.startswith("</"):
            return self._drop(start, end, "</a>" if name == "Link" else "")
        shown = shown_by_component(name, self._module.attributes(tag))
        if not shown:
            self._count("JSX component", name)
        return self._drop(start, end, self._parted(start, end, shown))

    def drop_braces(self, found: re.Match[str]) -> int:
        """Drop an expression of MDX, but for words."""
        start = found.start()
        end = self._module.end_of_braces(start) if self.is_mdx else -1
        if end < 0:
            return found.end()
        shown = jsx.words_of(self._body[start + 1 : end - 1])
        if shown is None:
            self._count("JSX expression", "")
        elif shown.startswith("{"):
            return end
        return self._drop(start, end, shown or "")


_HANDLERS: Final[dict[str, Callable[[_Dropper, re.Match[str]], int]]] = {
    "blank": _Dropper.skip_indented,
    "braces": _Dropper.drop_braces,
    "code": _Dropper.skip_code,
    "comment": _Dropper.drop_comment,
    "component": _Dropper.drop_component,
    "container": _Dropper.drop_container,
    "element": _Dropper.skip_element,
    "escape": _Dropper.skip,
    "fence": _Dropper.skip_fence,
    "hugo": _Dropper.drop_hugo,
    "item": _Dropper.begin_item,
    "math": _Dropper.skip_math,
    "module": _Dropper.drop_module,
    "output": _Dropper.drop_output,
    "pelican": _Dropper.drop_pelican,
    "tag": _Dropper.drop_tag,
}
