"""The one ordered queue to the writer."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.api.messages import Done, OfferShown, Refused, Reply, SignOff, SnapshotWanted
from callcenter.domain import events
from callcenter.domain.ids import CallId
from callcenter.server import inbox as inboxes
from callcenter.server.facts import RequestMade
from callcenter.server.inbox import Inbox, cause

CALL = CallId("1.1")


def test_first_in_first_out_whatever_it_is() -> None:
    """Facts and requests stand in one line, numbered."""
    inbox = Inbox()
    inbox.put(events.IvrEntered(call=CALL))
    inbox.put_request(SnapshotWanted(), lambda _: None)
    inbox.put(events.IvrLeft(call=CALL))
    taken = [inbox.take() for _ in range(4)]
    assert [entry.number for entry in taken if entry] == [1, 2, 3]
    assert [type(entry.fact).__name__ for entry in taken if entry] == ["IvrEntered", "RequestMade", "IvrLeft"]
    assert taken[-1] is None


async def test_an_entry_knows_what_caused_it() -> None:
    """Also through the tasks that carry an entry's effects out."""
    inbox = Inbox()

    async def later() -> None:
        inbox.put(events.IvrLeft(call=CALL))

    cause.set(17)
    await asyncio.create_task(later())
    entry = inbox.take()
    assert entry is not None
    assert entry.cause == 17
    cause.set(0)


def test_an_answer_goes_to_who_asked_and_only_once() -> None:
    """A second answer, or one to nobody, is nothing."""
    inbox = Inbox()
    given: list[tuple[str, Reply]] = []
    inbox.put_request(SnapshotWanted(), lambda reply: given.append(("first", reply)))
    inbox.put_request(SignOff(agent="bo"), lambda reply: given.append(("second", reply)))
    taken = [entry.fact for entry in (inbox.take(), inbox.take()) if entry is not None]
    ids = [fact.request_id for fact in taken if isinstance(fact, RequestMade)]
    for request_id in (ids[1], ids[0], ids[1], "r99"):
        inbox.answer(request_id, Done())
    assert given == [("second", Done()), ("first", Done())]


def test_what_is_not_answered_is_not_kept() -> None:
    """A shown pop for every call of the year would otherwise stay in memory."""
    inbox = Inbox()
    inbox.put_request(OfferShown(offer="1-1"), lambda _: pytest.fail("nobody answers this"))
    assert inbox._answers == {}
    entry = inbox.take()
    assert entry is not None


def test_when_it_is_full_people_wait_and_facts_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are refused first; what the switch reports is never dropped."""
    monkeypatch.setattr(inboxes, "MOST_WAITING_FOR_REQUESTS", 2)
    inbox = Inbox()
    given: list[Reply] = []
    for _ in range(3):
        inbox.put(events.IvrEntered(call=CALL))
    inbox.put_request(SnapshotWanted(), given.append)
    assert [reply.code for reply in given if isinstance(reply, Refused)] == ["overloaded"]
    assert inbox.deepest == 3


async def test_it_wakes_who_waits_and_lets_sleep_who_has_emptied_it() -> None:
    """`filled` returns when there is something, or somebody said `wake`."""
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.filled())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put(events.IvrEntered(call=CALL))
    await waiting
    inbox.take()
    assert inbox.take() is None
    waiting = asyncio.create_task(inbox.filled())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.wake()
    await waiting
