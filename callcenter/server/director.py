"""The writer: one entry in, decisions out. The only code that changes the state of calls, contacts and agents.

`Director` has the shape of every machine here: `handle(fact, now)`, `next_deadline()`, `handle_timer(now)`. It does
no I/O; what it decides is a list of effects, which `callcenter.server.dispatch` carries out in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import get_args

import acd
import acd.events
from acd.log import RecordingEngine
from acd.wait_history import WaitHistory
from callcenter.api.calls import CallRequest
from callcenter.api.messages import (
    ClearContact,
    CompleteContact,
    DropPromise,
    ForceState,
    LinkReport,
    ReloadConfiguration,
    Reply,
    SaveNote,
)
from callcenter.domain import commands, events
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId
from callcenter.domain.interaction import InteractionEvent
from callcenter.domain.moment import Moment, midnight
from callcenter.ports import AgentRecord, IdSource, Remembered
from callcenter.server import facts
from callcenter.server.agent_recovery import AgentRecovery
from callcenter.server.agents import Agents
from callcenter.server.beside import BesideCalls
from callcenter.server.call_control import CallControl
from callcenter.server.callees import Callees
from callcenter.server.calls import Calls
from callcenter.server.contact import Stage
from callcenter.server.counts import DayCounts
from callcenter.server.effects import Answer, Effect, Tell
from callcenter.server.floor import Floor
from callcenter.server.flow_transfers import FlowTransfers
from callcenter.server.handing_on import HandingOn
from callcenter.server.ivr_orders import IvrOrders
from callcenter.server.live import Live
from callcenter.server.memory import Memory
from callcenter.server.opening_hours import OpeningHours
from callcenter.server.own_calls import OwnCalls
from callcenter.server.pages import Pages
from callcenter.server.parties import Parties
from callcenter.server.parts import Parts
from callcenter.server.reconfiguration import Reconfiguration, targets
from callcenter.server.recordings import Recordings
from callcenter.server.recovery import Recovery
from callcenter.server.routing import Routing
from callcenter.server.supervision import Supervision
from callcenter.server.surveys import Surveys
from callcenter.server.talk_recovery import TalkRecovery
from callcenter.server.talks import Talks
from callcenter.server.undertakings import Undertakings
from callcenter.server.watchdog import Watchdog

HEARTBEAT_EVERY = 2.0  # seconds; the dialplan takes callers over after six


class Director:
    """Everything that happens goes through here, one entry at a time."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        people: Sequence[AgentRecord],
        ids: IdSource,
        epoch: int,
        pop_ack: float,
        desktop_grace: float,
        now: Moment,
        calls_out: bool = True,
        engine_log: Callable[[str], None] | None = None,
    ) -> None:
        interruptions = catalogue.media.interruptions
        engine = (
            acd.RoutingEngine(epoch=epoch, interruptions=interruptions)
            if engine_log is None
            else RecordingEngine(epoch=epoch, interruptions=interruptions, write=engine_log)
        )
        self.floor = Floor(
            catalogue=catalogue,
            engine=engine,
            ids=ids,
            epoch=epoch,
            pop_ack=pop_ack,
            desktop_grace=desktop_grace,
            calls_out=calls_out,
        )
        self._counts = DayCounts(targets=targets(catalogue.queues.values()), day=midnight(now.utc))
        self._live = Live(self.floor, self._counts)
        pages = Pages(self.floor, self._live)
        parts = Parts(self.floor, pages)
        self._routing = Routing(self.floor, self._live, pages, parts)
        self._transfers = transfers = FlowTransfers(self.floor, routing=self._routing, pages=pages)
        self._orders = IvrOrders(self.floor, self._routing, Recordings(self.floor), parts, transfers)
        self._undertakings = undertakings = Undertakings(self.floor, pages)
        parties = Parties(self.floor, self._routing)
        talks = Talks(self.floor, routing=self._routing, orders=self._orders, parties=parties, parts=parts, pages=pages)
        beside = BesideCalls(
            self.floor,
            routing=self._routing,
            talks=talks,
            parties=parties,
            undertakings=undertakings,
            parts=parts,
            pages=pages,
        )
        callees = Callees(self.floor)
        self._own_calls = own_calls = OwnCalls(
            self.floor, routing=self._routing, parts=parts, pages=pages, callees=callees
        )
        surveys = Surveys(self.floor)
        self._calls = Calls(
            self.floor,
            self._live,
            routing=self._routing,
            orders=self._orders,
            talks=talks,
            beside=beside,
            own_calls=own_calls,
            undertakings=undertakings,
            parts=parts,
            pages=pages,
            surveys=surveys,
            transfers=transfers,
        )
        self._control = CallControl(
            self.floor,
            routing=self._routing,
            undertakings=undertakings,
            handing_on=HandingOn(
                self.floor, routing=self._routing, orders=self._orders, talks=talks, parts=parts, callees=callees
            ),
            own_calls=own_calls,
            pages=pages,
            callees=callees,
        )
        self._agents = Agents(self.floor, self._routing, pages, self._live)
        self._recovery = Recovery(
            self.floor,
            routing=self._routing,
            orders=self._orders,
            calls=self._calls,
            memory=Memory(self.floor),
            agents=AgentRecovery(self.floor, routing=self._routing, agents=self._agents, parts=parts, pages=pages),
            talks=TalkRecovery(
                self.floor,
                routing=self._routing,
                calls=self._calls,
                talks=talks,
                beside=beside,
                own_calls=own_calls,
                pages=pages,
            ),
            parts=parts,
            pages=pages,
            surveys=surveys,
        )
        self._hours = OpeningHours(self.floor, self._routing, self._live)
        self._beat_due = now.monotonic
        self._configuration = Reconfiguration(
            self.floor,
            routing=self._routing,
            agents=self._agents,
            hours=self._hours,
            live=self._live,
            counts=self._counts,
        )
        self._supervision = Supervision(
            self.floor,
            routing=self._routing,
            talks=talks,
            parties=parties,
            own_calls=own_calls,
            parts=parts,
            pages=pages,
        )
        self._watchdog = Watchdog(self.floor, routing=self._routing, parts=parts, pages=pages, now=now)
        self._configuration.begin(now)
        self._agents.people_read(people, now)

    def remember(
        self,
        unfinished: Sequence[Remembered],
        choices: Mapping[AgentId, Mapping[str, str]],
        earlier_today: Sequence[InteractionEvent] = (),
    ) -> None:
        """Take what outlived an earlier CTI server, before the first fact."""
        self._recovery.remember(unfinished, choices)
        known = {(event.interaction, event.seq): event for one in unfinished for event in one.events}
        known.update({(event.interaction, event.seq): event for event in earlier_today})
        self._live.count_earlier(sorted(known.values(), key=lambda one: (one.at, one.seq)))

    def learned_before(self, waits: WaitHistory, *, away: float, now: Moment) -> None:
        """Take what an earlier CTI server had learned about waits, `away` seconds ago."""
        self._routing.tell(acd.events.WaitHistoryRestored(history=waits, away=away), now)

    # -- the machine -------------------------------------------------------------------------------------------------

    def handle(  # noqa: C901, PLR0912 -- one line a fact
        self, fact: facts.Fact, now: Moment
    ) -> list[Effect]:
        """Take one fact; return what follows from it, in order."""
        match fact:
            case events.SwitchConnected():
                self._connected(fact, now)
            case events.SwitchDisconnected():
                self._disconnected(fact, now)
            case events.BackInService():
                self._calls.device(fact.device, in_service=True, now=now)
            case events.OutOfService():
                self._calls.device(fact.device, in_service=False, now=now)
            case facts.RequestMade():
                self._request(fact, now)
            case facts.PeopleRead():
                self._agents.people_read(fact.agents, now)
            case facts.ReloadWanted() | facts.ConfigurationRead() | facts.ConfigurationRefused():
                self._configuration.apply(fact, now)
            case facts.CustomerRead():
                self._recovery.customer_read(fact.interaction, fact.card)
            case facts.RecordingMeasured():
                self._orders.measured(fact, now)
            case facts.CommandFailed():
                self._command_failed(fact, now)
            case facts.SwitchSeen():
                self._watchdog.looked(fact.snapshot, now)
            case (
                facts.NodeEntered()
                | facts.NodeLeft()
                | facts.MusicWanted()
                | facts.RecordingWanted()
                | facts.RecordingKept()
                | facts.RecordingUnwanted()
                | facts.SessionEnded()
                | facts.PlayWanted()
                | facts.SilenceWanted()
                | facts.AnswerGathered()
                | facts.CustomerIdentified()
                | facts.QueueWanted()
                | facts.CallbackWanted()
                | facts.TransferWanted()
                | facts.WaitOnWanted()
                | facts.HangUpWanted()
                | facts.SessionFailed()
            ):
                self._orders.apply(fact, now)
            case _:
                self._calls.apply(fact, now)
        return self._finish(now)

    def next_deadline(self) -> float | None:
        """Return the monotonic time of the next thing to do by the clock."""
        due = (
            self.floor.engine.next_deadline(),
            self._live.next_deadline(),
            self._hours.next_deadline(),
            self._beat_due,
            self._ring_due(),
            self.floor.resynchronisation_due,
            self._undertakings.next_deadline(),
            self._watchdog.next_deadline(),
            self._transfers.next_deadline(),
            min(self.floor.desktops_due.values(), default=None),
            min(self.floor.ring_again.values(), default=None),
        )
        return min(one for one in due if one is not None)

    def handle_timer(self, now: Moment) -> list[Effect]:
        """Do what is due at `now`."""
        if midnight(now.utc) > self._counts.day:
            self._counts.begin_day(midnight(now.utc))
        hours_due = self._hours.next_deadline()
        if hours_due is not None and hours_due <= now.monotonic:
            self._hours.look(now)
        self._routing.time_passed(now)
        self._routing.ring_again(now)
        for agent, due in list(self.floor.desktops_due.items()):
            if due <= now.monotonic:
                self._agents.lose_desktop(self.floor.desks[agent], now)
        for contact in list(self.floor.unrung.values()):
            if contact.offer is not None and contact.offer.ring_at <= now.monotonic:
                self.floor.pops_late += 1
                self._routing.ring(contact, now)
        self._undertakings.time_passed(now)
        self._watchdog.time_passed(now)
        self._transfers.time_passed(now)
        if self.floor.resynchronisation_due is not None and self.floor.resynchronisation_due <= now.monotonic:
            self.floor.resynchronise("again", now)
        if self._beat_due <= now.monotonic:
            self._beat(now)
        self._live.report_queue(now)
        return self._finish(now)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _finish(self, now: Moment) -> list[Effect]:
        if self.floor.retired:
            self._agents.let_go(now)
        self._live.flush(now)
        return self.floor.take_effects()

    def _beat(self, now: Moment) -> None:
        """Tell the dialplan that this writer is alive: it is the writer's own hand that does it."""
        self._configuration.let_go(now)  # no hurry: with the next beat is soon enough
        self._beat_due = now.monotonic + HEARTBEAT_EVERY
        self.floor.command(commands.Beat(epoch_seconds=int(now.utc.timestamp())))

    def _link(self, *, up: bool) -> None:
        if self.floor.switch_up != up:
            self.floor.switch_up = up
            self.floor.emit(Tell(report=LinkReport(link=self.floor.link)))

    def _connected(self, fact: events.SwitchConnected, now: Moment) -> None:
        """The switch was read back: after a start or a lost link, or because something did not fit."""
        blind = not self.floor.switch_up
        self.floor.resynchronisation_due = None
        self._link(up=True)
        self._beat(now)
        self._recovery.take(fact.snapshot, now, blind=blind)

    def _command_failed(self, fact: facts.CommandFailed, now: Moment) -> None:
        """What the command was about may be gone, or stand where it stood: the snapshot tells."""
        match fact.command:
            case commands.Beat():
                pass  # the next one comes in time
            case commands.MirrorAgent(device=device):
                desk = self.floor.by_device.get(device)
                if desk is not None:
                    desk.mirror_failed = True
            case commands.ClearConnection() | commands.NameHeir() | commands.GenerateDigits():
                pass  # who is not there any more cannot be hung up
            case commands.CallBack(call=call):
                contact = self.floor.by_call.get(call)
                if contact is not None and contact.stage is Stage.CALLBACK:
                    self._routing.callbacks.refused(contact, now)
            case commands.MakeCall(call=own):
                contact = self.floor.by_leg.get(own)
                if contact is not None and contact.stage is Stage.DIALLING:
                    self._own_calls.not_reached(contact, Cause.UNREACHABLE, now)
            case command if (contact := self.floor.by_call.get(command.call)) is not None:
                self._undertakings.failed(contact, f"{type(command).__name__} failed: {fact.why}", now)
            case _:
                pass  # the call has ended meanwhile

    def _disconnected(self, fact: events.SwitchDisconnected, now: Moment) -> None:
        """Nobody can be rung: every phone counts as out of reach until the next snapshot says otherwise."""
        self._link(up=False)
        for device in sorted(self.floor.in_service):
            self._calls.device(device, in_service=False, now=now)
        if fact.switch_stopped:
            self._recovery.take(events.SwitchSnapshot(calls=(), in_service=frozenset()), now, blind=True)

    def _request(self, fact: facts.RequestMade, now: Moment) -> None:
        if isinstance(fact.request, ReloadConfiguration):
            self._configuration.wanted(fact.request_id)
            return
        if isinstance(fact.request, get_args(CallRequest)):
            reply: Reply | None = self._control.answer(fact.request_id, fact.request, now)
        elif isinstance(fact.request, ForceState):
            reply = self._supervision.force_state(fact.request_id, fact.request, now)
        elif isinstance(fact.request, ClearContact):
            reply = self._supervision.clear_contact(fact.request, now)
        elif isinstance(fact.request, DropPromise):
            reply = self._supervision.drop_promise(fact.request, now)
        else:
            reply = self._agents.answer(fact.request_id, fact.request, now)
        if reply is not None:
            lasting = isinstance(fact.request, CompleteContact | SaveNote | DropPromise)
            self.floor.emit(Answer(request_id=fact.request_id, reply=reply, when_durable=lasting))

    def _ring_due(self) -> float | None:
        """Return when the oldest pop has had its time; all have the same, so that is the first."""
        oldest = next(iter(self.floor.unrung.values()), None)
        return oldest.offer.ring_at if oldest is not None and oldest.offer is not None else None
