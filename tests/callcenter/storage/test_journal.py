"""The journal on disk: it survives the death of its process, and a disk that does not take anything."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import AgentId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage import journal as journal_module
from callcenter.storage.journal import SqliteJournal, open_journal
from callcenter.storage.journal_file import JournalFile, Safety
from tests.support.interactions import Story, handled

Choices = Mapping[AgentId, Mapping[str, str] | None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


# -- one writer, shared commits ---------------------------------------------------------------------------------


async def test_all_who_wait_share_commits(path: Path) -> None:
    """200 waiting at once must not cost 200 disk flushes."""
    async with open_journal(path) as journal:
        commits = 0
        write = JournalFile.write

        def counted(file: JournalFile, events: Sequence[InteractionEvent], choices: Choices) -> None:
            nonlocal commits
            commits += 1
            write(file, events, choices)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(JournalFile, "write", counted)

            async def one(number: int) -> None:
                story = Story(number)
                journal.append(story.tell(EventKind.STARTED))
                await journal.durable()

            await asyncio.gather(*(one(number) for number in range(200)))
        assert 1 <= commits < 100
        assert len(await journal.unfinished()) == 200


async def test_what_nobody_waits_for_is_written_soon(path: Path) -> None:
    async with open_journal(path) as journal:
        journal.append(Story().tell(EventKind.STARTED))
        reader = JournalFile.open(path, Safety.PROCESS_DEATH)
        async with asyncio.timeout(5):
            while not reader.undrained(10):
                await asyncio.sleep(0.005)
        reader.close()


async def test_only_the_owner_can_read_the_file(path: Path) -> None:
    async with open_journal(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_file_of_another_format_is_refused_with_its_name(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ExternalFailure, match="another version") as failure:
        JournalFile.open(path, Safety.POWER_CUT)
    assert str(path) in str(failure.value)
    assert not failure.value.retryable


async def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"this is not a database, it only has its name " * 100)
    with pytest.raises(ExternalFailure, match="not a database") as failure:
        JournalFile.open(path, Safety.POWER_CUT)
    assert not failure.value.retryable


# -- death of the process ---------------------------------------------------------------------------------------

_WRITER = """
import asyncio, sys
from pathlib import Path
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.storage.journal import SqliteJournal, open_journal
from tests.support.interactions import Story

async def main():
    async with open_journal(Path(sys.argv[1])) as journal:
        story = Story(1)
        while True:
            for _ in range(3):
                event = story.tell(EventKind.NODE_ENTERED if story.events else EventKind.STARTED)
                journal.append(event)
            await journal.durable()
            print(event.seq, flush=True)

asyncio.run(main())
"""


def test_nothing_durable_is_lost_when_the_process_is_killed(path: Path) -> None:
    """kill -9 in the middle of writing, several times over: everything reported as durable is there, without a hole."""
    for round_ in range(3):
        own = path.with_name(f"journal-{round_}.sqlite")
        process = subprocess.Popen([sys.executable, "-c", _WRITER, str(own)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process.stdout as output:
            reported = [int(next(output)) for _ in range(20 + 7 * round_)]
            os.kill(process.pid, signal.SIGKILL)
            reported += [int(line) for line in output if line.endswith("\n")]
        process.wait()
        file = JournalFile.open(own, Safety.POWER_CUT)
        (remembered,) = file.unfinished()
        file.close()
        seqs = [event.seq for event in remembered.events]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= max(reported)


# -- a disk that does not take anything -------------------------------------------------------------------------


@pytest.fixture
def quick_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.02)


@pytest.mark.usefixtures("quick_retry")
async def test_a_full_disk_raises_alarms_and_is_caught_up_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`durable` raises while the disk is full; what was given meanwhile is written when there is room again."""
    story = Story()
    write, full = JournalFile.write, True

    def limited(file: JournalFile, events: Sequence[InteractionEvent], choices: Choices) -> None:
        # SQLite itself says "database or disk is full" when it may not take another page.
        pages = 1 if full else 1_000_000
        file._connection.execute(f"PRAGMA max_page_count = {pages}")
        write(file, events, choices)

    monkeypatch.setattr(JournalFile, "write", limited)
    async with open_journal(path) as journal:
        for _ in range(40):
            journal.append(story.tell(EventKind.STARTED if not story.events else EventKind.NODE_ENTERED, x="y" * 500))
        with pytest.raises(ExternalFailure, match="full") as failure:
            await journal.durable()
        assert failure.value.retryable
        assert journal.alarm is not None
        journal.append(story.tell(EventKind.NODE_ENTERED))
        full = False
        await _alarm_over(journal)
        (found,) = await journal.unfinished()
        assert list(found.events) == story.events
        assert journal.lost == 0


@pytest.mark.usefixtures("quick_retry")
async def test_memory_is_bounded_and_the_loss_is_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that stays away: the newest events beyond the limit are lost, the count says how many, order is kept."""
    broken = True
    write = JournalFile.write

    def failing(file: JournalFile, events: Sequence[InteractionEvent], choices: Choices) -> None:
        if broken:
            raise ExternalFailure("attempt to write a readonly database", retryable=True)
        write(file, events, choices)

    monkeypatch.setattr(JournalFile, "write", failing)
    story = Story()
    async with open_journal(path, memory_events=10) as journal:
        for _ in range(25):
            journal.append(story.tell(EventKind.NODE_ENTERED if story.events else EventKind.STARTED))
            with pytest.raises(ExternalFailure):
                await journal.durable()
        broken = False
        await journal.durable()
        (found,) = await journal.unfinished()
        assert list(found.events) == story.events[:10]
        assert journal.lost == 15


async def test_a_disk_that_hangs_is_a_failure_not_a_hanging_call(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def hanging(_file: JournalFile, _events: Sequence[InteractionEvent], _choices: Choices) -> None:
        answer.wait(10)

    monkeypatch.setattr(JournalFile, "write", hanging)
    monkeypatch.setattr(journal_module, "PATIENCE_SECONDS", 0.05)
    async with open_journal(path) as journal:
        journal.append(Story().tell(EventKind.STARTED))
        with pytest.raises(ExternalFailure, match="does not answer"):
            await journal.durable()
        answer.set()
        monkeypatch.setattr(journal_module, "PATIENCE_SECONDS", 5)


# -- draining ---------------------------------------------------------------------------------------------------


def test_drained_events_of_closed_interactions_leave_the_file_others_stay(path: Path) -> None:
    file = JournalFile.open(path, Safety.POWER_CUT)
    closed, living = handled(1), Story(2)
    living.tell(EventKind.STARTED)
    file.write([*closed.events, *living.events], {})
    stored = file.undrained(100)
    assert [s.event for s in stored] == [*closed.events, *living.events]
    file.drained(stored[-1].position)
    assert file.undrained(100) == ()
    assert [r.interaction for r in file.unfinished()] == [living.interaction]
    late = living.tell(EventKind.CLOSED)
    file.write([late], {})
    (stored_late,) = file.undrained(100)
    assert stored_late.event == late
    file.drained(stored_late.position)
    assert _count(path) == 0
    file.close()


def test_a_closed_interaction_stays_until_its_last_event_is_drained(path: Path) -> None:
    file = JournalFile.open(path, Safety.POWER_CUT)
    story = handled(1)
    file.write(story.events, {})
    stored = file.undrained(4)
    file.drained(stored[-1].position)
    assert _count(path) == len(story.events)
    file.close()


def test_an_event_after_the_end_does_not_revive_the_interaction(path: Path) -> None:
    file = JournalFile.open(path, Safety.POWER_CUT)
    story = handled(1)
    file.write(story.events, {})
    file.drained(file.undrained(100)[-1].position)
    file.write([story.tell(EventKind.NOTE_SAVED, agent="ana", note="late", disposition=None)], {})
    assert file.unfinished() == ()
    file.drained(file.undrained(100)[-1].position)
    assert _count(path) == 0
    file.close()


def test_what_was_set_aside_is_kept(path: Path) -> None:
    file = JournalFile.open(path, Safety.POWER_CUT)
    story = handled(1)
    file.write(story.events, {})
    stored = file.undrained(100)
    file.drained(stored[-1].position, set_aside=[stored[3].position])
    assert file.undrained(100) == ()
    assert _count(path) == 1
    file.close()


async def _alarm_over(journal: SqliteJournal) -> None:
    async with asyncio.timeout(5):
        while journal.alarm is not None:
            await asyncio.sleep(0.01)


def _count(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        (number,) = connection.execute("SELECT count(*) FROM events").fetchone()
    connection.close()
    return int(number)


_VALUES: st.SearchStrategy[FieldValue] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False)
)


@settings(max_examples=25)  # each makes a file
@given(st.lists(st.dictionaries(st.text(), _VALUES), max_size=5))
def test_any_data_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, told: list[dict[str, FieldValue]]
) -> None:
    file = JournalFile.open(tmp_path_factory.mktemp("journal") / "journal.sqlite", Safety.PROCESS_DEATH)
    story = Story()
    story.tell(EventKind.STARTED)
    for data in told:
        story.events.append(replace(story.tell(EventKind.ANSWER_GIVEN), data=data))
        del story.events[-2]
    file.write(story.events, {})
    (found,) = file.unfinished()
    assert list(found.events) == story.events
    file.close()
