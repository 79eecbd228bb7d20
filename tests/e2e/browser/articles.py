"""A small site with everything that can be awkward on a page."""

from typing import Any, Final

from tests.support.examples import Fields, article, id_of

_TEXT: Final = "What was said, by whom, and what it means for everybody who was there. " * 4


def _full(number: int, **fields: Any) -> Fields:
    provider = f"paper{number % 4}.example"
    return article(number) | {
        "excerpt": _TEXT,
        "images": [{"url": f"https://pictures.example/{number}.jpg", "width": 1200, "height": 800}],
        "provider": {"name": f"Paper {number % 4}", "domain": provider},
        "quality": number * 3,
        **fields,
    }


ARTICLES: Final = (
    _full(1, topics=["Computer Vision"], related=[_full(2), _full(3), article(4)]),
    _full(5, topics=["AI"], title="شرطة لندن تستخدم كاميرات التعرف على الوجوه"),
    _full(6, topics=["AI"], title="\u202eright to left and never back"),
    _full(7, topics=["AI", "Police"], title="&lt;script>alert(1)&lt;/script> & <b>bold"),
    _full(8, topics=["Police"], title="W" * 3000),
    _full(9, topics=["Police"], excerpt="V" * 100_000),
    _full(10, topics=["Tea", *(f"Herb {number}" for number in range(15))], type="video"),
    _full(
        11,
        topics=["Tea"],
        authors=[{"name": "Jane Doe", "url": "https://jane.example/"}, "W" * 500, "مريم", "Ann"],
        audio={"url": "tea.mp3", "duration": 754, "title": "V" * 500},
        video="https://video.example/watch",
    ),
)
CONFIG: Final[dict[str, Any]] = {
    "site": {
        "title": "Example News",
        "description": "What happens, as it happens",
        "copyright": "© Example News",
    },
    "topics": [
        {"slug": "ai", "name": "Artificial Intelligence", "aliases": ["AI"]},
        {"slug": "computer-vision", "name": "Computer Vision", "parent": "ai"},
    ],
}
STORY: Final = f"/stories/{id_of(1)}"
PAGES: Final = (
    "/", "/all", "/topics/ai", "/providers/paper1.example", STORY, "/topics", "/providers",
    "/search?q=vision", "/search", "/status", "/compose?topic=ai&min_quality=1",
)  # fmt: skip
# Pages on which something is wrong, and those that only some sites have.
OTHER_PAGES: Final = (
    "/all?q=vision&since=2020-01-31&min_quality=1", "/compose?topic=nope&limit=0&q=%22",
    "/search?q=nothing", "/topics/polce", "/all?limit=0", "/sets/private",
    "/sets/private?token=wrong",
)  # fmt: skip
SIZES: Final = {"phone": (320, 640), "tablet": (820, 1100), "wide": (1600, 1000)}
