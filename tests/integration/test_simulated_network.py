"""Calls to numbers of the simulated telephone network, on a real Asterisk with a real SIPp."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.demo.network import network_arguments
from callcenter.demo.sipp import run_sipp
from callcenter.domain.cause import Cause
from callcenter.domain.commands import CallBack, Destination, MakeCall
from callcenter.domain.events import CallCleared, Delivered, Established, Failed, Queued
from callcenter.domain.ids import InteractionId, QueueName, callback_call, own_call
from tests.support.phone import PhoneCall
from tests.support.rtp import tone
from tests.support.situations import ANA, Stage, stage
from tests.support.switchboard import Switchboard

OURS = "+12025550100"
VOICE = 900  # what whoever answers says, in Hertz
_interactions = itertools.count(1)


def interaction() -> InteractionId:
    return InteractionId(f"018f0000-0000-7000-8000-{next(_interactions):012}")


@pytest.fixture
async def on(switchboard: Switchboard, tmp_path: Path) -> AsyncIterator[Stage]:
    arguments = await network_arguments(tmp_path, ring=0.5, talk=1.5)
    (tmp_path / "network.ulaw").write_bytes(tone(VOICE))
    network = asyncio.create_task(run_sipp(*arguments, port=switchboard.outside))
    try:
        async with switchboard.steered() as hands, stage(switchboard, hands) as set_stage:
            yield set_stage
        assert not network.done(), "it does not end by itself, whatever it was told"
    finally:
        network.cancel()
        await asyncio.gather(network, return_exceptions=True)


async def call(on: Stage, number: str) -> PhoneCall:
    """Ana calls a number, and her own telephone picks up."""
    about = interaction()
    to = Destination(number=number, caller_id=OURS)
    await on.hands.switch.carry_out(MakeCall(connection=own_call(about), device=ANA, to=to, interaction=about))
    at_agent = await on.agent.incoming()
    at_agent.answer()
    return at_agent


async def test_a_number_rings_answers_speaks_and_hangs_up_by_itself(on: Stage) -> None:
    at_agent = await call(on, "+12025550142")
    await on.facts.next(Delivered)
    await on.facts.next(Established)
    await at_agent.audio.hears(VOICE)
    await on.facts.next(CallCleared)
    await at_agent.ended()
    assert at_agent.ended_by_peer


async def test_who_is_called_lets_the_agent_hang_up(on: Stage) -> None:
    for _ in range(2):
        at_agent = await call(on, "+12025550142")
        await on.facts.next(Established)
        at_agent.bye()
        await on.facts.next(CallCleared)


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        ("+12025550101", Cause.BUSY),
        ("+442079460003", Cause.UNREACHABLE),
        ("911", Cause.CONGESTION),
        ("112", Cause.CONGESTION),
    ],
)
async def test_numbers_that_do_not_answer_say_why(on: Stage, number: str, cause: Cause) -> None:
    at_agent = await call(on, number)
    assert (await on.facts.next(Failed)).cause is cause
    await at_agent.ended()
    assert on.facts.count(Established) == 0


async def test_a_number_rings_in_vain_until_the_agent_gives_up(on: Stage) -> None:
    at_agent = await call(on, "+12025550102")
    await on.facts.next(Delivered)
    with contextlib.suppress(TimeoutError):
        await on.facts.next(Established, within=2.0)
    assert on.facts.count(Established) == 0
    at_agent.bye()
    await on.facts.next(CallCleared)
    assert (await on.hands.switch.snapshot()).calls == ()


async def test_whoever_was_promised_a_call_answers_it(on: Stage) -> None:
    about, now = interaction(), int(time.time())
    back = callback_call(about, 7)
    order = CallBack(
        call=back,
        number="+12025550142",
        caller_id=OURS,
        interaction=about,
        queue=QueueName("support"),
        enqueued_at=now,
        sequence=now,
        epoch=7,
    )
    await on.hands.switch.carry_out(order)
    assert await on.facts.next(Queued) == Queued(call=back, fallback=False)
    await on.deflect(back)
    at_agent = await on.agent.incoming()
    at_agent.answer()
    await at_agent.audio.hears(VOICE)
    assert (await on.facts.next(CallCleared)).call == back
