"""The writer's task, with everything around it running as for real, in no time."""

from __future__ import annotations

import asyncio

from callcenter.api.messages import ContactReport, SignOn, Snapshot, SnapshotWanted
from callcenter.domain import commands, events
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.ports import Clock
from callcenter.server import facts
from callcenter.server.director import Director
from callcenter.server.dispatch import Dispatch
from callcenter.server.effects import Effect
from callcenter.server.inbox import Inbox, cause
from callcenter.server.writer import ENTRIES_AT_ONCE, Writer
from tests.fakes.ids import CountingIds
from tests.ivr.virtual_time import run
from tests.support.floor import CARLA, PEOPLE, catalogue
from tests.support.whole_server import LoopClock, whole_server


class Journaled(Director):
    """A director that notes when it was called for what, and by which cause."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(
            catalogue=catalogue(),
            people=PEOPLE,
            ids=CountingIds(),
            epoch=1,
            pop_ack=0.05,
            desktop_grace=10.0,
            now=Moment(monotonic=clock.monotonic(), utc=clock.utc()),
        )
        self.called: list[tuple[str, float, int]] = []

    def handle(self, fact: facts.Fact, now: Moment) -> list[Effect]:
        self.called.append((type(fact).__name__, now.monotonic, cause.get()))
        return super().handle(fact, now)

    def handle_timer(self, now: Moment) -> list[Effect]:
        self.called.append(("timer", now.monotonic, cause.get()))
        return super().handle_timer(now)


class NoHands(Dispatch):
    """Carries nothing out."""

    def __init__(self) -> None:
        self.carried: list[Effect] = []

    def carry_out(self, decisions: list[Effect]) -> None:
        self.carried += decisions


async def _writes(inbox: Inbox, seconds: float) -> Journaled:
    """Let the writer write for so long; 0: for one turn of the loop."""
    clock = LoopClock()
    director = Journaled(clock)
    writer = asyncio.get_running_loop().create_task(Writer(inbox, director, NoHands(), clock).run())
    await asyncio.sleep(seconds)
    writer.cancel()
    return director


def test_entries_are_taken_in_order_and_know_their_number() -> None:
    """Each is the cause of what follows from it."""

    async def main() -> Journaled:
        inbox = Inbox()
        inbox.put(events.SwitchConnected(snapshot=events.SwitchSnapshot(calls=(), in_service=frozenset())))
        inbox.put(events.IvrEntered(call=CallId("1.1")))
        return await _writes(inbox, 0.001)

    called = run(main()).called
    assert [(name, number) for name, _, number in called][-2:] == [("SwitchConnected", 1), ("IvrEntered", 2)]


def test_the_clock_is_looked_at_when_something_is_due_and_not_else() -> None:
    """The heartbeat, every two seconds; in between the writer sleeps."""

    async def main() -> Journaled:
        inbox = Inbox()
        inbox.put(events.SwitchConnected(snapshot=events.SwitchSnapshot(calls=(), in_service=frozenset())))
        return await _writes(inbox, 9.0)

    director = run(main())
    start = director.called[0][1]
    timers = [round(at - start, 3) for name, at, _ in director.called if name == "timer"]
    beats = [at for at in timers if at >= 1.0]
    assert beats == [2.0, 4.0, 6.0, 8.0]
    assert len(timers) - len(beats) <= 2


def test_others_have_their_turn_between_many_entries() -> None:
    """A flood of facts does not keep the loop for itself."""

    async def main() -> Journaled:
        inbox = Inbox()
        for _ in range(3 * ENTRIES_AT_ONCE):
            inbox.put(events.BackInService(device=PEOPLE[0].device))
        return await _writes(inbox, 0)

    taken = [name for name, _, _ in run(main()).called if name == "BackInService"]
    assert len(taken) == ENTRIES_AT_ONCE


def test_a_call_through_the_whole_server() -> None:
    """Keys and look-up in a real session, pop, ring, talk, wrap-up: as the fakes saw it."""

    async def main() -> None:
        async with whole_server() as server:
            await server.sign_on("ana")
            call = server.switch.call_arrives(number="+4930123456")
            await asyncio.sleep(0.5)
            server.switch.caller_presses(call, "4711#")
            await asyncio.sleep(0.2)
            assert server.switch.rings("agent-ana") == call
            pops = [one for one in server.bus.reports if isinstance(one, ContactReport) and one.contact is not None]
            assert pops[0].contact is not None
            assert pops[0].contact.customer == CARLA
            server.switch.agent_answers("agent-ana")
            await asyncio.sleep(30.0)
            assert server.state("ana") == "busy"
            server.switch.agent_hangs_up("agent-ana")
            await asyncio.sleep(1.0)
            assert server.state("ana") == "working_after_call"
            await asyncio.sleep(30.0)
            assert server.state("ana") == "ready"
            (interaction,) = {event.interaction for event in server.journal.events}
            kinds = server.journal.kinds(interaction)
            assert kinds[0] is EventKind.STARTED
            assert kinds[-1] is EventKind.CLOSED
            assert EventKind.ANSWERED in kinds

    run(main())


def test_the_phone_rings_when_the_pop_has_had_its_fifty_milliseconds() -> None:
    """The writer's own timer does it, to the millisecond."""

    async def main() -> float:
        async with whole_server() as server:
            await server.sign_on("ana")
            call = server.switch.call_arrives(number="+4930123456")
            await asyncio.sleep(0.5)
            server.switch.caller_presses(call, "4711#")
            while not any(isinstance(one, ContactReport) for one in server.bus.reports):
                await asyncio.sleep(0.0005)
            shown = asyncio.get_running_loop().time()
            while not any(isinstance(one, commands.DeflectCall) for one in server.switch.commands):
                await asyncio.sleep(0.0005)
            return asyncio.get_running_loop().time() - shown

    assert 0.049 <= run(main()) <= 0.052


def test_a_server_that_is_killed_and_another_that_takes_over() -> None:
    """The caller in the flow goes on at his question; the one who waits keeps his place; the talk is known."""

    async def main() -> None:
        async with whole_server() as first:
            await first.sign_on("ana")
            talking = first.switch.call_arrives()
            await asyncio.sleep(0.2)
            first.switch.caller_presses(talking, "4711#")
            await asyncio.sleep(0.2)
            first.switch.agent_answers("agent-ana")
            waiting = first.switch.call_arrives()
            await asyncio.sleep(0.2)
            first.switch.caller_presses(waiting, "4711#")
            asked = first.switch.call_arrives()
            await asyncio.sleep(0.2)
            journal, switch = first.journal, first.switch
        async with whole_server(journal, switch=switch) as second:
            await asyncio.sleep(1.0)
            assert second.state("ana") == "busy"
            await second.ask(SignOn(agent="ana", desktop="desktop-ana"))
            assert [str(one.interaction)[-1] for one in second.director.floor.engine.waiting()] == ["2"]
            switch.caller_presses(asked, "4711#")
            await asyncio.sleep(0.2)
            assert len(second.director.floor.engine.waiting()) == 2
            reply = await second.ask(SnapshotWanted())
            assert isinstance(reply, Snapshot)
            assert reply.snapshot.epoch == 2
            switch.agent_hangs_up("agent-ana")
            await asyncio.sleep(31.0)
            assert switch.rings("agent-ana") == waiting

    run(main())
