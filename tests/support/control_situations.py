"""What agents do with their talks, as scripts for real telephones: acted out on a real Asterisk and recorded.

The stage of `tests.support.situations`, with a colleague and somebody at the number outside. Between two orders there
is a moment, as between two clicks.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from callcenter.domain.commands import (
    AlternateCall,
    ClearConnection,
    ConferenceCall,
    ConsultationCall,
    DeflectCall,
    Destination,
    ForwardCall,
    HoldCall,
    JoinParty,
    MakeCall,
    ReconnectCall,
    RetrieveCall,
    TransferCall,
)
from callcenter.domain.events import (
    CallCleared,
    Conferenced,
    ConnectionCleared,
    Delivered,
    Established,
    Failed,
    Held,
    Originated,
    Retrieved,
    ServiceInitiated,
    Transferred,
)
from callcenter.domain.ids import CallId, ConnectionId, DeviceName, InteractionId, QueueName, own_call
from tests.support.phone import Phone, PhoneCall
from tests.support.situations import ANA, Stage
from tests.support.switchboard import Hands, Switchboard

CEM = DeviceName("agent-cem")
SUPPORT = QueueName("support")
OUTSIDE = Destination(number="+12025550123", caller_id="+12025550100")
INTERACTION = InteractionId("018f0000-0000-7000-8000-000000000001")
OWN = own_call(INTERACTION)


@dataclass(slots=True)
class ControlStage(Stage):
    """With Cem, a colleague, and a number outside."""

    colleague: Phone
    number: Phone

    async def hold(self) -> tuple[PhoneCall, PhoneCall, CallId, ConnectionId]:
        """The caller hears music, Ana's phone is off the hook."""
        call = await self.caller_talks()
        await self.hands.switch.carry_out(HoldCall(call=call[2], connection=call[3]))
        await self.facts.each(Held, ServiceInitiated)
        return call

    async def caller_talks(self) -> tuple[PhoneCall, PhoneCall, CallId, ConnectionId]:
        """Caller and Ana talk."""
        call, at_agent, call_id = await self.ring()
        at_agent.answer()
        return call, at_agent, call_id, (await self.facts.next(Established)).connection

    async def consult(self) -> tuple[PhoneCall, PhoneCall, PhoneCall, CallId, ConnectionId, ConnectionId]:
        """The caller hears music, Ana talks to Cem."""
        call, at_agent, call_id, ana = await self.caller_talks()
        await self.hands.switch.carry_out(
            ConsultationCall(call=call_id, connection=ana, to=Destination(device=CEM), hold=True)
        )
        at_colleague = await self.colleague.incoming()
        at_colleague.ring()
        await self.facts.each(Held, Originated, Delivered)
        await asyncio.sleep(0.2)
        at_colleague.answer()
        party = await self.facts.next(Established)
        await asyncio.sleep(0.2)
        return call, at_agent, at_colleague, call_id, ana, party.connection


@contextlib.asynccontextmanager
async def control_stage(board: Switchboard, hands: Hands) -> AsyncIterator[ControlStage]:
    """Set the stage: the agents are registered before the first call."""
    async with (
        board.agent(ANA) as ana,
        board.agent(CEM) as cem,
        board.caller() as caller,
        board.number() as number,
    ):
        yield ControlStage(board, hands, caller, ana, cem, number)


async def hold_and_retrieve(on: ControlStage) -> None:
    call, _, call_id, ana = await on.hold()
    await asyncio.sleep(0.3)
    await on.hands.switch.carry_out(RetrieveCall(call=call_id, connection=ana))
    await on.facts.next(Retrieved)
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)


async def caller_hangs_up_on_hold(on: ControlStage) -> None:
    call, _, _, ana = await on.hold()
    call.bye()
    await on.facts.next(CallCleared)
    await on.hands.switch.carry_out(ClearConnection(connection=ana))
    await on.facts.next(CallCleared)


async def browser_is_closed_on_hold(on: ControlStage) -> None:
    call, at_agent, _, _ = await on.hold()
    at_agent.audio.stop_sending()
    await on.facts.next(ConnectionCleared, within=9)
    call.bye()
    await on.facts.next(CallCleared)


async def transfer_to_agent(on: ControlStage) -> None:
    """Blind: the colleague rings, the agent is out of it at once."""
    call, at_agent, call_id, _ = await on.caller_talks()
    now = int(time.time())
    await on.hands.switch.carry_out(
        DeflectCall(call=call_id, device=CEM, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=7)
    )
    at_colleague = await on.colleague.incoming()
    at_colleague.ring()
    await at_agent.ended()
    await asyncio.sleep(0.2)
    at_colleague.answer()
    await on.facts.next(Established)
    call.bye()
    await on.facts.next(CallCleared)


async def transfer_to_number(on: ControlStage) -> None:
    call, _, call_id, _ = await on.caller_talks()
    now = int(time.time())
    await on.hands.switch.carry_out(
        ForwardCall(call=call_id, to=OUTSIDE, queue=SUPPORT, enqueued_at=now, sequence=now, epoch=7)
    )
    at_number = await on.number.incoming()
    await asyncio.sleep(0.2)
    at_number.answer()
    await on.facts.next(Established)
    await asyncio.sleep(0.2)
    at_number.bye()
    await on.facts.next(CallCleared)
    await call.ended()


async def consult_and_transfer(on: ControlStage) -> None:
    call, at_agent, _, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(TransferCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.each(Transferred, ConnectionCleared)
    await at_agent.ended()
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)


async def consult_and_back(on: ControlStage) -> None:
    call, _, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ReconnectCall(call=call_id, connection=ana, party=party))
    await on.facts.each(Retrieved, ConnectionCleared)
    await at_colleague.ended()
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)


async def consult_and_swap(on: ControlStage) -> None:
    call, _, _, call_id, ana, party = await on.consult()
    for to_customer in (True, False):
        swap = AlternateCall(call=call_id, connection=ana, party=party, to_customer=to_customer)
        await on.hands.switch.carry_out(swap)
        await on.facts.each(Held, Retrieved)
        await asyncio.sleep(0.3)
    await on.hands.switch.carry_out(ReconnectCall(call=call_id, connection=ana, party=party))
    await on.facts.each(Retrieved, ConnectionCleared)
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)


async def consult_and_conference(on: ControlStage) -> None:
    """The agent leaves first, then the caller."""
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ConferenceCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.next(Conferenced)
    await asyncio.sleep(0.3)
    at_agent.bye()
    await on.facts.next(ConnectionCleared)
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)
    await at_colleague.ended()


async def caller_leaves_conference(on: ControlStage) -> None:
    call, at_agent, at_colleague, call_id, ana, party = await on.consult()
    await on.hands.switch.carry_out(ConferenceCall(call=call_id, connection=ana, party=party, customer_held=True))
    await on.facts.next(Conferenced)
    call.bye()
    await on.facts.next(CallCleared)
    await asyncio.sleep(0.2)
    at_colleague.bye()
    await on.facts.each(ConnectionCleared, ServiceInitiated)
    await asyncio.sleep(0.2)
    at_agent.bye()
    await on.facts.next(CallCleared)


async def caller_hangs_up_in_consultation(on: ControlStage) -> None:
    call, at_agent, at_colleague, _, _, _ = await on.consult()
    call.bye()
    await on.facts.next(CallCleared)
    at_agent.bye()
    await on.facts.each(CallCleared, ServiceInitiated)
    await asyncio.sleep(0.2)
    at_colleague.bye()
    await at_colleague.ended()
    await asyncio.sleep(0.2)


async def colleague_does_not_answer(on: ControlStage) -> None:
    call, _, call_id, ana = await on.hold()
    await on.hands.switch.carry_out(
        ConsultationCall(call=call_id, connection=ana, to=Destination(device=CEM), hold=False)
    )
    (await on.colleague.incoming()).ring()
    await on.facts.next(Failed, within=6)
    await on.facts.next(ServiceInitiated)
    await on.hands.switch.carry_out(RetrieveCall(call=call_id, connection=ana))
    await on.facts.next(Retrieved)
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)


async def agent_hangs_up_in_consultation(on: ControlStage) -> None:
    """The caller is handed over to the colleague then."""
    call, at_agent, _, call_id, _, party = await on.consult()
    at_agent.bye()
    await on.facts.each(ConnectionCleared, ServiceInitiated)
    await on.hands.switch.carry_out(JoinParty(call=call_id, party=party))
    await on.facts.next(Transferred)
    await asyncio.sleep(0.2)
    call.bye()
    await on.facts.next(CallCleared)


async def outbound(on: ControlStage) -> None:
    await on.hands.switch.carry_out(MakeCall(connection=OWN, device=ANA, to=OUTSIDE, interaction=INTERACTION))
    (await on.agent.incoming()).answer()
    at_number = await on.number.incoming()
    at_number.ring()
    await asyncio.sleep(0.3)
    at_number.answer()
    await on.facts.next(Established)
    await asyncio.sleep(0.2)
    at_number.bye()
    await on.facts.next(CallCleared)


async def internal(on: ControlStage) -> None:
    to_cem = Destination(device=CEM)
    await on.hands.switch.carry_out(MakeCall(connection=OWN, device=ANA, to=to_cem, interaction=INTERACTION))
    at_agent = await on.agent.incoming()
    at_agent.answer()
    at_colleague = await on.colleague.incoming()
    await asyncio.sleep(0.2)
    at_colleague.answer()
    await on.facts.next(Established)
    await asyncio.sleep(0.2)
    at_agent.bye()
    await on.facts.next(CallCleared)


CONTROL_SITUATIONS: dict[str, Callable[[ControlStage], Awaitable[None]]] = {
    act.__name__: act
    for act in (
        hold_and_retrieve,
        caller_hangs_up_on_hold,
        browser_is_closed_on_hold,
        transfer_to_agent,
        transfer_to_number,
        consult_and_transfer,
        consult_and_back,
        consult_and_swap,
        consult_and_conference,
        caller_leaves_conference,
        caller_hangs_up_in_consultation,
        colleague_does_not_answer,
        agent_hangs_up_in_consultation,
        outbound,
        internal,
    )
}
