"""What every switch does, the one in memory and Asterisk: the facts that follow on commands and on what people do."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    ClearCall,
    ClearConnection,
    DeflectCall,
    Destination,
    MarkCall,
    MarkNode,
    MarkPlace,
    MarkSurvey,
    QueueCall,
    RecallCall,
    ReturnToIvr,
    SingleStepTransfer,
    SpeakEnd,
)
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import (
    CallCleared,
    ConnectionCleared,
    Delivered,
    DigitPressed,
    Established,
    Failed,
    IvrEntered,
    IvrLeft,
    Offered,
    Place,
    Queued,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName
from callcenter.ports import MediaControl, PlayOutcome, Switch
from tests.fakes.clock import FakeClock
from tests.fakes.media_control import FakeMediaControl
from tests.fakes.switch import FakeSwitch
from tests.support.facts import Facts, story
from tests.support.phone import PhoneCall
from tests.support.situations import Stage, stage
from tests.support.switchboard import NUMBER, SOUND, Switchboard, running_switchboard

ANA = DeviceName("agent-ana")
SUPPORT = QueueName("support")
INTERACTION = InteractionId("018f0000-0000-7000-8000-000000000001")


class World(Protocol):
    """A switch, one caller and one agent (registered, device agent-ana)."""

    switch: Switch
    media: MediaControl
    facts: Facts
    sound: str

    async def dial(self) -> None: ...
    async def press(self, call: CallId, digits: str) -> None: ...
    async def caller_hangs_up(self, call: CallId) -> None: ...
    async def agent_answers(self) -> None: ...
    async def agent_rejects(self) -> None: ...
    async def agent_hangs_up(self) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.facts = Facts()
        media = FakeMediaControl(at_once=False)
        switch = FakeSwitch(self.facts, FakeClock(), left_ivr=media.fail)
        switch.register(ANA)
        self.switch: Switch = switch
        self.media: MediaControl = media
        self.sound = "/sounds/welcome"
        self._fake = switch

    async def dial(self) -> None:
        self._fake.call_arrives(NUMBER, "0821234567", "Ada Lovelace")

    async def press(self, call: CallId, digits: str) -> None:
        self._fake.caller_presses(call, digits)

    async def caller_hangs_up(self, call: CallId) -> None:
        self._fake.caller_hangs_up(call)

    async def agent_answers(self) -> None:
        self._fake.agent_answers(ANA)

    async def agent_rejects(self) -> None:
        self._fake.agent_rejects(ANA)

    async def agent_hangs_up(self) -> None:
        self._fake.agent_hangs_up(ANA)


class RealWorld:
    def __init__(self, on: Stage) -> None:
        self._on = on
        self._caller: PhoneCall | None = None
        self._at_agent: PhoneCall | None = None
        self.switch, self.media, self.facts = on.hands.switch, on.hands.media, on.facts
        self.sound = str(on.board.sounds / SOUND)

    async def dial(self) -> None:
        self._caller = await self._on.caller.dial(NUMBER, name="Ada Lovelace")

    async def press(self, call: CallId, digits: str) -> None:
        assert self._caller is not None
        await self._caller.answered()
        self._caller.audio.press(digits)

    async def caller_hangs_up(self, call: CallId) -> None:
        assert self._caller is not None
        self._caller.bye()

    async def agent_answers(self) -> None:
        self._at_agent = await self._on.agent.incoming()
        self._at_agent.answer()

    async def agent_rejects(self) -> None:
        (await self._on.agent.incoming()).reject(603)

    async def agent_hangs_up(self) -> None:
        assert self._at_agent is not None
        self._at_agent.bye()


@pytest.fixture(scope="module")
def board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switchboard]:
    command: Path = request.getfixturevalue("asterisk_command")
    with running_switchboard(command, tmp_path_factory.mktemp("contract")) as running:
        yield running


@pytest.fixture(params=["fake", pytest.param("asterisk", marks=pytest.mark.integration)])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    switchboard: Switchboard = request.getfixturevalue("board")
    async with switchboard.steered() as hands, stage(switchboard, hands) as on:
        yield RealWorld(on)


def place(call: CallId) -> QueueCall:
    return QueueCall(call=call, queue=SUPPORT, enqueued_at=1_700_000_000, sequence=1_699_999_000, epoch=3)


def deflect(call: CallId, device: DeviceName = ANA) -> DeflectCall:
    now = int(time.time())
    return DeflectCall(call=call, device=device, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3)


async def in_ivr(world: World) -> CallId:
    await world.dial()
    return (await world.facts.next(IvrEntered)).call


async def waiting(world: World) -> CallId:
    call = await in_ivr(world)
    await world.switch.carry_out(place(call))
    await world.facts.next(Queued)
    return call


async def alerting(world: World) -> tuple[CallId, ConnectionId]:
    call = await waiting(world)
    await world.switch.carry_out(deflect(call))
    delivered = await world.facts.next(Delivered)
    assert (delivered.call, delivered.device) == (call, ANA)
    return call, delivered.connection


async def talking(world: World) -> tuple[CallId, ConnectionId]:
    call, connection = await alerting(world)
    await world.agent_answers()
    established = await world.facts.next(Established)
    assert (established.call, established.connection, established.device) == (call, connection, ANA)
    return call, connection


async def test_a_call_is_offered_and_enters_the_ivr(world: World) -> None:
    await world.dial()
    offered = await world.facts.next(Offered)
    assert (offered.called_number, offered.calling_number, offered.calling_name) == (
        NUMBER,
        "0821234567",
        "Ada Lovelace",
    )
    assert (await world.facts.next(IvrEntered)).call == offered.call


async def test_keys_are_told_one_by_one(world: World) -> None:
    call = await in_ivr(world)
    await world.press(call, "1#")
    assert [(await world.facts.next(DigitPressed)).digit for _ in range(2)] == ["1", "#"]


async def test_what_is_written_on_the_call_is_read_back(world: World) -> None:
    call = await in_ivr(world)
    await world.switch.carry_out(MarkCall(call=call, interaction=INTERACTION, epoch=3))
    await world.switch.carry_out(MarkNode(call=call, node="ask-account", guard=30))
    await world.switch.carry_out(place(call))
    await world.facts.next(IvrLeft)
    assert not (await world.facts.next(Queued)).fallback
    (live,) = (await world.switch.snapshot()).calls
    assert (live.call, live.place, live.interaction, live.epoch) == (call, Place.WAITING, INTERACTION, 3)
    assert (live.queue, live.enqueued_at, live.sequence) == (SUPPORT, 1_700_000_000, 1_699_999_000)
    assert (live.node, live.calling_name) == ("ask-account", "Ada Lovelace")


async def test_a_snapshot_tells_the_places_apart(world: World) -> None:
    async def now() -> tuple[Place, DeviceName | None, ConnectionId | None]:
        (live,) = (await world.switch.snapshot()).calls
        return live.place, live.device, live.connection

    call = await in_ivr(world)
    assert await now() == (Place.IVR, None, None)
    await world.switch.carry_out(place(call))
    await world.facts.next(Queued)
    assert await now() == (Place.WAITING, None, None)
    await world.switch.carry_out(deflect(call))
    connection = (await world.facts.next(Delivered)).connection
    assert await now() == (Place.ALERTING, ANA, connection)
    await world.agent_answers()
    await world.facts.next(Established)
    assert await now() == (Place.TALKING, ANA, connection)
    assert (await world.switch.snapshot()).in_service == {ANA}


async def test_from_the_ivr_straight_to_an_agent(world: World) -> None:
    call = await in_ivr(world)
    await world.switch.carry_out(deflect(call))
    await world.facts.next(IvrLeft)
    assert (await world.facts.next(Delivered)).device == ANA
    assert world.facts.count(Queued) == 0


async def test_the_agent_ends_the_talk(world: World) -> None:
    call, connection = await talking(world)
    await world.agent_hangs_up()
    cleared = await world.facts.next(ConnectionCleared)
    assert cleared == ConnectionCleared(
        call=call, device=ANA, connection=connection, cause=Cause.NORMAL_CLEARING, by_agent=True
    )
    assert (await world.facts.next(CallCleared)).call == call


async def test_who_is_to_be_asked_comes_back_when_the_agent_hangs_up(world: World) -> None:
    call, _ = await talking(world)
    await world.switch.carry_out(MarkSurvey(call=call, survey="satisfaction"))
    await world.agent_hangs_up()
    assert (await world.facts.next(ConnectionCleared)).by_agent
    assert await world.facts.next(IvrEntered) == IvrEntered(call=call)
    (live,) = (await world.switch.snapshot()).calls
    assert (live.call, live.place) == (call, Place.SURVEY)
    await world.press(call, "5")
    assert (await world.facts.next(DigitPressed)).digit == "5"


async def test_who_was_to_be_asked_and_is_no_more_is_gone_with_the_talk(world: World) -> None:
    call, _ = await talking(world)
    await world.switch.carry_out(MarkSurvey(call=call, survey="satisfaction"))
    await world.switch.carry_out(MarkSurvey(call=call, survey=None))
    await world.agent_hangs_up()
    assert (await world.facts.next(CallCleared)).call == call


async def test_a_flow_has_a_phone_rung_and_gets_its_caller_back(world: World) -> None:
    call = await in_ivr(world)
    await world.switch.carry_out(SingleStepTransfer(call=call, to=Destination(device=ANA)))
    await world.facts.next(IvrLeft)
    assert (await world.facts.next(Delivered)).device == ANA
    (live,) = (await world.switch.snapshot()).calls
    assert (live.place, live.enqueued_at) == (Place.ALERTING, None)
    await world.agent_rejects()
    assert await world.facts.next(Failed) == Failed(call=call, device=ANA, cause=Cause.CALL_REJECTED)
    await world.facts.next(Queued)
    await world.switch.carry_out(ReturnToIvr(call=call))
    await world.facts.next(IvrEntered)


async def test_a_phone_that_a_flow_has_rung_talks_to_its_caller(world: World) -> None:
    call = await in_ivr(world)
    await world.switch.carry_out(SingleStepTransfer(call=call, to=Destination(device=ANA)))
    await world.facts.next(Delivered)
    await world.agent_answers()
    established = await world.facts.next(Established)
    assert (established.call, established.device) == (call, ANA)


async def test_the_caller_ends_the_talk(world: World) -> None:
    call, _ = await talking(world)
    await world.caller_hangs_up(call)
    assert not (await world.facts.next(ConnectionCleared)).by_agent
    assert (await world.facts.next(CallCleared)).cause is Cause.NORMAL_CLEARING


async def test_we_end_the_agents_connection_and_so_the_call(world: World) -> None:
    _, connection = await talking(world)
    await world.switch.carry_out(ClearConnection(connection=connection))
    assert (await world.facts.next(ConnectionCleared)).cause is Cause.NORMAL_CLEARING
    await world.facts.next(CallCleared)


async def test_we_end_the_call(world: World) -> None:
    call = await waiting(world)
    await world.switch.carry_out(ClearCall(call=call, cause=Cause.BUSY))
    assert await world.facts.next(CallCleared) == CallCleared(call=call, cause=Cause.BUSY)


async def test_a_refused_offer_brings_the_caller_back(world: World) -> None:
    call, _ = await alerting(world)
    await world.agent_rejects()
    assert await world.facts.next(Failed) == Failed(call=call, device=ANA, cause=Cause.CALL_REJECTED)
    assert not (await world.facts.next(Queued)).fallback


async def test_a_phone_that_is_not_there_brings_the_caller_back(world: World) -> None:
    call = await waiting(world)
    await world.switch.carry_out(deflect(call, DeviceName("agent-bob")))
    failed = await world.facts.next(Failed)
    assert (failed.device, failed.cause) == ("agent-bob", Cause.UNREACHABLE)
    await world.facts.next(Queued)
    assert world.facts.count(Delivered) == 0


async def test_a_recalled_offer_brings_the_caller_back(world: World) -> None:
    call, _ = await alerting(world)
    await world.switch.carry_out(RecallCall(call=call))
    assert (await world.facts.next(Failed)).device == ANA
    await world.facts.next(Queued)


async def test_a_caller_who_goes_while_the_agent_rings_leaves_no_failure(world: World) -> None:
    call, _ = await alerting(world)
    await world.caller_hangs_up(call)
    await world.facts.next(CallCleared)
    assert world.facts.count(Failed) == 0


async def test_back_into_the_ivr(world: World) -> None:
    call = await waiting(world)
    await world.switch.carry_out(ReturnToIvr(call=call))
    assert (await world.facts.next(IvrEntered)).call == call


async def test_another_place_is_written_on_a_caller_who_notices_nothing(world: World) -> None:
    call = await waiting(world)
    marked = MarkPlace(call=call, queue=QueueName("sales"), enqueued_at=1_700_000_000, sequence=1_699_999_500, epoch=4)
    await world.switch.carry_out(marked)
    (live,) = (await world.switch.snapshot()).calls
    assert (live.place, live.queue, live.sequence, live.epoch) == (Place.WAITING, "sales", 1_699_999_500, 4)
    assert world.facts.count(Queued) == 1


async def test_the_spoken_end_is_the_end(world: World) -> None:
    call = await waiting(world)
    await world.switch.carry_out(SpeakEnd(call=call))
    (live,) = (await world.switch.snapshot()).calls
    assert live.place is Place.ENDING
    await world.caller_hangs_up(call)
    assert (await world.facts.next(CallCleared)).call == call


async def test_a_prompt_is_stopped_and_a_caller_who_leaves_the_ivr_ends_it(world: World) -> None:
    call = await in_ivr(world)
    playing = asyncio.create_task(world.media.play(call, [world.sound] * 3))
    await asyncio.sleep(0.05)
    await world.media.stop(call)
    assert await playing is PlayOutcome.STOPPED
    playing = asyncio.create_task(world.media.play(call, [world.sound] * 3))
    await asyncio.sleep(0.05)
    await world.switch.carry_out(place(call))
    async with asyncio.timeout(2):
        assert await playing is PlayOutcome.FAILED
    await world.media.stop(call)  # nothing is played: no error


async def test_what_has_gone_cannot_be_commanded(world: World) -> None:
    call, connection = await talking(world)
    await world.caller_hangs_up(call)
    await world.facts.next(CallCleared)
    while (await world.switch.snapshot()).calls:
        await asyncio.sleep(0.05)
    with contextlib.suppress(ExternalFailure):  # the agent's leg may need a moment more than the caller's
        while True:
            await world.switch.carry_out(ClearConnection(connection=connection))
            await asyncio.sleep(0.05)
    for command in (deflect(call), RecallCall(call=call), ClearConnection(connection=connection)):
        with pytest.raises(ExternalFailure) as failure:
            await world.switch.carry_out(command)
        assert not failure.value.retryable
    assert (await world.switch.snapshot()).calls == ()


async def test_the_whole_story_is_told_in_order(world: World) -> None:
    call, _ = await talking(world)
    await world.agent_hangs_up()
    await world.facts.next(CallCleared)
    with contextlib.suppress(TimeoutError):
        await world.facts.next(CallCleared, within=0.2)  # nothing more comes
    assert call
    assert [line.partition(":")[0] for line in story(world.facts.all)] == [
        "Offered",
        "IvrEntered",
        "IvrLeft",
        "Queued",
        "Delivered",
        "Established",
        "ConnectionCleared",
        "CallCleared",
    ]
