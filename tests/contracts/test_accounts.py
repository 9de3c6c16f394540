"""What every book of accounts does."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from callcenter.api.records import Accounts, Person, Role
from callcenter.storage.accounts import SEEN_SECONDS, SessionLimits, SqlAccounts
from callcenter.storage.passwords import open_passwords
from callcenter.storage.people import NewPerson, SqlPeople
from callcenter.storage.threads import open_threads
from tests.contracts.conftest import OpenRecords
from tests.fakes.accounts import FakeAccounts
from tests.fakes.clock import FakeClock
from tests.support.records import QUICK_HASHER

KINDS = ["fake", "sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
IDLE, ABSOLUTE = timedelta(hours=2), timedelta(hours=5)
ANA = Person(
    person="ana",
    name="Ana",
    role=Role.AGENT,
    agent="ana",
    device="agent-ana",
    language="zh",
    must_change_password=True,
)
EVA = Person(
    person="eva",
    name="Eva",
    role=Role.SUPERVISOR,
    agent=None,
    device=None,
    language="en",
    must_change_password=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Accounts in which ana and eva have the password "right", and a clock."""

    accounts: Accounts
    clock: FakeClock
    deactivate: Callable[[str], Awaitable[None]]


@pytest.fixture(params=KINDS)
async def book(request: pytest.FixtureRequest, records_of: OpenRecords) -> AsyncIterator[Book]:
    clock = FakeClock()
    if request.param == "fake":
        fake = FakeAccounts(clock, idle=IDLE, absolute=ABSOLUTE)
        fake.add(ANA, "right")
        fake.add(EVA, "right")

        async def deactivate_fake(person: str) -> None:
            fake.deactivate(person)

        yield Book(accounts=fake, clock=clock, deactivate=deactivate_fake)
        return
    async with (
        records_of(request.param) as engine,
        open_threads(engine, 1) as threads,
        open_passwords(QUICK_HASHER) as passwords,
    ):
        people = SqlPeople(engine)
        for one in (ANA, EVA):
            new = NewPerson(person=one.person, name=one.name, role=one.role, language=one.language, device=one.device)
            await people.add(new, password_hash=await passwords.hash("right"))

        async def deactivate(person: str) -> None:
            await people.set_active(person, active=False)

        limits = SessionLimits(idle=IDLE, absolute=ABSOLUTE)
        yield Book(accounts=SqlAccounts(engine, threads, passwords, clock, limits), clock=clock, deactivate=deactivate)


# -- passwords --------------------------------------------------------------------------------------------------


async def test_the_right_password_gives_the_person(book: Book) -> None:
    assert await book.accounts.verify("ana", "right") == ANA
    assert await book.accounts.verify("eva", "right") == EVA


@pytest.mark.parametrize("password", ["", "Right", "right ", "wrong", "x" * 100_000, "\x00", "\ud800"])
async def test_any_other_password_gives_nobody(book: Book, password: str) -> None:
    assert await book.accounts.verify("ana", password) is None


@pytest.mark.parametrize("person", ["", "nobody", "ANA", "ana'--", "a" * 5_000, "\x00", "\ud800"])
async def test_unknown_people_are_nobody(book: Book, person: str) -> None:
    assert await book.accounts.verify(person, "right") is None


async def test_a_new_password_replaces_the_old_one_and_ends_all_sessions(book: Book) -> None:
    now = book.clock.utc()
    secret, hers = await book.accounts.open_session("ana", now), await book.accounts.open_session("eva", now)
    await book.accounts.set_password("ana", "new password")
    assert await book.accounts.verify("ana", "right") is None
    changed = dataclasses.replace(ANA, must_change_password=False)
    assert await book.accounts.verify("ana", "new password") == changed
    assert await book.accounts.session(secret, now) is None
    assert await book.accounts.session(hers, now) is not None


# -- sessions ---------------------------------------------------------------------------------------------------


async def test_a_session_is_known_by_its_secret_alone(book: Book) -> None:
    now = book.clock.utc()
    secret = await book.accounts.open_session("ana", now)
    assert len(secret) >= 43  # 256 bits in base64
    found = await book.accounts.session(secret, now)
    assert found is not None
    assert (found.person, found.created_at, found.last_seen_at) == (ANA, now, now)
    assert found.session != secret
    for other in (found.session, secret[:-1], secret.swapcase(), "", "\x00", "\ud800"):
        assert await book.accounts.session(other, now) is None


async def test_secrets_never_repeat(book: Book) -> None:
    secrets = {await book.accounts.open_session("ana", book.clock.utc()) for _ in range(5)}
    assert len(secrets) == 5


async def test_an_unused_session_ends_by_itself(book: Book) -> None:
    secret = await book.accounts.open_session("ana", book.clock.utc())
    book.clock.advance(IDLE.total_seconds() - 1)
    assert await book.accounts.session(secret, book.clock.utc()) is not None
    book.clock.advance(IDLE.total_seconds() - SEEN_SECONDS)
    assert await book.accounts.session(secret, book.clock.utc()) is not None
    book.clock.advance(IDLE.total_seconds() + 1)
    assert await book.accounts.session(secret, book.clock.utc()) is None


async def test_a_session_in_constant_use_ends_all_the_same(book: Book) -> None:
    secret = await book.accounts.open_session("ana", book.clock.utc())
    for _ in range(int(ABSOLUTE.total_seconds() // 3600) - 1):
        book.clock.advance(3600)
        assert await book.accounts.session(secret, book.clock.utc()) is not None
    book.clock.advance(3601)
    assert await book.accounts.session(secret, book.clock.utc()) is None


async def test_one_session_can_be_ended(book: Book) -> None:
    now = book.clock.utc()
    first, second = await book.accounts.open_session("ana", now), await book.accounts.open_session("ana", now)
    found = await book.accounts.session(first, now)
    assert found is not None
    await book.accounts.close_session(found.session)
    await book.accounts.close_session(found.session)
    assert await book.accounts.session(first, now) is None
    assert await book.accounts.session(second, now) is not None


async def test_who_was_shut_out_is_out_everywhere_at_once(book: Book) -> None:
    now = book.clock.utc()
    secret = await book.accounts.open_session("ana", now)
    await book.deactivate("ana")
    assert await book.accounts.session(secret, now) is None
    assert await book.accounts.verify("ana", "right") is None
    assert list(await book.accounts.sessions()) == []


async def test_live_sessions_are_listed_oldest_first(book: Book) -> None:
    await book.accounts.open_session("eva", book.clock.utc())
    book.clock.advance(IDLE.total_seconds() / 2)
    await book.accounts.open_session("ana", book.clock.utc())
    assert [one.person.person for one in await book.accounts.sessions()] == ["eva", "ana"]
    assert [one.person for one in await book.accounts.sessions("ana")] == [ANA]
    book.clock.advance(IDLE.total_seconds() / 2 + 1)
    assert [one.person.person for one in await book.accounts.sessions()] == ["ana"]


async def test_roles_are_told_of_live_sessions_only(book: Book) -> None:
    await book.accounts.open_session("eva", book.clock.utc())
    book.clock.advance(IDLE.total_seconds() / 2)
    await book.accounts.open_session("ana", book.clock.utc())
    hers, anas = (one.session for one in await book.accounts.sessions())
    assert await book.accounts.roles() == {hers: Role.SUPERVISOR, anas: Role.AGENT}
    book.clock.advance(IDLE.total_seconds() / 2 + 1)
    assert await book.accounts.roles() == {anas: Role.AGENT}
    await book.deactivate("ana")
    assert await book.accounts.roles() == {}
