"""How far the reports have come, and whether some are missing. Pure: told numbers and times, answers with a verdict."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What a number says."""

    NEXT = "next"  # it follows on what is known
    LOST = "lost"  # it is new, and something before it is missing: take a snapshot
    OLD = "old"  # known already, or from a CTI server that has been replaced


class ReportOrder:
    """Follows the numbers of reports and beats on one stream.

    `silence`: seconds without a sign of the CTI server after which it counts as gone. Then whichever speaks next is
    believed, even one of a smaller epoch (an installation that was set up anew).
    """

    def __init__(self, *, silence: float, now: float) -> None:
        self._silence = silence
        self._heard_at = now
        self._silent = False
        self._epoch: int | None = None  # none: nothing known, everything is new
        self._seq = 0

    def report(self, epoch: int, seq: int, now: float) -> Verdict:
        """Take the number of a report."""
        if self._epoch is None or epoch > self._epoch:
            return self._begin(epoch, seq, now)
        if epoch < self._epoch:
            return Verdict.OLD
        self._heard_at = now
        if seq <= self._seq:
            return Verdict.OLD
        verdict = Verdict.NEXT if seq == self._seq + 1 else Verdict.LOST
        self._seq = seq
        return verdict

    def beat(self, epoch: int, seq: int, now: float) -> Verdict:
        """Take the number in a beat: that of the newest report. `Verdict.LOST` when we do not have that one."""
        if self._epoch is None or epoch > self._epoch:
            return self._begin(epoch, seq, now)
        if epoch < self._epoch:
            return Verdict.OLD
        self._heard_at = now
        if seq <= self._seq:
            return Verdict.NEXT
        self._seq = seq
        return Verdict.LOST

    def fell_silent(self, now: float) -> bool:
        """Tell, once per silence, that nothing has been heard for too long."""
        if self._silent or now - self._heard_at < self._silence:
            return False
        self._silent = True
        self._epoch = None
        return True

    def _begin(self, epoch: int, seq: int, now: float) -> Verdict:
        fresh = self._epoch is None and not self._silent
        self._epoch, self._seq, self._heard_at, self._silent = epoch, seq, now, False
        return Verdict.NEXT if fresh else Verdict.LOST
