"""Cursors: the place after which a page begins, opaque to who carries it back and forth."""

from __future__ import annotations

import base64
import binascii
import json

from callcenter.storage.database import can_hold

LONGEST = 1_000


def write_cursor(*place: str | int | bool) -> str:
    """Return the cursor of a place in an order."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: type) -> tuple[str | int | bool, ...] | None:
    """Return the place; none: there is no cursor, or it is none of ours for this order."""
    if not cursor or len(cursor) > LONGEST or not cursor.isascii():
        return None
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(place, list) or [type(value) for value in place] != list(kinds):
        return None
    if any(isinstance(value, str) and not can_hold(value) for value in place):
        return None
    if any(type(value) is int and not -(2**63) <= value < 2**63 for value in place):
        return None  # no database has such a number
    return tuple(place)
