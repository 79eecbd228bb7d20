"""Patterns of addresses: those of other generators in our placeholders. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple


class Permalink(NamedTuple):
    """A pattern in our placeholders; `unknown` are parts that have none, as they were written."""

    pattern: str
    unknown: tuple[str, ...] = ()


_DATE: Final = {"year": ":year", "month": ":month", "day": ":day"}
# https://jekyllrb.com/docs/permalinks/
_JEKYLL_STYLES: Final = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_JEKYLL: Final = {
    **_DATE,
    "title": ":slug",
    "slug": ":slug",
    "name": ":filename",
    "basename": ":filename",
    "output_ext": ".html",
}
# https://hexo.io/docs/permalinks
_HEXO: Final = {**_DATE, "title": ":path", "name": ":filename", "post_title": ":title"}
# https://gohugo.io/configuration/permalinks/
_HUGO: Final = {
    **_DATE,
    "title": ":title",
    "section": ":section",
    "sections": ":sections",
    "filename": ":filename",
    "contentbasename": ":filename",
}
# https://docs.getpelican.com/en/latest/settings.html#url-settings
# As Unidecode writes them; other letters of Latin can be decomposed.
_IN_ASCII: Final = str.maketrans(
    dict(
        pair.split("=")
        for pair in "Æ=AE æ=ae Œ=OE œ=oe ß=ss ẞ=SS Ø=O ø=o Ł=L ł=l Đ=D đ=d Ð=D ð=d Þ=Th þ=th ı=i "
        "—=-- –=- ‐=- −=- €=EUR £=PS ©=c ®=r °=deg ×=x".split()
    )
)
_PELICAN: Final = {"lang": ":lang", "slug": ":title"}
# Formats of dates: those of strftime, and of Luxon, Day.js and their like.
_OF_DATES: Final = re.compile(r"%[-#]?[A-Za-z]|[A-Za-z]+")
_DATES: Final = {
    **dict.fromkeys(("%Y", "yyyy", "YYYY"), ":year"),
    **dict.fromkeys(("%m", "MM", "LL"), ":month"),
    **dict.fromkeys(("%d", "dd", "DD"), ":day"),
}


def jekyll(written: str, categories: str) -> Permalink:
    """Return Jekyll's pattern, or a style of that name, for posts of these categories."""
    names = {**_JEKYLL, "categories": categories, "slugified_categories": categories}
    return _colons(_JEKYLL_STYLES.get(written, written), names)


def hexo(written: str, categories: str) -> Permalink:
    """Return Hexo's pattern, for posts of these categories."""
    return _colons(written, {**_HEXO, "category": categories})


def hugo(written: str, slug: str, name: str) -> Permalink:
    """Return Hugo's pattern, with the placeholders for a slug, and for a slug or a file's name."""
    or_name = dict.fromkeys(("slugorfilename", "slugorcontentbasename"), name)
    return _colons(written, {**_HUGO, **or_name, "slug": slug})


def pelican(written: str, slug: str, category: str | None) -> Permalink:
    """Return Pelican's pattern, with the placeholders for slug and category."""
    unknown: list[str] = []

    def ours(match: re.Match[str]) -> str:
        name, form = match[1], match[2]
        if name == "date":
            return _date(form or "", match[0], unknown)
        known = {**_PELICAN, "slug": slug, "category": category}
        placeholder = known.get(name, f"{{{name}}}")
        return _noted(placeholder, match[0], unknown)

    return _whole(re.sub(r"\{(\w+)(?::([^}]*))?\}", ours, written), unknown)


def slug_of_pelican(source: str, *, in_unicode: bool, keeps_case: bool) -> str:
    """Return what Pelican makes of a title or a name; empty if that cannot be told.

    Without unicode, it writes letters of all scripts in ASCII; here only those of Latin are known.
    """
    if not in_unicode:
        source = unicodedata.normalize("NFKD", source.translate(_IN_ASCII))
        source = "".join(c for c in source if c.isascii() or c.isalnum())
        if not source.isascii():
            return ""
    source = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", source).strip())
    return source if keeps_case else source.lower()


def eleventy(written: str) -> Permalink:
    """Return Eleventy's pattern, which is a template in Liquid or Nunjucks."""
    unknown: list[str] = []

    def ours(match: re.Match[str]) -> str:
        expression, *filters = (part.strip() for part in match[1].split("|"))
        filters = [name for name in filters if not name.startswith(("url", "safe", "lower"))]
        names = [re.split(r"[\s:(]", name)[0].lower() for name in filters]
        slugs = all("slug" in name for name in names)
        if expression in ("page.fileSlug", "fileSlug") and slugs:
            return ":slug"
        if expression in ("page.filePathStem", "filePathStem") and not names:
            return ":path"
        if expression == "title" and names and slugs:
            return ":title"
        if expression in ("page.date", "date") and len(names) == 1 and "date" in names[0]:
            form = re.search(r"[\"']([^\"']+)[\"']", filters[0])
            return _date(form[1] if form else "", match[0], unknown)
        if re.fullmatch(r"[A-Za-z_][\w.]*", expression) and slugs and expression != "title":
            return f"{{{expression}}}"
        return _noted(None, match[0], unknown)

    pattern = re.sub(r"\{\{-?\s*([^{}]*?)\s*-?\}\}", ours, written)
    if "{%" in pattern:
        unknown.append(written)
    return _whole(pattern, unknown)


def literal(path: str) -> str:
    """Return a path as a part of a pattern, without what would be a placeholder there."""
    return path.strip("/").replace(":", "%3A").replace("{", "%7B").replace("}", "%7D")


def _colons(written: str, names: Mapping[str, str | None]) -> Permalink:
    unknown: list[str] = []

    def ours(match: re.Match[str]) -> str:
        return _noted(names.get(match[1]) if not match[2] else None, match[0], unknown)

    return _whole(re.sub(r":([A-Za-z]\w*)(\[[^\]]*\])?", ours, written), unknown)


def _date(form: str, written: str, unknown: list[str]) -> str:
    parts: list[str] = []
    result = _OF_DATES.sub(lambda match: _noted(_DATES.get(match[0]), written, parts), form)
    return result if form and not parts else _noted(None, written, unknown)


def _noted(placeholder: str | None, written: str, unknown: list[str]) -> str:
    if placeholder is None:
        unknown.append(written)
        return written
    return placeholder


def _whole(pattern: str, unknown: list[str]) -> Permalink:
    """Return a pattern with one slash at its beginning, without empty parts or an index."""
    pattern = re.sub(r"/{2,}", "/", f"/{pattern}")
    pattern = re.sub(r"(?<=/)index\.html?$", "", pattern)
    return Permalink(pattern, tuple(dict.fromkeys(unknown)))
