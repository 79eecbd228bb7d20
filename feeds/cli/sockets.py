"""Listening sockets, opened by the supervisor and shared by its serving processes.

So `--port 0` gives all of them the same free port, a restarted process listens where the others do,
and a client that connects while they start has to wait instead of being refused.
"""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from feeds.errors import FeedsError

_BACKLOG: Final = 2048  # connections that wait to be accepted, as uvicorn has it


@contextmanager
def listening(host: str, port: int, uds: Path | None) -> Iterator[list[socket.socket]]:
    """Yield sockets that listen at a Unix socket, or at each address of a host.

    Port 0 takes a free port. Raises FeedsError, with a hint, if that cannot be done.
    """
    with ExitStack() as stack:
        if uds is not None:
            yield [stack.enter_context(_unix(uds))]
        else:
            yield [stack.enter_context(listener) for listener in _tcp(host, port)]


def port_of(listener: socket.socket) -> int:
    """Return the port of a TCP socket."""
    return int(listener.getsockname()[1])


def is_unspecified(listener: socket.socket) -> bool:
    """Return whether a TCP socket listens at all addresses of the machine: none of a name."""
    return ip_address(listener.getsockname()[0]).is_unspecified


def _tcp(host: str, port: int) -> list[socket.socket]:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    listeners: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            listener = socket.socket(family, kind, protocol)
            listeners.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # as asyncio does: not for IPv4 as well
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # All addresses have the port that the first one was given.
            listener.bind((address[0], port_of(listeners[0]) or port, *address[2:]))
            listener.listen(_BACKLOG)
    except OSError as error:
        for listener in listeners:
            listener.close()
        hint = "choose another address with --host and --port"
        raise FeedsError(f"{place}: cannot listen there: {error.strerror}; {hint}") from None
    return listeners


@contextmanager
def _unix(path: Path) -> Iterator[socket.socket]:
    """Yield a listening Unix socket; its file is removed at the end.

    A file that a killed server has left behind is replaced, and its permissions are kept.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            mode = 0o666
            if path.is_socket():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.unlink()
            listener.bind(os.fspath(path))
            path.chmod(mode)
            listener.listen(_BACKLOG)
        except OSError as error:
            message = f"cannot listen there: {error.strerror or error}"
            raise FeedsError(f"{path}: {message}; choose another path with --uds") from None
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)
