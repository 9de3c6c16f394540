"""`callcenter cti`: the CTI server in this process. The supervisor behind `callcenter serve` starts it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

import uvloop

from callcenter.bootstrap import run_cti_server
from callcenter.collector import calm_collector
from callcenter.config import Settings, load_settings, notify_address
from callcenter.logs import set_up_logs
from callcenter.supervisor.notification import notify


def cti(*, config: Path | None = None) -> None:
    """Run the CTI server until SIGTERM or Ctrl-C; SIGHUP has the configuration read again.

    Parameters
    ----------
    config
        Settings file (TOML); without it the installation's own.
    """
    settings = load_settings(config)
    set_up_logs(settings.log, "cti")
    uvloop.run(_until_stopped(settings, _serving))


def _serving() -> None:
    calm_collector()
    notify(notify_address(), "READY=1")


async def _until_stopped(settings: Settings, ready: Callable[[], None]) -> None:
    task, loop, reload = asyncio.current_task(), asyncio.get_running_loop(), asyncio.Event()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    with contextlib.suppress(asyncio.CancelledError):
        await run_cti_server(settings, ready, reload)
