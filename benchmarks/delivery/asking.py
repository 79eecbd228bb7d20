"""A small HTTP client: what came back, byte for byte."""

import gzip
import socket
from dataclasses import dataclass
from typing import Final

import brotli
import zstandard

_ROOM: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    head: bytes
    headers: dict[str, str]
    body: bytes

    @property
    def size(self) -> int:
        """Bytes of head and body."""
        return len(self.head) + len(self.body)

    @property
    def etag(self) -> str:
        """Its entity tag."""
        return self.headers.get("etag", "")

    def decoded(self) -> bytes:
        """The body without its content coding."""
        match self.headers.get("content-encoding"):
            case "gzip":
                return gzip.decompress(self.body)
            case "br":
                plain: bytes = brotli.decompress(self.body)
                return plain
            case "zstd":
                return zstandard.ZstdDecompressor().decompress(self.body, max_output_size=1 << 28)
            case _:
                return self.body


class Connection:
    """One kept connection to a server of this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send a request."""
        self._socket.sendall(data)

    def wait(self) -> None:
        """Until the first of an answer is there."""
        self._left += self._more()

    def receive(self) -> Reply:
        """The answer to the oldest request that has none yet."""
        data = self._left
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[: end + 4]
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        headers = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if status == 304 else int(headers.get("content-length", "0"))
        body = data[end + 4 :]
        while len(body) < length:
            body += self._more()
        self._left = body[length:]
        return Reply(status, head, headers, body[:length])

    def _more(self) -> bytes:
        data = self._socket.recv(_ROOM)
        if not data:
            raise ConnectionError("the server hung up within an answer")
        return data


def request(target: str, *headers: tuple[str, str]) -> bytes:
    """A GET request."""
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def get(port: int, target: str, *headers: tuple[str, str]) -> Reply:
    """One answer, on a connection of its own."""
    connection = Connection(port)
    try:
        connection.send(request(target, *headers))
        return connection.receive()
    finally:
        connection.close()
