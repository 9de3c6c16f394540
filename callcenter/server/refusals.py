"""Refusals of requests about calls: a stable code, for which the screen has words, and its plain name for the log."""

from __future__ import annotations

from callcenter.api.calls import CallRefusal
from callcenter.api.messages import Refused


def refused(code: CallRefusal) -> Refused:
    """Refuse."""
    return Refused(code=code.value, message=code.name.lower().replace("_", " "))
