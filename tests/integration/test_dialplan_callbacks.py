"""Customers who are called back, on a real Asterisk: who answers waits like any other, and nobody waits in silence."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import CallBack, ClearCall, FallbackMember, MirrorAgent
from callcenter.domain.events import CallCleared, Delivered, Established, Offered, Place, Queued
from callcenter.domain.ids import CallId, InteractionId, QueueName, callback_call
from tests.support.phone import CallState, Phone, PhoneCall
from tests.support.situations import ANA, Stage
from tests.support.switchboard import MUSIC, Switchboard

INTERACTION = InteractionId("018f0000-0000-7000-8000-000000000001")
BACK = callback_call(INTERACTION, 7)
NUMBER, OURS = "+12025550123", "+12025550100"


@dataclass(slots=True)
class CallbackStage(Stage):
    """With a customer's telephone, which is called."""

    customer: Phone

    async def call_back(self, call: CallId = BACK) -> PhoneCall:
        """The customer's telephone rings."""
        now = int(time.time()) - 600
        order = CallBack(
            call=call,
            number=NUMBER,
            caller_id=OURS,
            interaction=INTERACTION,
            queue=QueueName("support"),
            enqueued_at=now,
            sequence=now,
            epoch=7,
        )
        await self.hands.switch.carry_out(order)
        ringing = await self.customer.incoming()
        ringing.ring()
        delivered = await self.facts.next(Delivered)
        assert (delivered.call, delivered.device) == (call, None)
        return ringing


@pytest.fixture
async def on(switchboard: Switchboard) -> AsyncIterator[CallbackStage]:
    async with contextlib.AsyncExitStack() as stack:
        hands = await stack.enter_async_context(switchboard.steered())
        agent = await stack.enter_async_context(switchboard.agent(ANA))
        caller = await stack.enter_async_context(switchboard.caller())
        number = await stack.enter_async_context(switchboard.number())
        yield CallbackStage(switchboard, hands, caller, agent, number)


async def test_who_answers_waits_with_music_and_is_rung_for_like_any_other(on: CallbackStage) -> None:
    ringing = await on.call_back()
    assert ringing.invite is not None
    assert ringing.invite.start_line.startswith(f"INVITE sip:{NUMBER}@")
    assert f"<sip:{OURS}@" in ringing.invite.get("From")
    ringing.answer()
    assert await on.facts.next(Queued) == Queued(call=BACK, fallback=False)
    await ringing.audio.hears(MUSIC)
    await on.deflect(BACK)
    at_agent = await on.agent.incoming()
    at_agent.answer()
    established = await on.facts.next(Established)
    assert (established.call, established.device) == (BACK, ANA)
    at_agent.bye()
    assert (await on.facts.next(CallCleared)).call == BACK
    assert await ringing.ended()
    assert on.facts.count(Offered) == 0


@pytest.mark.parametrize(("status", "cause"), [(486, Cause.BUSY), (603, Cause.CALL_REJECTED), (404, Cause.UNREACHABLE)])
async def test_who_does_not_take_the_call_is_told_with_the_reason(on: CallbackStage, status: int, cause: Cause) -> None:
    ringing = await on.call_back()
    ringing.reject(status)
    assert await on.facts.next(CallCleared) == CallCleared(call=BACK, cause=cause)
    assert (await on.hands.switch.snapshot()).calls == ()


async def test_a_telephone_that_rings_in_vain_can_be_given_up(on: CallbackStage) -> None:
    ringing = await on.call_back()
    await on.hands.switch.carry_out(ClearCall(call=BACK, cause=Cause.NORMAL_CLEARING))
    assert (await on.facts.next(CallCleared)).call == BACK
    assert await ringing.ended()


async def test_two_attempts_are_told_apart(on: CallbackStage) -> None:
    (await on.call_back()).reject(486)
    await on.facts.next(CallCleared)
    again = callback_call(INTERACTION, 9)
    (await on.call_back(again)).answer()
    assert (await on.facts.next(Queued)).call == again


async def test_a_snapshot_shows_who_is_called_and_who_has_answered(on: CallbackStage) -> None:
    ringing = await on.call_back()
    (live,) = (await on.hands.switch.snapshot()).calls
    assert (live.call, live.place, live.interaction) == (BACK, Place.CALLED_BACK, INTERACTION)
    ringing.answer()
    await on.facts.next(Queued)
    (live,) = (await on.hands.switch.snapshot()).calls
    assert (live.call, live.place, live.interaction, live.queue) == (BACK, Place.WAITING, INTERACTION, "support")
    assert live.calling_number == NUMBER
    assert live.enqueued_at is not None


async def test_another_cti_server_finds_the_telephone_ringing_and_is_told_the_answer(switchboard: Switchboard) -> None:
    async with switchboard.agent(ANA) as agent, switchboard.caller() as caller, switchboard.number() as number:
        async with switchboard.steered() as hands:
            ringing = await CallbackStage(switchboard, hands, caller, agent, number).call_back()
        async with switchboard.steered() as hands:
            ringing.answer()
            assert await hands.facts.next(Queued) == Queued(call=BACK, fallback=False)
            assert hands.facts.count(Offered) == 0
            ringing.bye()
            assert (await hands.facts.next(CallCleared)).call == BACK


async def test_dead_when_he_answers_asterisks_own_queue_serves_him(on: CallbackStage) -> None:
    ready = MirrorAgent(device=ANA, queues=(FallbackMember(queue=QueueName("support"), penalty=0),), ready=True)
    await on.hands.switch.carry_out(ready)
    ringing = await on.call_back()
    await on.hands.fall_silent()
    ringing.answer()
    at_agent = await on.agent.incoming(within=5.0)
    at_agent.answer()
    assert (await on.facts.next(Established)).call == BACK
    at_agent.bye()
    assert await ringing.ended()
    assert ringing.state is CallState.ENDED
