"""Journal: what happened, on the local disk before it is reported. One thread writes, and commits for many at once.

Events given by `append` are handed to the writer's thread together, a few milliseconds later, or at once when somebody
waits in `durable`. Whatever the thread finds waiting becomes one commit, so under load the price of a disk flush is
shared by all who wait for it (group commit).

A disk that is full, read-only or broken stops no call: `durable` raises, `alarm` says why, events are kept in memory
(up to a limit, then the newest are lost and counted) and writing is tried again every second and with every new event.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import structlog

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import AgentId
from callcenter.domain.interaction import InteractionEvent
from callcenter.ports import Journal, Remembered
from callcenter.storage.journal_file import JournalFile, Safety

GATHER_SECONDS = 0.005  # how long an event may wait for company when nobody waits for it
RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # a disk that does not answer for longer has failed
MEMORY_EVENTS = 100_000  # held while the disk is away: more than an hour of a busy centre

T = TypeVar("T")
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Batch:
    """What the loop hands to the thread in one go."""

    events: list[InteractionEvent] = field(default_factory=list)
    choices: dict[AgentId, Mapping[str, str] | None] = field(default_factory=dict)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    stop: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """Something to do on the file after everything handed over before."""

    ask: Callable[[JournalFile], Any]  # what it returns is what `answer` waits for; `_ask` sees to it
    answer: asyncio.Future[Any]


class SqliteJournal(Journal):
    """The journal port on an SQLite file. Used from one event loop; made by `open_journal`."""

    def __init__(self, file: JournalFile, loop: asyncio.AbstractEventLoop, *, memory_events: int) -> None:
        self._loop = loop
        self._inbox: queue.SimpleQueue[_Batch | _Question] = queue.SimpleQueue()
        self._batch = _Batch()
        self._timer: asyncio.TimerHandle | None = None
        self._alarm: str | None = None
        self._writer = _Writer(file, self._inbox, self._tell, memory_events)

    @property
    def alarm(self) -> str | None:
        """Why events are not getting to the disk now; none when they are."""
        return self._alarm

    @property
    def lost(self) -> int:
        """How many events were lost because the disk was away and the memory for them was full."""
        return self._writer.lost

    # -- writing ------------------------------------------------------------------------------------------------

    def append(self, event: InteractionEvent) -> None:
        """Take one event; returns at once."""
        self._batch.events.append(event)
        self._hand_over_soon()

    def remember_agent(self, agent: AgentId, state: Mapping[str, str] | None) -> None:
        """Keep what an agent last chose (none: signed off); returns at once."""
        self._batch.choices[agent] = state
        self._hand_over_soon()

    async def durable(self) -> None:
        """Return when everything given before is on disk. Raises `ExternalFailure`."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._batch.waiting.append(done)
        self._hand_over()
        await self._patiently(done)

    # -- reading: after a start ---------------------------------------------------------------------------------

    async def unfinished(self) -> Sequence[Remembered]:
        """Return the interactions that have no closing event yet."""
        return await self._ask(JournalFile.unfinished)

    async def agents(self) -> Mapping[AgentId, Mapping[str, str]]:
        """Return what each signed-on agent last chose."""
        return await self._ask(JournalFile.agents)

    async def next_epoch(self) -> int:
        """Return a number greater than any returned before, durably."""
        return await self._ask(JournalFile.next_epoch)

    # -- within -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the writer's thread (`open_journal` does)."""
        self._writer.start()

    async def stop(self) -> None:
        """Write what is left and end the thread (`open_journal` does)."""
        self._batch.stop = True
        self._hand_over()
        await asyncio.to_thread(self._writer.join, PATIENCE_SECONDS)

    def _hand_over_soon(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(GATHER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._batch = self._batch, _Batch()
        self._inbox.put(batch)

    async def _ask(self, ask: Callable[[JournalFile], T]) -> T:
        self._hand_over()
        answer: asyncio.Future[T] = self._loop.create_future()
        self._inbox.put(_Question(ask, answer))
        return await self._patiently(answer)

    async def _patiently(self, future: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await future
        except TimeoutError as error:
            raise ExternalFailure(f"the journal's disk does not answer for {PATIENCE_SECONDS} s", retryable=True) from (
                error
            )

    def _tell(self, news: Callable[[], None], alarm: str | None) -> None:
        """Bring the thread's news to the loop; called in the thread."""

        def receive() -> None:
            if alarm != self._alarm:
                self._alarm = alarm
                if alarm is None:
                    _log.warning("journal writes again", lost=self._writer.lost)
                else:
                    _log.error("journal cannot write; events are kept in memory", why=alarm)
            news()

        with suppress(RuntimeError):  # the loop has been closed meanwhile: nobody listens any more
            self._loop.call_soon_threadsafe(receive)


@asynccontextmanager
async def open_journal(path: Path, *, memory_events: int = MEMORY_EVENTS) -> AsyncIterator[SqliteJournal]:
    """Open the journal and its thread; on leaving, what was given is written. Raises `ExternalFailure`."""
    file = JournalFile.open(path, Safety.POWER_CUT)
    journal = SqliteJournal(file, asyncio.get_running_loop(), memory_events=memory_events)
    journal.start()
    try:
        yield journal
    finally:
        await journal.stop()


class _Writer(threading.Thread):
    """The one thread that writes the file."""

    def __init__(
        self,
        file: JournalFile,
        inbox: queue.SimpleQueue[_Batch | _Question],
        tell: Callable[[Callable[[], None], str | None], None],
        memory_events: int,
    ) -> None:
        super().__init__(name="journal", daemon=True)  # a disk that hangs must not keep the process from ending
        self.lost = 0
        self._file = file
        self._inbox = inbox
        self._tell = tell
        self._memory_events = memory_events
        self._held = _Batch()  # not on disk yet

    def run(self) -> None:
        """Write what comes until told to stop."""
        stop = False
        while not stop:
            stop = self._write(self._receive())
        self._file.close()

    def _receive(self) -> list[_Batch | _Question]:
        """Wait for work; return all there is, or nothing when it is time to try again."""
        behind = bool(self._held.events or self._held.choices)
        found: list[_Batch | _Question] = []
        with suppress(queue.Empty):
            found.append(self._inbox.get(timeout=RETRY_SECONDS if behind else None))
            while True:
                found.append(self._inbox.get_nowait())
        return found

    def _write(self, work: list[_Batch | _Question]) -> bool:
        waiting: list[asyncio.Future[None]] = []
        questions: list[_Question] = []
        stop = False
        for item in work:
            if isinstance(item, _Question):
                questions.append(item)
                continue
            self._held.events += item.events
            self._held.choices |= item.choices
            waiting += item.waiting
            stop = stop or item.stop
        failure = self._commit()
        alarm = str(failure) if failure else None
        self._tell(lambda: _resolve(waiting, failure), alarm)
        for question in questions:
            self._answer(question, alarm)
        return stop

    def _commit(self) -> ExternalFailure | None:
        if not (self._held.events or self._held.choices):
            return None
        try:
            self._file.write(self._held.events, self._held.choices)
        except ExternalFailure as failure:
            self.lost += len(self._held.events[self._memory_events :])
            del self._held.events[self._memory_events :]
            return failure
        self._held = _Batch()
        return None

    def _answer(self, question: _Question, alarm: str | None) -> None:
        answer = question.answer
        try:
            found = question.ask(self._file)
        except ExternalFailure as error:
            failure = error  # the name `error` ends with this block
            self._tell(lambda: None if answer.done() else answer.set_exception(failure), alarm)
        else:
            self._tell(lambda: None if answer.done() else answer.set_result(found), alarm)


def _resolve(waiting: Sequence[asyncio.Future[None]], failure: ExternalFailure | None) -> None:
    for future in waiting:
        if future.done():
            continue  # its owner gave up waiting
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(ExternalFailure(str(failure), retryable=failure.retryable))
