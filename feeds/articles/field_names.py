"""The names under which articles have their fields, and what other names were meant to be. Pure."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Final

from feeds.util.suggest import edit_distance, suggest

# The first name that is present counts.
ID: Final = ("id", "guid")
URL: Final = (
    "webUrl", "sourceUrl", "originalUrl", "url", "link",
    "permalink", "source_url", "canonical_url", "external_url",
)  # fmt: skip
AMP_URL: Final = ("ampWebUrl", "ampUrl")
AMP_CACHE_URL: Final = ("cdnAmpWebUrl", "cdnAmpUrl")
TITLE: Final = ("title", "headline", "name")
SUMMARY: Final = ("excerpt", "summary", "description")
CONTENT: Final = ("content",)
EMBED: Final = ("featuredContent",)
PUBLISHED: Final = ("publishedDateTime", "published_at", "publishDate", "pubDate", "date")
DATED: Final = ("path", "slug")  # which may have a date in them
EXPIRES: Final = ("expiryDate", "expires")
UPDATED: Final = (
    "updatedDateTime", "updated_at", "updated", "modified", "last_modified_at", "lastmod",
    "last_update",
)  # fmt: skip
# What is a date in fields that may be mappings, as Docusaurus and Material for MkDocs have them.
PART: Final = {"last_update": "date", "date": "created"}
PUBLIC: Final = ("published",)
DRAFT: Final = ("draft",)
HIDDEN: Final = ("hidden", "unlisted")
STATUS: Final = ("status",)
VISIBILITY: Final = ("visibility",)
PASSWORD: Final = ("password",)
AUTHORS: Final = ("author", "authors", "by")
PROVIDER: Final = ("provider",)
TAXONOMIES: Final = ("taxonomies",)
# The first, else all others together.
TOPICS: Final = ("topics", "tags", "keywords", "categories", "category", *TAXONOMIES)
TAGS: Final = ("tags", "keywords")
KIND: Final = ("type",)
QUALITY: Final = ("quality",)
HEAT: Final = ("heat",)
IMAGES: Final = ("images", "image", "cover", "featured_image", "thumbnail", "hero")
LANGUAGE: Final = ("lang", "language")
MEDIA: Final = ("enclosure", "audio", "video", "attachments")
RELATED: Final = ("related",)

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "id": ID,
    "url": URL,
    "amp_url": AMP_URL,
    "amp_cache_url": AMP_CACHE_URL,
    "title": TITLE,
    "summary": SUMMARY,
    "content": CONTENT,
    "embed": EMBED,
    "published": PUBLISHED,
    "expires": EXPIRES,
    "updated": UPDATED,
    "public": PUBLIC,
    "draft": DRAFT,
    "hidden": HIDDEN,
    "status": STATUS,
    "visibility": VISIBILITY,
    "password": PASSWORD,
    "authors": AUTHORS,
    "provider": PROVIDER,
    "topics": TOPICS,
    "tags": TAGS,
    "type": KIND,
    "quality": QUALITY,
    "heat": HEAT,
    "images": IMAGES,
    "language": LANGUAGE,
    "media": MEDIA,
    "related": RELATED,
}
KNOWN: Final = frozenset(chain.from_iterable(ALIASES.values()))
_NOT_FLAGS: Final = sorted(KNOWN - {*PUBLIC, *DRAFT, *HIDDEN})
# Names that other programs have for these fields, where they are spelled differently.
FOREIGN: Final = {
    "publish_date": "date",
    "publishedDate": "date",
    "published_date": "date",
    "publishedOn": "date",
    "published_on": "date",
    "datePublished": "date",
    "date_published": "date",
    "date_modified": "updated_at",
}
_ALIKE: Final = 87  # of 100: sumary is summary, but created is not related


def misspelt_names(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each unknown name with the known one that was probably meant.

    Only where no name of that field is given. Flags of publication are left to
    `publication_flags`.
    """
    for name in fields:
        if name not in KNOWN:
            meant, names = _meant(name)
            if meant and not any(map(fields.__contains__, names)):
                yield name, meant


@lru_cache(maxsize=1024)
def _meant(name: str) -> tuple[str, frozenset[str]]:
    """Return the known name that is spelled like this, and all names of the same fields."""
    near = [known for known in _NOT_FLAGS if _is_near(name.lower(), known.lower())]
    meant = FOREIGN.get(name) or next(iter(near or suggest(name, _NOT_FLAGS, score=_ALIKE)), "")
    same = (names for names in ALIASES.values() if meant in names)
    return meant, frozenset(chain.from_iterable(same))


def _is_near(written: str, known: str) -> bool:
    """Return whether a name lacks the s of a plural, or is long enough for one letter to tell."""
    one_off = len(written) >= len("topic") and edit_distance(written, known) == 1
    return f"{written}s" == known or one_off
