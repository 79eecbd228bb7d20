"""What replaces parts of uvicorn: the fast path, its timeouts, the access log.

Nothing else knows uvicorn's insides. pyproject.toml names the releases that the tests have
run with. Others are told by what they can do: the fast path has to pass a trial before it
serves, and where it does not, uvicorn's own protocol serves everything by the ASGI path.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Final, NamedTuple

FAST_PATH: Final = "feeds.server.protocol.fast_path:FastPathProtocol"
ASGI_PATH: Final = "httptools"


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


def choose(fast_path: str = FAST_PATH) -> ServingProtocol:
    """Return the protocol to serve with, after a trial of the fast path in memory.

    `fast_path` names the class, as `module:name`. Takes some milliseconds; must not be
    called in a running event loop.
    """
    module, _, name = fast_path.partition(":")
    try:
        import_module("feeds.server.protocol.trial").try_out(getattr(import_module(module), name))
    except Exception as error:  # noqa: BLE001 - whatever it is, the ASGI path serves
        reason = f"{type(error).__name__}: {error}"
        return ServingProtocol(ASGI_PATH, f"it does not fit uvicorn {version('uvicorn')}: {reason}")
    return ServingProtocol(fast_path)
