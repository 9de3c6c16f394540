"""Why a connection or a call ended: CSTA event causes, and their Q.850 numbers where the switch speaks those."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Event cause (after ECMA-269, 12.2.15), reduced to those the platform tells apart."""

    NORMAL_CLEARING = "normal_clearing"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CALL_REJECTED = "call_rejected"
    UNREACHABLE = "unreachable"  # no registered contact, unknown destination
    MEDIA_LOST = "media_lost"  # the device stopped sending audio and was cleared by the switch
    CALLER_CANCELLED = "caller_cancelled"
    CONGESTION = "congestion"
    SWITCH_FAILURE = "switch_failure"
    UNKNOWN = "unknown"


LOST = (Cause.SWITCH_FAILURE, Cause.MEDIA_LOST, Cause.UNREACHABLE, Cause.CONGESTION, Cause.UNKNOWN)
"""Causes that are nobody's hang-up: a connection was lost."""

_BY_Q850 = {
    1: Cause.UNREACHABLE,
    3: Cause.UNREACHABLE,
    16: Cause.NORMAL_CLEARING,
    17: Cause.BUSY,
    18: Cause.NO_ANSWER,
    19: Cause.NO_ANSWER,
    20: Cause.UNREACHABLE,
    21: Cause.CALL_REJECTED,
    27: Cause.UNREACHABLE,
    34: Cause.CONGESTION,
    38: Cause.SWITCH_FAILURE,
    41: Cause.SWITCH_FAILURE,
    42: Cause.CONGESTION,
    44: Cause.MEDIA_LOST,
}


def from_q850(number: int) -> Cause:
    """Translate a Q.850 cause number; one we do not tell apart is `Cause.UNKNOWN`."""
    return _BY_Q850.get(number, Cause.UNKNOWN)
