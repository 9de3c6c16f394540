"""`callcenter simulate …`: what if? Plans compared on a day's description or on past calls; logs told again."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, tzinfo
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from acd.errors import AcdError
from callcenter.config import Settings, load_settings
from callcenter.domain.errors import ConfigError
from callcenter.simulation.calls import PastCall, write_calls
from callcenter.simulation.description import load_description
from callcenter.simulation.plot import plot as drawn_plot
from callcenter.simulation.records import KINDS, past_calls
from callcenter.simulation.replay import replayed
from callcenter.simulation.study import compare
from callcenter.simulation.table import as_json, tables
from callcenter.storage.database import open_database
from callcenter.storage.history import events_between

app = App(name="simulate", help="What if? Compare plans on a day's description or on past calls; replay a log.")


@app.default
def run(
    description: Path,
    *,
    runs: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 10,
    first_seed: int = 1,
    plot: Path | None = None,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    processes: Annotated[int | None, Parameter(validator=Number(gte=1, lte=64))] = None,
) -> None:
    """Run a description's plans on the same calls, and print how they differ.

    Parameters
    ----------
    description
        A YAML file; see docs/simulation.md and config/simulation/.
    runs
        How many days of chance each plan is run on: more make the intervals narrower.
    first_seed
        The days are numbered from here; the same numbers give the same days.
    plot
        Draw the result into this file (SVG).
    json_file
        Write all figures into this file (JSON).
    processes
        How many to run at once; without it one for each processor.
    """
    study = compare(
        partial(load_description, description),
        range(first_seed, first_seed + runs),
        processes=processes or os.cpu_count() or 1,
        progress=_progress,
    )
    sys.stdout.write(tables(study))
    if plot is not None:
        _write(plot, drawn_plot(study))
    if json_file is not None:
        _write(json_file, json.dumps(as_json(study), indent=2, ensure_ascii=False) + "\n")


@app.command
def calls(
    *,
    since: datetime,
    until: datetime,
    output: Path | None = None,
    config: Annotated[Path | None, Parameter(help="Settings file (TOML); without it the installation's own.")] = None,
) -> None:
    """Write the calls that came to queues, from this installation's records, as a file that `simulate` reads.

    Nothing that tells who called is in it.

    Parameters
    ----------
    since
        The first day, or moment, in this machine's time zone: 2026-11-16.
    until
        The day, or moment, before which the last call began.
    output
        The file to write (CSV); without it standard output.
    """
    zone = since.astimezone().tzinfo or UTC
    found = asyncio.run(_read_calls(load_settings(config), since.astimezone(), until.astimezone(), zone))
    text = StringIO()
    write_calls(found, text)
    if output is None:
        sys.stdout.write(text.getvalue())
    else:
        _write(output, text.getvalue())
        sys.stdout.write(f"{len(found)} calls are in {output}.\n")


@app.command
def replay(log: Path) -> None:
    """Tell a recorded log of the routing engine to the engine again, and compare what it decides.

    Ends with status 1 when it decides otherwise.

    Parameters
    ----------
    log
        A log as the CTI server writes it (JSON lines).
    """
    try:
        with log.open(encoding="utf-8") as lines:
            report, same = replayed(lines)
    except OSError as error:
        raise ConfigError(str(log), f"cannot be read: {error.strerror}") from None
    except (AcdError, UnicodeDecodeError) as error:
        raise ConfigError(str(log), str(error)) from None
    sys.stdout.write(report)
    sys.exit(0 if same else 1)


async def _read_calls(settings: Settings, since: datetime, until: datetime, zone: tzinfo) -> list[PastCall]:
    async with open_database(settings.database_url) as database:
        return past_calls(await events_between(database, since, until, KINDS), zone)


def _progress(done: int, of: int) -> None:
    """Say how far it is: on a terminal in one line that changes, elsewhere now and then."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {of} runs" + ("\n" if done == of else ""))
    elif done % max(of // 10, 1) == 0 or done == of:
        sys.stderr.write(f"{done} of {of} runs\n")
    sys.stderr.flush()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be written: {error.strerror}") from None
