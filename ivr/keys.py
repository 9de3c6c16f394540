"""Keys the caller pressed and nobody has used yet: typing ahead, with every key accounted for."""

from collections import deque
from dataclasses import dataclass

MAX_WAITING = 64
"""How many unused keys are kept; as many as the longest entry has digits. What comes beyond is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCount:
    """What became of the keys of a call: pressed = used + dropped + waiting, always."""

    pressed: int
    used: int
    dropped: int
    waiting: int


class KeyBuffer:
    """The unused keys, oldest first, each with the time when it was pressed."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, float]] = deque()
        self._pressed = 0
        self._used = 0
        self._dropped = 0
        # Right after an entry ended by its length, a terminator is the rest of that entry, until this time.
        self._trailing: tuple[str, float] | None = None

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def press(self, key: str, at: float) -> bool:
        """Add a key; return False if it is dropped: the terminator of the entry before, or one key too many."""
        self._pressed += 1
        if self._is_trailing(key, at) or len(self._waiting) >= MAX_WAITING:
            self._dropped += 1
            return False
        self._waiting.append((key, at))
        return True

    def take(self) -> tuple[str, float]:
        """Use the oldest key: return it with the time when it was pressed.

        Raises:
            IndexError: There is none.
        """
        taken = self._waiting.popleft()
        self._used += 1
        return taken

    def drop_trailing(self, terminator: str, until: float) -> None:
        """If the next key, pressed or to be pressed until then, is that terminator, drop it."""
        self._trailing = (terminator, until)
        if self._waiting and self._is_trailing(*self._waiting[0]):
            self._waiting.popleft()
            self._dropped += 1

    def drop_all(self) -> None:
        """Forget the unused keys."""
        self._dropped += len(self._waiting)
        self._waiting.clear()

    def drop(self) -> None:
        """Count a key that comes when nobody will ever use it."""
        self._pressed += 1
        self._dropped += 1

    def count(self) -> KeyCount:
        """Return what became of all keys so far."""
        return KeyCount(pressed=self._pressed, used=self._used, dropped=self._dropped, waiting=len(self._waiting))

    def _is_trailing(self, key: str, at: float) -> bool:
        if self._trailing is None:
            return False
        terminator, until = self._trailing
        self._trailing = None
        return key == terminator and at <= until
