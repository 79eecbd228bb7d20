"""Replacements for parts of uvicorn: the fast path, limits for clients, the access log.

Only this package depends on uvicorn's internals. pyproject.toml names the releases that the tests
have run with. With any release, the fast path has to pass a trial before it serves. If it fails,
everything takes the ASGI path, with a protocol that only has the limits; if that fails too, with
uvicorn's own.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Final, NamedTuple

FAST_PATH: Final = "feeds.server.protocol.fast_path:FastPathProtocol"
ASGI_PATH: Final = "feeds.server.protocol.bounds:BoundedProtocol"
WITHOUT_BOUNDS: Final = "httptools"


class ServingProtocol(NamedTuple):
    """The protocol that serves: uvicorn's `http` setting, and why the fast path is off.

    `reason` is empty where the fast path is on.
    """

    http: str
    reason: str = ""

    @property
    def is_fast(self) -> bool:
        """Whether the fast path is on."""
        return not self.reason


def choose(fast_path: str = FAST_PATH, asgi_path: str = ASGI_PATH) -> ServingProtocol:
    """Return the protocol to serve with, after a trial of the fast path in memory.

    The arguments name classes, as `module:name`. Takes some milliseconds; must not be
    called in a running event loop.
    """
    reason = _misfit(fast_path, is_fast=True)
    if not reason:
        return ServingProtocol(fast_path)
    reason = f"it does not fit uvicorn {version('uvicorn')}: {reason}"
    misfit = _misfit(asgi_path, is_fast=False)
    if not misfit:
        return ServingProtocol(asgi_path, reason)
    return ServingProtocol(WITHOUT_BOUNDS, f"{reason}; nor do the bounds for clients: {misfit}")


def _misfit(protocol: str, *, is_fast: bool) -> str:
    """Return what goes wrong in a trial of a protocol, empty if nothing does."""
    module, _, name = protocol.partition(":")
    try:
        trial = import_module("feeds.server.protocol.trial")
        trial.try_out(getattr(import_module(module), name), is_fast=is_fast)
    except Exception as error:  # noqa: BLE001 - whatever it is, another protocol serves
        return f"{type(error).__name__}: {error}"
    return ""
