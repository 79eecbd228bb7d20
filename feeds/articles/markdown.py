"""Markdown to HTML; HTML that stands in it stays as it is. Pure."""

import re
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, html_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from feeds.articles import markdown_rules
from feeds.util import text

# Text that begins or ends with a tag.
_HTML: Final = re.compile(r"\A<[a-zA-Z/!]|</[a-zA-Z0-9]+>\Z").search
# The tags of elements that have to be closed; the slash of an end tag is the group.
_CONTAINER: Final = re.compile(
    r"<(/?)(?:article|aside|blockquote|body|center|details|div|dl|figure|footer|form|header|html|"
    r"main|nav|ol|section|table|ul)\b",
    re.IGNORECASE,
)
# The tags of elements whose text is kept as it is, blank lines too; comments, which have none.
_VERBATIM: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<(/?)(?:pre|script|style|textarea)(?![\w-])", re.IGNORECASE | re.DOTALL
)
# A tag with a prefix, such as Word's `<o:p>`, which Markdown does not know.
_PREFIXED: Final = re.compile(r"</?[a-z]\w*:[a-z][\w-]*(?:\s[^<>]*)?/?>", re.IGNORECASE)


def to_html(source: str, *, is_mdx: bool = False) -> str:
    """Return Markdown as HTML; HTML in it stays as it is. In MDX, no indented text is code.

    Markdown is CommonMark with tables, strikethrough, footnotes, definition lists, lists of
    tasks, ids of headings, alerts and the attribute lists of kramdown.
    """
    return str(_markdown(is_mdx=is_mdx).render(source))


@lru_cache(maxsize=2)
def _markdown(*, is_mdx: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
    parser.block.ruler.at(
        "html_block", _take_html, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.inline.ruler.before("autolink", "prefixed_tag", _take_prefixed_tag)
    parser.core.ruler.after("block", "indented_html", _take_indented_html)
    parser.core.ruler.after("inline", "references", _resolve_references)
    parser.use(deflist_plugin).use(footnote_plugin)
    markdown_rules.add(parser)
    return parser.disable("code") if is_mdx else parser


def _take_html(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a block of HTML as CommonMark does, but never end it within a verbatim element.

    CommonMark ends a block at a blank line; so a `<pre>` within a `<div>` would be cut in two.
    """
    if not html_block(state, first, end, silent):
        return False
    if silent or not _ends_verbatim(state.tokens[-1].content):
        return True
    line, is_open = state.line, True
    while line < end and (
        is_open if state.isEmpty(line) else state.sCount[line] >= state.blkIndent
    ):
        is_open = _ends_verbatim(state.src[state.bMarks[line] : state.eMarks[line]], is_open)
        line += 1
    state.line = line
    state.tokens[-1].map = [first, line]
    state.tokens[-1].content = state.getLines(first, line, state.blkIndent, True)
    return True


def _ends_verbatim(source: str, begins_verbatim: bool = False) -> bool:
    """Return whether HTML ends within an element that is verbatim."""
    tags = [tag[1] for tag in _VERBATIM.finditer(source) if not tag[0].startswith("<!--")]
    return not tags[-1] if tags else begins_verbatim


def _take_prefixed_tag(state: StateInline, silent: bool) -> bool:
    """Take a tag with a prefix for HTML, and not for text or the address of a link."""
    tag = _PREFIXED.match(state.src, state.pos)
    if tag and not silent:
        state.push("html_inline", "", 0).content = tag[0]
    state.pos = tag.end() if tag else state.pos
    return tag is not None


def _take_indented_html(state: StateCore) -> None:
    """Take blocks for HTML that Markdown takes for code because they are indented.

    They begin or end with a tag, and stand within an element that is open, or among nothing but
    HTML.
    """
    only_html = all(block.type in ("html_block", "code_block") for block in state.tokens)
    depth = 0
    for block in state.tokens:
        if block.type == "code_block" and (only_html or depth) and _HTML(block.content.strip()):
            block.type = "html_block"
        if block.type == "html_block":
            for slash in _CONTAINER.findall(block.content):
                depth = max(0, depth - 1) if slash else depth + 1


def _resolve_references(state: StateCore) -> None:
    """Resolve character references as HTML has them: Markdown has others for controls."""
    tokens = list(state.tokens)
    while tokens:
        token = tokens.pop()
        tokens.extend(token.children or ())  # also those of the text that stands for an image
        if token.info == "entity":
            token.content = text.unescape(token.markup)
