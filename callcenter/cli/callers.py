"""`callcenter callers`: simulated callers ring in now and then, so that there is something to see."""

from __future__ import annotations

import asyncio
import contextlib
import random  # noqa: TID251 -- who calls when is drawn by chance
import signal
from pathlib import Path

from callcenter.catalogue import load_catalogue
from callcenter.config import Settings, load_settings
from callcenter.demo.callers import SimulatedCaller, Trunk, ring_in
from callcenter.domain.errors import ConfigError
from callcenter.logs import set_up_logs
from callcenter.storage.database import open_database
from callcenter.storage.demo import demo_callers

STRANGER = SimulatedCaller(number="anonymous", name="Anonymous")


def callers(*, at_once: int = 1, config: Path | None = None) -> None:
    """Let simulated callers ring in until SIGTERM or Ctrl-C.

    Parameters
    ----------
    at_once
        How many may be on the line at once.
    config
        Settings file (TOML); without it the installation's own.
    """
    settings = load_settings(config)
    set_up_logs(settings.log, "callers")
    asyncio.run(_until_stopped(settings, at_once))


async def _until_stopped(settings: Settings, at_once: int) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    numbers = load_catalogue(settings.routing.directory).numbers
    if not numbers:
        raise ConfigError(str(settings.routing.directory), "no published number that callers could dial")
    async with open_database(settings.database_url) as database:
        known = [
            SimulatedCaller(number=one.number, name=one.name, account=one.account, language=one.language)
            for one in await demo_callers(database)
        ]
    trunk = Trunk(
        host=settings.asterisk.host,
        sip_port=settings.asterisk.sip_port,
        local_port=0,
        dialled=numbers[0].number,
        bank=next((one.number for one in numbers if one.flow == "bank"), None) if settings.demo.bank else None,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await ring_in(
            [*known, STRANGER],
            trunk=trunk,
            at_once=at_once,
            chance=random.Random(),  # noqa: S311 -- a demo
            pause=8.0,
        )
