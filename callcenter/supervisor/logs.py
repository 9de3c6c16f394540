"""A process's output on disk: bounded, rotated, with its last lines at hand for a failure report."""

from __future__ import annotations

import contextlib
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self


class RotatingLog:
    """Appends to ``path``; at `limit` bytes it becomes ``path.1``, that ``path.2`` and so on up to `kept` old files.

    The last `tail` lines, cut at 500 characters, stay in memory.
    """

    def __init__(self, path: Path, *, limit: int = 10_000_000, kept: int = 3, tail: int = 40) -> None:
        self._path = path
        self._limit = limit
        self._kept = kept
        self._lines: deque[str] = deque(maxlen=tail)
        self._unfinished = b""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._size = path.stat().st_size

    def write(self, data: bytes) -> None:
        """Append what a process printed, in pieces of any length."""
        # A full disk costs lines of the log, not the platform.
        with contextlib.suppress(OSError):
            if self._size + len(data) > self._limit and self._size > 0:
                self._rotate()
            self._file.write(data)
            self._size += len(data)
        *lines, rest = (self._unfinished + data).split(b"\n")
        self._lines.extend(line[:500].decode("utf-8", "replace") for line in lines)
        self._unfinished = rest[:500]

    def tail(self) -> list[str]:
        """Return the last lines that were printed."""
        rest = [self._unfinished.decode("utf-8", "replace")] if self._unfinished else []
        return [*self._lines, *rest]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        if self._kept > 0:
            self._path.replace(self._numbered(1))
        else:
            self._path.unlink()
        self._file = self._path.open("ab", buffering=0)
        self._size = 0

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
