"""After a talk, on a real Asterisk: a caller who is to be asked comes back to us, any other's call is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import ClearCall, HoldCall, MarkNode, MarkSurvey, RetrieveCall
from callcenter.domain.events import (
    CallCleared,
    ConnectionCleared,
    DigitPressed,
    Held,
    IvrEntered,
    Place,
    Queued,
    Retrieved,
)
from callcenter.domain.ids import CallId
from callcenter.ports import PlayOutcome
from tests.support.phone import PhoneCall
from tests.support.situations import ANA, Stage, stage
from tests.support.switchboard import SOUND, Switchboard


@pytest.fixture
async def on(switchboard: Switchboard) -> AsyncIterator[Stage]:
    async with switchboard.steered() as hands, stage(switchboard, hands) as set_stage:
        yield set_stage


async def marked(on: Stage, survey: str | None = "satisfaction") -> tuple[PhoneCall, PhoneCall, CallId]:
    """Caller and Ana talk, and the caller is to be asked afterwards."""
    call, at_agent, call_id = await on.talk()
    await on.hands.switch.carry_out(MarkSurvey(call=call_id, survey=survey))
    return call, at_agent, call_id


async def test_a_caller_whose_agent_hangs_up_hears_us_and_his_keys_are_told(on: Stage) -> None:
    call, at_agent, call_id = await marked(on)
    at_agent.bye()
    cleared = await on.facts.next(ConnectionCleared)
    assert cleared.by_agent
    assert await on.facts.next(IvrEntered) == IvrEntered(call=call_id)
    prompt = asyncio.create_task(on.hands.media.play(call_id, [str(on.board.sounds / SOUND)]))
    await call.audio.hears()
    assert await prompt is PlayOutcome.FINISHED
    call.audio.press("5")
    assert (await on.facts.next(DigitPressed)).digit == "5"
    await on.hands.switch.carry_out(ClearCall(call=call_id, cause=Cause.NORMAL_CLEARING))
    assert (await on.facts.next(CallCleared)).call == call_id
    assert await call.ended()


@pytest.mark.parametrize("survey", [None, "satisfaction"])
async def test_a_caller_who_hangs_up_himself_is_gone(on: Stage, survey: str | None) -> None:
    call, at_agent, _ = await marked(on, survey)
    call.bye()
    await on.facts.next(CallCleared)
    assert await at_agent.ended()
    assert on.facts.count(IvrEntered) == 1, "when he called"


async def test_a_mark_that_was_taken_back_leads_nowhere(on: Stage) -> None:
    call, at_agent, call_id = await marked(on)
    await on.hands.switch.carry_out(MarkSurvey(call=call_id, survey=None))
    at_agent.bye()
    await on.facts.next(CallCleared)
    assert await call.ended()


async def test_after_a_hold_he_is_asked_as_well(on: Stage) -> None:
    _, at_agent, call_id = await on.talk()
    (live,) = (await on.hands.switch.snapshot()).calls
    assert live.connection is not None
    await on.hands.switch.carry_out(MarkSurvey(call=call_id, survey="satisfaction"))
    await on.hands.switch.carry_out(HoldCall(call=call_id, connection=live.connection))
    await on.facts.next(Held)
    await asyncio.sleep(0.2)
    await on.hands.switch.carry_out(RetrieveCall(call=call_id, connection=live.connection))
    await on.facts.next(Retrieved)
    at_agent.bye()
    await on.facts.next(IvrEntered)


async def test_a_lost_agent_sends_him_to_the_room_and_not_into_the_survey(on: Stage) -> None:
    """An agent whose audio stops has not said goodbye."""
    call, at_agent, _ = await marked(on)
    at_agent.vanish()
    await on.facts.next(Queued, within=15.0)
    call.bye()


async def test_a_survey_that_nobody_steers_is_over_in_a_moment(on: Stage) -> None:
    """No step renews the time: the call ends, for there is nothing to wait for."""
    call, at_agent, call_id = await marked(on)
    at_agent.bye()
    await on.facts.next(IvrEntered)
    await on.hands.switch.carry_out(MarkNode(call=call_id, node="how_was_it", guard=1.0))
    await on.facts.next(CallCleared, within=4.0)
    assert await call.ended()


async def test_dead_when_the_agent_hangs_up_the_call_is_over(on: Stage) -> None:
    call, at_agent, _ = await marked(on)
    await on.hands.fall_silent()
    at_agent.bye()
    await on.facts.next(CallCleared)
    assert await call.ended()


async def test_a_snapshot_shows_who_is_being_asked(on: Stage) -> None:
    call, at_agent, call_id = await marked(on)
    at_agent.bye()
    await on.facts.next(IvrEntered)
    (live,) = (await on.hands.switch.snapshot()).calls
    assert (live.call, live.place) == (call_id, Place.SURVEY)
    call.bye()


async def test_another_cti_server_is_told_his_keys(switchboard: Switchboard) -> None:
    async with switchboard.agent(ANA) as agent, switchboard.caller() as caller:
        async with switchboard.steered() as hands:
            first = Stage(switchboard, hands, caller, agent)
            call, at_agent, call_id = await marked(first)
            at_agent.bye()
            await first.facts.next(IvrEntered)
            await hands.switch.carry_out(MarkNode(call=call_id, node="how_was_it", guard=20.0))
        async with switchboard.steered() as hands:
            call.audio.press("3")
            assert await hands.facts.next(DigitPressed) == DigitPressed(call=call_id, digit="3")
            call.bye()
            assert (await hands.facts.next(CallCleared)).call == call_id
