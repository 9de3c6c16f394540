"""Every way through config/asterisk/extensions.conf, walked by real telephones, with the CTI server alive and dead.

"Dead" is what the dialplan can see of it: a heartbeat that is too old.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    ClearConnection,
    FallbackMember,
    MarkCall,
    MarkNode,
    MirrorAgent,
    QueueCall,
    ReturnToIvr,
)
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import (
    BackInService,
    CallCleared,
    ConnectionCleared,
    Delivered,
    DigitPressed,
    Established,
    Failed,
    IvrEntered,
    IvrLeft,
    LiveCall,
    Offered,
    OutOfService,
    Place,
    Queued,
    SwitchConnected,
    SwitchDisconnected,
)
from callcenter.domain.ids import CallId, DeviceName, InteractionId, QueueName
from callcenter.ports import PlayOutcome
from tests.support.phone import CallState, Phone
from tests.support.rtp import tone
from tests.support.situations import Stage, stage
from tests.support.switchboard import MUSIC, NUMBER, SALES_NUMBER, SOUND, Hands, Switchboard, make_sound

ANA, BOB = DeviceName("agent-ana"), DeviceName("agent-bob")
SUPPORT = QueueName("support")


@pytest.fixture
async def on(switchboard: Switchboard) -> AsyncIterator[Stage]:
    async with switchboard.steered() as hands, stage(switchboard, hands) as set_stage:
        yield set_stage


@contextlib.asynccontextmanager
async def fallback(hands: Hands, *devices: DeviceName, ready: bool = True) -> AsyncIterator[None]:
    """These devices are members of Asterisk's own queue "support"."""
    for penalty, device in enumerate(devices):
        member = FallbackMember(queue=SUPPORT, penalty=penalty)
        await hands.switch.carry_out(MirrorAgent(device=device, queues=(member,), ready=ready))
    try:
        yield
    finally:
        for device in devices:
            await hands.switch.carry_out(MirrorAgent(device=device, queues=(), ready=False))


def seconds(recording: Path) -> float:
    with wave.open(str(recording)) as file:
        return float(file.getnframes() / file.getframerate())


async def only_call(hands: Hands) -> LiveCall:
    (call,) = (await hands.switch.snapshot()).calls
    return call


# -- who gets in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["5550199", "s", "T", "i", "h", "cc-room", "5550100x", "15550101", "agent-ana"])
async def test_a_number_that_is_not_published_is_refused_at_once(on: Stage, number: str) -> None:
    call = await on.caller.dial(number)
    await call.ended()
    assert call.status == 404
    assert on.facts.count(Offered) == 0


async def test_agents_phones_may_dial_nobody(on: Stage) -> None:
    async with on.board.caller("agent-bob") as imposter:
        call = await imposter.dial(NUMBER)
        await call.ended()
    assert call.status == 401  # known by its name, and asked for the password


@pytest.mark.parametrize(
    ("name", "number", "cleaned_name", "cleaned_number"),
    [
        ("Zoë 김철수 李雷", "+49301234567", "Zoë 김철수 李雷", "+49301234567"),
        ("<script>alert(1)</script>", "100&PJSIP", "scriptalert1script", "100"),
        ("=HYPERLINK(x);${SHELL(id)}", "0821;ext=1", "HYPERLINKxSHELLid", "0821"),
        ("Bob\x1b[31m", "4711", "Bob31m", "4711"),
        ("A" * 3000, "1" * 60, "A" * 79, "1" * 32),
        ("O'Neil-Smith Jr.", "*123#", "O'Neil-Smith Jr.", "*123#"),
        ("Anonymous", "anonymous", "Anonymous", ""),
    ],
)
async def test_what_the_network_sends_is_cleaned_before_anybody_sees_it(
    switchboard: Switchboard, name: str, number: str, cleaned_name: str, cleaned_number: str
) -> None:
    async with switchboard.steered() as hands, switchboard.caller(number) as caller:
        call = await caller.dial(NUMBER, name=name)
        offered = await hands.facts.next(Offered)
        await hands.facts.next(IvrEntered)
        live = await only_call(hands)
        call.bye()
        await hands.facts.next(CallCleared)
    assert (offered.called_number, offered.calling_number, offered.calling_name) == (
        NUMBER,
        cleaned_number,
        cleaned_name,
    )
    assert (live.called_number, live.calling_number, live.calling_name) == (NUMBER, cleaned_number, cleaned_name)


@pytest.mark.parametrize("inserted", ["%0d%0a%0d%0aEvent: Hangup%0d%0aUniqueid: 1.1", "%0aEvent: Shutdown", "%00%0d"])
async def test_line_ends_in_a_number_become_no_messages(switchboard: Switchboard, inserted: str) -> None:
    """The number reaches AMI's events uncleaned before our first line; those events are not sent to us."""
    async with (
        switchboard.steered() as hands,
        switchboard.caller(f"100{inserted}".replace(" ", "%20").replace(":", "%3a")) as caller,
    ):
        call = await caller.dial(NUMBER)
        offered = await hands.facts.next(Offered)
        await hands.facts.next(IvrEntered)
        call.bye()
        await hands.facts.next(CallCleared)
        assert hands.facts.count(SwitchConnected) == 1  # nothing had to be quarantined
        assert hands.facts.count(SwitchDisconnected) == 0
    assert set(offered.calling_number) <= set("0123456789+*#")


# -- in the IVR ------------------------------------------------------------------------------------------------


async def test_prompts_are_heard_and_stopped_at_once(on: Stage) -> None:
    call, call_id = await on.enter_ivr()
    sound = str(on.board.sounds / SOUND)
    assert await on.hands.media.play(call_id, [sound]) is PlayOutcome.FINISHED
    assert call.audio.level(since=0) > 100
    playing = asyncio.create_task(on.hands.media.play(call_id, [sound] * 5))
    await asyncio.sleep(0.3)
    before = time.monotonic()
    await on.hands.media.stop(call_id)
    assert await playing is PlayOutcome.STOPPED
    assert time.monotonic() - before < 0.5
    # In the very moment in which the file is asked for, when Asterisk does not play it yet:
    playing = asyncio.create_task(on.hands.media.play(call_id, [sound] * 5))
    await asyncio.sleep(0)
    before = time.monotonic()
    await on.hands.media.stop(call_id)
    assert await playing is PlayOutcome.STOPPED
    assert time.monotonic() - before < 0.9


async def test_a_caller_who_goes_ends_the_prompt(on: Stage) -> None:
    call, call_id = await on.enter_ivr()
    playing = asyncio.create_task(on.hands.media.play(call_id, [str(on.board.sounds / SOUND)] * 5))
    await asyncio.sleep(0.2)
    call.bye()
    async with asyncio.timeout(1):
        assert await playing is PlayOutcome.FAILED
    assert await on.hands.media.play(call_id, [str(on.board.sounds / SOUND)]) is PlayOutcome.FAILED


async def test_a_message_is_recorded_until_a_key_until_silence_or_until_the_caller_goes(on: Stage) -> None:
    """After the tone. The key that ends it is told as any key is; other keys change nothing."""
    call, call_id = await on.enter_ivr()
    folder = on.board.asterisk.directory / "voicemail"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    await on.hands.switch.carry_out(MarkNode(call=call_id, node="message", guard=30))

    async def record(name: str, *, silence: float = 9) -> asyncio.Task[bool]:
        recording = asyncio.create_task(
            on.hands.media.record(call_id, str(folder / name), longest=10, silence=silence, end_keys="#")
        )
        await call.audio.hears()  # the tone
        return recording

    by_key = await record("key")
    call.audio.play(tone(440) * 2)
    await asyncio.sleep(1.5)
    call.audio.press("5")
    await asyncio.sleep(0.5)
    assert not by_key.done()
    call.audio.press("#")
    assert await by_key
    assert [(await on.facts.next(DigitPressed)).digit for _ in range(2)] == ["5", "#"]
    assert 1 < seconds(folder / "key.wav") < 4
    by_silence = await record("silence", silence=1)
    assert await by_silence
    left = await record("left")
    call.audio.play(tone(440) * 2)
    await asyncio.sleep(1)
    call.bye()
    assert not await left
    assert seconds(folder / "left.wav") > 0.5


async def test_music_sounds_until_a_prompt_and_again_after_it(on: Stage) -> None:
    call, call_id = await on.enter_ivr()
    await on.hands.switch.carry_out(MarkNode(call=call_id, node="music", guard=30))
    await on.hands.media.play_music(call_id)
    await call.audio.hears(MUSIC)
    assert await on.hands.media.play(call_id, [str(on.board.sounds / SOUND)]) is PlayOutcome.FINISHED
    await asyncio.sleep(0.3)
    assert call.audio.share_of(MUSIC, since=on.caller.now() - 0.2) < 0.5
    await on.hands.media.play_music(call_id)
    await call.audio.hears(MUSIC)


async def test_a_missing_prompt_keeps_the_caller_in_the_ivr_and_under_the_same_guard(on: Stage) -> None:
    _, call_id = await on.enter_ivr()
    await on.hands.switch.carry_out(MarkNode(call=call_id, node="welcome", guard=3))
    began = time.monotonic()
    for _ in range(3):
        assert await on.hands.media.play(call_id, ["/nowhere/to-be-found"]) is PlayOutcome.FAILED
    assert await on.hands.media.play(call_id, [str(on.board.sounds / SOUND)]) is PlayOutcome.FINISHED
    assert on.facts.count(IvrLeft) == 0
    await on.facts.next(Queued, within=6)
    assert 2 < time.monotonic() - began < 5


async def test_prompts_missing_without_end_lead_to_the_room(on: Stage) -> None:
    _, call_id = await on.enter_ivr()
    for _ in range(10):
        assert await on.hands.media.play(call_id, ["/nowhere/to-be-found"]) is PlayOutcome.FAILED
    await on.facts.next(Queued)


async def test_a_session_that_forgets_its_caller_loses_him_to_the_room(on: Stage) -> None:
    """The guard of the first step is 8 s; a step's own guard takes its place."""
    call, call_id = await on.enter_ivr()
    await on.hands.switch.carry_out(MarkNode(call=call_id, node="welcome", guard=1))
    await on.facts.next(IvrLeft)
    await on.facts.next(Queued)
    await call.audio.hears(MUSIC)
    live = await only_call(on.hands)
    assert (live.place, live.node, live.queue) == (Place.WAITING, "welcome", SUPPORT)
    await on.hands.switch.carry_out(ReturnToIvr(call=call_id))
    await on.facts.next(IvrEntered)
    assert (await only_call(on.hands)).place is Place.IVR


async def test_each_number_has_a_queue_for_those_who_were_never_asked(on: Stage) -> None:
    call = await on.caller.dial(SALES_NUMBER)
    await on.facts.next(IvrEntered)
    assert (await only_call(on.hands)).queue == "sales"
    call.bye()
    await on.facts.next(CallCleared)


# -- the agent ---------------------------------------------------------------------------------------------------


async def test_caller_and_agent_hear_each_other(on: Stage) -> None:
    call, at_agent, _ = await on.talk()
    call.audio.play(tone(440))
    at_agent.audio.play(tone(700))
    await asyncio.gather(at_agent.audio.hears(440), call.audio.hears(700))


async def test_the_caller_hears_music_while_waiting_and_while_the_agent_rings(on: Stage) -> None:
    call, call_id = await on.enter_queue()
    await call.audio.hears(MUSIC)
    await on.deflect(call_id)
    at_agent = await on.agent.incoming()
    at_agent.ring()
    await asyncio.sleep(0.5)
    assert call.audio.share_of(MUSIC, since=on.caller.now() - 0.4) > 0.8


async def test_the_room_is_heard_again_after_a_refusal(on: Stage) -> None:
    call, at_agent, _ = await on.ring()
    at_agent.reject(603)
    assert (await on.facts.next(Failed)).cause is Cause.CALL_REJECTED
    await on.facts.next(Queued)
    await asyncio.sleep(0.5)
    await call.audio.hears(MUSIC)


async def test_an_agents_leg_that_we_clear_was_a_goodbye(on: Stage) -> None:
    call, _, _ = await on.talk()
    live = await only_call(on.hands)
    assert live.connection is not None
    await on.hands.switch.carry_out(ClearConnection(connection=live.connection))
    assert (await on.facts.next(ConnectionCleared)).cause is Cause.NORMAL_CLEARING
    await on.facts.next(CallCleared)
    await call.ended()


async def test_an_agent_who_is_lost_costs_the_caller_nothing_but_time(on: Stage) -> None:
    call, at_agent, call_id = await on.talk()
    at_agent.audio.stop_sending()
    assert (await on.facts.next(ConnectionCleared, within=9)).cause is Cause.MEDIA_LOST
    await on.facts.next(Queued)
    await call.audio.hears(MUSIC)
    await on.deflect(call_id)
    (await on.agent.incoming()).answer()
    await on.facts.next(Established)
    assert call.state is CallState.UP


# -- the CTI server is dead ----------------------------------------------------------------------------------------


async def test_a_new_caller_goes_straight_to_the_phones_of_ready_agents(on: Stage) -> None:
    async with fallback(on.hands, ANA):
        await on.hands.fall_silent()
        call = await on.caller.dial(NUMBER)
        await on.facts.next(Offered)
        assert not (await on.facts.next(Queued)).fallback
        assert (await on.facts.next(Queued, within=3)).fallback
        assert on.facts.count(IvrEntered) == 0
        at_agent = await on.agent.incoming()
        at_agent.ring()
        await on.facts.next(Delivered)
        await call.audio.hears(MUSIC)
        at_agent.answer()
        await on.facts.next(Established)
        assert (await only_call(on.hands)).place is Place.TALKING
        at_agent.bye()
        assert (await on.facts.next(ConnectionCleared)).by_agent
        await on.facts.next(CallCleared)
        await call.ended()


async def test_a_caller_in_the_room_goes_to_the_phones_when_the_heart_stops(on: Stage) -> None:
    async with fallback(on.hands, ANA):
        call, _ = await on.enter_queue()
        await on.hands.fall_silent()
        assert (await on.facts.next(Queued, within=3)).fallback
        (await on.agent.incoming()).answer()
        await on.facts.next(Established)
        call.bye()
        await on.facts.next(CallCleared)


async def test_a_caller_in_the_ivr_goes_to_the_phones_when_the_heart_stops(on: Stage) -> None:
    async with fallback(on.hands, ANA):
        _, call_id = await on.enter_ivr()
        await on.hands.switch.carry_out(MarkNode(call=call_id, node="welcome", guard=2))
        await on.hands.fall_silent()
        await on.facts.next(IvrLeft)
        assert not (await on.facts.next(Queued)).fallback
        assert (await on.facts.next(Queued)).fallback
        (await on.agent.incoming()).answer()
        await on.facts.next(Established)


async def test_a_caller_at_an_agents_phone_stays_there_when_the_heart_stops(on: Stage) -> None:
    call, at_agent, _ = await on.ring()
    await on.hands.fall_silent()
    await asyncio.sleep(0.5)
    at_agent.answer()
    await on.facts.next(Established)
    at_agent.audio.play(tone(700))
    await call.audio.hears(700)
    at_agent.bye()
    await call.ended()


async def test_callers_are_taken_in_our_order(on: Stage) -> None:
    """The sequence that we wrote on the channels counts, not the order of arrival."""
    async with fallback(on.hands, ANA, ready=False), on.board.caller("0999") as second_phone:
        first, first_id = await on.enter_ivr()
        second = await second_phone.dial(NUMBER)
        second_id = (await on.facts.next(IvrEntered)).call
        now = int(time.time())
        for call_id, sequence in ((first_id, now), (second_id, now - 300)):
            await on.hands.switch.carry_out(
                QueueCall(call=call_id, queue=SUPPORT, enqueued_at=now, sequence=sequence, epoch=1)
            )
        await on.hands.fall_silent()
        while on.facts.count(Queued) < 4:  # both in the room, both in the fallback
            await on.facts.next(Queued)
        member = FallbackMember(queue=SUPPORT, penalty=0)
        await on.hands.switch.carry_out(MirrorAgent(device=ANA, queues=(member,), ready=True))
        for expected in (second_id, first_id):
            at_agent = await on.agent.incoming(within=8)
            at_agent.answer()
            assert (await on.facts.next(Established)).call == expected
            at_agent.bye()
            await on.facts.next(CallCleared)
        await asyncio.gather(first.ended(), second.ended())


async def test_an_agent_who_is_not_ready_is_not_asked(on: Stage) -> None:
    async with fallback(on.hands, ANA, ready=False):
        await on.enter_queue()
        await on.hands.fall_silent()
        await on.facts.next(Queued, within=3)
        with pytest.raises(TimeoutError):
            await on.agent.incoming(within=1.5)
        member = FallbackMember(queue=SUPPORT, penalty=0)
        await on.hands.switch.carry_out(MirrorAgent(device=ANA, queues=(member,), ready=True))
        await on.agent.incoming()


async def test_an_agent_who_does_not_answer_makes_room_for_the_next(on: Stage) -> None:
    async with fallback(on.hands, ANA, BOB), on.board.agent(BOB) as bob:
        await on.enter_queue()
        await on.hands.fall_silent()
        (await on.agent.incoming()).reject(603)
        assert (await on.facts.next(Failed)).device == ANA
        (await bob.incoming(within=8)).answer()
        assert (await on.facts.next(Established)).device == BOB


async def test_an_agent_lost_in_the_fallback_is_not_the_end_either(on: Stage) -> None:
    async with fallback(on.hands, ANA):
        call, _ = await on.enter_queue()
        await on.hands.fall_silent()
        at_agent = await on.agent.incoming()
        at_agent.answer()
        await on.facts.next(Established)
        at_agent.audio.stop_sending()
        assert (await on.facts.next(ConnectionCleared, within=9)).cause is Cause.MEDIA_LOST
        assert not (await on.facts.next(Queued)).fallback
        assert (await on.facts.next(Queued, within=3)).fallback
        (await on.agent.incoming()).answer()
        await on.facts.next(Established)
        assert call.state is CallState.UP


async def test_nobody_comes_and_the_end_is_spoken(on: Stage) -> None:
    call, _ = await on.enter_queue()
    await on.hands.fall_silent()
    await on.facts.next(Queued, within=3)
    await asyncio.sleep(on.board.fallback_seconds)
    began = on.caller.now()
    await on.facts.next(CallCleared, within=10)
    await call.ended()
    assert call.audio.level(since=began) > 50
    assert call.audio.share_of(MUSIC, since=began) < 0.5


async def test_the_end_is_spoken_in_the_words_of_the_house(on: Stage) -> None:
    sorry = on.board.asterisk.directory / "sorry.wav"
    make_sound(sorry, hertz=1000, seconds=1)
    try:
        call, _ = await on.enter_queue()
        await on.hands.fall_silent()
        await on.facts.next(Queued, within=3)
        await call.audio.hears(1000, within=on.board.fallback_seconds + 4)
        await call.ended()
    finally:
        sorry.unlink()


async def test_a_caller_in_the_fallback_is_ours_again_when_nobody_came_and_we_did(on: Stage) -> None:
    await on.enter_queue()
    await on.hands.fall_silent()
    await on.facts.next(Queued, within=3)
    await on.hands.beat()
    assert (await only_call(on.hands)).place is Place.FALLBACK_QUEUE
    assert not (await on.facts.next(Queued, within=on.board.fallback_seconds + 3)).fallback


async def test_a_caller_in_the_fallback_can_be_taken_back(on: Stage) -> None:
    _, call_id = await on.enter_queue()
    await on.hands.fall_silent()
    await on.facts.next(Queued, within=3)
    await on.hands.beat()
    await on.deflect(call_id)
    (await on.agent.incoming()).answer()
    await on.facts.next(Established)


async def test_a_queue_that_does_not_exist_is_the_default_queue(on: Stage) -> None:
    async with fallback(on.hands, ANA):
        _, call_id = await on.enter_ivr()
        now = int(time.time())
        await on.hands.switch.carry_out(
            QueueCall(call=call_id, queue=QueueName("no-such-queue"), enqueued_at=now, sequence=now, epoch=1)
        )
        await on.hands.fall_silent()
        (await on.agent.incoming()).answer()
        await on.facts.next(Established)


# -- starting anew -------------------------------------------------------------------------------------------------


async def test_another_cti_server_finds_every_call_where_it_stands(switchboard: Switchboard) -> None:
    interaction = InteractionId("018f0000-0000-7000-8000-000000000001")
    async with (
        switchboard.caller("0821") as in_ivr,
        switchboard.caller("0822") as waiting,
        switchboard.caller("0823") as alerting,
        switchboard.caller("0824") as talking,
        switchboard.agent(ANA) as ana,
        switchboard.agent(BOB) as bob,
    ):
        numbers: dict[CallId, str] = {}
        async with switchboard.steered() as first:
            on = Stage(switchboard, first, in_ivr, ana)
            for phone in (in_ivr, waiting, alerting, talking):
                on.caller = phone
                await phone.dial(NUMBER)
                call_id = (await first.facts.next(IvrEntered)).call
                numbers[call_id] = phone.user
                await first.switch.carry_out(MarkCall(call=call_id, interaction=interaction, epoch=3))
                await first.switch.carry_out(MarkNode(call=call_id, node="welcome", guard=60))
            ids = {number: call_id for call_id, number in numbers.items()}
            await first.switch.carry_out(
                QueueCall(call=ids["0822"], queue=SUPPORT, enqueued_at=1_700_000_000, sequence=1_699_999_000, epoch=3)
            )
            await on.deflect(ids["0823"], ANA)
            (await ana.incoming()).ring()
            await on.deflect(ids["0824"], BOB)
            (await bob.incoming()).answer()
            await first.facts.next(Established)
        async with switchboard.steered() as second:
            connected = second.facts.all[0]
            assert isinstance(connected, SwitchConnected)
            found = {numbers[call.call]: call for call in connected.snapshot.calls}
            places = {number: call.place for number, call in found.items()}
            assert places == {
                "0821": Place.IVR,
                "0822": Place.WAITING,
                "0823": Place.ALERTING,
                "0824": Place.TALKING,
            }
            assert {call.interaction for call in found.values()} == {interaction}
            assert {call.calling_number for call in found.values()} == set(found)
            assert found["0821"].node == "welcome"
            assert found["0821"].enqueued_at is None  # nobody has queued him: he goes on with his questions
            assert (found["0822"].enqueued_at, found["0822"].sequence) == (1_700_000_000, 1_699_999_000)
            assert (found["0822"].queue, found["0822"].epoch) == (SUPPORT, 3)
            assert (found["0823"].device, found["0824"].device) == (ANA, BOB)
            assert connected.snapshot.in_service == {ANA, BOB}
            # and goes on with each of them
            sound = str(switchboard.sounds / SOUND)
            assert await second.media.play(ids["0821"], [sound]) is PlayOutcome.FINISHED
            assert found["0824"].connection is not None
            await second.switch.carry_out(ClearConnection(connection=found["0824"].connection))
            cleared = await second.facts.next(ConnectionCleared)
            assert (cleared.call, cleared.device) == (ids["0824"], BOB)


async def test_an_agents_phone_that_comes_and_goes_is_told(switchboard: Switchboard) -> None:
    async with switchboard.steered() as hands, switchboard.agent("agent-cem") as cem:
        assert (await hands.facts.next(BackInService)).device == "agent-cem"
        assert await cem.register() == 200  # again: no news
        assert await cem.register(0) == 200
        assert await cem.register() == 200  # a reloaded page: no news either
        assert await cem.register(0) == 200
        gone = await hands.facts.next(OutOfService)
        assert gone.device == "agent-cem"
        assert hands.facts.count(BackInService) == 1
        assert hands.facts.count(OutOfService) == 1


async def test_a_command_to_a_call_that_has_gone_is_refused_for_good(on: Stage) -> None:
    call, call_id = await on.enter_queue()
    call.bye()
    await on.facts.next(CallCleared)
    with pytest.raises(ExternalFailure) as refusal:
        await on.deflect(call_id)
    assert not refusal.value.retryable


async def test_a_wrong_password_registers_nobody(switchboard: Switchboard) -> None:
    async with Phone.open(server=switchboard.sip, user="agent-cem", password="not-the-password") as phone:
        assert await phone.register() in (401, 403)
