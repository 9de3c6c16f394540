"""Runs SIPp: the simulated callers' telephones, and the simulated telephone network."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket

LOOPBACK = "127.0.0.1"


def sipp_command(*arguments: str, port: int = 0) -> tuple[str, ...]:
    """Return what starts a SIPp on loopback; `port` is where it speaks SIP, 0 for any."""
    return (
        *("sipp", "-nostdin", "-i", LOOPBACK, "-p", str(port or free_port())),
        *("-mi", LOOPBACK, "-mp", str(free_port())),
        # Its remote control is on all addresses unless told otherwise.
        *("-ci", LOOPBACK),
        *arguments,
    )


async def run_sipp(*arguments: str, port: int = 0) -> int:
    """Run one SIPp until it ends, and return its status; it is ended when this is cancelled. Raises `OSError`."""
    # Where the kernel can be asked to, it ends SIPp with us, however we end: who calls would call for a minute more.
    guard = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()
    process = await asyncio.create_subprocess_exec(
        *guard,
        *sipp_command(*arguments, port=port),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def free_port() -> int:
    """Return a UDP port that is free on loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
