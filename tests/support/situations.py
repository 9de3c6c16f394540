"""What happens to calls, as scripts for real telephones: each is acted out on a real Asterisk and recorded.

A situation gets a `Stage` and does what people do; the facts that the CTI server was told are the result.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from callcenter.domain.cause import Cause
from callcenter.domain.commands import ClearCall, DeflectCall, QueueCall, RecallCall
from callcenter.domain.events import (
    CallCleared,
    ConnectionCleared,
    Delivered,
    Established,
    Failed,
    IvrEntered,
    Queued,
)
from callcenter.domain.ids import CallId, DeviceName, QueueName
from tests.support.facts import Facts
from tests.support.phone import Phone, PhoneCall
from tests.support.switchboard import NUMBER, SOUND, Hands, Switchboard

ANA = DeviceName("agent-ana")


@dataclass(slots=True)
class Stage:
    """One caller, one agent, and the CTI server's hands."""

    board: Switchboard
    hands: Hands
    caller: Phone
    agent: Phone

    @property
    def facts(self) -> Facts:
        return self.hands.facts

    async def enter_ivr(self) -> tuple[PhoneCall, CallId]:
        """The caller dials, and is in the IVR."""
        call = await self.caller.dial(NUMBER, name="Ada Lovelace")
        return call, (await self.facts.next(IvrEntered)).call

    async def enter_queue(self) -> tuple[PhoneCall, CallId]:
        """The caller is in the waiting room."""
        call, call_id = await self.enter_ivr()
        now = int(time.time())
        await self.hands.switch.carry_out(
            QueueCall(call=call_id, queue=QueueName("support"), enqueued_at=now, sequence=now, epoch=7)
        )
        await self.facts.next(Queued)
        return call, call_id

    async def deflect(self, call_id: CallId, device: DeviceName = ANA) -> None:
        """Ring an agent for the caller."""
        now = int(time.time())
        await self.hands.switch.carry_out(
            DeflectCall(call=call_id, device=device, queue=QueueName("support"), enqueued_at=now, sequence=now, epoch=7)
        )

    async def ring(self) -> tuple[PhoneCall, PhoneCall, CallId]:
        """The agent's phone rings for a caller from the queue."""
        call, call_id = await self.enter_queue()
        await self.deflect(call_id)
        at_agent = await self.agent.incoming()
        at_agent.ring()
        await self.facts.next(Delivered)
        return call, at_agent, call_id

    async def talk(self) -> tuple[PhoneCall, PhoneCall, CallId]:
        """Caller and agent talk."""
        call, at_agent, call_id = await self.ring()
        at_agent.answer()
        await self.facts.next(Established)
        return call, at_agent, call_id


@contextlib.asynccontextmanager
async def stage(board: Switchboard, hands: Hands) -> AsyncIterator[Stage]:
    """Set the stage: the agent is registered before the first call."""
    async with board.agent(ANA) as agent, board.caller() as caller:
        yield Stage(board, hands, caller, agent)


# -- the caller goes -------------------------------------------------------------------------------------------


async def caller_hangs_up_in_ivr(on: Stage) -> None:
    call, call_id = await on.enter_ivr()
    prompt = asyncio.create_task(on.hands.media.play(call_id, [str(on.board.sounds / SOUND)]))
    await call.audio.hears()
    call.audio.press("42")
    await asyncio.sleep(0.9)
    call.bye()
    await prompt
    await on.facts.next(CallCleared)


async def caller_hangs_up_in_queue(on: Stage) -> None:
    call, _ = await on.enter_queue()
    await call.audio.hears()
    call.bye()
    await on.facts.next(CallCleared)


async def caller_hangs_up_while_agent_rings(on: Stage) -> None:
    call, at_agent, _ = await on.ring()
    call.bye()
    await on.facts.next(CallCleared)
    assert await at_agent.ended()
    assert at_agent.status == 487


async def caller_hangs_up_in_talk(on: Stage) -> None:
    call, at_agent, _ = await on.talk()
    call.bye()
    await on.facts.next(CallCleared)
    await at_agent.ended()


# -- the agent does not take the call ----------------------------------------------------------------------------


async def agent_rejects(on: Stage) -> None:
    call, at_agent, _ = await on.ring()
    at_agent.reject(603)
    await on.facts.next(Failed)
    await on.facts.next(Queued)
    call.bye()
    await on.facts.next(CallCleared)


async def agent_is_busy(on: Stage) -> None:
    call, call_id = await on.enter_queue()
    await on.deflect(call_id)
    (await on.agent.incoming()).reject(486)
    await on.facts.next(Failed)
    await on.facts.next(Queued)
    call.bye()
    await on.facts.next(CallCleared)


async def agent_does_not_answer(on: Stage) -> None:
    call, at_agent, _ = await on.ring()
    await on.facts.next(Failed, within=6)
    await on.facts.next(Queued)
    await at_agent.ended()
    call.bye()
    await on.facts.next(CallCleared)


async def phone_is_not_registered(on: Stage) -> None:
    call, call_id = await on.enter_queue()
    await on.deflect(call_id, DeviceName("agent-bob"))
    await on.facts.next(Failed)
    await on.facts.next(Queued)
    call.bye()
    await on.facts.next(CallCleared)


async def agent_is_recalled(on: Stage) -> None:
    call, at_agent, call_id = await on.ring()
    await on.hands.switch.carry_out(RecallCall(call=call_id))
    await on.facts.next(Queued)
    await at_agent.ended()
    call.bye()
    await on.facts.next(CallCleared)


# -- a talk ends ---------------------------------------------------------------------------------------------------


async def agent_hangs_up(on: Stage) -> None:
    call, at_agent, _ = await on.talk()
    at_agent.bye()
    await on.facts.next(CallCleared)
    await call.ended()


async def browser_is_closed(on: Stage) -> None:
    """No audio, no goodbye: Asterisk clears the leg after 5 s, and the caller waits again."""
    call, at_agent, _ = await on.talk()
    at_agent.audio.stop_sending()
    await on.facts.next(ConnectionCleared, within=9)
    await on.facts.next(Queued)
    call.bye()
    await on.facts.next(CallCleared)


async def both_hang_up_at_once(on: Stage) -> None:
    call, at_agent, _ = await on.talk()
    at_agent.bye()
    call.bye()
    await on.facts.next(CallCleared)


async def we_clear_the_call_in_talk(on: Stage) -> None:
    call, at_agent, call_id = await on.talk()
    await on.hands.switch.carry_out(ClearCall(call=call_id, cause=Cause.NORMAL_CLEARING))
    await on.facts.next(CallCleared)
    await asyncio.gather(call.ended(), at_agent.ended())


# -- the prompt is missing -----------------------------------------------------------------------------------------


async def prompt_is_missing(on: Stage) -> None:
    """The AGI session ends and comes again; as far as we are told the caller never left the IVR."""
    call, call_id = await on.enter_ivr()
    await on.hands.media.play(call_id, ["/nowhere/to-be-found"])
    await asyncio.sleep(0.3)
    await on.hands.media.play(call_id, [str(on.board.sounds / SOUND)])
    call.bye()
    await on.facts.next(CallCleared)


SITUATIONS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    act.__name__: act
    for act in (
        caller_hangs_up_in_ivr,
        caller_hangs_up_in_queue,
        caller_hangs_up_while_agent_rings,
        caller_hangs_up_in_talk,
        agent_rejects,
        agent_is_busy,
        agent_does_not_answer,
        phone_is_not_registered,
        agent_is_recalled,
        agent_hangs_up,
        browser_is_closed,
        both_hang_up_at_once,
        we_clear_the_call_in_talk,
        prompt_is_missing,
    )
}
