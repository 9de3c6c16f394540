"""Passwords: argon2id (RFC 9106), computed beside the event loop, in the same time for people who do not exist."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST_PASSWORD = 1_024  # characters; more is an attack on our time
HASHERS = 2  # at once: each takes a core and 64 MiB for some tens of milliseconds


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right, and whether its hash was made with outdated parameters."""

    right: bool
    outdated: bool = False


class Passwords:
    """Hashes and verifies; made by `open_passwords`."""

    def __init__(self, pool: ThreadPoolExecutor, hasher: PasswordHasher) -> None:
        self._pool = pool
        self._hasher = hasher
        self._nobodys = hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """Return the hash to be stored."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, _bytes(password))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare; `stored` is none for people who do not exist, which takes as long and is never right."""
        if len(password) > LONGEST_PASSWORD:
            stored, password = None, ""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, stored, password)

    def _verify(self, stored: str | None, password: str) -> Verdict:
        try:
            self._hasher.verify(stored or self._nobodys, _bytes(password))
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        if stored is None:
            return Verdict(right=False)
        return Verdict(right=True, outdated=self._hasher.check_needs_rehash(stored))


def one_time_password() -> str:
    """Return a random password of 80 bits that can be read aloud and typed: ``k7mq-2x9d-…``."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"  # 32, without those that look alike
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # what a browser sends may be no proper text


@asynccontextmanager
async def open_passwords(hasher: PasswordHasher | None = None) -> AsyncIterator[Passwords]:
    """Give the hasher and its threads; the parameters are argon2-cffi's (RFC 9106, low memory) unless given."""
    with ThreadPoolExecutor(HASHERS, thread_name_prefix="passwords") as pool:
        yield Passwords(pool, hasher or PasswordHasher())
