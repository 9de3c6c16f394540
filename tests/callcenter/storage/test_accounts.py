"""What is stored of passwords and sessions, and how long an answer takes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.api.records import Role
from callcenter.domain.errors import RequestRefused
from callcenter.storage.accounts import SessionLimits, SqlAccounts
from callcenter.storage.database import RecordsFailure
from callcenter.storage.passwords import Passwords, one_time_password, open_passwords
from callcenter.storage.people import NewPerson, SqlPeople
from callcenter.storage.tables import people, sessions
from callcenter.storage.threads import Threads, open_threads
from tests.fakes.clock import FakeClock
from tests.support.records import QUICK_HASHER

CLOCK = FakeClock()


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    async with open_passwords(QUICK_HASHER) as opened:
        yield opened


@pytest.fixture
async def threads(records: AsyncEngine) -> AsyncIterator[Threads]:
    async with open_threads(records, 1) as opened:
        yield opened


@pytest.fixture
async def accounts(records: AsyncEngine, threads: Threads, passwords: Passwords) -> SqlAccounts:
    new = NewPerson(person="ana", name="Ana", role=Role.AGENT, device="agent-ana", skills={"billing": 5})
    await SqlPeople(records).add(new, password_hash=await passwords.hash("right"))
    return SqlAccounts(records, threads, passwords, CLOCK, SessionLimits())


async def test_only_hashes_are_stored(accounts: SqlAccounts, records: AsyncEngine) -> None:
    secret = await accounts.open_session("ana", CLOCK.utc())
    await accounts.verify("ana", "right")
    async with records.connect() as connection:
        stored = (await connection.execute(select(people.c.password_hash))).scalar_one()
        row = (await connection.execute(select(sessions))).one()
    assert stored.startswith("$argon2id$")
    assert row.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)


async def test_a_reset_password_must_be_changed_and_ends_sessions(accounts: SqlAccounts) -> None:
    await accounts.set_password("ana", "mine")
    secret = await accounts.open_session("ana", CLOCK.utc())
    await accounts.reset_password("ana", "one-time")
    person = await accounts.verify("ana", "one-time")
    assert person is not None
    assert person.must_change_password
    assert await accounts.session(secret, CLOCK.utc()) is None


async def test_nobody_has_no_password_to_set(accounts: SqlAccounts) -> None:
    with pytest.raises(RequestRefused):
        await accounts.set_password("nobody", "x")


async def test_an_outdated_hash_is_renewed_at_sign_in(
    accounts: SqlAccounts, records: AsyncEngine, threads: Threads
) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    async with open_passwords(stronger) as passwords:
        newer = SqlAccounts(records, threads, passwords, CLOCK, SessionLimits())
        assert await newer.verify("ana", "right") is not None
        async with records.connect() as connection:
            stored = (await connection.execute(select(people.c.password_hash))).scalar_one()
        assert extract_parameters(stored).memory_cost == 16
        assert await newer.verify("ana", "right") is not None


async def test_sessions_that_have_ended_do_not_pile_up(accounts: SqlAccounts, records: AsyncEngine) -> None:
    clock = FakeClock()
    for _ in range(5):
        await accounts.open_session("ana", clock.utc())
        clock.advance(SessionLimits().absolute.total_seconds() + 1)
    await accounts.open_session("ana", clock.utc())
    async with records.connect() as connection:
        assert len((await connection.execute(select(sessions))).all()) == 1


async def test_the_real_parameters_are_those_of_rfc_9106() -> None:
    async with open_passwords() as passwords:
        parameters = extract_parameters(await passwords.hash("x"))
    assert parameters.type is Type.ID
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 64 * 1024, 4)


async def test_unknown_people_cost_as_much_as_known_ones(records: AsyncEngine, threads: Threads) -> None:
    """With a hash that takes long enough to tell: one that is not computed would take a fraction."""
    hasher = PasswordHasher(time_cost=4, memory_cost=32 * 1024, parallelism=1)
    async with open_passwords(hasher) as passwords:
        new = NewPerson(person="ana", name="Ana", role=Role.AGENT, device="agent-ana")
        await SqlPeople(records).add(new, password_hash=await passwords.hash("right"))
        accounts = SqlAccounts(records, threads, passwords, CLOCK, SessionLimits())

        async def fastest(person: str) -> float:
            times = []
            for _ in range(5):
                began = time.process_time()  # of all threads: what others do on this machine does not count
                assert await accounts.verify(person, "wrong") is None
                times.append(time.process_time() - began)
            return min(times)

        assert await fastest("nobody") > 0.5 * await fastest("ana")


def test_one_time_passwords_are_long_and_different() -> None:
    made = {one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(password.replace("-", "")) == 16 for password in made)


@pytest.mark.parametrize("retryable", [True, False])
async def test_a_session_lives_also_while_nobody_can_note_that_it_was_seen(
    accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch, retryable: bool
) -> None:
    """An import may hold the records; what is wrong with the records themselves is told."""
    secret = await accounts.open_session("ana", CLOCK.utc())
    later = CLOCK.utc() + timedelta(minutes=5)

    def held(_: AsyncEngine, what: str) -> None:
        raise RecordsFailure(f"{what}: database is locked", retryable=retryable)

    with monkeypatch.context() as patched:
        patched.setattr("callcenter.storage.accounts.writing", held)
        if retryable:
            found = await accounts.session(secret, later)
            assert found is not None
            assert found.person.person == "ana"
        else:
            with pytest.raises(RecordsFailure):
                await accounts.session(secret, later)
    assert await accounts.session(secret, later) is not None
    (line,) = await accounts.sessions("ana")
    assert line.last_seen_at == later
