"""The body of an article: to HTML, the heading that is its title, the part that is its summary.

Pure.
"""

import re
from typing import Final

from feeds.articles import html, markdown
from feeds.articles.fields import LONGEST_TITLE, FieldReader, plain_line
from feeds.articles.frontmatter import FrontMatter
from feeds.articles.shortcodes import drop
from feeds.problems import Code
from feeds.util import text

LONGEST_SUMMARY: Final = 5_000  # characters
# The tags of headings, and comments, in which none is one.
_HEADINGS: Final = re.compile(
    r"<(/?)h([1-6])(?:\s[^<>]*)?>|<!--(?:.*?-->|.*\Z)", re.IGNORECASE | re.DOTALL
)
_ID: Final = re.compile(r"\s*\{#[^\s{}]+\}\s*\Z")  # of a heading, as Hugo and Docusaurus have it
# Where the summary ends. In Markdown an expression of MDX is a paragraph; in code it is not.
_MORE: Final = re.compile(
    r"<!--\s*(?:more|truncate)\s*-->|<p>\s*\{/\*\s*(?:more|truncate)\s*\*/\}\s*</p>\n?",
    re.IGNORECASE,
)


def to_html(reader: FieldReader, source: FrontMatter) -> str:
    """Return the body of a file as HTML, without what generators run in it if the settings say so.

    What was dropped is reported once.
    """
    body, is_html = text.clean(source.body), source.syntax == "html"
    is_mdx = source.path.lower().endswith(".mdx")
    if body and reader.settings.drop_shortcodes:
        address_of = reader.site.address_of
        body, is_mdx, what = drop(body, address_of, is_mdx=is_mdx, is_html=is_html)
        if what:
            hint = "write in Markdown what readers should see instead"
            reader.note(("body",), Code.DROPPED, f"dropped {what}", hint)
    if not body or is_html:
        return body
    return markdown.to_html(body, is_mdx=is_mdx)


def take_title(body: str) -> tuple[str, str]:
    """Return the text of the first heading that has one, and the body without that heading."""
    first: re.Match[str] | None = None
    for tag in _HEADINGS.finditer(body):
        slash, level = tag.groups()
        if level and not slash:
            first = tag
        elif level and first and first[2] == level:
            title = _ID.sub("", plain_line(body[first.end() : tag.start()]))
            if text.is_visible(title):
                rest = body[: first.start()] + body[tag.end() :].removeprefix("\n")
                return text.shorten(title, LONGEST_TITLE), rest
            first = None
    return "", body


def take_mark(body: str) -> tuple[str, str]:
    """Return the part of a body before its first mark of a summary, and the body without marks.

    The part is empty if there is no mark.
    """
    if "<!--" not in body and "{/*" not in body:
        return "", body
    mark = _MORE.search(body)
    return (body[: mark.start()], _MORE.sub("", body)) if mark else ("", body)


def summary_of(part: str, url: str) -> str:
    """Return a part of the body of the article at a url as one line of text."""
    try:
        content = html.sanitize(part, url).html  # which closes what the mark has cut
    except html.TooMuch:
        return ""
    return text.shorten(plain_line(content), LONGEST_SUMMARY)
