"""Rules for what Markdown has beyond CommonMark, besides those of mdit-py-plugins. Pure.

The plugins for lists of tasks and for ids of headings take the square of the number of these.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_ref

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


def add(parser: MarkdownIt) -> None:
    """Add the rules to a parser that has the plugin for footnotes."""
    parser.inline.ruler.at("footnote_ref", _take_footnote)
    parser.inline.ruler.before("autolink", "attribute_list", _take_attribute_list)
    parser.core.ruler.after("block", "block_extensions", _take_blocks)
    parser.core.ruler.after("footnote_tail", "heading_ids", _finish_blocks)


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
