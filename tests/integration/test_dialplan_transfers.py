"""A flow hands its caller over, on a real Asterisk, to a number or a phone; whom nobody takes comes back to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import Destination, ReturnToIvr, SingleStepTransfer
from callcenter.domain.events import (
    CallCleared,
    ConnectionCleared,
    Delivered,
    Established,
    Failed,
    IvrEntered,
    Place,
    Queued,
)
from callcenter.domain.ids import CallId
from tests.support.phone import Phone, PhoneCall
from tests.support.rtp import tone
from tests.support.situations import ANA, Stage
from tests.support.switchboard import SOUND, Switchboard

OUTSIDE = Destination(number="+12025550123", caller_id="+12025550100")
CALLER, OTHER = 440, 1300  # what each says, in Hertz


@dataclass(slots=True)
class TransferStage(Stage):
    """With a telephone outside."""

    number: Phone

    async def transfer(self, to: Destination) -> tuple[PhoneCall, CallId, PhoneCall]:
        """Somebody rings for a caller from the IVR."""
        call, call_id = await self.enter_ivr()
        await self.hands.switch.carry_out(SingleStepTransfer(call=call_id, to=to))
        ringing = await (self.number if to.number is not None else self.agent).incoming()
        ringing.ring()
        delivered = await self.facts.next(Delivered)
        assert (delivered.call, delivered.device) == (call_id, to.device)
        return call, call_id, ringing

    async def is_back(self, call: PhoneCall, call_id: CallId) -> None:
        """The caller hears us again."""
        await self.hands.switch.carry_out(ReturnToIvr(call=call_id))
        await self.facts.next(IvrEntered)
        prompt = asyncio.create_task(self.hands.media.play(call_id, [str(self.board.sounds / SOUND)]))
        await call.audio.hears()
        await prompt


@pytest.fixture
async def on(switchboard: Switchboard) -> AsyncIterator[TransferStage]:
    async with contextlib.AsyncExitStack() as stack:
        hands = await stack.enter_async_context(switchboard.steered())
        agent = await stack.enter_async_context(switchboard.agent(ANA))
        caller = await stack.enter_async_context(switchboard.caller())
        number = await stack.enter_async_context(switchboard.number())
        yield TransferStage(switchboard, hands, caller, agent, number)


@pytest.mark.parametrize("to", [OUTSIDE, Destination(device=ANA)], ids=["number", "agent"])
async def test_who_is_rung_talks_to_the_caller_and_the_call_ends_with_the_talk(
    on: TransferStage, to: Destination
) -> None:
    call, call_id, ringing = await on.transfer(to)
    ringing.answer()
    established = await on.facts.next(Established)
    assert (established.call, established.device) == (call_id, to.device)
    call.audio.play(tone(CALLER))
    ringing.audio.play(tone(OTHER))
    await asyncio.gather(call.audio.hears(OTHER), ringing.audio.hears(CALLER))
    ringing.bye()
    await on.facts.each(ConnectionCleared, CallCleared)
    assert await call.ended()


@pytest.mark.parametrize("to", [OUTSIDE, Destination(device=ANA)], ids=["number", "agent"])
async def test_whom_nobody_takes_is_in_the_room_with_the_reason_and_can_be_led_on(
    on: TransferStage, to: Destination
) -> None:
    call, call_id, ringing = await on.transfer(to)
    ringing.reject(486)
    assert await on.facts.next(Failed) == Failed(call=call_id, device=to.device, cause=Cause.BUSY)
    assert await on.facts.next(Queued) == Queued(call=call_id, fallback=False)
    await on.is_back(call, call_id)
    call.bye()


@pytest.mark.parametrize("to", [OUTSIDE, Destination(device=ANA)], ids=["number", "agent"])
async def test_a_telephone_that_rings_too_long_is_taken_back(on: TransferStage, to: Destination) -> None:
    call, call_id, ringing = await on.transfer(to)
    await on.is_back(call, call_id)
    assert on.facts.count(Failed) == 1
    assert await ringing.ended()
    call.bye()


async def test_the_number_sees_who_calls(on: TransferStage) -> None:
    """As with any call that is forwarded: it is the caller who wants something of it."""
    _, _, ringing = await on.transfer(OUTSIDE)
    assert ringing.invite is not None
    assert "<sip:0821234567@" in ringing.invite.get("From")


async def test_a_caller_who_hangs_up_stops_the_ringing(on: TransferStage) -> None:
    call, _, ringing = await on.transfer(OUTSIDE)
    call.bye()
    await on.facts.next(CallCleared)
    assert await ringing.ended()


async def test_a_snapshot_shows_that_it_rings(on: TransferStage) -> None:
    call, call_id, _ = await on.transfer(Destination(device=ANA))
    (live,) = (await on.hands.switch.snapshot()).calls
    assert (live.call, live.place, live.device, live.enqueued_at) == (call_id, Place.ALERTING, ANA, None)
    call.bye()


async def test_dead_while_it_rings_the_caller_goes_on_to_a_person(on: TransferStage) -> None:
    """Nobody takes him, nobody steers: the switch's own queue does."""
    call, call_id, ringing = await on.transfer(OUTSIDE)
    await on.hands.fall_silent()
    ringing.reject(486)
    assert await on.facts.next(Queued) == Queued(call=call_id, fallback=False)
    assert await on.facts.next(Queued) == Queued(call=call_id, fallback=True)
    call.bye()
