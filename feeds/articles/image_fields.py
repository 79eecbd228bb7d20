"""The images of an article or a provider: addresses, sizes and titles. Pure."""

from typing import Final

from feeds.articles.field_names import IMAGES
from feeds.articles.fields import LONGEST_TITLE, MOST_LISTED, FieldReader, Fields
from feeds.model import Image
from feeds.problems import Code
from feeds.util.positions import Path
from feeds.util.yaml_document import Value

_MOST_PIXELS: Final = 1_000_000


def read_images(reader: FieldReader, fields: Fields, path: Path) -> tuple[Image, ...]:
    """Return the images of the fields at a path, each address once, in their order.

    They are given as one address, one mapping, or a list of both.
    """
    for name in IMAGES:
        value = fields.get(name)
        if value:
            break
    else:
        return ()
    images: dict[str, Image] = {}
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        here: Path = (*path, name, index) if isinstance(value, list) else (*path, name)
        image: Value = {"url": item} if isinstance(item, str) else item
        if not isinstance(image, dict):
            message = "is no image; it was left out"
            reader.note(here, Code.NOT_A_MAPPING, message, "write {url: …, width: …, height: …}")
            continue
        address = reader.address(image, ("url",), here)
        if address and len(images) < MOST_LISTED:
            images.setdefault(address, _read_image(reader, image, here, address))
        elif not address and not image.get("url"):
            reader.note(here, Code.MISSING, "has no url; it was left out", "add url:")
    return tuple(images.values())


def _read_image(reader: FieldReader, fields: Fields, path: Path, address: str) -> Image:
    return Image(
        address,
        _pixels(reader, fields, "width", path),
        _pixels(reader, fields, "height", path),
        reader.text(fields, ("title",), path, LONGEST_TITLE),
        reader.text(fields, ("attribution",), path, LONGEST_TITLE),
    )


def _pixels(reader: FieldReader, fields: Fields, name: str, path: Path) -> int | None:
    number = reader.number(fields, (name,), path)
    return int(number) if number is not None and 0 < number < _MOST_PIXELS else None
