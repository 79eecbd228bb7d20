"""The commands, one module each.

A command is imported only when it is run: importing all of them, with the server, the renderers and
the pages, takes longer than scanning a folder in which nothing has changed.
"""

# ruff: noqa: PLC0415

from collections.abc import Callable
from typing import Final

import typer

from feeds import __version__

COMMANDS: Final = ("serve", "ingest", "check", "list", "show", "explain", "init", "token")


def program(name: str = "") -> typer.Typer:
    """Return the command line with the named command, or with all if there is none of that name.

    `--version` needs none.
    """
    app = typer.Typer(
        help=root.__doc__,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(root)
    names = (name,) if name in COMMANDS else () if name == "--version" else COMMANDS
    for name in names:
        command = _command(name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, no_args_is_help=True)
        else:
            app.command(name)(command)
    return app


def root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and exit.", is_eager=True
    ),
) -> None:
    """Serve a folder of news articles as RSS, Atom and JSON feeds."""
    if version:
        print(__version__)
        raise typer.Exit


def _command(name: str) -> Callable[..., None] | typer.Typer:
    match name:
        case "serve":
            from feeds.cli import serve

            return serve.serve
        case "ingest":
            from feeds.cli import ingest

            return ingest.ingest
        case "check":
            from feeds.cli import check

            return check.check
        case "list":
            from feeds.cli import list as listing

            return listing.list_feeds
        case "show":
            from feeds.cli import show

            return show.show
        case "explain":
            from feeds.cli import explain

            return explain.explain
        case "init":
            from feeds.cli import init

            return init.init
        case _:
            from feeds.cli import token

            return token.app
