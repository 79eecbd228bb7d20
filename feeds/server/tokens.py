"""The tokens of private feed sets, in a file of the data folder.

A token is a random secret, shown once when it is made; only its digest is stored, which
is useless to anyone who finds it. The secret is random throughout, so a plain SHA-256 is
enough: there is nothing to guess. The file is not part of the catalog, which can be
deleted and rebuilt; tokens cannot.
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
    """A token as it is stored. `created` is in UTC, in the form of RFC 3339."""

    id: str
    set: str
    created: str
    note: str
    digest: str


class Tokens:
    """The tokens of a data folder: made by commands, checked by serving processes."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE
        self._signature: tuple[int, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def create(self, set: str, note: str, now: datetime) -> tuple[str, Token]:
        """Make a token of a set; return the secret, which nobody can show again, and the token."""
        secret = PREFIX + secrets.token_urlsafe(_BYTES)
        token = Token(
            secrets.token_hex(4), set, now.isoformat(timespec="seconds"), note, digest(secret)
        )
        with self._locked():
            self._write((*self.all(), token))
        return secret, token

    def revoke(self, set: str, id: str | None) -> int:
        """Revoke one token of a set, without `id` all; return how many those were."""
        with self._locked():
            before = self.all()
            left = tuple(
                token for token in before if token.set != set or (id is not None and token.id != id)
            )
            if len(left) < len(before):
                self._write(left)
        return len(before) - len(left)

    def all(self) -> tuple[Token, ...]:
        """Return every token; the file is read again if it has changed."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._signature, self._tokens = None, ()
            return ()
        except OSError as error:
            raise FeedsError(f"{self._path}: {error.strerror}") from None
        signature = status.st_ino, status.st_mtime_ns, status.st_size
        if signature != self._signature:
            self._tokens, self._signature = self._read(), signature
        return self._tokens

    def opens(self, set: str, secret: str) -> bool:
        """Return whether a secret is a token of a set."""
        return set in self.opened_by(secret)

    def opened_by(self, secret: str) -> frozenset[str]:
        """Return the sets that a secret is a token of, in the same time for every secret."""
        expected = digest(secret)
        compared = [
            (hmac.compare_digest(token.digest, expected), token.set) for token in self.all()
        ]
        return frozenset(set for is_same, set in compared if is_same)

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
        """Replace the file as a whole: readers find the old one or the new one."""
        rows = json.dumps([asdict(token) for token in tokens], indent=1)
        new = self._path.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(rows + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Allow one change at a time."""
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
        raise ValueError("it does not contain tokens")
    return token


def digest(secret: str) -> str:
    """Return the digest under which a secret is stored, in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
