"""The tokens of private feed sets, in a file of the data folder.

A token is a random secret, shown once when it is made; what is kept is its
digest, which is of no use to whoever finds it. The secret is random throughout,
so a plain SHA-256 is enough: there is nothing to guess. The file is not part of
the catalog, which can be deleted and built anew; tokens cannot.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from feeds.errors import FeedsError

FILE: Final = "tokens.json"
_LOCK: Final = "tokens.lock"
PREFIX: Final = "feeds_"  # lets scanners for leaked secrets know one
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept. `created` is in UTC, as RFC 3339 has it."""

    id: str
    set: str
    created: str
    note: str
    digest: str


class Tokens:
    """The tokens of a data folder: made by commands, checked by serving processes."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._seen: tuple[int, int, int] | None = None
        self._kept: tuple[Token, ...] = ()

    def create(self, set: str, note: str, now: datetime) -> tuple[str, Token]:
        """A new token of a set: the secret, which nobody can show again, and what is kept."""
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        token = Token(
            secrets.token_hex(4), set, now.isoformat(timespec="seconds"), note, digest(secret)
        )
        with self._changing():
            self._write((*self.all(), token))
        return secret, token

    def revoke(self, set: str, id: str | None) -> int:
        """Take back one token of a set, or all; gives how many those were."""
        with self._changing():
            before = self.all()
            kept = tuple(
                one for one in before if one.set != set or (id is not None and one.id != id)
            )
            if len(kept) < len(before):
                self._write(kept)
        return len(before) - len(kept)

    def all(self) -> tuple[Token, ...]:
        """Every token; read again if the file is another than before."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._kept = None, ()
            return ()
        except OSError as error:
            raise FeedsError(f"{self._path}: {error.strerror}") from None
        seen = status.st_ino, status.st_mtime_ns, status.st_size
        if seen != self._seen:
            self._kept, self._seen = self._read(), seen
        return self._kept

    def opens(self, set: str, secret: str) -> bool:
        """Whether a secret is a token of a set."""
        return set in self.opened_by(secret)

    def opened_by(self, secret: str) -> frozenset[str]:
        """The sets that a secret is a token of. Takes as long whichever it is, or none."""
        wanted = digest(secret)
        same = [(hmac.compare_digest(one.digest, wanted), one.set) for one in self.all()]
        return frozenset(set for is_same, set in same if is_same)

    def _read(self) -> tuple[Token, ...]:
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))
            return tuple(map(_token, rows))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise FeedsError(
                f"{self._path}: cannot be read ({error}); "
                "restore it, or delete it and make new tokens"
            ) from None

    def _write(self, tokens: tuple[Token, ...]) -> None:
        """Replace the file as a whole: whoever reads it finds the old one or the new one."""
        rows = json.dumps([asdict(token) for token in tokens], indent=1)
        beside = self._path.with_suffix(".new")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(rows + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change at a time."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(
                self._path.with_name(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            raise FeedsError(
                f"{self._path.parent}: {error.strerror}; choose a folder with --data"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        except OSError as error:
            raise FeedsError(f"{self._path}: {error.strerror}") from None
        finally:
            os.close(lock)


def _token(row: dict[str, str]) -> Token:
    token = Token(**row)
    if not all(isinstance(value, str) for value in row.values()) or not token.digest.isascii():
        raise ValueError("what is in it are no tokens")
    return token


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
