"""`callcenter network`: the simulated telephone network. `callcenter serve --callers` starts it."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from callcenter.config import load_settings
from callcenter.demo.network import network_arguments
from callcenter.demo.sipp import sipp_command
from callcenter.domain.errors import ConfigError


def network(*, port: int, config: Path | None = None) -> None:
    """Take calls to numbers, ring, answer and speak, until SIGTERM or Ctrl-C.

    Parameters
    ----------
    port
        The loopback port (UDP) that takes the calls.
    config
        Settings file (TOML); without it the installation's own.
    """
    settings = load_settings(config)
    for needed in ("espeak-ng", "sipp"):
        if shutil.which(needed) is None:
            raise ConfigError(needed, "not on this machine; apt-get install espeak-ng sip-tester")
    command = sipp_command(*asyncio.run(network_arguments(settings.home / "run")), port=port)
    # What it prints are pictures of its state, and messages with numbers in them.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    # This process becomes SIPp, so that whatever ends or guards it reaches SIPp itself.
    os.execvp(command[0], command)  # noqa: S606 -- no shell is wanted; the arguments are ours
