"""Who may read a private feed set: whoever has one of its tokens."""

import base64
from typing import Final

from starlette.requests import Request

from feeds.errors import TokenNeeded
from feeds.server.responses import service_of
from feeds.server.tokens import digest

_NEEDED: Final = "This feed is private: it takes a token."


def require(request: Request, set: str) -> bool:
    """Whether a set is private; then raises TokenNeeded unless the request has a token of it."""
    service = service_of(request)
    configured = service.config.sets.get(set)
    if configured is None or not configured.private:
        return False
    token = token_of(request)
    if not token:
        raise TokenNeeded(_NEEDED)
    if not service.tokens.opens(set, token):
        raise TokenNeeded("This feed is private, and the token does not open it.")
    return True


def hold(private: bool, opened: bool) -> None:
    """Raise TokenNeeded for what has become private since `require` looked at a request."""
    if private and not opened:
        raise TokenNeeded(_NEEDED)


def opened(request: Request) -> tuple[str, ...]:
    """The private sets that a request has a token of, for lists."""
    service = service_of(request)
    token = token_of(request)
    if not token:
        return ()
    names = service.tokens.opened_by(token)
    return tuple(
        one.name for one in service.config.sets.values() if one.private and one.name in names
    )


def in_address(request: Request) -> str:
    """The token that a request has in its address: the addresses in what it is answered
    with have it too, so that what is copied from there opens."""
    return request.query_params.get("token", "")


def kept_apart(address: str, whose: str, token: str) -> str:
    """Under what a document is kept that is not for all: targets begin with a slash, so
    nobody can ask for it by this.

    With a token that is in it, it is that token's own; a key is no place for a secret.
    """
    return f"{whose} {digest(token) if token else ''} {address}"


def token_of(request: Request) -> str:
    """The token of a request: `?token=`, a Bearer token, or the password of HTTP Basic."""
    token = in_address(request)
    if token:
        return token
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip()
        case "basic":
            return _password(given.strip())
    return ""


def _password(given: str) -> str:
    """The password of Basic credentials, whatever the name before it: RFC 7617."""
    try:
        decoded = base64.b64decode(given, validate=True).decode()
    except ValueError:  # no base64, or no UTF-8 in it
        return ""
    return decoded.partition(":")[2]
