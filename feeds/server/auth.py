"""Check the tokens that open private feed sets."""

import base64
from typing import Final

from starlette.requests import Request

from feeds.errors import TokenNeeded
from feeds.locale import Message
from feeds.server.state import service_of
from feeds.server.tokens import digest

_HOW: Final = Message(
    "Write the token at the end of the address, as ?token=…, or send it in the header "
    "Authorization: as a Bearer token, or as the password of Basic authentication."
)
_NEEDED: Final = Message("This feed is private and opens with a token. %(how)s", how=_HOW)
_WRONG: Final = Message("This feed is private, and the token does not open it. %(how)s", how=_HOW)


def require_token(request: Request, set: str) -> bool:
    """Return whether a set is private; raise TokenNeeded if so and the request has no token."""
    service = service_of(request)
    configured = service.config.sets.get(set)
    if configured is None or not configured.private:
        return False
    token = token_of(request)
    if not token:
        raise TokenNeeded(_NEEDED)
    if not service.tokens.opens(set, token):
        raise TokenNeeded(_WRONG)
    return True


def check_still_public(private: bool, opened: bool) -> None:
    """Raise TokenNeeded for a set that became private after `require_token` had returned.

    `private` is the present value in the configuration, `opened` the value that `require_token`
    returned.
    """
    if private and not opened:
        raise TokenNeeded(_NEEDED)


def opened_sets(request: Request) -> tuple[str, ...]:
    """Return the names of the private sets that the token of a request opens."""
    service = service_of(request)
    token = token_of(request)
    if not token:
        return ()
    opened = service.tokens.opened_by(token)
    sets = service.config.sets.values()
    return tuple(set.name for set in sets if set.private and set.name in opened)


def token_in_address(request: Request) -> str:
    """Return the token in the address of a request.

    The addresses in its response contain it too, so that people can copy them.
    """
    return request.query_params.get("token", "").strip()  # copied with spaces around it


def private_key(address: str, whose: str, token: str) -> str:
    """Return the cache key of a private document.

    Request targets begin with a slash and this does not, so no request can name it. A document that
    contains a token has a key for this token; the key itself contains no secret.
    """
    return f"{whose} {digest(token) if token else ''} {address}"


def token_of(request: Request) -> str:
    """Return the token of a request: `?token=`, a Bearer token, or the password of Basic."""
    token = token_in_address(request)
    if token:
        return token
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            return _password(credentials.strip())
    return ""


def _password(credentials: str) -> str:
    """Return the password of Basic credentials, whatever the name before it: RFC 7617."""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except ValueError:  # not base64, or not UTF-8
        return ""
    return decoded.partition(":")[2]
