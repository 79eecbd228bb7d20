"""The one answer that all servers give: taken from ours, handed on as a file."""

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.delivery.asking import Reply

# Set by each server itself.
_OWN = ("date", "server", "connection", "content-length")
_OF_BODY = ("content-type", "content-encoding", "link", "cache-tag")


@dataclass(frozen=True, slots=True)
class Served:
    """A body with its headers."""

    target: str
    etag: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, target: str, reply: Reply) -> "Served":
        """What another server needs to give the same answer."""
        headers = tuple((n, v) for n, v in reply.headers.items() if n not in _OWN)
        return cls(target, reply.etag, headers, reply.body)

    @classmethod
    def read(cls, path: Path) -> "Served":
        """What `write` wrote."""
        found = json.loads(path.read_text())
        headers = tuple((name, value) for name, value in found["headers"])
        return cls(found["target"], found["etag"], headers, base64.b64decode(found["body"]))

    def write(self, path: Path) -> None:
        """To a file; in the Go server []byte is base64 as well."""
        path.write_text(json.dumps(asdict(self) | {"body": base64.b64encode(self.body).decode()}))

    def full_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of the 200."""
        return (*self.headers, ("content-length", str(len(self.body))))

    def same_headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of the 304."""
        return tuple((name, value) for name, value in self.headers if name not in _OF_BODY)
