"""The name of a recording's file: an interaction and numbers, made by us alone. Nothing else is ever one."""

from __future__ import annotations

import re

_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-\d{1,12}){3}")


def recording_name(interaction: str, *, epoch: int, session: int, step: int) -> str:
    """Return the name of what an IVR session records; `epoch` tells the lives of the CTI server apart."""
    return f"{interaction}-{epoch}-{session}-{step}"


def is_recording_name(text: str) -> bool:
    """Tell whether this is such a name."""
    return _NAME.fullmatch(text) is not None
