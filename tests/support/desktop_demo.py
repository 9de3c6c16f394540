"""The desktop server over a scripted CTI server, to look at real pages in a browser without a switch.

``python -m tests.support.desktop_demo [--port 8090]`` serves the built front end. Sign in as anna, ben (agents), sue
(supervisor), adam (administrator) with the password "demo", or as newcomer, who must change it first. An agent who is
ready is offered a call after three seconds; it is answered after four (every fourth is missed) and lasts fifteen.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from agent_desktop.config import LOOPBACK_NAMES, Site
from agent_desktop.web.app import Ports, make_app, run_background
from agent_desktop.web.softphone import SipGate
from agent_desktop.web.words import Words
from callcenter.api import messages
from callcenter.api.messages import (
    AgentLive,
    AgentReport,
    AgentStateName,
    ContactLive,
    ContactPhase,
    ContactReport,
    Done,
    LinkReport,
    QueueReport,
    Refused,
    Tier,
    WaitingLive,
)
from callcenter.api.records import Role
from callcenter.clock import SystemClock
from tests.fakes.accounts import FakeAccounts
from tests.fakes.clock import FakeClock
from tests.fakes.cti_client import FakeCtiClient
from tests.fakes.records import FakeRecords
from tests.fakes.voicemails import FakeVoicemails
from tests.support import floor_samples as samples
from tests.support.desktop_server import HOUSE, customers_records, person

STATIC = Path(__file__).resolve().parents[2] / "agent_desktop" / "static"
AGENTS = ("anna", "ben")
DISPOSITIONS = samples.choices(samples.LABELS.dispositions)
OFFER_AFTER, ANSWER_AFTER, TALK, WRAP_UP = 3.0, 4.0, 15.0, 30.0


def now_ms() -> int:
    """The present moment as the messages carry it."""
    return int(datetime.now(UTC).timestamp() * 1000)


class ScriptedCti(FakeCtiClient):
    """A CTI server of two agents and one queue that plays calls by the clock."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(
            samples.snapshot(
                at=now_ms(),
                agents=tuple(samples.agent(name, since=now_ms(), desktop_connected=False) for name in AGENTS),
                reasons=samples.reasons(samples.LABELS.reasons),
            )
        )
        self.reply = self._answer
        self._tasks = tasks
        self._agents = {agent.agent: agent for agent in self.state.agents}
        self._contacts: dict[str, ContactLive] = {}
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._number = 0

    async def snapshot(self) -> messages.StateSnapshot:
        self.state = self.state.model_copy(
            update={"agents": tuple(self._agents.values()), "contacts": dict(self._contacts), "at": now_ms()}
        )
        return await super().snapshot()

    async def tick(self) -> None:
        """Say each second that all is well, and let the waiting line move."""
        while True:
            waiting = (datetime.now(UTC).second // 10) % 3
            states = [agent.state for agent in self._agents.values()]
            line = tuple(
                WaitingLive(
                    interaction=samples.uuid(900 + place),
                    tier=Tier.VIP if place == 0 else Tier.STANDARD,
                    customer_name="Zoë Müller" if place else "林美",
                    calling_number="+15550123",
                    since=now_ms() - 5000 * (waiting - place),
                    came_from=None,
                    expected_from=None,
                    expected_until=None,
                    fallback=False,
                )
                for place in range(waiting)
            )
            queue = samples.queue(
                waiting=waiting,
                longest_since=line[0].since if line else None,
                first_waiting=line,
                agents_ready=states.count(AgentStateName.READY),
                agents_busy=states.count(AgentStateName.BUSY),
                agents_wrap_up=states.count(AgentStateName.WORKING_AFTER_CALL),
                agents_not_ready=states.count(AgentStateName.NOT_READY),
                offered_today=self._number,
                answered_today=max(0, self._number - 1),
            )
            self.report(QueueReport(queue=queue), at=now_ms())
            self.report(LinkReport(link=self.state.link), at=now_ms())
            await asyncio.sleep(1)

    # -- requests ------------------------------------------------------------------------------------------------

    def _answer(self, request: messages.Request) -> Done | Refused:  # noqa: PLR0911 -- one line per request
        match request:
            case messages.SignOn(agent=agent):
                return self._set(agent, desktop_connected=True)
            case messages.DesktopGone(agent=agent):
                return self._set(
                    agent, desktop_connected=False, state=AgentStateName.NOT_READY, reason="desktop_closed"
                )
            case messages.SignOff(agent=agent):
                return self._set(agent, state=AgentStateName.NULL, desktop_connected=False, reason=None)
            case messages.SetState():
                return self._set_state(request)
            case messages.SaveNote(agent=agent, note=note, disposition=disposition):
                return self._change(agent, note=note, disposition=disposition)
            case messages.CompleteContact(agent=agent, disposition=disposition):
                if disposition is None:
                    return Refused(code="disposition_required", message="this queue wants a disposition")
                return self._complete(agent)
            case messages.ExtendWrapUp(agent=agent):
                return self._change(agent, wrap_up_until=now_ms() + 60_000, wrap_up_extendable=False)
            case _:
                return Done()

    def _set(self, agent: str, **fields: object) -> Done:
        self._agents[agent] = self._agents[agent].model_copy(update={"since": now_ms(), **fields})
        self.report(AgentReport(agent=self._agents[agent]), at=now_ms())
        return Done()

    def _set_state(self, request: messages.SetState) -> Done:
        agent = self._agents[request.agent]
        if agent.contact is not None:
            return self._set(request.agent, pending=request.state, pending_reason=request.reason, since=agent.since)
        self._set(request.agent, state=request.state, reason=request.reason)
        if request.state is AgentStateName.READY:
            self._play(request.agent)
        elif request.agent in self._calls:
            self._calls.pop(request.agent).cancel()
        return Done()

    def _change(self, agent: str, **fields: object) -> Done | Refused:
        if agent not in self._contacts:
            return Refused(code="not_yours", message="no such contact")
        self._contacts[agent] = self._contacts[agent].model_copy(update=fields)
        self.report(ContactReport(agent=agent, contact=self._contacts[agent]), at=now_ms())
        return Done()

    def _complete(self, name: str) -> Done:
        self._contacts.pop(name, None)
        self.report(ContactReport(agent=name, contact=None, gone="completed"), at=now_ms())
        pending: AgentLive = self._agents[name]
        state = pending.pending or AgentStateName.READY
        self._set(name, state=state, reason=pending.pending_reason, pending=None, pending_reason=None, contact=None)
        if state is AgentStateName.READY:
            self._play(name)
        return Done()

    # -- calls ---------------------------------------------------------------------------------------------------

    def _play(self, agent: str) -> None:
        if agent in self._calls:
            self._calls.pop(agent).cancel()
        self._calls[agent] = self._tasks.create_task(self._call(agent))

    async def _call(self, agent: str) -> None:
        await asyncio.sleep(OFFER_AFTER)
        self._number += 1
        number = self._number
        contact = samples.contact(
            number, arrived_at=now_ms() - 30_000, offered_at=now_ms(), waited_s=12.0, dispositions=DISPOSITIONS
        )
        self._contacts[agent] = contact
        self._set(agent, state=AgentStateName.BUSY, contact=contact.interaction, contact_queue="support")
        self.report(ContactReport(agent=agent, contact=contact), at=now_ms())
        await asyncio.sleep(ANSWER_AFTER)
        if number % 4 == 0:
            del self._contacts[agent]
            self.report(ContactReport(agent=agent, contact=None, gone="missed"), at=now_ms())
            self._set(agent, state=AgentStateName.NOT_READY, reason="missed", contact=None, contact_queue=None)
            return
        self._change(agent, phase=ContactPhase.TALKING, answered_at=now_ms())
        await asyncio.sleep(TALK)
        until = now_ms() + int(WRAP_UP * 1000)
        self._change(agent, phase=ContactPhase.WRAP_UP, ended_at=now_ms(), ended_by="caller", wrap_up_until=until)
        self._set(agent, state=AgentStateName.WORKING_AFTER_CALL)


async def serve(port: int) -> None:
    """Serve until interrupted."""
    clock = SystemClock()
    accounts = FakeAccounts(clock)
    for who in (
        *(person(name) for name in AGENTS),
        person("sue", Role.SUPERVISOR),
        person("adam", Role.ADMINISTRATOR),
        person("newcomer", must_change_password=True),
    ):
        accounts.add(who, "demo")
    records = FakeRecords(samples.customer(interactions=60))
    async with (
        customers_records(FakeClock(utc=datetime.now(UTC)), HOUSE) as (_, ports),
        asyncio.TaskGroup() as tasks,
    ):
        cti = ScriptedCti(tasks)
        app = make_app(
            Ports(
                cti=cti,
                accounts=accounts,
                records=records,
                customers=ports,
                voicemails=FakeVoicemails(),
                words=Words(samples.LABELS),
                utc=clock.utc,
                site=Site(frozenset(f"http://{name}:{port}" for name in LOOPBACK_NAMES)),
                sip_gate=SipGate(url="http://127.0.0.1:8188/ws", key="demo"),
                static=STATIC,
            )
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"http://127.0.0.1:{port} (anna, ben, sue, adam, newcomer; password: demo)")  # noqa: T201 -- for a person
        tasks.create_task(run_background(app))
        tasks.create_task(cti.tick())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8090)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args().port))
