"""What our AMI login may not do on a real Asterisk, tried one by one: the login must not be worth a shell.

It may make calls, which it needs for those that agents make: into which contexts is the business of
`callcenter.asterisk.actions`, which sends no Originate with an application at all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.support.switchboard import Switchboard

FORBIDDEN: dict[str, dict[str, str]] = {
    "run a program": {"Action": "Originate", "Channel": "Local/s@cc-room", "Application": "System", "Data": "id"},
    "run a program, quietly": {
        "Action": "Originate", "Channel": "Local/s@cc-room", "Application": "TrySystem", "Data": "id",
    },
    "run an AGI program": {
        "Action": "Originate", "Channel": "Local/s@cc-room", "Application": "AGI", "Data": "/bin/sh",
    },
    "run an external IVR": {
        "Action": "Originate", "Channel": "Local/s@cc-room", "Application": "ExternalIVR", "Data": "/bin/sh",
    },
    "write a file by Set(FILE)": {
        "Action": "Originate", "Channel": "Local/s@cc-room", "Application": "Set",
        "Data": "FILE(/tmp/pwned,,,al)=x",
    },
    "console command": {"Action": "Command", "Command": "core show channels"},
    "read configuration": {"Action": "GetConfig", "Filename": "manager.conf"},
    "read configuration as JSON": {"Action": "GetConfigJSON", "Filename": "../../etc/passwd"},
    "write configuration": {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    "make a configuration file": {"Action": "CreateConfig", "Filename": "x.conf"},
    "load a module": {"Action": "ModuleLoad", "LoadType": "load", "Module": "app_system.so"},
    "reload": {"Action": "Reload"},
    "record a call to a file": {"Action": "MixMonitor", "Channel": "x", "File": "/tmp/x.wav"},
    "read a file by a function": {"Action": "Getvar", "Variable": "FILE(/etc/passwd,0,20)"},
    "run a program by a function": {"Action": "Getvar", "Variable": "SHELL(id)"},
    "write a file by a function": {"Action": "Setvar", "Variable": "FILE(/tmp/pwned,,,al)", "Value": "x"},
    "fetch an address by a function": {"Action": "Getvar", "Variable": "CURL(http://127.0.0.1/)"},
    "read the database": {"Action": "DBGet", "Family": "Queue", "Key": "x"},
    "change the dialplan": {
        "Action": "DialplanExtensionAdd", "Context": "cc-in", "Extension": "9", "Priority": "1",
        "Application": "System", "ApplicationData": "id",
    },
    "speak for the dialplan": {"Action": "UserEvent", "UserEvent": "CCWaiting", "Uniqueid": "1.1"},
}  # fmt: skip


class Session:
    """Our own login, by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, action: dict[str, str]) -> str:
        """Send one action and return its response."""
        self._writer.write("".join(f"{key}: {value}\r\n" for key, value in action.items()).encode() + b"\r\n")
        async with asyncio.timeout(5):
            while True:
                message = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                if "Response: " in message:
                    return message


@contextlib.asynccontextmanager
async def connected(switchboard: Switchboard) -> AsyncIterator[tuple[Session, str]]:
    """A connection, and the answer to its login."""
    reader, writer = await asyncio.open_connection("127.0.0.1", switchboard.settings.ami_port)
    session = Session(reader, writer)
    login = {"Action": "Login", "Username": "cti", "Secret": switchboard.secret, "Events": "off"}
    yield session, await session.ask(login)
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def session(switchboard: Switchboard) -> AsyncIterator[Session]:
    async with asyncio.timeout(10), contextlib.AsyncExitStack() as stack:
        while True:
            session, answer = await stack.enter_async_context(connected(switchboard))
            if "Login Already In Use" not in answer:
                break
            await asyncio.sleep(0.1)  # Asterisk has not noticed yet that the test before this one has gone
        assert "Success" in answer
        yield session


@pytest.mark.parametrize("what", FORBIDDEN)
async def test_the_login_may_not(session: Session, what: str) -> None:
    answer = await session.ask(FORBIDDEN[what])
    assert "Response: Error" in answer or "Value: \r\n" in answer, answer


@pytest.mark.parametrize(
    "action",
    [
        {"Action": "Ping"},
        {"Action": "Status"},
        {"Action": "DeviceStateList"},
        {"Action": "QueueStatus"},
        {"Action": "Setvar", "Variable": "CC_HEARTBEAT", "Value": "1"},
    ],
    ids=lambda action: action["Action"],
)
async def test_the_login_may(session: Session, action: dict[str, str]) -> None:
    assert "Response: Success" in await session.ask(action)


async def test_a_second_session_is_refused_while_the_first_lives(session: Session, switchboard: Switchboard) -> None:
    async with connected(switchboard) as (_, answer):
        assert "Login Already In Use" in answer
    assert "Success" in await session.ask({"Action": "Ping"})
