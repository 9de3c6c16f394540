"""The whole part against a scripted peer: one coherent story, whatever happens while the snapshot is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callcenter.asterisk import adapter as adapter_module
from callcenter.asterisk.adapter import AsteriskAdapter
from callcenter.config import AsteriskSettings
from callcenter.domain.events import (
    BackInService,
    CallCleared,
    OutOfService,
    Queued,
    SwitchConnected,
    SwitchDisconnected,
)
from tests.support.ami_peer import SECRET, USER, AmiPeer, Headers
from tests.support.facts import Facts

WAITING = "Event: UserEvent\r\nUserEvent: CCWaiting\r\nUniqueid: {}\r\nDialled: 5550100\r\n\r\n"
HANGUP = "Event: Hangup\r\nUniqueid: {}\r\nCause: 16\r\n\r\n"


def answer_list(name: str, *items: str):  # type: ignore[no-untyped-def]
    def answer(action: Headers) -> str:
        ours = f"ActionID: {action['ActionID']}\r\n"
        body = "".join(item.replace("\r\n", f"\r\n{ours}", 1) for item in items)
        return f"Response: Success\r\nEventList: start\r\n\r\n{body}Event: {name}\r\n{ours}EventList: Complete\r\n\r\n"

    return answer


def channel(uniqueid: str) -> str:
    return (
        f"Event: Status\r\nChannel: PJSIP/trunk-x-1\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}\r\n"
        "Context: cc-room\r\nApplication: Wait\r\nSeconds: 3\r\n\r\n"
    )


@pytest.fixture
async def peer() -> AsyncIterator[AmiPeer]:
    async with AmiPeer.open() as scripted:
        scripted.answers |= {
            "Status": answer_list("StatusComplete"),
            "DeviceStateList": answer_list("DeviceStateListComplete"),
            "QueueStatus": answer_list("QueueStatusComplete"),
        }
        yield scripted


@asynccontextmanager
async def running(peer: AmiPeer) -> AsyncIterator[tuple[Facts, AsteriskAdapter]]:
    facts = Facts()
    adapter = AsteriskAdapter(
        settings=AsteriskSettings(ami_port=peer.port, ami_user=USER),
        secret=SECRET,
        sink=facts,
        nonce=iter(f"n{n}" for n in range(1000)).__next__,
        jitter=lambda shortest, longest: 0.01,
        tone="/tone",
    )
    task = asyncio.create_task(adapter.run())
    try:
        yield facts, adapter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_is_said_while_the_snapshot_is_read_comes_after_it(peer: AmiPeer) -> None:
    """One call is in the snapshot and ends meanwhile; one comes meanwhile; one was gone before anybody looked."""
    snapshot = answer_list("StatusComplete", channel("1.1"))
    peer.answers["Status"] = lambda action: (
        snapshot(action) + HANGUP.format("1.1") + WAITING.format("2.1") + HANGUP.format("0.9")
    )
    async with running(peer) as (facts, _):
        connected = await facts.next(SwitchConnected)
        assert [call.call for call in connected.snapshot.calls] == ["1.1"]
        assert (await facts.next(CallCleared)).call == "1.1"
        assert (await facts.next(Queued)).call == "2.1"
    assert facts.all[0] is connected
    assert facts.count(CallCleared) == 1


async def test_what_has_been_said_to_be_over_is_in_no_later_snapshot(peer: AmiPeer) -> None:
    """Asterisk lists a channel for some milliseconds after its goodbye."""
    peer.answers["Status"] = answer_list("StatusComplete", channel("1.1"))
    async with running(peer) as (facts, adapter):
        await facts.next(SwitchConnected)
        assert [call.call for call in (await adapter.switch.snapshot()).calls] == ["1.1"]
        peer.say("Event: HangupRequest\r\nUniqueid: 1.1\r\n\r\n")
        await asyncio.sleep(0.05)
        assert (await adapter.switch.snapshot()).calls == ()
        adapter.resynchronise()
        assert (await facts.next(SwitchConnected)).snapshot.calls == ()


async def test_a_lost_link_is_told_once_and_everything_is_read_anew(peer: AmiPeer) -> None:
    async with running(peer) as (facts, _):
        await facts.next(SwitchConnected)
        peer.answers["Status"] = answer_list("StatusComplete", channel("1.1"))
        peer.cut()
        assert not (await facts.next(SwitchDisconnected)).switch_stopped
        assert len((await facts.next(SwitchConnected)).snapshot.calls) == 1
        assert facts.count(SwitchDisconnected) == 1


async def test_a_switch_that_stops_says_so(peer: AmiPeer) -> None:
    async with running(peer) as (facts, _):
        await facts.next(SwitchConnected)
        peer.say("Event: Shutdown\r\nShutdown: Cleanly\r\nRestart: False\r\n\r\n")
        await asyncio.sleep(0.05)
        peer.cut()
        assert (await facts.next(SwitchDisconnected)).switch_stopped
        await facts.next(SwitchConnected)
        peer.cut()
        assert not (await facts.next(SwitchDisconnected)).switch_stopped


async def test_without_a_snapshot_there_is_no_link(peer: AmiPeer) -> None:
    """The peer refuses the list: nobody is told that we are connected, and we try again."""
    good = peer.answers["DeviceStateList"]
    peer.answers["DeviceStateList"] = lambda _: "Response: Error\r\nMessage: Permission denied\r\n\r\n"
    async with running(peer) as (facts, _):
        await peer.got("DeviceStateList", count=3)
        assert facts.all == []
        peer.answers["DeviceStateList"] = good
        await facts.next(SwitchConnected)


async def test_a_message_that_is_not_believed_leads_to_a_new_look(
    peer: AmiPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter_module, "RESYNC_PAUSE", 0.1)
    async with running(peer) as (facts, _):
        await facts.next(SwitchConnected)
        peer.answers["Status"] = answer_list("StatusComplete", channel("1.1"))
        lie = "Event: Hangup\r\nUniqueid: 1.1\r\nUniqueid: 1.2\r\n\r\n"
        peer.say(lie * 5)
        assert len((await facts.next(SwitchConnected)).snapshot.calls) == 1
        peer.say(WAITING.format("3.1"))
        assert (await facts.next(Queued)).call == "3.1"
        assert facts.count(SwitchConnected) == 2  # five lies, one look


async def test_a_look_that_is_asked_for_comes_in_order(peer: AmiPeer) -> None:
    async with running(peer) as (facts, adapter):
        await facts.next(SwitchConnected)
        peer.say(WAITING.format("1.1"))
        await facts.next(Queued)
        adapter.resynchronise()
        adapter.resynchronise()
        await facts.next(SwitchConnected)
        await asyncio.sleep(0.05)
        assert facts.count(SwitchConnected) == 2


async def test_a_registration_that_stays_away_is_told_after_the_grace(peer: AmiPeer) -> None:
    state = "Event: DeviceStateChange\r\nDevice: PJSIP/agent-ana\r\nState: {}\r\n\r\n"
    async with running(peer) as (facts, _):
        await facts.next(SwitchConnected)
        peer.say(state.format("NOT_INUSE"))
        await facts.next(BackInService)
        peer.say(state.format("UNAVAILABLE"))
        assert (await facts.next(OutOfService)).device == "agent-ana"
