"""Every event arrives in SQL once: whoever is killed, whatever is away, in whatever order it comes."""

from __future__ import annotations

import asyncio
import math
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.storage import drain as drain_module
from callcenter.storage.database import open_database
from callcenter.storage.drain import Drain
from callcenter.storage.journal import open_journal
from callcenter.storage.journal_file import JournalFile, Safety
from callcenter.storage.schema import upgrade
from callcenter.storage.tables import interaction_events, interactions
from tests.support.interactions import Story, handled, moment
from tests.support.servers import PostgresServer, end, postgres_server, spawn, wait_until
from tests.support.tasks import running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[JournalFile]:
    file = JournalFile.open(path, Safety.PROCESS_DEATH)
    yield file
    file.close()


async def drained(drain: Drain) -> int:
    """Drain until nothing is left; return how many events moved."""
    total = 0
    while moved := await drain.step():
        total += moved
    return total


async def stored(records: AsyncEngine) -> list[tuple[str, int, str]]:
    async with records.connect() as connection:
        query = select(interaction_events.c.interaction, interaction_events.c.seq, interaction_events.c.kind)
        rows = await connection.execute(query.order_by(interaction_events.c.interaction, interaction_events.c.seq))
        return [tuple(row) for row in rows]


def identities(events: Sequence[InteractionEvent]) -> list[tuple[str, int, str]]:
    return sorted((event.interaction, event.seq, event.kind.value) for event in events)


# -- what arrives -----------------------------------------------------------------------------------------------


async def test_a_closed_interaction_arrives_whole_and_leaves_the_journal(
    path: Path, journal: JournalFile, records: AsyncEngine
) -> None:
    story = handled(customer="c-1")
    journal.write(story.events, {})
    assert await drained(Drain(path, records)) == len(story.events)
    assert await stored(records) == identities(story.events)
    async with records.connect() as connection:
        row = (await connection.execute(select(interactions))).one()
    assert (row.customer, row.queue, row.agent, row.outcome) == ("c-1", "billing", "ana", "handled")
    assert (row.waited_s, row.talked_s, row.disposition) == (10, 60, "resolved")
    assert (row.started_at, row.ended_at, row.closed) == (moment(0), moment(75), True)
    assert _left(path) == 0


async def test_a_living_interaction_is_seen_as_it_grows_and_stays_in_the_journal(
    path: Path, journal: JournalFile, records: AsyncEngine
) -> None:
    story, drain = handled(), Drain(path, records)
    outcomes = []
    for event in story.events:
        journal.write([event], {})
        await drained(drain)
        async with records.connect() as connection:
            outcomes.append((await connection.execute(select(interactions.c.outcome))).scalar())
        assert _left(path) == (0 if event.kind is EventKind.CLOSED else event.seq)
    assert outcomes == [None] * 8 + ["handled"] * 3


async def test_data_comes_back_as_it_was(path: Path, journal: JournalFile, records: AsyncEngine) -> None:
    story = Story()
    story.tell(EventKind.STARTED, calling_name="李雷 <b>'\"", head_start=-30, share=0.25, vip=True, none=None)
    journal.write(story.events, {})
    await drained(Drain(path, records))
    async with records.connect() as connection:
        row = (await connection.execute(select(interaction_events))).one()
    assert (row.data, row.at) == (story.events[0].data, story.events[0].at)


async def test_what_postgresql_cannot_hold_is_replaced(path: Path, journal: JournalFile, records: AsyncEngine) -> None:
    """NUL, halves of characters and numbers that are none would stop the whole batch."""
    story = handled()
    hostile = {"note": "a\x00b\ud800c", "disposition": None, "agent": "ana", "x\x00": math.inf}
    story.events[-2] = replace(story.events[-2], data=hostile)
    journal.write(story.events, {})
    await drained(Drain(path, records))
    async with records.connect() as connection:
        row = (await connection.execute(select(interactions))).one()
    assert row.note == "a\N{REPLACEMENT CHARACTER}b?c"
    assert _left(path) == 0


# -- once -------------------------------------------------------------------------------------------------------


async def test_a_drain_killed_between_both_commits_repeats_without_doubling(
    path: Path, journal: JournalFile, records: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = handled()
    journal.write(story.events, {})
    with monkeypatch.context() as patch:
        patch.setattr(JournalFile, "drained", _killed)
        with suppress(ProcessKilled):
            await Drain(path, records).step()
    assert len(await stored(records)) == len(story.events)
    assert await drained(Drain(path, records)) == len(story.events)
    assert await stored(records) == identities(story.events)
    assert _left(path) == 0


async def test_two_drains_of_one_journal_do_not_double(path: Path, journal: JournalFile, records: AsyncEngine) -> None:
    stories = [handled(number) for number in range(60)]
    everything = [event for story in stories for event in story.events]
    journal.write(everything, {})
    await asyncio.gather(drained(Drain(path, records)), drained(Drain(path, records)))
    assert await stored(records) == identities(everything)
    assert _left(path) == 0


async def test_one_unacceptable_interaction_stops_no_other(
    path: Path, journal: JournalFile, records: AsyncEngine
) -> None:
    """What SQL will never take stays in the journal for a person to look at; all else goes on."""
    good, bad = [handled(1), handled(3)], handled(2)
    async with records.begin() as connection:
        if records.dialect.name == "sqlite":
            refuse = (
                "CREATE TRIGGER refuse BEFORE INSERT ON interaction_events"
                f" WHEN NEW.interaction = '{bad.interaction}' BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            refuse = f"ALTER TABLE interaction_events ADD CHECK (interaction <> '{bad.interaction}')"
        await connection.execute(text(refuse))
    journal.write([*good[0].events, *bad.events, *good[1].events], {})
    assert await drained(Drain(path, records)) == 3 * len(bad.events)
    assert await stored(records) == identities([*good[0].events, *good[1].events])
    assert _left(path) == len(bad.events)


async def test_a_read_only_database_sets_nothing_aside(path: Path, journal: JournalFile, records: AsyncEngine) -> None:
    """It is the database that is in trouble, not the events: they wait."""
    story = handled()
    journal.write(story.events, {})
    only_read = (
        "PRAGMA query_only = ON" if records.dialect.name == "sqlite" else "SET default_transaction_read_only = on"
    )

    def make_read_only(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(only_read)
        cursor.close()
        connection.commit()

    sql_event.listen(records.sync_engine, "connect", make_read_only)
    await records.dispose()
    with pytest.raises(ExternalFailure):
        await Drain(path, records).step()
    assert _left(path) == len(story.events)
    sql_event.remove(records.sync_engine, "connect", make_read_only)
    await records.dispose()
    assert await drained(Drain(path, records)) == len(story.events)
    assert await stored(records) == identities(story.events)


# -- through an outage ------------------------------------------------------------------------------------------


async def test_history_is_up_to_date_within_a_second(path: Path, records: AsyncEngine) -> None:
    async with open_journal(path) as journal, running(Drain(path, records).run()):
        for number in range(1, 4):
            story = handled(number)
            for event in story.events:
                journal.append(event)
            await journal.durable()
            async with asyncio.timeout(1):
                while not await _is_closed(records, story):
                    await asyncio.sleep(0.02)


async def test_a_journal_that_is_not_there_yet_is_waited_for(path: Path, records: AsyncEngine) -> None:
    async with running(Drain(path, records).run()):
        await asyncio.sleep(0.05)
        assert not path.exists()
        async with open_journal(path) as journal:
            story = handled()
            for event in story.events:
                journal.append(event)
            await _until_stored(records, len(story.events))


@pytest.mark.integration
async def test_a_dead_postgresql_loses_and_doubles_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL dies under load, twice, and comes back: every event is there, once, and no call has waited for it."""
    monkeypatch.setattr(drain_module, "LONGEST_WAIT_SECONDS", 0.3)
    with mortal_postgres(tmp_path / "postgres.log") as server, server.server.fresh_database() as url:
        async with open_database(url) as records, open_journal(path) as journal:
            await upgrade(records)
            everything: list[InteractionEvent] = []
            async with running(Drain(path, records).run()):
                for number in range(300):
                    for event in handled(number).events:
                        journal.append(event)
                        everything.append(event)
                    async with asyncio.timeout(2):
                        await journal.durable()
                    if number in (60, 180):
                        await asyncio.to_thread(server.crash)
                    if number in (120, 240):
                        await asyncio.to_thread(server.start)
                    await asyncio.sleep(0.003)
                await _until_stored(records, len(everything))
                await _until_empty(path)
            assert await stored(records) == identities(everything)
            async with records.connect() as connection:
                closed = select(func.count()).select_from(interactions).where(interactions.c.closed)
                assert (await connection.execute(closed)).scalar() == 300


class MortalPostgres:
    """A PostgreSQL that a test may crash and start again, on the same data and port."""

    def __init__(self, server: PostgresServer, log: Path) -> None:
        self.server = server
        self._log = log
        self._process = server.process

    def crash(self) -> None:
        self._process.send_signal(signal.SIGQUIT)  # at once, without a checkpoint: recovers from its log at the start
        self._process.wait()

    def start(self) -> None:
        argv = self._process.args
        assert isinstance(argv, list)
        self._process = spawn(argv, self._log)
        wait_until(self._answers, self._process, self._log, "PostgreSQL")

    def stop(self) -> None:
        end(self._process)

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.server.url(), connect_timeout=2):
            return True
        return False


@contextmanager
def mortal_postgres(log: Path) -> Iterator[MortalPostgres]:
    with postgres_server() as server:
        mortal = MortalPostgres(server, log)
        try:
            yield mortal
        finally:
            mortal.stop()


# -- helpers ----------------------------------------------------------------------------------------------------


class ProcessKilled(BaseException):
    """As if the process had ended here."""


def _killed(*_: object, **__: object) -> None:
    raise ProcessKilled


def _left(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


async def _is_closed(records: AsyncEngine, story: Story) -> bool:
    async with records.connect() as connection:
        query = select(interactions.c.closed).where(interactions.c.interaction == story.interaction)
        return bool((await connection.execute(query)).scalar())


async def _until_stored(records: AsyncEngine, events: int) -> None:
    async with asyncio.timeout(30):
        while len(await stored(records)) < events:
            await asyncio.sleep(0.05)


async def _until_empty(path: Path) -> None:
    async with asyncio.timeout(30):
        while _left(path):
            await asyncio.sleep(0.05)
