"""`feeds init`: a new publishing folder that can be served at once."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Final

import typer

from feeds.cli.options import say
from feeds.config import json_schema
from feeds.errors import FeedsError

_SCHEMAS: Final = Path("config", ".schema")


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make", metavar="DIR")],
) -> None:
    """Make a folder with a commented configuration, one sample article and a README.

    The folder must be new or empty: existing files are never changed.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FeedsError(f"{folder}: is there already; name a new or an empty folder")
        with as_file(files("feeds.cli") / "starter") as starter:
            shutil.copytree(starter, folder, dirs_exist_ok=True)
        _add_schemas(folder / _SCHEMAS)
    except OSError as error:
        raise FeedsError(f"{error.filename or folder}: {error.strerror}") from None
    say(f"{folder} is ready: cd {folder} && feeds serve")


def _add_schemas(folder: Path) -> None:
    """Write the JSON Schemas, by which editors complete and check YAML."""
    folder.mkdir(parents=True)
    for name in json_schema.NAMES:
        body, _ = json_schema.published(name)
        (folder / f"{name}.json").write_bytes(body)
