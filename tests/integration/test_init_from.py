"""`feeds init DIR --from FOLDER`: the files of a site are served as they are, and left alone."""

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.support.commands import Run
from tests.support.paths import DATA, ROOT

GENERATORS: Final = DATA / "generators"
CASES: Final = sorted(GENERATORS.glob("*/urls.txt"))
HUGO: Final = shutil.which("hugo")
# Parts of real sites, beside this checkout.
FOREIGN: Final = ROOT.parent / "shared" / "corpus" / "foreign"


def copied(case: str) -> Path:
    """A site of its own for a test."""
    site = Path("site")
    shutil.copytree(GENERATORS / case / "site", site)
    return site


def snapshot(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    """Everything in a folder, with times."""
    for path in sorted(folder.rglob("*")):
        is_file = path.is_file() and not path.is_symlink()
        yield str(path), path.lstat().st_mtime_ns, path.read_bytes() if is_file else b""


def urls(run: Run, folder: Path) -> list[str]:
    """The addresses of the entries that a folder's feeds have."""
    options = ("--seeds", folder / "seeds", "--config", folder / "config", "--data", "data")
    assert run("ingest", *options).status == 0
    shown = run("show", "/all.json", "--config", folder / "config", "--data", "data")
    return sorted(item["url"] for item in json.loads(shown.out)["items"])


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.parent.name)
def test_articles_have_the_addresses_that_the_generator_gives_them(run: Run, case: Path) -> None:
    site = copied(case.parent.name)
    before = list(snapshot(site))
    ran = run("init", "news", "--from", "site")
    assert (ran.status, "Traceback" in ran.err) == (0, False)
    assert "cd news && feeds serve" in ran.err
    assert list(snapshot(site)) == before
    checked = run("check", "--seeds", "news/seeds", "--config", "news/config")
    # What only the generator understands is dropped, and that is reported.
    others = [line for line in checked.out.splitlines() if ": body: dropped " not in line]
    assert (checked.status, others) == (0, [])
    assert urls(run, Path("news")) == case.read_text().split()


def test_files_are_counted_by_what_becomes_of_them(run: Run) -> None:
    site = Path("site")
    site.mkdir()
    for name, fields in {
        "now": "",
        "draft": "draft: true\n",
        "held": "publishDate: 2999-01-01\n",
        "gone": "expires: 2020-02-01\n",
    }.items():
        text = f"---\ntitle: {name}\ndate: 2020-01-01\n{fields}---\n"
        (site / f"{name}.md").write_text(text)
    assert run("init", "news", "--from", "site").out.splitlines()[-4:] == [
        "4 files: 3 become entries once base and permalink are known, 1 does not",
        "       1  of these are drafts, in no public feed",
        "       1  of these are held until their date",
        "       1  expires: has passed (gone.md)",
    ]


def test_the_link_to_the_articles_is_relative(run: Run) -> None:
    copied("jekyll")
    run("init", "new/news", "--from", "site")
    assert os.readlink("new/news/seeds") == "../../site/_posts"
    # … and that to authors, which lie elsewhere.
    assert os.readlink("new/news/config/data/authors.yml") == "../../../../site/_data/authors.yml"
    shutil.move("new", "site/moved")
    assert not Path("site/moved/news/seeds").exists()


def test_it_says_what_becomes_of_the_files_and_why(run: Run) -> None:
    copied("hugo")
    ran = run("init", "news", "--from", "site")
    assert ran.out == (
        "Hugo, recognised by hugo.toml\n"
        "  articles     site/content\n"
        "  base         https://hugo.example.net   from hugo.toml\n"
        "  permalink    /:path/   from Hugo's own default\n"
        "  title        Notes from the hut   from hugo.toml\n"
        "  language     de-at   from hugo.toml\n"
        "  timezone     Europe/Vienna   from hugo.toml\n"
        "6 files: 3 become entries, 3 do not\n"
        "       1  of these are drafts, in no public feed\n"
        "       2  left out: pages of sections, not articles (_index.md and others)\n"
        "       1  left out: has no date (about.md)\n"
    )


def test_it_says_what_has_to_be_completed(run: Run) -> None:
    copied("eleventy-computed")
    ran = run("init", "news", "--from", "site")
    assert ran.status == 0
    assert "1 file: 1 becomes an entry once base is known" in ran.out
    assert "Complete base in news/config/articles.yaml" in ran.err
    config = Path("news/config/articles.yaml")
    lines = config.read_text().splitlines()
    config.write_text(
        "\n".join(
            line.removeprefix("# ") if ": /" in line or ": http" in line else line for line in lines
        )
    )
    assert urls(run, Path("news")) == ["https://example.org/posts/one/"]


def test_a_folder_of_posts_without_configuration_needs_no_note(run: Run) -> None:
    post = Path("site/_posts/2024-05-04-post.md")
    post.parent.mkdir(parents=True)
    post.write_text("---\ntitle: A post\n---\nText.\n")
    assert "note:" not in run("init", "news", "--from", "site").err


def test_a_site_may_have_its_feeds_within(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copied("jekyll-folders"))
    before = {path for path, _, _ in snapshot(Path())}
    assert run("init", ".", "--from", ".").status == 0
    new = {path for path, _, _ in snapshot(Path())} - before
    assert {path.split("/")[0] for path in new} == {"config", "seeds"}
    checked = run("check")
    assert (checked.status, checked.out) == (0, "")
    expected = (GENERATORS / "jekyll-folders" / "urls.txt").read_text().split()
    assert urls(run, Path()) == expected
    assert urls(run, Path()) == expected  # the link to the folder itself leads to nothing new


def test_a_folder_within_the_articles_is_none_of_them(run: Run) -> None:
    site = copied("plain")
    assert run("init", "site/notes/feeds", "--from", "site").status == 0
    listed = (site / "notes/feeds/config/articles.yaml").read_text()
    assert "/feeds/config/**" in listed
    assert "/feeds/seeds/**" in listed


def test_nothing_that_is_there_is_replaced_without_being_told(run: Run) -> None:
    copied("hugo")
    assert run("init", "news", "--from", "site").status == 0
    Path("news/config/site.yaml").write_text("title: Mine\n")
    before = list(snapshot(Path("news")))
    again = run("init", "news", "--from", "site")
    assert again.status == 2
    assert "news/config/site.yaml" in again.err
    assert "nothing was written; --overwrite replaces them" in again.err
    assert list(snapshot(Path("news"))) == before
    assert run("init", "news", "--from", "site", "--overwrite").status == 0
    assert "Notes from the hut" in Path("news/config/site.yaml").read_text()


@pytest.mark.parametrize("is_link", [True, False])
def test_another_folder_of_seeds_stays(run: Run, is_link: bool) -> None:
    copied("hugo")
    Path("news").mkdir()
    Path("other").mkdir()
    if is_link:
        Path("news/seeds").symlink_to("../other")
    else:
        Path("news/seeds").mkdir()
    ran = run("init", "news", "--from", "site")
    assert ran.status == 2
    assert "news/seeds" in ran.err
    assert [path.name for path in Path("news").iterdir()] == ["seeds"]
    replaced = run("init", "news", "--from", "site", "--overwrite")
    assert replaced.status == (0 if is_link else 2)
    assert Path("other").is_dir()


@pytest.mark.parametrize("source", ["nowhere", "file", "loop"])
def test_a_folder_that_cannot_be_read_is_named(run: Run, source: str) -> None:
    Path("file").touch()
    Path("loop").symlink_to("loop")
    ran = run("init", "news", "--from", source)
    assert ran.status == 2
    assert f"{source}: " in ran.err
    assert "--from" in ran.err
    assert "Traceback" not in ran.err
    assert not Path("news").exists()


def test_many_files_of_one_kind_are_one_line(run: Run) -> None:
    Path("site/content/posts").mkdir(parents=True)
    Path("site/hugo.toml").write_text("baseURL = 'https://many.example.net'\n")
    for number in range(1000):
        date = "date: 2024-05-01T00:00:00Z\n" if number % 2 else ""
        text = f"---\ntitle: {number}\n{date}---\nText\n"
        Path(f"site/content/posts/{number}.md").write_text(text)
    ran = run("init", "news", "--from", "site")
    assert "1000 files: 500 become entries, 500 do not" in ran.out
    assert len(ran.out.splitlines()) < 12
    assert len(Path("news/config/articles.yaml").read_text().splitlines()) < 30


@pytest.mark.skipif(not HUGO, reason="hugo is not installed")
@pytest.mark.parametrize("case", ["hugo", "hugo-sections", "hugo-dated-names", "hugo-names"])
def test_hugo_itself_gives_the_same_addresses(run: Run, case: str) -> None:
    assert HUGO
    copied(case)
    listed = subprocess.run(
        [HUGO, "list", "all"], cwd="site", capture_output=True, text=True, check=True
    )
    rows = csv.DictReader(listed.stdout.splitlines())
    theirs = {row["permalink"] for row in rows if row["draft"] == "false"}
    run("init", "news", "--from", "site")
    ours = urls(run, Path("news"))
    assert ours
    assert theirs >= set(ours)


@pytest.mark.skipif(not FOREIGN.is_dir(), reason="no parts of real sites beside this checkout")
@pytest.mark.parametrize("name", ["zola-rustblog", "eleventy-18f", "next-nodejs", "pelican-twir"])
def test_real_sites_without_their_configuration_need_two_lines(run: Run, name: str) -> None:
    expected = json.loads((FOREIGN / "expected.json").read_text())[name].values()
    first = urlsplit(next(iter(expected))["url"])
    run("init", "news", "--from", FOREIGN / name)
    config = Path("news/config/articles.yaml")
    lines = []
    for line in config.read_text().splitlines():
        if line.startswith("# base: "):
            lines.append(f"base: https://{first.netloc}")
        elif line.startswith("# permalink: ") and name == "pelican-twir":
            lines.append("permalink: /blog/:year/:month/:day/:title/")
        else:
            lines.append(line.removeprefix("# ") if line.startswith("# permalink: ") else line)
    config.write_text("\n".join(lines))
    wanted = sorted(article["url"] for article in expected)
    assert urls(run, Path("news")) == wanted
