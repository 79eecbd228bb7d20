"""Markdown to HTML; HTML that stands in it stays as it is. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_block import StateBlock, html_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

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
_NORMALIZED: Final = re.compile(
    r"https?://[a-z0-9.-]+(?:/[\w./~-]*(?:#[\w./-]*)?)?", re.ASCII
).fullmatch
# A tag with a prefix, such as Word's `<o:p>`, which Markdown does not know.
_PREFIXED: Final = re.compile(r"</?[a-z]\w*:[a-z][\w-]*(?:\s[^<>]*)?/?>", re.IGNORECASE)

# A list of attributes: `.name`, `#id`, `key="value"`.
_ATTRIBUTES: Final = (
    r"(?:[ \t]*(?:\.[\w-]++|(?P<id>\#[\w:.-]++)|[\w-]++=(?:\"[^\"\n]*+\"|'[^'\n]*+'|[^\s\"'{}]++)))"
)
# … behind the text of a heading: `{#id .name}`, kramdown's `{: #id}`, in MDX `{/* #id */}`.
_OF_HEADING: Final = re.compile(
    rf"[ \t]*\{{:?{_ATTRIBUTES}+[ \t]*\}}\Z|[ \t]*\{{/\*[ \t]*(?P<mdx>\#[\w-]+)[ \t]*\*/\}}\Z"
)
# … of kramdown, https://kramdown.gettalong.org/syntax.html#inline-attribute-lists
_OF_SPAN: Final = re.compile(rf"\{{:{_ATTRIBUTES.replace('?P<id>', '')}+[ \t]*\}}").match
# … alone in its line, where it may also have names of others, and so `{:toc}`.
_IN_LINE: Final = re.compile(r"\{::?[^{}\n]*\}[ \t]*(?=\n|\Z)").match
_CONTENTS: Final = re.compile(r"\n[ \t]*\{:[ \t]*toc\b[^{}\n]*\}\s*\Z").search
_TASK: Final = re.compile(r"\[([ xX])\][ \t]+(?=\S)").match
_ALERT: Final = re.compile(r"\[!([A-Za-z][\w -]*)\][+-]?[ \t]*([^\n]*)").match
_FOOTNOTE: Final = re.compile(r"\[\^[^\s\[\]]{1,200}\]").match
_NO_PART_OF_SLUG: Final = re.compile(r"[^\w\- ]+")
_LONGEST_ID: Final = 100  # characters


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
    parser.inline.ruler.at("footnote_ref", _take_footnote)
    parser.inline.ruler.before("autolink", "attribute_list", _take_attribute_list)
    # The plugins for lists of tasks and ids of headings take the square of the number of these.
    parser.core.ruler.after("block", "block_extensions", _take_blocks)
    parser.core.ruler.after("footnote_tail", "heading_ids", _finish_blocks)
    parser.normalizeLink = _normalize_link  # type: ignore[method-assign]
    return parser.disable("code") if is_mdx else parser


def _normalize_link(url: str) -> str:
    """Return the address of a link as markdown-it-py has it.

    That takes a tenth of the time of Markdown, and most addresses are so already.
    """
    return url if _NORMALIZED(url) else str(normalizeLink(url))


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


def _take_footnote(state: StateInline, silent: bool) -> bool:
    """Take `[^1]`; the plugin alone would look for the end of each in all that follows."""
    return _FOOTNOTE(state.src, state.pos) is not None and footnote_ref(state, silent)


def _take_attribute_list(state: StateInline, silent: bool) -> bool:
    """Take a list of attributes for nothing: feeds keep none of them."""
    if state.src[state.pos] != "{":
        return False
    begins_line = not state.pos or state.src[state.pos - 1] == "\n"
    found = (begins_line and _IN_LINE(state.src, state.pos)) or _OF_SPAN(state.src, state.pos)
    if not found:
        return False
    state.pos = found.end()
    if begins_line and not silent and state.tokens and state.tokens[-1].type == "softbreak":
        state.tokens.pop()
    return True


def _take_blocks(state: StateCore) -> None:
    """Take tasks, alerts and the ids of headings; remove attribute lists that stand alone."""
    kept: list[Token] = []
    lists: list[int] = []  # where each list that is open begins in what is kept
    removed = set[int]()
    for token in state.tokens:
        kept.append(token)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(len(kept) - 1)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            start = lists.pop()
            if start in removed:
                del kept[start:]
        elif token.type == "inline":
            before = kept[-2].type
            if before == "heading_open":
                _take_id(kept[-2], token)
            elif before == "paragraph_open":
                parent = kept[-3].type if len(kept) > 2 else ""
                if parent == "list_item_open" and _CONTENTS(token.content):
                    removed.add(lists[-1])
                elif parent == "blockquote_open":
                    _take_alert(token)
        elif token.type == "paragraph_close" and _is_alone(kept[-2].content):
            del kept[-3:]
    state.tokens = kept


def _is_alone(paragraph: str) -> bool:
    """Return whether a paragraph is nothing but a list of attributes."""
    found = _IN_LINE(paragraph) if paragraph.startswith("{:") else None
    return found is not None and found.end() == len(paragraph)


def _take_id(heading: Token, inline: Token) -> None:
    """Take the id that is written behind the text of a heading."""
    if inline.content.endswith("}") and (found := _OF_HEADING.search(inline.content[-500:])):
        inline.content = inline.content[: len(inline.content) - len(found[0])]
        if name := found["id"] or found["mdx"]:
            heading.attrSet("id", name[1:])


def _take_alert(inline: Token) -> None:
    """Write the word of an alert, `[!NOTE]`, or its own title as the first line of the quote."""
    if found := _ALERT(inline.content):
        title = found[2].strip() or found[1].capitalize()
        rest = inline.content[found.end() :].lstrip("\n")
        inline.content = f"**{title}**" + (f"\\\n{rest}" if rest else "")


def _finish_blocks(state: StateCore) -> None:
    """Write the boxes of tasks, and give headings the ids that GitHub gives them."""
    taken = Counter[str]()
    for index, token in enumerate(state.tokens):
        if token.type != "inline" or not token.children:
            continue
        before = state.tokens[index - 1]
        first = token.children[0]
        if before.type == "heading_open" and not before.attrGet("id"):
            slug = _slug("".join(_words(token.children)))
            number, taken[slug] = taken[slug], taken[slug] + 1
            before.attrSet("id", f"{slug}-{number}" if number else slug)
        elif (
            state.tokens[index - 2].type == "list_item_open"
            and first.type == "text"
            and (task := _TASK(token.content))
        ):
            first.content = first.content[3:]  # with a space
            checked = "" if task[1] == " " else "checked "
            box = Token("html_inline", "", 0, content=f'<input {checked}type="checkbox">')
            token.children.insert(0, box)


def _words(tokens: list[Token]) -> Iterator[str]:
    return (token.content for token in tokens if token.type in ("text", "code_inline"))


def _slug(title: str) -> str:
    return _NO_PART_OF_SLUG.sub("", title.strip().lower())[:_LONGEST_ID].replace(" ", "-")
