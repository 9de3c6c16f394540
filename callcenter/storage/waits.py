"""What the routing engine has learned about waits, in a file: it took weeks to learn and is worth a restart.

The file is replaced as a whole, so that a death in the middle of writing leaves the one before.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog

from acd.plain import PlainError, from_plain, to_plain
from acd.wait_history import WaitHistory

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedWaits:
    """A history, and when it was taken (UTC)."""

    at: datetime
    history: WaitHistory


def read_waits(path: Path) -> SavedWaits | None:
    """Read the file; None when there is none. One that cannot be understood is put aside, and learning begins anew."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        at = datetime.fromtimestamp(from_plain(plain.get("at"), float), UTC)
        return SavedWaits(at=at, history=from_plain(plain.get("history"), WaitHistory))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, OverflowError, PlainError) as failure:
        _log.warning("waits_not_read", file=str(path), why=str(failure))
        _put_aside(path)
        return None


def write_waits(path: Path, saved: SavedWaits) -> None:
    """Replace the file. A disk that does not take it is a line in the log: the next attempt may succeed."""
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix="waits.", delete=False) as file:
            json.dump({"at": saved.at.timestamp(), "history": to_plain(saved.history)}, file)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as failure:
        _log.warning("waits_not_saved", file=str(path), why=failure.strerror or str(failure))


def _put_aside(path: Path) -> None:
    try:
        path.replace(path.with_suffix(".unreadable"))
    except OSError:
        _log.warning("waits_not_put_aside", file=str(path))
