"""What every benchmark prints: one table of figures with their targets, the machine, and its load meanwhile."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


# --- one process, seen from outside -------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """Return the CPU time (user and system, all threads) that a process has used, from ``/proc/PID/stat``."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """Return the memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def started_at(pid: int) -> float:
    """Return when a process was started, in seconds of CLOCK_BOOTTIME (on a machine that never sleeps: monotonic)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[19]) / TICKS


# --- samples ------------------------------------------------------------------------------------------------------


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile (ISO 2602's "smallest value that so many do not exceed"); nan of nothing."""
    if not samples:
        return math.nan
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def median(samples: Sequence[float]) -> float:
    """Return the 50th percentile."""
    return percentile(samples, 50)


# --- figures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. `ok` is none for a figure that is only stated.

    `half` is half of the 95 % interval of ours, `samples` are the values that ours is the mean of.
    """

    metric: str
    ours: float
    unit: str
    half: float | None = None
    samples: tuple[float, ...] = ()
    peer: float | None = None
    target: str = "stated"
    ok: bool | None = None

    @property
    def ratio(self) -> float | None:
        """The peer's value over ours: how many times less we need."""
        return None if self.peer is None or not self.ours else self.peer / self.ours


@dataclass(slots=True, kw_only=True)
class Report:
    """A benchmark's outcome."""

    name: str
    seed: int | str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    load_before: tuple[float, float, float] = field(default_factory=os.getloadavg)

    def add(
        self,
        metric: str,
        ours: float,
        unit: str,
        *,
        half: float | None = None,
        samples: Sequence[float] = (),
        peer: float | None = None,
        target: str = "stated",
        ok: bool | None = None,
    ) -> None:
        """Add one figure."""
        self.figures.append(
            Figure(
                metric=metric,
                ours=ours,
                unit=unit,
                half=half,
                samples=tuple(samples),
                peer=peer,
                target=target,
                ok=ok,
            )
        )

    @property
    def missed(self) -> list[Figure]:
        """The figures whose target was missed."""
        return [figure for figure in self.figures if figure.ok is False]

    def finish(self, file: Path | None) -> int:
        """Print the table, write it to `file` as JSON, and return the exit status: 1 when a target was missed."""
        sys.stdout.write(self.table() + "\n")
        if file is not None:
            file.write_text(json.dumps(self.as_json(), indent=2) + "\n", encoding="utf-8")
        return 1 if self.missed else 0

    def table(self) -> str:
        """Return the figures as a Markdown table, with the machine and its load above and the notes below."""
        rows = [("metric", "ours", "peer", "ratio", "target", "ok")]
        rows += [
            (
                figure.metric,
                _value(figure.ours, figure.unit, figure.half),
                "" if figure.peer is None else _value(figure.peer, figure.unit),
                "" if figure.ratio is None else f"{figure.ratio:.3g}",
                figure.target,
                {None: "", True: "yes", False: "**no**"}[figure.ok],
            )
            for figure in self.figures
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        head = [f"{key}: {value}" for key, value in self._circumstances().items()]
        return "\n".join([*head, "", *lines, "", *(f"- {note}" for note in self.notes)])

    def as_json(self) -> dict[str, Any]:
        """Return all of it for a program."""
        figures = [asdict(figure) | {"ratio": figure.ratio} for figure in self.figures]
        return self._circumstances() | {"figures": figures, "notes": self.notes}

    def _circumstances(self) -> dict[str, Any]:
        before, after = (" ".join(f"{value:.2f}" for value in load) for load in (self.load_before, os.getloadavg()))
        return {
            "benchmark": self.name,
            "command": re.sub(r" --json[ =]\S+", "", " ".join([f"scripts/{self.name}", *sys.argv[1:]])),
            "date": f"{self.began:%Y-%m-%d %H:%M} UTC, {(datetime.now(UTC) - self.began).total_seconds():.0f} s",
            "seed": self.seed,
            "machine": f"{os.cpu_count()} x {_processor()}, {_memory_gib():.0f} GiB, Linux {platform.release()}",
            "python": platform.python_version(),
            "load": f"before {before}, after {after} (1, 5 and 15 min)",
            "commit": _commit(),
        }


def say(text: str) -> None:
    """Tell how far the benchmark is, beside the table."""
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {text}, load {os.getloadavg()[0]:.2f}\n")
    sys.stderr.flush()


def _value(value: float, unit: str, half: float | None = None) -> str:
    if math.isnan(value):
        return "none"
    return f"{value:.4g}{'' if half is None else f' ± {half:.2g}'} {unit}".rstrip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30


def _commit() -> str:
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run(["git", "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return (told.stdout.strip() or "unknown") + (" with changes" if changed.stdout.strip() else "")
