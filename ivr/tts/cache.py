"""The sound files that were synthesised, bounded by bytes: what was not used for longest goes first."""

from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

_NARROW, _WIDE = ".wav", ".wav16"

_PLAYING_SECONDS = 120.0
"""A file used so lately may still be waiting to be opened by the switch, and stays."""


class SpeechCache:
    """An index of one directory of sound files, each named by its key.

    Args:
        directory: The worker's directory.
        limit: How many bytes the files may have together. Pinned files and those in use may exceed it.
        wideband: A sound counts as there only with its 16 kHz file beside the 8 kHz one.
    """

    def __init__(self, directory: Path, *, limit: int, wideband: bool = False) -> None:
        self._directory = directory.absolute()
        self._limit = limit
        self._needed = (_NARROW, _WIDE) if wideband else (_NARROW,)
        self._pinned: set[str] = set()
        self._sizes: OrderedDict[str, int] = OrderedDict()  # by key, least lately used first
        self._used_at: dict[str, float] = {}
        found = sorted(self._directory.glob("*.wav"), key=lambda file: file.stat().st_mtime)
        for file in found:
            self._sizes[file.stem] = self._size(file.stem)
        self._total = sum(self._sizes.values())

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return self._total

    def path(self, key: str) -> str:
        """Return a key's file as the switch wants it: absolute, without extension."""
        return str(self._directory / key)

    def find(self, key: str, now: float) -> str | None:
        """Return the path of a file that is there, or None.

        Whether it is there, the directory says: others write into it too (a flow that is being published), and may
        have removed a file.
        """
        if not all((self._directory / f"{key}{suffix}").exists() for suffix in self._needed):
            self._forget(key)
            return None
        if key not in self._sizes:
            return self.add(key, now)
        self._touch(key, now)
        return self.path(key)

    def add(self, key: str, now: float) -> str:
        """Take note of a file that was just written, make room for it, and return its path."""
        self._forget(key)
        self._sizes[key] = self._size(key)
        self._total += self._sizes[key]
        self._touch(key, now)
        self._make_room(now)
        return self.path(key)

    def pin(self, keys: Iterable[str]) -> None:
        """Keep these for good: the fixed prompts of the flows in use. Replaces what was pinned before."""
        self._pinned = set(keys)

    def _touch(self, key: str, now: float) -> None:
        self._sizes.move_to_end(key)
        self._used_at[key] = now

    def _make_room(self, now: float) -> None:
        if self._total <= self._limit:
            return
        for key in list(self._sizes):
            if self._total <= self._limit:
                return
            if key in self._pinned or now - self._used_at.get(key, float("-inf")) < _PLAYING_SECONDS:
                continue
            for suffix in (_NARROW, _WIDE):
                (self._directory / f"{key}{suffix}").unlink(missing_ok=True)
            self._forget(key)

    def _forget(self, key: str) -> None:
        self._total -= self._sizes.pop(key, 0)
        self._used_at.pop(key, None)

    def _size(self, key: str) -> int:
        files = (self._directory / f"{key}{suffix}" for suffix in (_NARROW, _WIDE))
        return sum(file.stat().st_size for file in files if file.exists())
