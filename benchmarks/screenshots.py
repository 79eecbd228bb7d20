"""The pictures of pages in docs/images: `python -m benchmarks.screenshots`.

Serves the shipped articles and asks the system's Chromium for pictures. Those
of articles come from elsewhere; a drawing stands in for each.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit
from zlib import crc32

from playwright.sync_api import Page, Route, sync_playwright

from benchmarks.delivery.asking import get
from benchmarks.delivery.ours import Site
from benchmarks.delivery.processes import workplace

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = ROOT / "docs" / "images"
OPTIONS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


class Shot(NamedTuple):
    """A picture of a page."""

    name: str
    path: str
    width: int = 1200
    height: int = 800
    scheme: Literal["light", "dark"] = "light"
    whole: bool = False


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.screenshots", description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="DIR")
    parser.add_argument(
        "--every", action="store_true", help="all pages whole, at three widths, light and dark"
    )
    wanted = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("chromium is not installed")
    wanted.to.mkdir(parents=True, exist_ok=True)
    with workplace() as place:
        site = Site(place)
        for name in ("seeds", "config"):
            shutil.copytree(ROOT / name, place / name, dirs_exist_ok=True)
        with (place / "config" / "site.yaml").open("a") as settings:
            settings.write("\nbase_url: https://feeds.example.org\n")
        site.ingest()
        with site.served() as server, sync_playwright() as playwright:
            ask_as_readers(server.port)
            browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
            for shot in (every if wanted.every else shots)(server.port):
                page = browser.new_page(
                    viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme
                )
                take(page, f"http://127.0.0.1:{server.port}", shot, wanted.to)
                page.close()
            browser.close()


def shots(port: int) -> list[Shot]:
    """Which pages, as whom they are shown."""
    items = json.loads(get(port, "/topics/computer-vision.json").decoded())["items"]
    story = next(one["_feeds"]["story"] for one in items if one["_feeds"].get("related"))
    path = "/stories/" + story.rpartition("/")[2]
    return [
        Shot("front", "/"),
        Shot("front-dark", "/", scheme="dark"),
        Shot("feed", "/topics/feeds"),
        Shot("feed-dark", "/topics/feeds", scheme="dark"),
        Shot("feed-phone", "/topics/feeds", 390, 780, "dark"),
        Shot("story", path, 1200, 900),
        Shot("compose", "/compose?topic=feed-formats&topic=accessibility&q=rss", 1200, 900),
        Shot("status", "/status", 1200, 900),
    ]


def every(port: int) -> list[Shot]:
    """All pages as every reader may see them: to be looked at, not for the docs."""
    story = next(shot.path for shot in shots(port) if shot.name == "story")
    pages = {
        "front": "/",
        "all": "/all",
        "topic": "/topics/feeds",
        "provider": "/providers/rfc-editor.org",
        "story": story,
        "topics": "/topics",
        "providers": "/providers",
        "search": "/search?q=cache",
        "search-nothing": "/search?q=zzz",
        "compose": "/compose?topic=feed-formats&q=rss",
        "compose-wrong": "/compose?topic=nonsense&min_quality=x&since=yesterday",
        "missing": "/topics/nonsense",
        "status": "/status",
    }
    return [
        Shot(f"{name}-{width}-{scheme}", path, width, 800, scheme, whole=True)
        for name, path in pages.items()
        for width in (390, 768, 1440)
        for scheme in _SCHEMES
    ]


def ask_as_readers(port: int) -> None:
    """Some requests, so that the operator's page has something to show."""
    agents = (
        "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 142 subscribers; like others)",
        "Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 95 subscribers; )",
        "Feedbin feed-id:1 - 17 subscribers",
        "NetNewsWire (RSS Reader; https://netnewswire.com/)",
        "Mozilla/5.0 (compatible; Miniflux/2.2.3; +https://miniflux.app)",
    )
    for path in ("/all.rss", "/topics/computer-vision.atom", "/topics/ai.json"):
        tag = get(port, path).etag
        for number, agent in enumerate(agents, 2):
            for _ in range(3 * number):
                get(port, path, ("User-Agent", agent), ("If-None-Match", tag))


def draw_other_pictures(page: Page, address: str) -> None:
    """Answer requests of a page for other sites' pictures with drawings."""
    own = urlsplit(address).netloc

    def answer(route: Route) -> None:
        if urlsplit(route.request.url).netloc == own:
            route.continue_()
        else:
            route.fulfill(content_type="image/svg+xml", body=drawing(route.request.url))

    page.route("**", answer)


def take(page: Page, address: str, shot: Shot, folder: Path) -> None:
    """One picture."""
    draw_other_pictures(page, address)
    page.goto(address + shot.path, wait_until="networkidle")
    if shot.whole:  # entries out of sight are not drawn: style.css
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": shot.width, "height": height})
        page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.whole)


def drawing(url: str) -> str:
    """What stands in for a picture; another for each."""
    hue = crc32(url.encode()) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">'
        f'<rect width="600" height="400" fill="hsl({hue} 30% 72%)"/>'
        f'<circle cx="{150 + hue}" cy="140" r="60" fill="hsl({hue} 40% 86%)"/>'
        f'<path d="M0 400 220 190 380 330 480 260 600 400Z" fill="hsl({hue} 30% 52%)"/></svg>'
    )


if __name__ == "__main__":
    main()
