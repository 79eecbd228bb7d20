"""The images of an article or a provider: addresses, sizes and titles. Pure."""

from typing import Final

from feeds.articles.field_names import IMAGES
from feeds.articles.fields import LONGEST_TITLE, MOST_LISTED, FieldReader, Fields, is_false
from feeds.model import Image
from feeds.problems import Code
from feeds.util.positions import Path
from feeds.util.yaml_document import Value

_URL: Final = ("url", "src", "image", "href", "path")
_TITLE: Final = ("title", "alt", "caption")
_ATTRIBUTION: Final = ("attribution",)
_WIDTH: Final = ("width",)
_HEIGHT: Final = ("height",)
# `relative` and `hidden` are of themes of Hugo, which say how a page shows its cover.
_KEYS: Final = (*_URL, *_WIDTH, *_HEIGHT, *_TITLE, *_ATTRIBUTION, "relative", "hidden")
_MOST_PIXELS: Final = 1_000_000


def read_images(reader: FieldReader, fields: Fields, path: Path, base: str) -> tuple[Image, ...]:
    """Return the images of the fields at a path, each address once, in their order.

    They are given as one address, one mapping, or a list of both. Relative addresses are
    resolved against `base`, the address of the article.
    """
    for name in IMAGES:
        value = fields.get(name)
        if value and not is_false(value):  # as themes of generators have it
            break
    else:
        return ()
    images: dict[str, Image] = {}
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        here: Path = (*path, name, index) if isinstance(value, list) else (*path, name)
        image: Value = {"url": item} if isinstance(item, str) else item
        if not isinstance(image, dict):
            message = "is not an image; it was left out"
            reader.note(here, Code.NOT_A_MAPPING, message, "write {url: …, width: …, height: …}")
            continue
        meant = reader.note_unknown(image, _KEYS, here)
        if len(images) == MOST_LISTED:
            message = f"is after the first {MOST_LISTED} images; it and all after it were left out"
            reader.note(here, Code.TOO_MANY_VALUES, message, "keep the most important ones")
            break
        address = reader.address(image, _URL, here, base)
        if address:
            images.setdefault(
                address,
                Image(
                    address,
                    _pixels(reader, image, _WIDTH, here),
                    _pixels(reader, image, _HEIGHT, here),
                    reader.text(image, _TITLE, here, LONGEST_TITLE),
                    reader.text(image, _ATTRIBUTION, here, LONGEST_TITLE),
                ),
            )
        elif not any(map(image.get, _URL)) and "url" not in meant:
            reader.note(here, Code.MISSING, "has no url; it was left out", "add url:")
    return tuple(images.values())


def _pixels(reader: FieldReader, fields: Fields, names: tuple[str, ...], path: Path) -> int | None:
    number = reader.number(fields, names, path)
    if number is None or 0 < number < _MOST_PIXELS:
        return number if number is None else int(number)
    message, hint = "is not a size in pixels; it was left out", "write a number such as 640"
    reader.note((*path, names[0]), Code.NOT_A_NUMBER, message, hint)
    return None
