"""The commands, one module each."""

import typer

from feeds import __version__
from feeds.cli import check, explain, ingest, init, listing, serve, show, token

app = typer.Typer(
    help="A folder of news articles, served as RSS, Atom and JSON feeds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("ingest")(ingest.ingest)
app.command("check")(check.check)
app.command("list")(listing.list_feeds)
app.command("show")(show.show)
app.command("explain")(explain.explain)
app.command("init")(init.init)
app.add_typer(token.app, name="token", no_args_is_help=True)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True),
) -> None:
    """A folder of news articles, served as RSS, Atom and JSON feeds."""
    if version:
        print(__version__)
        raise typer.Exit
