"""Which files are articles, and what cannot be looked at."""

import os
from pathlib import Path

import pytest

from feeds.article_settings import ArticleSettings
from feeds.errors import SeedsUnreadable
from feeds.ingest.scanner import (
    LEADS_OUT,
    PathFilter,
    Scan,
    ScannedFile,
    Unreadable,
    folder_id,
    look_at,
    named_others,
    scan,
    stat_signature,
)


def touch(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root


def paths(root: Path) -> list[str]:
    return sorted(one.path for one in scan(root))


def test_articles_are_files_with_a_known_suffix_in_folders_that_are_not_hidden(
    tmp_path: Path,
) -> None:
    touch(tmp_path, "a.md", "b.JSON", "c.rst", ".d.md", "e/f.txt", "e/.g/h.md", "e/i/j.yaml", "k")
    assert paths(tmp_path) == ["a.md", "b.JSON", "e/f.txt", "e/i/j.yaml"]


def test_files_of_other_kinds_are_counted_by_suffix(tmp_path: Path) -> None:
    touch(
        tmp_path, "a.md", "b.PNG", "c/d.png", "c/e.rst", "LICENSE", "f.what a name", ".g.png", "h."
    )
    looked = scan(tmp_path)
    assert [file.path for file in looked] == ["a.md"]
    assert looked.others == {".png": 2, ".rst": 1, "": 3}
    assert named_others(looked.others) == "6 more of other kinds (1 .rst, 2 .png, 3 others)"


def test_only_files_that_are_not_left_out_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, "posts/a.md", "posts/b.png", "posts/drafts/c.png", "themes/d.js")
    settings = ArticleSettings(include=("posts/**/*.md",), exclude=("posts/drafts/**",))
    looked = scan(tmp_path, PathFilter(settings))
    assert [file.path for file in looked] == ["posts/a.md"]
    assert looked.others == {".png": 1}


def test_at_most_four_other_kinds_are_named(tmp_path: Path) -> None:
    assert named_others({}) == ""
    kinds = {".a": 1, ".b": 2, ".c": 3, ".d": 4, ".org": 1}
    assert named_others(kinds) == "11 more of other kinds (1 .org, 4 .d, 3 .c, 2 .b, 1 other)"


@pytest.mark.parametrize("name", ["nowhere", "a.md"])
def test_what_is_not_a_folder_is_an_error_that_says_what_to_do(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "a.md")
    with pytest.raises(SeedsUnreadable, match="name the folder of articles with --seeds"):
        scan(tmp_path / name)


def test_links_to_files_and_folders_are_followed_if_that_is_asked_for(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.md", "sub/b.md")
    seeds = touch(tmp_path / "seeds", "c.md")
    (seeds / "linked").symlink_to(tmp_path / "elsewhere")
    (seeds / "d.md").symlink_to(tmp_path / "elsewhere" / "a.md")
    (seeds / "broken.md").symlink_to(tmp_path / "nowhere.md")
    asked = scan(seeds, follow_links=True)
    assert sorted(file.path for file in asked) == ["c.md", "d.md", "linked/a.md", "linked/sub/b.md"]
    assert asked.unreadable == []


def test_links_that_lead_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.md", "sub/b.md")
    touch(tmp_path / "seeds2", "e.md")  # a name that begins alike
    seeds = touch(tmp_path / "seeds", "c.md", ".hidden/f.md")
    (seeds / "d.md").symlink_to(tmp_path / "elsewhere" / "a.md")
    (seeds / "picture.png").symlink_to(tmp_path / "elsewhere" / "a.md")
    (seeds / "broken.md").symlink_to(tmp_path / "nowhere.md")
    (seeds / "linked").symlink_to(tmp_path / "elsewhere")
    (seeds / "all").symlink_to("/")
    (seeds / "alike").symlink_to("../seeds2")
    (seeds / "within").symlink_to(seeds / ".hidden")
    (seeds / ".hidden" / "again").symlink_to("../linked/sub")
    (seeds / "c2.md").symlink_to("c.md")
    refused = [Unreadable(path, LEADS_OUT) for path in ("alike", "all", "d.md", "linked")]
    (tmp_path / "current").symlink_to("seeds")
    for folder in (seeds, tmp_path / "current"):
        looked = scan(folder)
        assert sorted(file.path for file in looked) == ["c.md", "c2.md", "within/f.md"]
        assert sorted(looked.unreadable) == [*refused, Unreadable("within/again", LEADS_OUT)]
        assert look_at(folder, "linked/sub/b.md") == Unreadable("linked", LEADS_OUT)
        assert look_at(folder, "within/again") == Unreadable("within/again", LEADS_OUT)
        assert look_at(folder, "d.md") == Unreadable("d.md", LEADS_OUT)
        assert look_at(folder, "picture.png") is None
        assert isinstance(look_at(folder, "c2.md"), ScannedFile)
        assert isinstance(look_at(folder, "within"), Scan)


def test_a_folder_is_entered_once_and_by_its_own_path_rather_than_by_a_link(
    tmp_path: Path,
) -> None:
    touch(tmp_path, "z/a.md", "z/y/b.md")
    (tmp_path / "a").symlink_to("z")
    (tmp_path / "b").symlink_to("z/y")
    (tmp_path / "z" / "y" / "up").symlink_to(tmp_path)
    assert paths(tmp_path) == ["z/a.md", "z/y/b.md"]
    looked = scan(tmp_path)
    assert (len(list(looked)), looked.links, looked.unreadable) == (2, [], [])


def test_of_two_links_to_one_folder_the_first_by_name_is_entered(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.md")
    for name in ("two", "one"):
        (tmp_path / "seeds").mkdir(exist_ok=True)
        (tmp_path / "seeds" / name).symlink_to(tmp_path / "elsewhere")
    looked = scan(tmp_path / "seeds", follow_links=True)
    assert [one.path for one in looked] == ["one/a.md"]
    assert looked.links == [("one", str(tmp_path / "elsewhere"))]


def test_what_cannot_be_looked_at_is_not_taken_for_gone(tmp_path: Path) -> None:
    """A link to itself stands for it: permissions are no obstacle to root."""
    touch(tmp_path, "a.md")
    (tmp_path / "sub").symlink_to("sub")
    looked = scan(tmp_path)
    assert [one.path for one in looked] == ["a.md"]
    assert looked.unreadable == [Unreadable("sub", "Too many levels of symbolic links")]
    assert look_at(tmp_path, "sub/b.md") == Unreadable(
        "sub/b.md", "Too many levels of symbolic links"
    )
    assert look_at(tmp_path, "b.md") is None
    assert look_at(tmp_path, "a.md/b.md") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions are no obstacle to root")
def test_a_folder_without_permission_is_not_taken_for_empty(tmp_path: Path) -> None:
    touch(tmp_path, "a.md", "sub/b.md")
    (tmp_path / "sub").chmod(0)
    looked = scan(tmp_path)
    assert [one.path for one in looked] == ["a.md"]
    assert looked.unreadable == [Unreadable("sub", "Permission denied")]
    (tmp_path / "sub").chmod(0o700)


def test_a_name_that_is_no_text_is_skipped_and_reported(tmp_path: Path) -> None:
    touch(tmp_path, "ä.md")
    for name in (b"\xff.md", b"\xfe"):
        path = os.fsencode(tmp_path) + b"/" + name
        os.mkdir(path) if name == b"\xfe" else open(path, "w").close()
    looked = scan(tmp_path)
    assert [one.path for one in looked] == ["ä.md"]
    assert sorted(looked.unreadable) == [
        Unreadable("\udcfe", "has a name that is not UTF-8"),
        Unreadable("\udcff.md", "has a name that is not UTF-8"),
    ]


def test_what_is_at_a_path_is_a_file_or_a_folder_or_nothing(tmp_path: Path) -> None:
    touch(tmp_path, "a.md", "sub/b.md", "c.rst")
    assert isinstance(look_at(tmp_path, "a.md"), ScannedFile)
    assert isinstance(below := look_at(tmp_path, "sub"), Scan)
    assert [one.path for one in below] == ["sub/b.md"]
    assert look_at(tmp_path, "c.rst") is None


def test_a_signature_differs_once_a_file_may_have_changed(tmp_path: Path) -> None:
    touch(tmp_path, "a.md", "b.md")

    def signatures() -> list[int]:
        return [one.signature for one in sorted(scan(tmp_path))]

    before = signatures()
    assert signatures() == before
    status = (tmp_path / "a.md").stat()
    # Another file of the same size in its place, with the same time of change.
    os.utime(tmp_path / "b.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    (tmp_path / "b.md").rename(tmp_path / "a.md")
    assert signatures()[0] != before[0]


def test_a_signature_is_the_same_on_every_machine() -> None:
    times = {"st_mtime_ns": 1_600_000_000_123_456_789, "st_ctime_ns": 1_600_000_100_000_000_000}
    status = os.stat_result((0,) * 6 + (4321, 0, 0, 0), times)
    assert stat_signature(status) == 9_189_202_804_705_761_008


def test_a_folder_built_in_the_place_of_another_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = folder_id(tmp_path / "a")
    (tmp_path / "a").rmdir()
    assert folder_id(tmp_path / "a") is None
    (tmp_path / "b").rename(tmp_path / "a")
    assert folder_id(tmp_path / "a") not in (None, before)
