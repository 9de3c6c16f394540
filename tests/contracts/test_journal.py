"""What every journal does, the one in memory and the one on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from callcenter.domain.ids import AgentId
from callcenter.domain.interaction import EventKind
from callcenter.ports import Journal
from callcenter.storage.journal import open_journal
from tests.fakes.journal import FakeJournal
from tests.support.interactions import Story, handled

Opener = Callable[[], AbstractAsyncContextManager[Journal]]
"""Opens the same journal again and again, as processes do one after the other."""


@pytest.fixture(params=["fake", "sqlite"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param == "sqlite":
        return lambda: open_journal(tmp_path / "journal.sqlite")
    fake = FakeJournal()

    @asynccontextmanager
    async def same() -> AsyncIterator[Journal]:
        yield fake
        await fake.durable()

    return same


async def test_what_was_durable_is_there_after_a_restart_in_order(reopen: Opener) -> None:
    story = Story()
    async with reopen() as journal:
        journal.append(story.tell(EventKind.STARTED, calling_number="+1", calling_name="李\x00雷"))
        journal.append(story.tell(EventKind.QUEUED, 1.5, queue="billing", head_start=30, urgent=True, score=0.5))
        journal.append(story.tell(EventKind.NODE_ENTERED, 2, node=None))
        await journal.durable()
    async with reopen() as journal:
        (remembered,) = await journal.unfinished()
    assert remembered.interaction == story.interaction
    assert list(remembered.events) == story.events


async def test_closed_interactions_are_not_unfinished(reopen: Opener) -> None:
    closed, living = handled(1), Story(2)
    living.tell(EventKind.STARTED)
    async with reopen() as journal:
        for event in (*closed.events, *living.events):
            journal.append(event)
        assert [found.interaction for found in await journal.unfinished()] == [living.interaction]


async def test_an_event_given_twice_is_kept_once_as_it_was_first(reopen: Opener) -> None:
    first, second = Story(1), Story(1)
    first.tell(EventKind.STARTED, calling_number="+1")
    second.tell(EventKind.STARTED, calling_number="+2")
    async with reopen() as journal:
        for event in (*first.events, *second.events):
            journal.append(event)
        (found,) = await journal.unfinished()
    assert list(found.events) == first.events


async def test_epochs_grow_over_restarts(reopen: Opener) -> None:
    epochs = []
    for _ in range(3):
        async with reopen() as journal:
            epochs += [await journal.next_epoch(), await journal.next_epoch()]
    assert epochs == sorted(set(epochs))
    assert epochs[0] > 0


async def test_the_last_choice_of_each_agent_outlives_a_restart(reopen: Opener) -> None:
    async with reopen() as journal:
        journal.remember_agent(AgentId("ana"), {"state": "ready"})
        journal.remember_agent(AgentId("bo"), {"state": "not_ready", "reason": "break"})
        await journal.durable()
        journal.remember_agent(AgentId("ana"), {"state": "not_ready", "reason": "training"})
        journal.remember_agent(AgentId("bo"), None)
        journal.remember_agent(AgentId("cy"), {"state": "ready"})
    async with reopen() as journal:
        assert await journal.agents() == {
            AgentId("ana"): {"state": "not_ready", "reason": "training"},
            AgentId("cy"): {"state": "ready"},
        }


async def test_durable_with_nothing_to_write_returns(reopen: Opener) -> None:
    async with reopen() as journal:
        await journal.durable()
        assert await journal.unfinished() in ([], ())
