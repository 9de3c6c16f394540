"""Every way through the contexts in which agents handle their talks, with the CTI server alive and dead at each step.

What must never happen: a caller in silence, a caller whom nobody comes back to, a telephone that stays off the hook.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    AlternateCall,
    ConferenceCall,
    ConsultationCall,
    Destination,
    FallbackMember,
    ForwardCall,
    HoldCall,
    JoinParty,
    MakeCall,
    MirrorAgent,
    RetrieveCall,
    TransferCall,
)
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import (
    CallCleared,
    Conferenced,
    ConnectionCleared,
    Delivered,
    Established,
    Held,
    LiveParty,
    PartyPlace,
    Place,
    Queued,
    Retrieved,
    ServiceInitiated,
    SwitchConnected,
    Transferred,
)
from callcenter.domain.ids import CallId
from tests.support.control_situations import CEM, INTERACTION, OUTSIDE, OWN, SUPPORT, ControlStage, control_stage
from tests.support.phone import CallState, PhoneCall
from tests.support.rtp import tone
from tests.support.situations import ANA
from tests.support.switchboard import MUSIC, Switchboard

CALLER, AGENT, THIRD = 440, 700, 1300  # what each of them says, in Hertz


@pytest.fixture
async def on(switchboard: Switchboard) -> AsyncIterator[ControlStage]:
    async with switchboard.steered() as hands, control_stage(switchboard, hands) as set_stage:
        yield set_stage


async def hear_each_other(one: PhoneCall, hertz: int, other: PhoneCall, its_hertz: int) -> None:
    one.audio.play(tone(hertz))
    other.audio.play(tone(its_hertz))
    await asyncio.gather(one.audio.hears(its_hertz), other.audio.hears(hertz))


async def hears_music(call: PhoneCall) -> None:
    await call.audio.hears(MUSIC)


async def put_down(call: PhoneCall, within: float) -> None:
    await call.ended(within)
    assert call.ended_by_peer


# -- alive: who hears whom -------------------------------------------------------------------------------------------


async def test_the_caller_hears_music_on_hold_and_the_agent_nothing(on: ControlStage) -> None:
    call, at_agent, call_id, ana = await on.hold()
    call.audio.play(tone(CALLER))
    await hears_music(call)
    silence_since = on.agent.now()
    await asyncio.sleep(0.5)
    assert at_agent.audio.level(since=silence_since) == 0
    await on.hands.switch.carry_out(RetrieveCall(call=call_id, connection=ana))
    await hear_each_other(call, CALLER, at_agent, AGENT)


async def test_in_a_consultation_the_caller_hears_nothing_of_it(on: ControlStage) -> None:
    call, at_agent, at_colleague, _, _, _ = await on.consult()
    await hear_each_other(at_agent, AGENT, at_colleague, THIRD)
    await asyncio.sleep(0.5)
    assert call.audio.share_of(MUSIC, since=on.caller.now() - 0.4) > 0.9


async def test_the_agent_hears_it_ring(on: ControlStage) -> None:
    call, at_agent, call_id, ana = await on.caller_talks()
    await on.hands.switch.carry_out(
        ConsultationCall(call=call_id, connection=ana, to=Destination(device=CEM), hold=True)
    )
    (await on.colleague.incoming()).ring()
    await at_agent.audio.hears()
    await hears_music(call)


async def test_who_is_set_aside_hears_music_and_the_others_talk(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(AlternateCall(call=call_id, connection=ana, party=party, to_customer=True))
    await hears_music(at_colleague)
    await hear_each_other(call, CALLER, at_agent, AGENT)
    await on.hands.switch.carry_out(AlternateCall(call=call_id, connection=ana, party=party, to_customer=False))
    await hears_music(call)
    await hear_each_other(at_agent, AGENT, at_colleague, THIRD)


async def test_in_a_conference_everybody_hears_everybody(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ConferenceCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.next(Conferenced)
    talk = {call: CALLER, at_agent: AGENT, at_colleague: THIRD}
    for phone, hertz in talk.items():
        phone.audio.play(tone(hertz))
    await asyncio.sleep(0.8)
    for phone, own in talk.items():
        for hertz in talk.values():
            heard = phone.audio.share_of(hertz, since=on.caller.now() - 0.4)
            assert (heard > 0.3) == (hertz != own), (own, hertz, heard)


async def test_after_a_transfer_caller_and_colleague_talk(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(TransferCall(call=call_id, connection=ana, party=party, customer_held=True))
    await put_down(at_agent, 5)
    await hear_each_other(call, CALLER, at_colleague, THIRD)


async def test_a_caller_who_was_handed_over_is_not_lost_with_his_new_agent(on: ControlStage) -> None:
    """A later leg's last word counts, not what was left of an earlier one."""
    call, _, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(TransferCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.each(Transferred, ConnectionCleared)
    at_colleague.audio.stop_sending()
    assert (await on.facts.next(ConnectionCleared, within=9)).cause is Cause.MEDIA_LOST
    await on.facts.next(Queued)
    await hears_music(call)


async def test_who_stays_in_a_conference_inherits_the_caller(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ConferenceCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.next(Conferenced)
    at_agent.bye()
    await on.facts.next(ConnectionCleared)
    await hear_each_other(call, CALLER, at_colleague, THIRD)
    at_colleague.audio.stop_sending()
    assert (await on.facts.next(ConnectionCleared, within=9)).cause is Cause.MEDIA_LOST
    await on.facts.next(Queued)
    await hears_music(call)


async def test_nobody_is_left_with_music_when_a_conference_is_over(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ConferenceCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.next(Conferenced)
    at_agent.bye()
    await on.facts.next(ConnectionCleared)
    call.bye()
    await put_down(at_colleague, 5)


async def test_an_agent_whose_browser_dies_on_hold_costs_the_caller_nothing_but_time(on: ControlStage) -> None:
    call, at_agent, _, _ = await on.hold()
    at_agent.audio.stop_sending()
    lost = await on.facts.next(ConnectionCleared, within=9)
    assert (lost.cause, lost.by_agent) == (Cause.MEDIA_LOST, False)
    await hears_music(call)


async def test_whom_an_agent_called_is_not_lost_with_the_agents_browser(on: ControlStage) -> None:
    await on.hands.switch.carry_out(MakeCall(connection=OWN, device=ANA, to=OUTSIDE, interaction=INTERACTION))
    at_agent = await on.agent.incoming()
    at_agent.answer()
    at_number = await on.number.incoming()
    at_number.answer()
    await on.facts.next(Established)
    await hear_each_other(at_agent, AGENT, at_number, THIRD)
    at_agent.audio.stop_sending()
    assert (await on.facts.next(ConnectionCleared, within=9)).cause is Cause.MEDIA_LOST
    await on.facts.next(Queued)
    await hears_music(at_number)


async def test_a_phone_that_we_call_for_its_agent_is_asked_to_answer_itself(on: ControlStage) -> None:
    await on.hands.switch.carry_out(MakeCall(connection=OWN, device=ANA, to=OUTSIDE, interaction=INTERACTION))
    at_agent = await on.agent.incoming()
    assert at_agent.invite is not None
    assert "answer-after=0" in at_agent.invite.get("Call-Info")
    assert "alert-autoanswer" in at_agent.invite.get("Alert-Info")
    at_agent.answer()
    at_number = await on.number.incoming()
    assert at_number.invite is not None
    assert at_number.invite.start_line.startswith(f"INVITE sip:{OUTSIDE.number}@")
    assert f"<sip:{OUTSIDE.caller_id}@" in at_number.invite.get("From")


# -- dead ------------------------------------------------------------------------------------------------------------


async def test_dead_on_hold_the_caller_gets_his_agent_back(on: ControlStage) -> None:
    call, at_agent, call_id, _ = await on.hold()
    await on.hands.fall_silent()
    assert await on.facts.next(Retrieved, within=3) == Retrieved(call=call_id)
    await hear_each_other(call, CALLER, at_agent, AGENT)
    at_agent.bye()
    await call.ended()


async def test_dead_on_hold_with_the_agent_gone_the_caller_goes_to_the_phones(on: ControlStage) -> None:
    member = FallbackMember(queue=SUPPORT, penalty=0)
    await on.hands.switch.carry_out(MirrorAgent(device=CEM, queues=(member,), ready=True))
    try:
        call, at_agent, _, _ = await on.hold()
        at_agent.bye()
        await on.facts.next(ConnectionCleared)
        await hears_music(call)
        await on.hands.fall_silent()
        assert not (await on.facts.next(Queued, within=3)).fallback
        at_colleague = await on.colleague.incoming()
        at_colleague.answer()
        await hear_each_other(call, CALLER, at_colleague, THIRD)
    finally:
        await on.hands.switch.carry_out(MirrorAgent(device=CEM, queues=(), ready=False))


async def test_dead_on_hold_with_the_agents_browser_dead_too(on: ControlStage) -> None:
    call, at_agent, _, _ = await on.hold()
    at_agent.audio.stop_sending()
    await on.hands.fall_silent()
    await on.facts.next(Retrieved, within=3)  # Asterisk has not noticed yet
    await on.facts.next(ConnectionCleared, within=9)
    await on.facts.next(Queued)
    await hears_music(call)


async def test_dead_in_a_consultation_the_agent_gets_his_caller_back(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, _, _ = await on.consult()
    await on.hands.fall_silent()
    assert await on.facts.next(Retrieved, within=3) == Retrieved(call=call_id)
    await hear_each_other(call, CALLER, at_agent, AGENT)
    await put_down(at_colleague, 5)
    call.bye()
    await put_down(at_agent, 5)


async def test_dead_while_a_colleague_rings_the_agent_gets_his_caller_back(on: ControlStage) -> None:
    call, at_agent, call_id, ana = await on.caller_talks()
    await on.hands.switch.carry_out(
        ConsultationCall(call=call_id, connection=ana, to=Destination(device=CEM), hold=True)
    )
    at_colleague = await on.colleague.incoming()
    at_colleague.ring()
    await on.hands.fall_silent()
    await on.facts.next(Retrieved, within=3)
    await hear_each_other(call, CALLER, at_agent, AGENT)
    await at_colleague.ended()
    assert at_colleague.status == 487


async def test_dead_between_two_the_talk_goes_on_and_the_third_is_let_go(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(AlternateCall(call=call_id, connection=ana, party=party, to_customer=True))
    await on.facts.each(Held, Retrieved)
    await on.hands.fall_silent()
    await put_down(at_colleague, 5)
    await hear_each_other(call, CALLER, at_agent, AGENT)
    at_agent.bye()
    await call.ended()


async def test_dead_with_the_party_heard_the_caller_gets_his_agent_back(on: ControlStage) -> None:
    """The same after a swap back: the agent's leg is in another application then."""
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    for to_customer in (True, False):
        swap = AlternateCall(call=call_id, connection=ana, party=party, to_customer=to_customer)
        await on.hands.switch.carry_out(swap)
        await on.facts.each(Held, Retrieved)
    await on.hands.fall_silent()
    await on.facts.next(Retrieved, within=3)
    await hear_each_other(call, CALLER, at_agent, AGENT)
    await put_down(at_colleague, 5)


async def test_dead_in_a_conference_it_goes_on_and_ends_in_good_order(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ConferenceCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.next(Conferenced)
    await on.hands.fall_silent()
    await asyncio.sleep(1.5)
    assert {call.state, at_agent.state, at_colleague.state} == {CallState.UP}
    at_agent.bye()
    await hear_each_other(call, CALLER, at_colleague, THIRD)
    at_colleague.bye()
    await call.ended()


async def test_dead_with_the_agent_gone_from_a_consultation_nobody_stays_off_the_hook(on: ControlStage) -> None:
    call, at_agent, at_colleague, _, _, _ = await on.consult()
    at_agent.bye()
    await on.facts.each(ConnectionCleared, ServiceInitiated)
    await on.hands.fall_silent()
    await put_down(at_colleague, 5)
    await on.facts.next(Queued, within=3)
    await hears_music(call)


async def test_dead_with_the_caller_gone_the_agents_phone_is_put_down(on: ControlStage) -> None:
    call, at_agent, _, _ = await on.hold()
    call.bye()
    await on.facts.next(CallCleared)
    await on.hands.fall_silent()
    await put_down(at_agent, 8)


async def test_dead_while_a_number_rings_for_the_caller_he_stays_there(on: ControlStage) -> None:
    call, _, call_id, _ = await on.caller_talks()
    now = int(time.time())
    await on.hands.switch.carry_out(
        ForwardCall(call=call_id, to=OUTSIDE, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=7)
    )
    at_number = await on.number.incoming()
    await on.hands.fall_silent()
    await hears_music(call)
    at_number.answer()
    await hear_each_other(call, CALLER, at_number, THIRD)
    at_number.bye()
    await call.ended()


async def test_dead_while_an_own_call_rings_it_is_made(on: ControlStage) -> None:
    await on.hands.switch.carry_out(MakeCall(connection=OWN, device=ANA, to=OUTSIDE, interaction=INTERACTION))
    at_agent = await on.agent.incoming()
    await on.hands.fall_silent()
    at_agent.answer()
    at_number = await on.number.incoming()
    at_number.answer()
    await hear_each_other(at_agent, AGENT, at_number, THIRD)
    at_number.bye()
    await at_agent.ended()


async def test_dead_on_hold_of_one_whom_an_agent_called(on: ControlStage) -> None:
    await on.hands.switch.carry_out(MakeCall(connection=OWN, device=ANA, to=OUTSIDE, interaction=INTERACTION))
    at_agent = await on.agent.incoming()
    at_agent.answer()
    at_number = await on.number.incoming()
    at_number.answer()
    customer = CallId((await on.facts.next(Established)).connection)
    await on.hands.switch.carry_out(HoldCall(call=customer, connection=OWN))
    await on.facts.each(Held, ServiceInitiated)
    await hears_music(at_number)
    await on.hands.fall_silent()
    assert (await on.facts.next(Retrieved, within=3)).call == customer
    await hear_each_other(at_agent, AGENT, at_number, THIRD)


# -- another CTI server ------------------------------------------------------------------------------------------------


async def test_another_cti_server_goes_on_with_a_consultation(switchboard: Switchboard) -> None:
    async with (
        switchboard.agent(ANA) as ana_phone,
        switchboard.agent(CEM) as cem_phone,
        switchboard.caller() as caller,
        switchboard.number() as number,
    ):
        async with switchboard.steered() as first:
            on = ControlStage(switchboard, first, caller, ana_phone, cem_phone, number)
            call, at_agent, at_colleague, call_id, ana, party = await on.consult()
        async with switchboard.steered() as second:
            connected = second.facts.all[0]
            assert isinstance(connected, SwitchConnected)
            (live,) = connected.snapshot.calls
            assert (live.call, live.place, live.device, live.connection) == (call_id, Place.HELD, ANA, ana)
            assert live.party == LiveParty(connection=party, device=CEM, place=PartyPlace.TALKING)
            swap = AlternateCall(call=call_id, connection=ana, party=party, to_customer=True)
            await second.switch.carry_out(swap)
            held, retrieved = await second.facts.each(Held, Retrieved)
            assert (held, retrieved) == (Held(call=CallId(ana)), Retrieved(call=call_id))
            hand_over = TransferCall(call=call_id, connection=ana, party=party, customer_held=False)
            await second.switch.carry_out(hand_over)
            handed = await second.facts.next(Transferred)
            assert handed == Transferred(call=call_id, device=CEM, connection=party)
            await hear_each_other(call, CALLER, at_colleague, THIRD)
            await put_down(at_agent, 5)


async def test_joining_somebody_who_has_gone_is_no_harm(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, _, party = await on.consult()
    at_agent.bye()
    at_colleague.bye()
    await on.facts.next(ConnectionCleared)
    await asyncio.sleep(0.3)
    with pytest.raises(ExternalFailure):
        await on.hands.switch.carry_out(JoinParty(call=call_id, party=party))
    await hears_music(call)


async def test_delivered_and_established_are_told_of_parties_outside(on: ControlStage) -> None:
    _, _, call_id, ana = await on.hold()
    await on.hands.switch.carry_out(ConsultationCall(call=call_id, connection=ana, to=OUTSIDE, hold=False))
    delivered = await on.facts.next(Delivered)
    assert delivered.device is None
    (await on.number.incoming()).answer()
    assert (await on.facts.next(Established)).connection == delivered.connection
