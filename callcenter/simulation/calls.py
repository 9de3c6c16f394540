"""Past calls: read from a file, and written to one.

A CSV file has a head line and these columns, in any order:

========== ==========================================================================================
arrived    when the call came to its queue, local time, as 2026-11-16T09:30:05 (ISO 8601)
queue      its name
waited     seconds until it was answered or given up
outcome    `answered` or `abandoned`
talk       seconds of conversation; empty for an abandoned call
wrap_up    seconds of work after it; may be empty or left out
tier       the customer's; may be empty or left out
========== ==========================================================================================
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import inf, isfinite
from pathlib import Path
from typing import TextIO

from acd.model import QueueName
from callcenter.domain.errors import ConfigError
from callcenter.simulation.traffic import STANDARD

NEEDED = ("arrived", "queue", "waited", "outcome", "talk")
OPTIONAL = ("wrap_up", "tier")
ANSWERED, ABANDONED = "answered", "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """One call that came to a queue; `talk` None: it was abandoned. Seconds, and seconds since midnight."""

    day: date
    at: float
    queue: QueueName
    waited: float
    talk: float | None
    wrap_up: float | None = None
    tier: str = STANDARD


def read_calls(path: Path) -> list[PastCall]:
    """Read a CSV file. Raises `ConfigError` naming file and line."""
    with _opened(path) as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        missing = [name for name in NEEDED if name not in columns]
        strange = [name for name in columns if name not in NEEDED + OPTIONAL]
        if missing or strange:
            what = f"missing columns: {', '.join(missing)}" if missing else f"unknown columns: {', '.join(strange)}"
            raise ConfigError(f"{path}:1", what)
        return [_read_row(row, f"{path}:{reader.line_num}") for row in reader]


def write_calls(calls: Iterable[PastCall], file: TextIO) -> None:
    """Write them as `read_calls` reads them."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*NEEDED, *OPTIONAL])
    for call in calls:
        minutes, seconds = divmod(call.at, 60)
        hours, minutes = divmod(int(minutes), 60)
        writer.writerow(
            [
                f"{call.day.isoformat()}T{hours:02}:{minutes:02}:{seconds:06.3f}",
                call.queue,
                f"{call.waited:.1f}",
                ANSWERED if call.talk is not None else ABANDONED,
                "" if call.talk is None else f"{call.talk:.1f}",
                "" if call.wrap_up is None else f"{call.wrap_up:.1f}",
                call.tier,
            ]
        )


def read_anonymous_bank(path: Path) -> list[PastCall]:
    """Read a month of the Anonymous Bank's calls (Technion, 1999), without the internet pool's.

    A type of call is a queue, in small letters; priority 2 is the tier `vip`.

    Raises `ConfigError` naming file and line.
    """
    calls = []
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            fields = [each.strip() for each in line.rstrip("\n").split("\t")]
            if number == 1 or len(fields) < 17 or fields[12] == "PHANTOM" or fields[4] == "IN":
                continue
            try:
                waited = float(fields[11])
                day = datetime.strptime(fields[5], "%y%m%d").date()  # noqa: DTZ007 -- a date alone
                hours, minutes, seconds = map(int, (fields[9] if waited > 0 else fields[7]).split(":"))
                talk = float(fields[15]) if fields[12] == "AGENT" else None
            except ValueError as error:
                raise ConfigError(f"{path}:{number}", f"is no call of the Anonymous Bank: {error}") from None
            if talk is not None or waited > 0:
                calls.append(
                    PastCall(
                        day=day,
                        at=hours * 3600.0 + minutes * 60.0 + seconds,
                        queue=QueueName(fields[4].lower()),
                        waited=waited,
                        talk=talk,
                        tier="vip" if fields[3] == "2" else STANDARD,
                    )
                )
    return calls


def _opened(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {error.strerror}") from None


def _read_row(row: Mapping[str, str | None], where: str) -> PastCall:
    values = {key: (value or "").strip() for key, value in row.items()}
    try:
        arrived = datetime.fromisoformat(values["arrived"])
    except ValueError:
        raise ConfigError(where, f"arrived: {values['arrived']!r} is no time like 2026-11-16T09:30:05") from None
    if values["outcome"] not in (ANSWERED, ABANDONED):
        raise ConfigError(where, f"outcome: {values['outcome']!r} is neither {ANSWERED} nor {ABANDONED}")
    if not values["queue"]:
        raise ConfigError(where, "queue: is empty")
    answered = values["outcome"] == ANSWERED
    wrap_up = values.get("wrap_up", "")
    return PastCall(
        day=arrived.date(),
        at=arrived.hour * 3600.0 + arrived.minute * 60.0 + arrived.second + arrived.microsecond / 1e6,
        queue=QueueName(values["queue"]),
        waited=_number(values, "waited", where),
        talk=_number(values, "talk", where) if answered else None,
        wrap_up=_number(values, "wrap_up", where) if wrap_up else None,
        tier=values.get("tier", "") or STANDARD,
    )


def _number(values: Mapping[str, str], key: str, where: str) -> float:
    try:
        number = float(values[key])
    except ValueError:
        number = inf
    if not isfinite(number) or number < 0:
        raise ConfigError(where, f"{key}: {values[key]!r} is no number of seconds")
    return number
