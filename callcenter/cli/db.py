"""`callcenter db …`: the records' tables, the demonstration, and the people who may sign in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.records import Role
from callcenter.catalogue import load_catalogue
from callcenter.clock import SystemClock
from callcenter.config import load_settings
from callcenter.domain.errors import Refusal, RequestRefused
from callcenter.storage.accounts import SessionLimits, SqlAccounts
from callcenter.storage.database import open_database
from callcenter.storage.demo import FIRST_SIGN_IN, plant_demo
from callcenter.storage.passwords import one_time_password, open_passwords
from callcenter.storage.people import NewPerson, SqlPeople
from callcenter.storage.schema import upgrade
from callcenter.storage.threads import open_threads

app = App(name="db", help="Tables, demonstration data, and people who may sign in.")

Config = Annotated[Path | None, Parameter(help="Settings file (TOML); without it the installation's own.")]
Language = Literal["en", "zh"]


@app.command(name="upgrade")
def upgrade_tables(*, config: Config = None) -> None:
    """Bring the tables to the state this version needs."""

    async def work(_: AsyncEngine) -> str:
        return "The tables are up to date."

    _run(work, config)


@app.command
def demo(*, config: Config = None) -> None:
    """Put people, customers and a past into records that have no people yet."""
    settings = load_settings(config)

    async def work(database: AsyncEngine) -> str:
        catalogue = load_catalogue(
            settings.routing.directory, ring_seconds=settings.asterisk.ring_seconds, country=settings.routing.country
        )
        planted = await plant_demo(database, catalogue, settings.home)
        if not planted:
            return "There are people already; nothing was changed."
        return f"The one-time passwords are in {settings.home / FIRST_SIGN_IN}."

    _run(work, config)


@app.command
def add_agent(
    name: str,
    *,
    shown: str,
    skill: Annotated[list[str], Parameter(help="SKILL:PROFICIENCY, 1 to 10; may be given several times.")],
    device: Annotated[str | None, Parameter(help="Name of the phone; without it agent-NAME.")] = None,
    language: Language = "en",
    config: Config = None,
) -> None:
    """Add an agent and print a one-time password.

    Parameters
    ----------
    name
        Sign-in name: a-z, 0-9, _ and -.
    shown
        Name that people read.
    language
        Of the desktop.
    """
    new = NewPerson(
        person=name,
        name=shown,
        role=Role.AGENT,
        language=language,
        device=device or f"agent-{name}",
        skills=dict(map(_read_skill, skill)),
    )
    _run(_adding(new), config)


@app.command
def add_user(
    name: str,
    *,
    shown: str,
    role: Literal["supervisor", "administrator"],
    language: Language = "en",
    config: Config = None,
) -> None:
    """Add a supervisor or administrator and print a one-time password.

    Parameters
    ----------
    name
        Sign-in name: a-z, 0-9, _ and -.
    shown
        Name that people read.
    role
        What the person may do.
    language
        Of the desktop.
    """
    _run(_adding(NewPerson(person=name, name=shown, role=Role(role), language=language)), config)


@app.command
def reset_password(name: str, *, config: Config = None) -> None:
    """Give a person a one-time password and end all of the person's sessions."""

    async def work(database: AsyncEngine) -> str:
        password = one_time_password()
        async with open_passwords() as passwords, open_threads(database, 1) as threads:
            accounts = SqlAccounts(database, threads, passwords, SystemClock(), SessionLimits())
            await accounts.reset_password(name, password)
        return _one_time(name, password)

    _run(work, config)


@app.command
def shut_out(name: str, *, config: Config = None) -> None:
    """End all sessions of a person and refuse new ones; `db let-in` undoes it."""

    async def work(database: AsyncEngine) -> str:
        await SqlPeople(database).set_active(name, active=False)
        return f"{name} is signed out everywhere and cannot sign in."

    _run(work, config)


@app.command
def let_in(name: str, *, config: Config = None) -> None:
    """Let a person who was shut out sign in again."""

    async def work(database: AsyncEngine) -> str:
        await SqlPeople(database).set_active(name, active=True)
        return f"{name} can sign in."

    _run(work, config)


# -- within -----------------------------------------------------------------------------------------------------


def _run(work: Callable[[AsyncEngine], Awaitable[str]], config: Path | None) -> None:
    async def upgraded() -> str:
        async with open_database(load_settings(config).database_url) as database:
            await upgrade(database)
            return await work(database)

    sys.stdout.write(asyncio.run(upgraded()) + "\n")


def _adding(new: NewPerson) -> Callable[[AsyncEngine], Awaitable[str]]:
    async def work(database: AsyncEngine) -> str:
        password = one_time_password()
        async with open_passwords() as passwords:
            await SqlPeople(database).add(new, password_hash=await passwords.hash(password))
        return _one_time(new.person, password)

    return work


def _one_time(name: str, password: str) -> str:
    return f"One-time password of {name}, to be changed at the first sign-in: {password}"


def _read_skill(text: str) -> tuple[str, int]:
    skill, _, proficiency = text.partition(":")
    if not proficiency.isascii() or not proficiency.isdigit():
        raise RequestRefused(Refusal.OPERATION, "bad_skill", f"write a skill as SKILL:PROFICIENCY, not {text!r}")
    return skill, int(proficiency)
