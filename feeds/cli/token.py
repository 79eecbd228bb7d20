"""`feeds token`: the tokens of private feed sets."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from feeds.catalog.database import FILE
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_HOST,
    DEFAULT_PORT,
    ConfigFolder,
    Data,
    Host,
    Port,
    configuration,
)
from feeds.cli.terminal import say
from feeds.errors import FeedsError
from feeds.server.tokens import Tokens
from feeds.util.suggest import suggest
from feeds.util.text import many, one_line

app = typer.Typer(help="Make, list and revoke the tokens of private feed sets.")

Set = Annotated[str, typer.Argument(help="The name of a private feed set")]


@app.command()
def create(
    set: Set,
    note: Annotated[
        str,
        typer.Option("--note", envvar="FEEDS_NOTE", help="Who or what the token is for."),
    ] = "",
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
) -> None:
    """Make a token and print it.

    Only its hash is stored, so it cannot be shown again. Readers send it as ?token=, as the
    password of HTTP Basic, or as a Bearer token.
    """
    settings = configuration(config, host, port)
    feed_set = settings.sets.get(set)
    if feed_set is None:
        close = suggest(set, settings.sets)
        near = f"; perhaps you meant {close[0]}" if close else ""
        raise FeedsError(f"{config / 'sets.yaml'} has no feed set {set}{near}")
    if not feed_set.private:
        raise FeedsError(
            f"{set}: is public, so it needs no token; write private: true to change that"
        )
    secret, token = Tokens(data).create(set, one_line(note), datetime.now(UTC))
    say(f"Token {token.id} of {set}. It is shown only this once:")
    print(secret)
    say(f"A feed's address with it: {settings.site.base_url}/sets/{set}.rss?token={secret}")
    if not (data / FILE).is_file():
        problem = "has no catalog, so no server reads tokens here yet"
        say(f"warning: {data}: {problem}; if the server has another --data, give it here too")


@app.command("list")
def list_tokens(
    set: Annotated[
        str, typer.Argument(help="A feed set. Without it, the tokens of all sets are listed")
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """List tokens, without what is secret.

    Prints id, set, time of creation and note, separated by tabs.
    """
    for token in Tokens(data).all():
        if set in ("", token.set):
            print(token.id, token.set, token.created, token.note or "-", sep="\t")


@app.command()
def revoke(
    set: Set,
    id: Annotated[str, typer.Argument(help="The id of a token, as feeds token list shows it")] = "",
    every: Annotated[
        bool, typer.Option("--all", envvar="FEEDS_ALL", help="Revoke every token of the set.")
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Revoke a token, so that it no longer opens the set."""
    tokens = Tokens(data)
    ids = [token.id for token in tokens.all() if token.set == set]
    if not ids:
        raise FeedsError(f"{set}: has no tokens; feeds token list shows those of all sets")
    if not every and id not in ids:
        problem = f"{set}: has no token {id}; " if id else f"{set}: "
        raise FeedsError(f"{problem}name one of them ({', '.join(ids)}), or give --all")
    count = tokens.revoke(set, None if every else id)
    say(f"{many(count, 'token')} of {set} revoked")
