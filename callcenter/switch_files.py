"""Writes the embedded Asterisk's configuration, and has it read again what a running platform may change in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog

from callcenter.api.softphone import sip_password
from callcenter.asterisk.configuration import render
from callcenter.asterisk.installation import Device, Directories, Installation, Number, Trunk
from callcenter.config import Settings
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.ids import QueueName
from callcenter.ports import AgentRecord
from callcenter.supervisor.home import replace_switch_files, switch_user, write_switch_files
from callcenter.supervisor.programs import AsteriskProgram, find_asterisk

_DIALPLAN = Path("asterisk") / "extensions.conf"
_WHAT_CHANGES = ("extensions.conf", "queues.conf")
"""What a running Asterisk reads again without touching a call: its dialplan, and its own queues."""

_READ_AGAIN = ("dialplan reload", "queue reload all")
_CONSOLE_SECONDS = 10.0

_log = structlog.get_logger(__name__)


def write_switch(settings: Settings, catalogue: Catalogue, agents: Sequence[AgentRecord]) -> None:
    """Write all of it, before Asterisk starts. Raises `ConfigError`."""
    program = find_asterisk(settings.home, settings.asterisk.command)
    files = _rendered(settings, program, catalogue, catalogue.queues, agents)
    write_switch_files(settings.home, files, switch_user())


async def tell_switch(settings: Settings, before: Catalogue, after: Catalogue) -> str | None:
    """Let the running Asterisk know new numbers and queues; return what somebody has to do about it, if anything.

    Queues that are gone stay in Asterisk until its next start: whoever still waits in one is served if we die.
    """
    queues = {*before.queues, *after.queues}
    if before.numbers == after.numbers and before.default_queue == after.default_queue and queues == {*before.queues}:
        return None
    if not settings.asterisk.embedded:
        return "the switch is not ours: bring the numbers and queues in its configuration up to date"
    try:
        await asyncio.to_thread(_write, settings, after, sorted(queues))
        for command in _READ_AGAIN:
            await _console(settings, command)
    except (OSError, TimeoutError) as error:
        _log.error("switch_not_told", why=str(error) or "no answer")
        return "the switch could not be told of numbers and queues; it knows them from its next start on"
    return None


def _write(settings: Settings, catalogue: Catalogue, queues: Sequence[QueueName]) -> None:
    program = find_asterisk(settings.home, settings.asterisk.command)
    files = _rendered(settings, program, catalogue, queues, ())
    replace_switch_files(settings.home, {name: files[name] for name in _WHAT_CHANGES}, switch_user())


def _rendered(
    settings: Settings,
    program: AsteriskProgram,
    catalogue: Catalogue,
    queues: Iterable[QueueName],
    agents: Sequence[AgentRecord],
) -> dict[str, str]:
    key = settings.secret("sip-key")
    installation = Installation(
        settings=settings.asterisk,
        secret=settings.secret("ami"),
        numbers=tuple(Number(number=one.number, queue=catalogue.default_queue) for one in catalogue.numbers),
        queues=tuple(queues),
        default_queue=catalogue.default_queue,
        trunks=(Trunk(name="carrier", addresses=settings.asterisk.trunks),),
        devices=tuple(Device(name=one.device, password=sip_password(key, one.device)) for one in agents),
        sorry=str(settings.sounds / "sorry"),
    )
    dialplan = (settings.routing.directory / _DIALPLAN).read_text(encoding="utf-8")
    directories = Directories(home=str(settings.home / "switch"), installed=program.directories)
    return render(installation, dialplan, directories)


async def _console(settings: Settings, command: str) -> None:
    """Have Asterisk carry out one command of its console. Raises `OSError`, `TimeoutError`."""
    program = await asyncio.to_thread(find_asterisk, settings.home, settings.asterisk.command)
    etc = settings.home / "switch" / "etc" / "asterisk.conf"
    process = await asyncio.create_subprocess_exec(
        *(str(program.command), "-C", str(etc), "-n", "-r", "-x", command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_CONSOLE_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    if process.returncode != 0:
        raise OSError(said.decode(errors="replace").strip()[:200])
