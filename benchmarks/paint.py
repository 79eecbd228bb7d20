"""How soon a page of the shipped site is seen: `python -m benchmarks.paint`.

The system's Chromium opens each page with a new cache, on a processor slowed down by a factor of
four, as in Lighthouse's profile of a phone. Printed are the largest contentful paint (LCP,
https://web.dev/articles/lcp) and the layout shift (CLS, https://web.dev/articles/cls).
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from benchmarks.delivery.ours import Site
from benchmarks.delivery.processes import surroundings, workplace
from benchmarks.screenshots import OPTIONS, draw_other_pictures

ROOT: Final = Path(__file__).parent.parent
LIMIT: Final = 1000.0  # milliseconds until the largest contentful paint
_SIZES: Final = ((390, 844), (1440, 900))
_OBSERVE: Final = """
window.painted = 0; window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.painted = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.paint", description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="of each page and width")
    parser.add_argument("--slower", type=float, default=4.0, help="the processor, by this factor")
    parser.add_argument("--pages", nargs="+", default=["/", "/topics/feeds"], metavar="PATH")
    wanted = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("chromium is not installed")
    print(surroundings())
    with workplace() as place:
        site = Site(place)
        for name in ("seeds", "config"):
            shutil.copytree(ROOT / name, place / name, dirs_exist_ok=True)
        site.ingest()
        with site.served() as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
            for path in wanted.pages:
                for size in _SIZES:
                    address = f"http://127.0.0.1:{server.port}{path}"
                    seen = [
                        visit(browser, address, size, wanted.slower) for _ in range(wanted.runs)
                    ]
                    print(report(path, size[0], seen))
            browser.close()


def visit(
    browser: Browser, address: str, size: tuple[int, int], slower: float
) -> tuple[float, float]:
    """Return the milliseconds to the largest contentful paint, and the layout shift."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    draw_other_pictures(page, address)
    page.add_init_script(_OBSERVE)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.goto(address, wait_until="networkidle")
    seen: dict[str, Any] = {"painted": 0}
    while not seen["painted"]:  # the policy of pages lets no string be evaluated in them to wait
        page.wait_for_timeout(50)
        seen = page.evaluate("({ painted: window.painted, shifted: window.shifted })")
    context.close()
    return seen["painted"], seen["shifted"]


def report(path: str, width: int, seen: Sequence[tuple[float, float]]) -> str:
    """Return a line with the median and the range of the paint, and the largest shift."""
    paints, shifts = zip(*seen, strict=True)
    middle = median(paints)
    verdict = "within" if middle <= LIMIT else "ABOVE"
    return (
        f"{path:<16} {width:>5} px  LCP median {middle:6.0f} ms  min {min(paints):6.0f}  "
        f"max {max(paints):6.0f}  ({verdict} the limit of {LIMIT:.0f})  "
        f"CLS at most {max(shifts):.4f}"
    )


if __name__ == "__main__":
    main()
