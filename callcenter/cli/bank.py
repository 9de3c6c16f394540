"""`callcenter bank`: the sample bank in this process. The supervisor behind `callcenter serve` starts it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

from callcenter.clock import SystemClock
from callcenter.config import Settings, load_settings
from callcenter.demo.bank.ledger import Ledger
from callcenter.demo.bank.pins import open_pins
from callcenter.demo.bank.seed import plant_bank
from callcenter.demo.bank.service import bank_service, listening
from callcenter.domain.errors import ConfigError
from callcenter.hosts.reading import load_hosts
from callcenter.hosts.sample import bank_address
from callcenter.logs import set_up_logs
from callcenter.storage.database import open_database

DATABASE = "demo-bank.sqlite"


def bank(*, config: Path | None = None) -> None:
    """Run the sample bank, at the address in hosts/bank.yaml, until SIGTERM or Ctrl-C.

    Parameters
    ----------
    config
        Settings file (TOML); without it the installation's own.
    """
    settings = load_settings(config)
    set_up_logs(settings.log, "bank")
    asyncio.run(_until_stopped(settings))


async def _until_stopped(settings: Settings) -> None:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    address = bank_address(load_hosts(settings.routing.directory))
    if address is None:
        raise ConfigError(
            str(settings.routing.directory / "hosts"),
            "no bank.yaml with an address on this machine (http://127.0.0.1…)",
        )
    clock, key = SystemClock(), settings.secret("bank-pin-key")
    with contextlib.suppress(asyncio.CancelledError):
        async with open_database(f"sqlite:///{settings.home / DATABASE}") as database:
            await plant_bank(database, key=key, today=clock.utc().date())
            async with open_pins(database, clock, key) as pins:
                service = bank_service(
                    ledger=Ledger(database, clock), pins=pins, clock=clock, token=settings.secret("bank-token")
                )
                async with listening(service, *address):
                    await asyncio.Event().wait()
