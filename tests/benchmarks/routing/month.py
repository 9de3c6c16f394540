"""A month of the Anonymous Bank's calls, read, and made fit to be replayed under other rules.

The file is that of the Technion's call-by-call data of 1999 (Mandelbaum): a line a call, seventeen columns,
tab-separated. Phantom calls are not calls; type IN has a pool of agents of its own. Who hung up without having queued
(in the voice response unit, or at once) took nobody's time and is no arrival at the queue.

A replay needs three things that no file has. *Patience*: known of those who hung up; of the others only that it was
longer than the wait. *Staffing*: agents signed on are not recorded, but while somebody waits, all of them are at work.
*Work* of those who hung up: that of somebody served who called for the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from math import inf
from pathlib import Path
from random import Random

from acd.model import Agent, AgentId, InteractionId
from acd.simulation import Arrival, Shift
from tests.benchmarks.routing.policy import REGULAR, SUPPORT, VIP

DAY = 86_400.0
SLOT = 1800.0
COLUMNS = 17
INTERNET = "IN"
NOBODY = "NO_SERVER"

_LAST_EXPECTED = 0.01
"""More unreadable lines than this share are an error: then it is no such file."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; times in seconds since the midnight before the month's first call.

    `at` is when it queued, or when it left the voice response unit for an agent who was free; `wait` is 0 then.
    `served` is None when the caller hung up.
    """

    at: float
    wait: float
    vip: bool
    kind: str
    served: float | None

    @property
    def queued(self) -> bool:
        """Whether it had to wait."""
        return self.wait > 0


class NotAMonthError(ValueError):
    """The file is not one of the Anonymous Bank's months."""


def read_month(path: Path) -> list[Call]:
    """Return all calls but the phantoms and the internet pool's, by time.

    Raises:
        NotAMonthError: the file has other columns, or values that are none, in more than one line of a hundred.
    """
    lines = [line for line in path.read_text(encoding="latin-1").splitlines() if line.strip("\x1a \t")]
    if lines and lines[0].lower().startswith("vru"):
        del lines[0]
    calls, unreadable = [], []
    for number, line in enumerate(lines, start=1):
        try:
            calls.append(read_call(line))
        except (ValueError, IndexError) as error:
            unreadable.append(f"call {number}: {error}")
    if not lines or len(unreadable) > _LAST_EXPECTED * len(lines):
        raise NotAMonthError(f"{path}: {len(unreadable)} of {len(lines)} lines cannot be read; {unreadable[:1]}")
    found = sorted((call for call in calls if call is not None), key=lambda call: call.at)
    first = found[0].at // DAY * DAY if found else 0.0
    return [Call(call.at - first, call.wait, call.vip, call.kind, call.served) for call in found]


def read_call(line: str) -> Call | None:
    """Return one line's call, its time since a fixed day; None for one that is left out."""
    field = [each.strip() for each in line.split("\t")]
    if len(field) < COLUMNS:
        raise ValueError(f"{len(field)} columns, not {COLUMNS}")
    if field[12] not in {"AGENT", "HANG", "PHANTOM"}:
        raise ValueError(f"outcome {field[12]!r}")
    if field[12] == "PHANTOM" or field[4] == INTERNET:
        return None
    day = date(1900 + int(field[5]) // 10_000, int(field[5]) // 100 % 100, int(field[5]) % 100)
    wait = float(field[11])
    clock = _seconds(field[9] if wait > 0 else field[7])
    return Call(
        at=day.toordinal() * DAY + clock,
        wait=wait,
        vip=field[3] == "2",
        kind=field[4],
        served=float(field[15]) if field[12] == "AGENT" else None,
    )


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


def reached(calls: Iterable[Call]) -> list[Call]:
    """Return those who came to the queue or to an agent, without those who hung up at once."""
    return [call for call in calls if call.queued or call.served is not None]


# --- patience ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Survival:
    """Kaplan and Meier's estimate: from each of the `times` on, this share is still patient."""

    times: tuple[float, ...]
    shares: tuple[float, ...]

    def after(self, time: float) -> float:
        """Return the share still patient after so many seconds."""
        return self.shares[bisect_right(self.times, time) - 1]

    def drawn(self, beyond: float, random: Random) -> float:
        """Draw the patience of somebody who was still there after `beyond` seconds; infinite where nothing is known."""
        share = self.after(beyond) * random.random()
        index = bisect_left(self.shares, -share, key=lambda each: -each)
        return self.times[index] if index < len(self.times) else inf


def kaplan_meier(waits: Iterable[tuple[float, bool]]) -> Survival:
    """Estimate patience from waits that ended by hanging up (True) or, censored, by being served (False).

    At equal times those who hung up count before those served, who were patient for at least so long.
    """
    ordered = sorted(waits)
    at_risk = len(ordered)
    times, shares = [0.0], [1.0]
    for time, group in groupby(ordered, key=lambda each: each[0]):
        ended = [hung_up for _, hung_up in group]
        if any(ended):
            times.append(time)
            shares.append(shares[-1] * (1 - sum(ended) / at_risk))
        at_risk -= len(ended)
    return Survival(tuple(times), tuple(shares))


def own_patience(calls: Sequence[Call], random: Random, *, by_tier: bool = True) -> list[float]:
    """Return each call's patience: its own where it hung up, else drawn beyond its wait; VIPs' from the VIPs' curve."""
    curves = {
        tier: kaplan_meier(
            (call.wait, call.served is None) for call in calls if call.queued and (call.vip == tier or not by_tier)
        )
        for tier in (True, False)
    }
    return [
        call.wait if call.queued and call.served is None else curves[call.vip].drawn(call.wait, random)
        for call in calls
    ]


# --- staffing ---------------------------------------------------------------------------------------


def staffing(calls: Sequence[Call]) -> dict[int, int]:
    """Return agents per half hour: the mean number at work while somebody waited, for then all who were there were.

    Where nobody waited for a minute in all, the most who were at work at once: there were at least so many.
    """
    most: dict[int, int] = {}
    work: dict[int, float] = {}
    time_waited: dict[int, float] = {}
    for start, end, busy, waiting in _stretches(calls):
        slot = int(start // SLOT)
        most[slot] = max(most.get(slot, 0), busy)
        if waiting:
            work[slot] = work.get(slot, 0.0) + busy * (end - start)
            time_waited[slot] = time_waited.get(slot, 0.0) + end - start
    return {
        slot: round(work[slot] / time_waited[slot]) if time_waited.get(slot, 0.0) >= 60.0 else size
        for slot, size in most.items()
    }


def busiest(calls: Sequence[Call]) -> dict[int, int]:
    """Return agents per half hour, another way: the most who were at work at once."""
    most: dict[int, int] = {}
    for start, _, busy, _ in _stretches(calls):
        slot = int(start // SLOT)
        most[slot] = max(most.get(slot, 0), busy)
    return most


def _stretches(calls: Sequence[Call]) -> Iterator[tuple[float, float, int, int]]:
    """Yield stretches of time within one half hour during which the numbers at work and waiting stand still."""
    changes: list[tuple[float, int, int]] = []
    for call in calls:
        start = call.at + call.wait
        if call.served:
            changes += [(start, 1, 0), (start + call.served, -1, 0)]
        if call.queued:
            changes += [(call.at, 0, 1), (start, 0, -1)]
    end = max((change[0] for change in changes), default=0.0)
    changes += [(slot * SLOT, 0, 0) for slot in range(int(end // SLOT) + 1)]
    changes.sort()
    busy = waiting = 0
    for (time, more_busy, more_waiting), (following, _, _) in pairwise(changes):
        busy += more_busy
        waiting += more_waiting
        if following > time:
            yield time, following, busy, waiting


def shifts(sizes: dict[int, int], *, share: float = 1.0) -> list[Shift]:
    """Return agents who together make up these sizes per half hour, each there without a break where possible.

    `share` makes every size so many times as large, rounded, at least one where somebody was there.
    """
    scaled = {slot: max(1, round(share * size)) for slot, size in sizes.items() if size}
    made = []
    for number in range(max(scaled.values(), default=0)):
        agent = Agent(agent=AgentId(f"a{number}"))
        slots = sorted(slot for slot, size in scaled.items() if size > number)
        # Consecutive slots differ from their position by the same number.
        for _, run in groupby(enumerate(slots), key=lambda each: each[1] - each[0]):
            own = [slot for _, slot in run]
            made.append(Shift(agent=agent, start=own[0] * SLOT, end=(own[-1] + 1) * SLOT))
    return made


# --- the replay's arrivals --------------------------------------------------------------------------


def arrivals(calls: Sequence[Call], random: Random, *, by_tier: bool = True) -> list[Arrival]:
    """Return the month's arrivals with patience and work; numbered as the calls are."""
    patience = own_patience(calls, random, by_tier=by_tier)
    typical = {kind: [c.served for c in calls if c.kind == kind and c.served] for kind in {c.kind for c in calls}}
    anything = [call.served for call in calls if call.served]
    return [
        Arrival(
            at=call.at,
            interaction=InteractionId(str(number)),
            queue=SUPPORT,
            work=call.served or random.choice(typical[call.kind] or anything),
            patience=patience[number],
            label=VIP if call.vip else REGULAR,
        )
        for number, call in enumerate(calls)
    ]
