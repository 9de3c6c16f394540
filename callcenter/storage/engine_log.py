"""The routing engine's log on disk: a file for each life of the CTI server, bounded in size, the latest few kept.

Lines are collected and written once a second by a thread, so that routing never waits for a disk. When they cannot be
written, that is a line in our own log, and no more is recorded: a full disk stops the recording, never the calls.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

WRITE_EVERY = 1.0  # seconds
SUFFIX = ".jsonl"

_log = structlog.get_logger(__name__)


class EngineLog:
    """Takes lines as the engine writes them; `run` brings them to `path`."""

    def __init__(self, folder: Path, epoch: int, *, most_bytes: int, files: int) -> None:
        self.path = folder / f"{epoch:08}{SUFFIX}"
        self._room = most_bytes
        self._files = files
        self._lines: list[str] = []
        self._open = True

    def write(self, line: str) -> None:
        """Keep a line until the next writing; beyond the size that is allowed it is dropped."""
        if not self._open:
            return
        self._room -= len(line) + 1
        if self._room < 0:
            self._stop("it is as large as it may be")
        else:
            self._lines.append(line)

    async def run(self) -> None:
        """Write until cancelled, and what is left then."""
        try:
            await asyncio.to_thread(self._prepare)
            while self._open or self._lines:
                await asyncio.sleep(WRITE_EVERY)
                await asyncio.to_thread(self._append, self._taken())
        except OSError as failure:
            self._stop(failure.strerror or str(failure))
        except asyncio.CancelledError:
            self._append_at_last(self._taken())
            raise

    def _taken(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines

    def _prepare(self) -> None:
        """Make the folder, and leave only the latest files in it, with room for this one."""
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        earlier = sorted(path for path in folder.glob(f"*{SUFFIX}") if path != self.path)
        for path in earlier[: max(len(earlier) - self._files + 1, 0)]:
            path.unlink(missing_ok=True)
        self.path.touch(mode=0o600)

    def _append(self, lines: list[str]) -> None:
        if lines:
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")

    def _append_at_last(self, lines: list[str]) -> None:
        try:
            self._append(lines)
        except OSError as failure:
            self._stop(failure.strerror or str(failure))

    def _stop(self, why: str) -> None:
        self._open = False
        _log.warning("engine_log_ended", file=str(self.path), why=why)
