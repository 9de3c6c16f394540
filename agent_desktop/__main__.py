"""``python -m agent_desktop [--config FILE]``: the desktop server, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from agent_desktop.bootstrap import run_desktop
from callcenter.config import Settings, load_settings
from callcenter.domain.errors import CallCenterError
from callcenter.logs import set_up_logs


def main() -> None:
    """Run the command line. Our own errors are sentences; they end with status 1 and no traceback."""
    parser = argparse.ArgumentParser(prog="agent_desktop", description="Serve the agents' and supervisors' pages.")
    parser.add_argument("--config", type=Path, help="settings file (TOML); without it the installation's own")
    wrong: list[str] = []
    try:
        settings = load_settings(parser.parse_args().config)
        set_up_logs(settings.log, "desktop")
        uvloop.run(_until_stopped(settings))
    except* CallCenterError as errors:
        wrong = [str(error) for error in errors.exceptions]
    if wrong:
        sys.exit("\n".join(f"desktop: {error}" for error in wrong))


async def _until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_desktop(settings, stop)


if __name__ == "__main__":
    main()
