"""`callcenter db`: what an administrator types, and what it does to the records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.records import Person, Role
from callcenter.cli import db
from callcenter.clock import SystemClock
from callcenter.domain.errors import RequestRefused
from callcenter.storage.accounts import SessionLimits, SqlAccounts
from callcenter.storage.database import open_database
from callcenter.storage.passwords import open_passwords
from callcenter.storage.people import SqlPeople
from callcenter.storage.threads import open_threads
from tests.support.records import QUICK_HASHER
from tests.support.servers import TREE

T = TypeVar("T")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, configured by the environment as on a real machine."""
    monkeypatch.setenv("CALLCENTER_HOME", str(tmp_path))
    monkeypatch.setenv("CALLCENTER_ROUTING__DIRECTORY", str(TREE / "config"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("CALLCENTER_CONFIG", raising=False)
    monkeypatch.setattr(db, "open_passwords", lambda: open_passwords(QUICK_HASHER))
    return tmp_path


def type_in(line: str) -> None:
    db.app(line, result_action="return_value")


def with_records(home: Path, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with open_database(f"sqlite:///{home / 'records.sqlite'}") as database:
            return await work(database)

    return asyncio.run(opened())


def sign_in(home: Path, person: str, password: str) -> Person | None:
    async def work(database: AsyncEngine) -> Person | None:
        async with open_passwords(QUICK_HASHER) as passwords, open_threads(database, 1) as threads:
            accounts = SqlAccounts(database, threads, passwords, SystemClock(), SessionLimits())
            return await accounts.verify(person, password)

    return with_records(home, work)


def printed_password(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.split()[-1]


def test_an_agent_is_added_with_a_one_time_password(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("add-agent cy --shown 'Cy 杨' --skill billing:5 --skill sales:3 --language zh")
    signed_in = sign_in(home, "cy", printed_password(capsys))
    assert signed_in is not None
    assert (signed_in.role, signed_in.device, signed_in.language) == (Role.AGENT, "agent-cy", "zh")
    assert signed_in.must_change_password
    (agent,) = with_records(home, lambda database: SqlPeople(database).agents())
    assert (agent.name, agent.skills) == ("Cy 杨", {"billing": 5, "sales": 3})


def test_a_supervisor_is_no_agent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("add-user eva --shown Eva --role supervisor")
    signed_in = sign_in(home, "eva", printed_password(capsys))
    assert signed_in is not None
    assert (signed_in.role, signed_in.agent) == (Role.SUPERVISOR, None)


def test_a_reset_replaces_the_password(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("add-user eva --shown Eva --role administrator")
    first = printed_password(capsys)
    type_in("reset-password eva")
    second = printed_password(capsys)
    assert sign_in(home, "eva", first) is None
    assert sign_in(home, "eva", second) is not None


def test_who_is_shut_out_cannot_sign_in_until_let_in(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("add-user eva --shown Eva --role supervisor")
    password = printed_password(capsys)
    type_in("shut-out eva")
    assert sign_in(home, "eva", password) is None
    type_in("let-in eva")
    assert sign_in(home, "eva", password) is not None


@pytest.mark.parametrize(
    "line",
    [
        "add-agent Cy --shown Cy --skill billing:5",
        "add-agent cy --shown Cy --skill billing",
        "add-agent cy --shown Cy --skill billing:eleven",
        "add-agent cy --shown Cy --skill billing:11",
        "reset-password nobody",
        "shut-out nobody",
    ],
)
def test_what_cannot_be_is_refused(line: str) -> None:
    with pytest.raises(RequestRefused):
        type_in(line)


def test_the_demonstration_says_where_its_passwords_are(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    type_in("demo")
    assert str(home / "first-sign-in.txt") in capsys.readouterr().out
    type_in("demo")
    assert "nothing was changed" in capsys.readouterr().out
