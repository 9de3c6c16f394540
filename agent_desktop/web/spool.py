"""Files on their way in and out, in a folder of the desktop's own.

A file has a random name that its sender is told; what he called it is shown and never becomes a path. Only he can ask
for it. Everything here holds customers' data: it is readable by the owner only, and is removed after its time, after
use, and when the server starts.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web

LARGEST_FILE = 64 * 1024 * 1024  # bytes; a CSV file of 200,000 customers has about 40 MB
MOST_OF_ONE = 5  # files that one person may have here
KEPT = timedelta(hours=24)
LONGEST_NAME = 120
TIDY_EVERY = 600.0  # seconds
PATIENCE = 60.0  # seconds for the next part of a file that is being sent


class TooLarge(Exception):
    """More bytes than a file may have."""


class TooMany(Exception):
    """This person is sending as many files already as one may have here."""


class Stalled(Exception):
    """A file of which nothing more came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A file that is here."""

    file: str
    path: Path
    person: str
    name: str  # what its sender calls it
    size: int
    at: datetime


class Spool:
    """The folder; one per server."""

    def __init__(self, folder: Path, utc: Callable[[], datetime]) -> None:
        self._folder = folder
        self._utc = utc
        self._files: dict[str, Spooled] = {}
        self._arriving: Counter[str] = Counter()  # by person

    def open(self) -> None:
        """Make the folder, and remove what an earlier server left behind, but for what an import may still read.

        Those files have no suffix; what was written out has one, and nobody can ask for it any more.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            if path.is_file() and path.suffix:
                path.unlink(missing_ok=True)
        self.tidy()

    def tidy(self) -> None:
        """Remove whatever is older than it may be: also what an import left that was killed."""
        oldest = self._utc() - KEPT
        for one in [one for one in self._files.values() if one.at < oldest]:
            self.remove(one.file)
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # an import has just removed it
                if path.is_file() and path.stat().st_mtime < oldest.timestamp():
                    path.unlink()

    def new_path(self, suffix: str) -> tuple[str, Path]:
        """Return a random name and where its file goes."""
        file = secrets.token_hex(16)
        return file, self._folder / f"{file}{suffix}"

    async def take(self, chunks: AsyncIterator[bytes], *, person: str, name: str) -> Spooled:
        """Write what arrives into a file. Raises `TooLarge`, `TooMany`, `Stalled`; then nothing of it stays.

        The oldest of somebody who has too many here goes.
        """
        if self._arriving[person] >= MOST_OF_ONE:
            raise TooMany
        self._arriving[person] += 1
        try:
            made = await self._written(chunks, person=person, name=name)
        finally:
            self._arriving[person] -= 1
        self._files[made.file] = made
        self._make_room(person)
        return made

    async def _written(self, chunks: AsyncIterator[bytes], *, person: str, name: str) -> Spooled:
        file, path = self.new_path("")
        size = 0
        handle = await asyncio.to_thread(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        whole = False
        try:
            async for chunk in _impatiently(chunks):
                size += len(chunk)
                if size > LARGEST_FILE:
                    raise TooLarge
                await asyncio.to_thread(_write, handle, chunk)
            whole = True
        finally:
            os.close(handle)
            if not whole:  # too large, or the sender went away
                path.unlink(missing_ok=True)
        return Spooled(file=file, path=path, person=person, name=shown_name(name), size=size, at=self._utc())

    def find(self, file: str, person: str) -> Spooled | None:
        """Return a file of this person, if it is still here."""
        found = self._files.get(file)
        return found if found is not None and found.person == person and found.path.exists() else None

    def remove(self, file: str) -> None:
        """Remove a file; one that has gone is no error."""
        found = self._files.pop(file, None)
        if found is not None:
            found.path.unlink(missing_ok=True)

    def hand_over(self, file: str) -> None:
        """Let go of a file that an import reads from now on, and removes."""
        self._files.pop(file, None)

    def take_back(self, spooled: Spooled) -> None:
        """A file was handed over in vain."""
        self._files[spooled.file] = spooled

    def _make_room(self, person: str) -> None:
        own = sorted((one for one in self._files.values() if one.person == person), key=lambda one: one.at)
        for one in own[: max(0, len(own) - MOST_OF_ONE)]:
            self.remove(one.file)


SPOOL = web.AppKey("spool", Spool)


def shown_name(name: str) -> str:
    """Return a file's name as it may be shown: its last part, without what is no visible character."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:LONGEST_NAME] or "file"


async def _impatiently(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Stalled from None
        yield chunk


def _write(handle: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(handle, view) :]
