"""A folder of made-up articles: `python -m benchmarks.generate DIR --articles 5000 --seed 1`.

Files are made one by one, so a million entries (77,000 articles, of 13 entries
on average) take no more memory than one.
"""

import argparse
import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from benchmarks.articles import PROVIDERS, TOPICS, USUAL, Article, Picture, Story, World, article


class Written(NamedTuple):
    """What a folder was filled with.

    `entries` counts an address as often as it is named; `digest` of all bytes
    tells whether two machines made the same articles.
    """

    files: int
    entries: int
    bytes: int
    digest: str


def articles(count: int, seed: int, world: World = USUAL) -> Iterator[Article]:
    """The first articles of a seed."""
    return (article(seed, number, world) for number in range(count))


def write(folder: Path, made: Iterable[Article]) -> Written:
    """Write articles as files into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    files = entries = size = 0
    digest = blake2b(digest_size=8)
    for one in made:
        data = document(one)
        digest.update(data)
        with open(os.path.join(folder, one.name), "wb") as file:
            file.write(data)
        files, entries, size = files + 1, entries + 1 + len(one.related), size + len(data)
    return Written(files, entries, size, digest.hexdigest())


def document(one: Article) -> bytes:
    """An article as its file has it, field by field in the order of the seed."""
    story = one.story
    lines = [
        "---",
        "category: news",
        *_story(story, newer=one.newer),
        f"type: {'video' if one.embed else 'article'}",
        f"quality: {story.quality}",
        f"heat: {one.heat}",
        f"published: {'true' if one.public else 'false'}",
        *([f"featuredContent: {_quoted(_frame(one.embed))}"] if one.embed else []),
        "",
        *_provider(story, newer=one.newer),
        "",
        "topics:",
        *(f"  - {topic}" for topic in one.topics),
        "",
        *_images(story.picture, newer=one.newer),
        "",
    ]
    if one.related:
        lines.append("related:")
        for other in one.related:
            lines += _item(_related(other, newer=one.newer), "  ")
        lines.append("")
    lines += [f'secured: "{one.secured}"', "---", "", ""]
    return ("\r\n" if one.crlf else "\n").join(lines).encode()


def _story(story: Story, *, newer: bool) -> list[str]:
    lines = [
        f"title: {_quoted(story.title)}",
        f"excerpt: {_quoted(story.excerpt)}",
        f"publishedDateTime: {story.published:%Y-%m-%dT%H:%M:%SZ}",
    ]
    if newer:
        lines += [f'originalUrl: "{story.url}"', f'webUrl: "{story.url}"']
        if story.amp_url:
            lines += [f'ampWebUrl: "{story.amp_url}"', f'cdnAmpWebUrl: "{story.amp_cache_url}"']
    else:
        lines.append(f"sourceUrl: {story.url}")
        if story.amp_url:
            lines += [f"ampUrl: {story.amp_url}", f"cdnAmpUrl: {story.amp_cache_url}"]
    return lines


def _related(story: Story, *, newer: bool) -> list[str]:
    return [
        *_story(story, newer=newer),
        "type: article",
        *_provider(story, newer=newer),
        f"quality: {story.quality}",
        *_images(story.picture, newer=newer),
    ]


def _provider(story: Story, *, newer: bool) -> list[str]:
    lines = ["provider:", f"  name: {story.provider}", f"  domain: {story.domain}"]
    if newer:
        icon = Picture(f"https://icons.example/organizations/{story.domain}-50x50.jpg", 50, 50)
        lines += [f"  {line}" for line in _images(icon, newer=False)]
    return lines


def _images(picture: Picture | None, *, newer: bool) -> list[str]:
    if picture is None:
        return []
    fields = [
        f'url: "{picture.url}"' if newer else f"url: {picture.url}",
        f"width: {picture.width}",
        f"height: {picture.height}",
        *([f"title: {_quoted(picture.title)}"] if picture.title else []),
        *(["isCached: true"] if newer else []),
    ]
    return ["images:", *_item(fields, "  ")]


def _item(fields: list[str], indent: str) -> Iterator[str]:
    """Fields as one item of a list."""
    lead = f"{indent}- "
    for field in fields:
        yield lead + field
        lead = f"{indent}  "


def _frame(address: str) -> str:
    return f'<iframe width="800" height="500" src="{address}" allowfullscreen></iframe>'


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.generate", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--providers", type=int, default=len(PROVIDERS), help="up to 33,600")
    parser.add_argument("--topics", type=int, default=len(TOPICS), help="up to 6,195")
    wanted = parser.parse_args()
    world = World(wanted.providers, wanted.topics)
    written = write(wanted.folder, articles(wanted.articles, wanted.seed, world))
    print(
        f"{written.files} files, {written.entries} entries, {written.bytes / 1e6:.1f} MB, "
        f"digest {written.digest}"
    )


if __name__ == "__main__":
    main()
