"""What every switch does with a talk by an agent's wish: hold, call beside, swap, hand over, join; and own calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    AlternateCall,
    ClearConnection,
    ConferenceCall,
    ConsultationCall,
    DeflectCall,
    Destination,
    ForwardCall,
    GenerateDigits,
    HoldCall,
    JoinParty,
    MakeCall,
    QueueCall,
    ReconnectCall,
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
    Failed,
    Held,
    IvrEntered,
    LiveCall,
    Originated,
    PartyPlace,
    Place,
    Queued,
    Retrieved,
    ServiceInitiated,
    Transferred,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName, own_call
from callcenter.ports import Switch
from tests.fakes.clock import FakeClock
from tests.fakes.switch import FakeSwitch
from tests.support.facts import Facts
from tests.support.phone import Phone, PhoneCall
from tests.support.switchboard import NUMBER, Hands, Switchboard, running_switchboard

ANA, BOB, CEM = DeviceName("agent-ana"), DeviceName("agent-bob"), DeviceName("agent-cem")
SUPPORT = QueueName("support")
INTERACTION = InteractionId("018f0000-0000-7000-8000-000000000001")
OWN = own_call(INTERACTION)
CALL = CallId(OWN)
TO_BOB = Destination(device=BOB)
OUTSIDE = Destination(number="+12025550123", caller_id="+12025550100")


class World(Protocol):
    """A switch, a caller, agents Ana and Bob with registered phones, and somebody at the number outside."""

    switch: Switch
    facts: Facts

    async def dials(self) -> None: ...
    async def answers(self, who: str) -> None: ...
    async def rejects(self, who: str) -> None: ...
    async def hangs_up(self, who: str) -> None: ...
    async def hears(self, who: str, *, keys: str) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.facts = Facts()
        self._fake = FakeSwitch(self.facts, FakeClock())
        self.switch: Switch = self._fake
        for device in (ANA, BOB):
            self._fake.register(device)
        self._call: CallId | None = None

    async def dials(self) -> None:
        self._call = self._fake.call_arrives(NUMBER, "0821234567", "Ada Lovelace")

    async def answers(self, who: str) -> None:
        self._fake.number_answers() if who == "number" else self._fake.agent_answers(f"agent-{who}")

    async def rejects(self, who: str) -> None:
        self._fake.number_rejects() if who == "number" else self._fake.agent_rejects(f"agent-{who}")

    async def hangs_up(self, who: str) -> None:
        if who == "caller":
            assert self._call is not None
            self._fake.caller_hangs_up(self._call)
        elif who == "number":
            calls = [line.call for line in self._fake.pbx.lines.values() if line.called == ""]
            self._fake.caller_hangs_up(calls[0]) if calls else self._fake.number_hangs_up()
        else:
            self._fake.agent_hangs_up(f"agent-{who}")

    async def hears(self, who: str, *, keys: str) -> None:
        assert "".join(key for _, key in self._fake.pbx.keys) == keys


class RealWorld:
    def __init__(self, hands: Hands, phones: dict[str, Phone]) -> None:
        self.switch, self.facts = hands.switch, hands.facts
        self._phones = phones
        self._calls: dict[str, PhoneCall] = {}

    async def dials(self) -> None:
        self._calls["caller"] = await self._phones["caller"].dial(NUMBER, name="Ada Lovelace")

    async def answers(self, who: str) -> None:
        self._calls[who] = await self._phones[who].incoming()
        self._calls[who].answer()

    async def rejects(self, who: str) -> None:
        (await self._phones[who].incoming()).reject(486 if who == "number" else 603)

    async def hangs_up(self, who: str) -> None:
        self._calls[who].bye()

    async def hears(self, who: str, *, keys: str) -> None:
        async with asyncio.timeout(5):
            while "".join(self._calls[who].audio.keys) != keys:
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switchboard]:
    command: Path = request.getfixturevalue("asterisk_command")
    with running_switchboard(command, tmp_path_factory.mktemp("control")) as running:
        yield running


@pytest.fixture(params=["fake", pytest.param("asterisk", marks=pytest.mark.integration)])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "fake":
        yield FakeWorld()
        return
    board: Switchboard = request.getfixturevalue("board")
    async with (
        board.steered() as hands,
        board.agent(ANA) as ana,
        board.agent(BOB) as bob,
        board.caller() as caller,
        board.number() as number,
    ):
        yield RealWorld(hands, {"ana": ana, "bob": bob, "caller": caller, "number": number})


async def talking(world: World) -> tuple[CallId, ConnectionId]:
    """Caller and Ana talk."""
    await world.dials()
    call = (await world.facts.next(IvrEntered)).call
    now = int(time.time())
    await world.switch.carry_out(QueueCall(call=call, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3))
    await world.facts.next(Queued)
    await world.switch.carry_out(
        DeflectCall(call=call, device=ANA, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3)
    )
    await world.facts.next(Delivered)
    await world.answers("ana")
    return call, (await world.facts.next(Established)).connection


async def held(world: World) -> tuple[CallId, ConnectionId]:
    call, ana = await talking(world)
    await world.switch.carry_out(HoldCall(call=call, connection=ana))
    on_hold, off_hook = await world.facts.each(Held, ServiceInitiated)
    assert (on_hold, off_hook) == (Held(call=call), ServiceInitiated(call=CallId(ana)))
    return call, ana


async def consulting(
    world: World, to: Destination = TO_BOB, who: str = "bob"
) -> tuple[CallId, ConnectionId, ConnectionId]:
    """The caller is on hold; Ana talks to Bob, or to the number."""
    call, ana = await talking(world)
    await world.switch.carry_out(ConsultationCall(call=call, connection=ana, to=to, hold=True))
    on_hold, originated, delivered = await world.facts.each(Held, Originated, Delivered)
    assert (on_hold, originated) == (Held(call=call), Originated(call=CallId(ana)))
    assert isinstance(delivered, Delivered)
    assert (delivered.call, delivered.device) == (CallId(ana), to.device)
    await world.answers(who)
    established = await world.facts.next(Established)
    assert established == Established(call=CallId(ana), device=to.device, connection=delivered.connection)
    return call, ana, delivered.connection


async def only(world: World) -> LiveCall:
    (live,) = (await world.switch.snapshot()).calls
    return live


# -- hold ----------------------------------------------------------------------------------------------------------


async def test_hold_and_retrieve(world: World) -> None:
    call, ana = await held(world)
    live = await only(world)
    assert (live.place, live.device, live.connection) == (Place.HELD, ANA, ana)
    await world.switch.carry_out(RetrieveCall(call=call, connection=ana))
    assert await world.facts.next(Retrieved) == Retrieved(call=call)
    live = await only(world)
    assert (live.place, live.device, live.connection) == (Place.TALKING, ANA, ana)
    await world.switch.carry_out(HoldCall(call=call, connection=ana))  # again, from the new talk
    await world.facts.each(Held, ServiceInitiated)
    await world.switch.carry_out(RetrieveCall(call=call, connection=ana))
    await world.facts.next(Retrieved)
    await world.hangs_up("ana")
    cleared = await world.facts.next(ConnectionCleared)
    assert (cleared.call, cleared.connection, cleared.by_agent) == (call, ana, True)
    await world.facts.next(CallCleared)


async def test_the_caller_hangs_up_on_hold_and_the_agents_phone_stays_off_the_hook(world: World) -> None:
    call, ana = await held(world)
    await world.hangs_up("caller")
    assert (await world.facts.next(CallCleared)).call == call
    assert world.facts.count(ConnectionCleared) == 0
    await world.switch.carry_out(ClearConnection(connection=ana))
    assert (await world.facts.next(CallCleared)).call == CallId(ana)


async def test_the_agent_hangs_up_and_the_caller_stays_on_hold(world: World) -> None:
    call, ana = await held(world)
    await world.hangs_up("ana")
    cleared = await world.facts.next(ConnectionCleared)
    assert (cleared.call, cleared.connection, cleared.by_agent) == (call, ana, True)
    live = await only(world)
    assert (live.place, live.connection) == (Place.HELD, None)
    now = int(time.time())
    await world.switch.carry_out(QueueCall(call=call, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3))
    assert (await world.facts.next(Queued)).call == call


async def test_a_caller_who_has_gone_cannot_be_held_or_retrieved(world: World) -> None:
    call, ana = await held(world)
    await world.hangs_up("caller")
    await world.facts.next(CallCleared)
    with pytest.raises(ExternalFailure):
        await world.switch.carry_out(HoldCall(call=call, connection=ana))
    await world.switch.carry_out(RetrieveCall(call=call, connection=ana))
    assert (await world.facts.next(ServiceInitiated)).call == CallId(ana)


# -- calling somebody beside -----------------------------------------------------------------------------------------


async def test_a_snapshot_shows_whom_the_agent_called(world: World) -> None:
    call, ana, bob = await consulting(world)
    live = await only(world)
    assert (live.call, live.place, live.device, live.connection) == (call, Place.HELD, ANA, ana)
    assert live.party is not None
    assert (live.party.connection, live.party.device, live.party.place) == (bob, BOB, PartyPlace.TALKING)


async def test_back_to_the_caller(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.switch.carry_out(ReconnectCall(call=call, connection=ana, party=bob))
    retrieved, cleared = await world.facts.each(Retrieved, ConnectionCleared)
    assert retrieved == Retrieved(call=call)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.call, cleared.device, cleared.connection) == (CallId(ana), BOB, bob)
    assert (await only(world)).party is None


async def test_back_to_the_caller_while_it_rings(world: World) -> None:
    call, ana = await held(world)
    await world.switch.carry_out(ConsultationCall(call=call, connection=ana, to=TO_BOB, hold=False))
    party = (await world.facts.next(Delivered)).connection
    live = await only(world)
    assert live.party is not None
    assert (live.party.connection, live.party.place) == (party, PartyPlace.ALERTING)
    await world.switch.carry_out(ReconnectCall(call=call, connection=ana, party=None))
    failed, _ = await world.facts.each(Failed, Retrieved)
    assert failed == Failed(call=CallId(ana), device=BOB, cause=Cause.NORMAL_CLEARING)


async def test_a_colleague_who_does_not_take_it(world: World) -> None:
    call, ana = await held(world)
    await world.switch.carry_out(ConsultationCall(call=call, connection=ana, to=TO_BOB, hold=False))
    await world.facts.next(Delivered)
    await world.rejects("bob")
    failed = await world.facts.next(Failed)
    assert failed == Failed(call=CallId(ana), device=BOB, cause=Cause.CALL_REJECTED)
    assert (await world.facts.next(ServiceInitiated)).call == CallId(ana)
    live = await only(world)
    assert (live.call, live.place, live.connection, live.party) == (call, Place.HELD, ana, None)


async def test_a_colleague_whose_phone_is_not_there(world: World) -> None:
    call, ana = await talking(world)
    await world.switch.carry_out(ConsultationCall(call=call, connection=ana, to=Destination(device=CEM), hold=True))
    failed = await world.facts.next(Failed)
    assert failed == Failed(call=CallId(ana), device=CEM, cause=Cause.UNREACHABLE)
    await world.facts.next(ServiceInitiated)
    await world.switch.carry_out(RetrieveCall(call=call, connection=ana))
    await world.facts.next(Retrieved)


async def test_the_colleague_hangs_up(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.hangs_up("bob")
    cleared, off_hook = await world.facts.each(ConnectionCleared, ServiceInitiated)
    assert cleared == ConnectionCleared(
        call=CallId(ana), device=BOB, connection=bob, cause=Cause.NORMAL_CLEARING, by_agent=True
    )
    assert off_hook == ServiceInitiated(call=CallId(ana))
    assert (await only(world)).call == call


async def test_swap_there_and_back(world: World) -> None:
    call, ana, bob = await consulting(world)
    swap = AlternateCall(call=call, connection=ana, party=bob, to_customer=True)
    await world.switch.carry_out(swap)
    on_hold, retrieved = await world.facts.each(Held, Retrieved)
    assert (on_hold, retrieved) == (Held(call=CallId(ana)), Retrieved(call=call))
    live = await only(world)
    assert live.place is Place.TALKING
    assert live.party is not None
    assert (live.party.connection, live.party.place) == (bob, PartyPlace.HELD)
    await world.switch.carry_out(AlternateCall(call=call, connection=ana, party=bob, to_customer=False))
    on_hold, retrieved = await world.facts.each(Held, Retrieved)
    assert (on_hold, retrieved) == (Held(call=call), Retrieved(call=CallId(ana)))
    await world.switch.carry_out(swap)
    await world.facts.each(Held, Retrieved)
    await world.hangs_up("bob")  # while he hears music
    assert (await world.facts.next(ConnectionCleared)).connection == bob
    assert (await only(world)).place is Place.TALKING


async def test_the_caller_hangs_up_and_the_agents_talk_on(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.hangs_up("caller")
    assert (await world.facts.next(CallCleared)).call == call
    live = await only(world)
    assert (live.call, live.place, live.device) == (CallId(ana), Place.DIALLING, ANA)
    assert live.party is not None
    await world.switch.carry_out(ClearConnection(connection=bob))
    await world.facts.next(ConnectionCleared)
    await world.facts.next(ServiceInitiated)
    await world.switch.carry_out(ClearConnection(connection=ana))
    assert (await world.facts.next(CallCleared)).call == CallId(ana)


async def test_the_agent_hangs_up_and_both_wait_to_be_joined(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.hangs_up("ana")
    cleared, alone = await world.facts.each(ConnectionCleared, ServiceInitiated)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.call, cleared.connection, cleared.by_agent) == (call, ana, True)
    assert alone == ServiceInitiated(call=CallId(bob))
    await world.switch.carry_out(JoinParty(call=call, party=bob))
    joined = await world.facts.next(Transferred)
    assert joined == Transferred(call=call, device=BOB, connection=bob)
    live = await only(world)
    assert (live.place, live.device, live.connection) == (Place.TALKING, BOB, bob)


# -- handing over ----------------------------------------------------------------------------------------------------


async def test_hand_over_after_a_word(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.switch.carry_out(TransferCall(call=call, connection=ana, party=bob, customer_held=True))
    handed, cleared = await world.facts.each(Transferred, ConnectionCleared)
    assert handed == Transferred(call=call, device=BOB, connection=bob)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.call, cleared.connection) == (call, ana)
    await world.switch.carry_out(HoldCall(call=call, connection=bob))  # he is Bob's now, in every way
    await world.facts.each(Held, ServiceInitiated)
    await world.switch.carry_out(RetrieveCall(call=call, connection=bob))
    await world.facts.next(Retrieved)
    await world.hangs_up("bob")
    cleared, over = await world.facts.each(ConnectionCleared, CallCleared)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.connection, cleared.by_agent, over) == (
        bob,
        True,
        CallCleared(call=call, cause=Cause.NORMAL_CLEARING),
    )


async def test_hand_over_while_talking_to_the_caller(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.switch.carry_out(AlternateCall(call=call, connection=ana, party=bob, to_customer=True))
    await world.facts.each(Held, Retrieved)
    await world.switch.carry_out(TransferCall(call=call, connection=ana, party=bob, customer_held=False))
    handed, _ = await world.facts.each(Transferred, ConnectionCleared)
    assert handed == Transferred(call=call, device=BOB, connection=bob)
    await world.hangs_up("caller")
    await world.facts.each(ConnectionCleared, CallCleared)


async def test_hand_over_to_a_number(world: World) -> None:
    call, ana, party = await consulting(world, OUTSIDE, "number")
    await world.switch.carry_out(TransferCall(call=call, connection=ana, party=party, customer_held=True))
    handed, _ = await world.facts.each(Transferred, ConnectionCleared)
    assert handed == Transferred(call=call, device=None, connection=party)
    live = await only(world)
    assert (live.place, live.device, live.connection) == (Place.TALKING, None, party)
    await world.hangs_up("number")
    await world.facts.each(ConnectionCleared, CallCleared)


async def test_straight_to_another_agent_who_has_him_at_once(world: World) -> None:
    call, ana = await talking(world)
    now = int(time.time())
    deflection = DeflectCall(call=call, device=BOB, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3)
    await world.switch.carry_out(deflection)
    cleared, delivered = await world.facts.each(ConnectionCleared, Delivered)
    assert isinstance(cleared, ConnectionCleared)
    assert isinstance(delivered, Delivered)
    assert (cleared.connection, delivered.device) == (ana, BOB)
    await world.answers("bob")
    assert (await world.facts.next(Established)).device == BOB


async def test_straight_from_hold_to_the_queue(world: World) -> None:
    call, ana = await held(world)
    now = int(time.time())
    await world.switch.carry_out(QueueCall(call=call, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3))
    await world.switch.carry_out(ClearConnection(connection=ana))
    await world.facts.next(Queued)
    assert (await only(world)).place is Place.WAITING


def forward(call: CallId) -> ForwardCall:
    now = int(time.time())
    return ForwardCall(call=call, to=OUTSIDE, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=3)


async def test_straight_to_a_number(world: World) -> None:
    call, _ = await talking(world)
    await world.switch.carry_out(forward(call))
    _, delivered = await world.facts.each(ConnectionCleared, Delivered)
    assert isinstance(delivered, Delivered)
    assert (delivered.call, delivered.device) == (call, None)
    await world.answers("number")
    established = await world.facts.next(Established)
    assert established == Established(call=call, device=None, connection=delivered.connection)
    await world.hangs_up("caller")
    await world.facts.next(CallCleared)


async def test_a_number_that_is_busy_brings_the_caller_back(world: World) -> None:
    call, _ = await talking(world)
    await world.switch.carry_out(forward(call))
    await world.facts.next(Delivered)
    await world.rejects("number")
    assert await world.facts.next(Failed) == Failed(call=call, device=None, cause=Cause.BUSY)
    assert (await world.facts.next(Queued)).call == call


# -- conferences -------------------------------------------------------------------------------------------------------


async def conference(world: World) -> tuple[CallId, ConnectionId, ConnectionId]:
    call, ana, bob = await consulting(world)
    await world.switch.carry_out(ConferenceCall(call=call, connection=ana, party=bob, customer_held=True))
    assert await world.facts.next(Conferenced) == Conferenced(call=call, device=BOB, connection=bob)
    return call, ana, bob


async def test_a_snapshot_shows_a_conference(world: World) -> None:
    call, ana, bob = await conference(world)
    live = await only(world)
    assert (live.call, live.place, live.device, live.connection) == (call, Place.TALKING, ANA, ana)
    assert live.party is not None
    assert (live.party.connection, live.party.device, live.party.place) == (bob, BOB, PartyPlace.JOINED)


async def test_the_agent_leaves_a_conference(world: World) -> None:
    call, ana, bob = await conference(world)
    await world.hangs_up("ana")
    cleared = await world.facts.next(ConnectionCleared)
    assert (cleared.call, cleared.connection, cleared.by_agent) == (call, ana, True)
    live = await only(world)
    assert (live.place, live.device, live.connection) == (Place.TALKING, BOB, bob)
    await world.hangs_up("bob")
    cleared = await world.facts.next(ConnectionCleared)
    assert (cleared.call, cleared.connection, cleared.by_agent) == (call, bob, True)
    await world.facts.next(CallCleared)


async def test_the_third_leaves_a_conference(world: World) -> None:
    call, ana, bob = await conference(world)
    await world.hangs_up("bob")
    cleared = await world.facts.next(ConnectionCleared)
    assert (cleared.call, cleared.connection) == (CallId(ana), bob)
    live = await only(world)
    assert (live.place, live.connection, live.party) == (Place.TALKING, ana, None)
    await world.hangs_up("ana")
    cleared = await world.facts.next(ConnectionCleared)
    assert (cleared.call, cleared.connection) == (call, ana)
    await world.facts.next(CallCleared)


async def test_the_caller_leaves_a_conference(world: World) -> None:
    call, ana, _ = await conference(world)
    await world.hangs_up("caller")
    assert (await world.facts.next(CallCleared)).call == call
    live = await only(world)
    assert (live.call, live.place) == (CallId(ana), Place.DIALLING)


async def test_a_conference_from_a_talk_with_the_caller(world: World) -> None:
    call, ana, bob = await consulting(world)
    await world.switch.carry_out(AlternateCall(call=call, connection=ana, party=bob, to_customer=True))
    await world.facts.each(Held, Retrieved)
    await world.switch.carry_out(ConferenceCall(call=call, connection=ana, party=bob, customer_held=False))
    assert await world.facts.next(Conferenced) == Conferenced(call=call, device=BOB, connection=bob)
    await world.hangs_up("ana")
    await world.facts.next(ConnectionCleared)
    live = await only(world)
    assert (live.place, live.device) == (Place.TALKING, BOB)


# -- calls that agents make --------------------------------------------------------------------------------------------


def make(to: Destination) -> MakeCall:
    return MakeCall(connection=OWN, device=ANA, to=to, interaction=INTERACTION)


async def made(world: World, to: Destination, who: str) -> ConnectionId:
    """Ana has called, and been answered."""
    await world.switch.carry_out(make(to))
    assert await world.facts.next(Delivered) == Delivered(call=CALL, device=ANA, connection=OWN)
    await world.answers("ana")
    assert await world.facts.next(Originated) == Originated(call=CALL)
    delivered = await world.facts.next(Delivered)
    assert (delivered.call, delivered.device) == (CALL, to.device)
    live = await only(world)
    assert (live.call, live.place, live.interaction) == (CALL, Place.DIALLING, INTERACTION)
    await world.answers(who)
    established = await world.facts.next(Established)
    assert established == Established(call=CALL, device=to.device, connection=delivered.connection)
    return delivered.connection


@pytest.mark.parametrize(("to", "who"), [(OUTSIDE, "number"), (TO_BOB, "bob")])
async def test_whom_an_agent_called_can_be_held_as_one_who_called_us(world: World, to: Destination, who: str) -> None:
    customer = CallId(await made(world, to, who))
    live = await only(world)
    assert (live.call, live.place, live.device, live.connection) == (customer, Place.TALKING, ANA, OWN)
    assert live.interaction == INTERACTION
    await world.switch.carry_out(HoldCall(call=customer, connection=OWN))
    on_hold, off_hook = await world.facts.each(Held, ServiceInitiated)
    assert (on_hold, off_hook) == (Held(call=customer), ServiceInitiated(call=CALL))
    await world.switch.carry_out(RetrieveCall(call=customer, connection=OWN))
    assert await world.facts.next(Retrieved) == Retrieved(call=customer)
    await world.hangs_up(who)
    cleared, over = await world.facts.each(ConnectionCleared, CallCleared)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.call, cleared.connection, cleared.by_agent) == (customer, OWN, False)
    assert over == CallCleared(call=customer, cause=Cause.NORMAL_CLEARING)


async def test_the_agent_ends_his_call(world: World) -> None:
    customer = CallId(await made(world, OUTSIDE, "number"))
    await world.hangs_up("ana")
    cleared, over = await world.facts.each(ConnectionCleared, CallCleared)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.connection, cleared.by_agent) == (OWN, True)
    assert over == CallCleared(call=customer, cause=Cause.NORMAL_CLEARING)


async def test_whom_an_agent_called_is_handed_over(world: World) -> None:
    customer = CallId(await made(world, OUTSIDE, "number"))
    to_bob = ConsultationCall(call=customer, connection=OWN, to=TO_BOB, hold=True)
    await world.switch.carry_out(to_bob)
    await world.facts.each(Held, Originated)
    await world.answers("bob")
    bob = (await world.facts.next(Established)).connection
    await world.switch.carry_out(TransferCall(call=customer, connection=OWN, party=bob, customer_held=True))
    handed, cleared = await world.facts.each(Transferred, ConnectionCleared)
    assert handed == Transferred(call=customer, device=BOB, connection=bob)
    assert isinstance(cleared, ConnectionCleared)
    assert (cleared.call, cleared.connection) == (customer, OWN)
    await world.hangs_up("bob")
    await world.facts.each(ConnectionCleared, CallCleared)


async def test_keys_are_heard_by_whom_the_agent_talks_to(world: World) -> None:
    await made(world, OUTSIDE, "number")
    await world.switch.carry_out(GenerateDigits(connection=OWN, digits="12#0"))
    await world.hears("number", keys="12#0")


async def test_an_own_phone_that_refuses(world: World) -> None:
    await world.switch.carry_out(make(OUTSIDE))
    await world.facts.next(Delivered)
    await world.rejects("ana")
    assert await world.facts.next(CallCleared) == CallCleared(call=CALL, cause=Cause.CALL_REJECTED)


async def test_an_own_phone_that_is_not_there(world: World) -> None:
    await world.switch.carry_out(MakeCall(connection=OWN, device=CEM, to=OUTSIDE, interaction=INTERACTION))
    assert await world.facts.next(CallCleared) == CallCleared(call=CALL, cause=Cause.UNREACHABLE)


async def test_a_number_that_is_busy_ends_the_call(world: World) -> None:
    await world.switch.carry_out(make(OUTSIDE))
    await world.answers("ana")
    await world.facts.next(Originated)
    await world.facts.next(Delivered)
    await world.rejects("number")
    assert await world.facts.next(Failed) == Failed(call=CALL, device=None, cause=Cause.BUSY)
    assert (await world.facts.next(CallCleared)).call == CALL


async def test_a_call_can_be_given_up(world: World) -> None:
    await world.switch.carry_out(make(OUTSIDE))
    await world.facts.next(Delivered)
    await world.switch.carry_out(ClearConnection(connection=OWN))
    assert (await world.facts.next(CallCleared)).call == CALL
    assert (await world.switch.snapshot()).calls == ()
