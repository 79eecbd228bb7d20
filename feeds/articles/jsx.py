"""Where the parts of MDX end that are JavaScript, and what an image or a player shows. Pure.

https://mdxjs.com/docs/what-is-mdx/
"""

import re
from html import escape
from typing import Final

# What may stand between the braces of JavaScript and is to be passed over. A quote that is not
# closed in its line is an apostrophe in the words of an element.
_IN_BRACES: Final = re.compile(
    r"""(?P<open>[{(\[])|(?P<close>[})\]])|(?<!\\)'(?:[^'\\\n]|\\.)*+'|(?<!\\)"(?:[^"\\\n]|\\.)*+"|"""
    r"""`(?:[^`\\]|\\.)*+(?:`|\Z)|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)|(?P<blank>\n[ \t]*(?=\n))""",
    re.DOTALL,
)
_IN_TAG: Final = re.compile(
    r"""(?P<open>\{)|(?P<close>>)|"[^"]*+"|'[^']*+'|(?P<blank>\n[ \t]*(?=\n))|(?P<tag><)"""
)
_NAME: Final = re.compile(r"[A-Za-z][\w.:-]*").match
# In HTML: `<BR>`, but not `<Tabs>`.
_HTML_NAME: Final = re.compile(r"[a-z][\w:-]*|[A-Z][A-Z0-9]*").fullmatch
_IMPORTED: Final = r"""(?:[\w$]+|\*\s+as\s+[\w$]+|\{[^{}'"`;]{0,2000}\})"""
_IMPORT: Final = re.compile(
    rf"""import\s+(?:(?P<names>(?:type\s+)?{_IMPORTED}(?:\s*,\s*{_IMPORTED})?)\s+from\s+)?"""
    r"""(?P<quote>['"])(?P<path>[^'"\n]+)(?P=quote)"""
    r"""(?:\s+(?:with|assert)\s*\{[^}\n]*\})?[ \t]*;?[ \t]*(?://[^\n]*)?(?=\n|\Z)"""
).match
_EXPORT: Final = re.compile(
    r"export\s+(?:(?:default|const|let|var|function|async|class)\b|[{*])"
).match
_ATTRIBUTE: Final = re.compile(
    r"""(?<![\w:-])([\w:-]++)=(?:"([^"]*)"|'([^']*)'|\{\s*([\w.]+)\s*\}|"""
    r"""\{[^{}"'`\n]*["'`]([^"'`\n]*)["'`][^{}"'`\n]*\})"""
)
_STRING: Final = re.compile(r"""(?:"([^"\\]*)"|'([^'\\]*)'|`([^`\\$]*)`)""").fullmatch
_COMMENT: Final = re.compile(r"/\*.*\*/", re.DOTALL).fullmatch
_MARK: Final = re.compile(r"/\*\s*(?:more|truncate)\s*\*/", re.IGNORECASE).fullmatch
_ID: Final = re.compile(r"/\*\s*#[\w-]+\s*\*/").fullmatch
# Public files of Docusaurus.
_STATIC: Final = re.compile(r"\A(?:@site/)?static/|\A@site/")


class Module:
    """The JavaScript of one body, and what it has imported so far.

    Looking for an end that never comes takes all that follows; together, that is done for at
    most a few times the length of the body.
    """

    def __init__(self, body: str) -> None:
        self._body = body
        self._imports: dict[str, str] = {}
        self._patience = 4 * len(body) + 4096

    def end_of_import(self, start: int) -> int:
        """Return where an import ends that begins somewhere, or -1; remember its name."""
        found = _IMPORT(self._body, start)
        if found is None:
            return -1
        if found["names"]:
            self._imports[found["names"].strip()] = found["path"]
        return found.end()

    def end_of_export(self, start: int) -> int:
        """Return where an export ends, which is at a blank line, or -1."""
        if not _EXPORT(self._body, start):
            return -1
        return self._end(start, is_statement=True)

    def end_of_braces(self, start: int) -> int:
        """Return where an expression in braces ends, or -1."""
        return self._end(start)

    def _end(self, start: int, *, is_statement: bool = False) -> int:
        depth, at, first_blank = 0, start, 0
        while self._patience > 0 and (found := _IN_BRACES.search(self._body, at)):
            at = found.end()
            if found["open"]:
                depth += 1
            elif found["close"]:
                depth -= 1
                if depth <= 0 and not is_statement:
                    return at
            elif found["blank"] is not None and is_statement:
                if depth <= 0:
                    return found.start()
                first_blank = first_blank or found.start()
        if is_statement and depth <= 0:
            return len(self._body)
        self._patience -= len(self._body) - start
        return first_blank or -1

    def end_of_tag(self, start: int, *, is_mdx: bool) -> int:
        """Return where a tag ends, or -1. Only in MDX it may have blank lines and expressions."""
        at = start + 1
        while self._patience > 0 and (found := _IN_TAG.search(self._body, at)):
            at = found.end()
            if found["close"]:
                return at
            if found["open"] and is_mdx:
                at = self._end(found.start())
                if at < 0:
                    return -1
            elif (found["blank"] is not None or found["tag"]) and not is_mdx:
                self._patience -= at - start
                return -1
        self._patience -= len(self._body) - start
        return -1

    def attributes(self, tag: str) -> dict[str, str]:
        """Return the attributes of a tag that are text, or the name of what was imported."""
        values = {}
        for name, double, single, imported, within in _ATTRIBUTE.findall(tag):
            value = double or single or within
            if imported:
                value = self._imports.get(imported.partition(".")[0], "")
            values[name] = _STATIC.sub("/", value)
        return values


def name_of(body: str, start: int) -> str:
    """Return the name of the tag that begins somewhere; empty of a fragment, `<>`."""
    found = _NAME(body, start + 1 + body.startswith("/", start + 1))
    return found[0] if found else ""


def is_html(name: str) -> bool:
    """Return whether a name is one of HTML, and not of a component."""
    return _HTML_NAME(name) is not None


def as_html(name: str, tag: str, attributes: dict[str, str]) -> str:
    """Return a tag of HTML without expressions."""
    if tag.startswith("</"):
        return f"</{name}>"
    written = "".join(
        f' {key}="{escape(value)}"' for key, value in attributes.items() if key != "style"
    )
    return f"<{name}{written}{' /' if tag.endswith('/>') else ''}>"


def words_of(expression: str) -> str | None:
    """Return what an expression shows if that is plain: of a comment nothing, of a string that.

    None means that it has to be run. The id of a heading, `/* #id */`, and the end of a summary,
    `/* truncate */`, stay as they are.
    """
    code = expression.strip()
    if found := _STRING(code):
        return next((words for words in found.groups() if words is not None), "")
    if _ID(code) or _MARK(code):
        return f"{{{expression}}}"
    return "" if not code or _COMMENT(code) else None
