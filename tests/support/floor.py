"""A call centre under virtual time: a director, a model of the switch, a journal, and the people who use them.

`Floor` delivers everything at once and in order: whole calls in given/when/then. Its parts may also be driven apart
(`send`, `deliver`), for histories in which commands and events are under way while other things happen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

import acd.model
from acd.config import rules_from_rows
from acd.model import Overflow, Queue, QueueStep, WrapUp, WrapUpMode
from acd.rules import Rule
from callcenter.api import messages
from callcenter.api.calls import AboutCall, Operation, SingleStepTransferCall
from callcenter.api.messages import (
    AgentActivity,
    AgentReport,
    AgentStateName,
    ContactLive,
    ContactReport,
    CustomerCard,
    Reply,
    Report,
    Tier,
)
from callcenter.domain import commands, events
from callcenter.domain.business_hours import Calendar
from callcenter.domain.catalogue import Catalogue, Disposition, Label, PublishedNumber, QueuePlan, Reason
from callcenter.domain.cause import Cause
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.dial_plan import Allowance, Dialling, DialPlan, DirectoryRow
from callcenter.domain.history import summarize
from callcenter.domain.ids import AgentId, CallId, DeviceName, InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.moment import Moment, milliseconds
from callcenter.ports import AgentRecord, Remembered
from callcenter.server import effects, facts
from callcenter.server.contact import Contact, Stage
from callcenter.server.director import Director
from callcenter.server.effects import Effect
from tests.acd.world import needs
from tests.fakes.clock import FakeClock
from tests.fakes.ids import CountingIds
from tests.support.model_pbx import CommandRefused, ModelPbx
from tests.support.segments import check_segments

DISPOSITIONS = (
    Disposition(name="resolved", label=Label(en="Resolved")),
    Disposition(name="call_back", label=Label(en="Call back")),
)


RULES = rules_from_rows(
    [
        {"name": "vip", "when": 'tier == "vip"', "head_start": 300, "prefers_expert": True},
        {"name": "gold", "when": 'tier == "gold"', "head_start": 60},
    ],
    (),
)


DIALLING = Dialling(
    plan=DialPlan(
        home="US",
        roles={"agent": Allowance(), "callback": Allowance(), "transfer": Allowance()},
        caller_id="+12025550100",
    ),
    directory=(
        DirectoryRow(
            en="Building services", zh="物业服务", number="202 555 0142", detail="Lifts and doors", name="building"
        ),
    ),
)
"""Agents may call ordinary numbers of the United States."""


def plan(
    name: str,
    requirements: Mapping[str, int],
    *,
    wrap_up: WrapUpMode = WrapUpMode.FIXED,
    wrap_up_seconds: float = 30,
    disposition_required: bool = False,
    steps: Sequence[QueueStep] = (),
    overflows: Sequence[Overflow] = (),
    treatment: str | None = None,
    survey: str | None = None,
    calendar: str | None = None,
) -> QueuePlan:
    return QueuePlan(
        routing=Queue(
            name=acd.model.QueueName(name),
            requirements=needs(**requirements),
            wrap_up=WrapUp(mode=wrap_up, seconds=wrap_up_seconds, extension_limit=60),
            steps=tuple(steps),
            overflows=tuple(overflows),
        ),
        label=Label(en=name.capitalize()),
        dispositions=DISPOSITIONS,
        disposition_required=disposition_required,
        treatment=treatment,
        survey=survey,
        calendar=calendar,
    )


def catalogue(
    *plans: QueuePlan, rules: tuple[Rule, ...] = RULES, calendars: Mapping[str, Calendar] | None = None
) -> Catalogue:
    """The queues given, else billing (fixed wrap-up), technical (until disposition) and general (none, the default)."""
    plans = plans or (
        plan("billing", {"billing": 3}),
        plan("technical", {"technical": 3}, wrap_up=WrapUpMode.UNTIL_DISPOSITION, disposition_required=True),
        plan("general", {}, wrap_up=WrapUpMode.NONE),
    )
    return Catalogue(
        queues={one.name: one for one in plans},
        default_queue=plans[-1].name,
        rules=rules,
        calendars=calendars or {},
        reasons=(Reason(name="break", label=Label(en="Break")), Reason(name="training", label=Label(en="Training"))),
        numbers=(
            PublishedNumber(number="5550100", flow="support"),
            PublishedNumber(number="5550101", flow="enqueue_only"),
        ),
        dialling=DIALLING,
    )


def person(name: str, **skills: int) -> AgentRecord:
    return AgentRecord(agent=AgentId(name), name=name.capitalize(), device=device(name), skills=skills)


def device(agent: str) -> DeviceName:
    return DeviceName(f"agent-{agent}")


PEOPLE = (
    person("ana", billing=9, technical=9),  # the expert
    person("bo", billing=5),
    person("cy", technical=4),
)

CARLA = CustomerCard.bare(customer="17", name="Carla Quist", account="4711", tier=Tier.VIP).model_copy(
    update={"language": "en", "numbers": ("+4930123456",)}
)


class Floor:
    """`people` are known, nobody is signed on; the switch is up unless `connect` is False."""

    def __init__(
        self,
        *,
        catalogue_: Catalogue | None = None,
        people: Sequence[AgentRecord] = PEOPLE,
        connect: bool = True,
    ) -> None:
        self.clock = FakeClock()
        self.catalogue = catalogue_ or catalogue()
        self.people = people
        self.ids = CountingIds()
        self.epoch = 0
        self.engine_logs: list[list[str]] = []  # of each life
        start = self.clock.monotonic()
        self.pbx = ModelPbx(now=start, utc_offset=self.clock.utc().timestamp() - start)
        self.events: list[InteractionEvent] = []
        self.agent_events: list[InteractionEvent] = []
        self.choices: dict[AgentId, Mapping[str, str]] = {}
        self.reports: list[Report] = []
        self.log: list[Effect] = []
        self.answers: dict[str, Reply] = {}
        self.sessions: dict[CallId, effects.StartIvr] = {}
        self.recordings: dict[str, float | None] = {}  # file: how long it is; a test says so
        self.to_switch: deque[SwitchCommand | None] = deque()  # none: read everything back
        self.to_us: deque[facts.Fact] = deque()
        self.linked = False
        self.tick = 0.0  # seconds that each fact takes: no two at the very same moment
        self.pops_acknowledged = True
        self.trespasses: list[SwitchCommand] = []  # sent to move a caller who, as the director knew, was talking
        self._requests = 0
        self._swallows = 0
        self.director = self._open()
        if connect:
            self.link_up()

    # -- time, and how things get about ------------------------------------------------------------------------------

    @property
    def now(self) -> Moment:
        return Moment(monotonic=self.clock.monotonic(), utc=self.clock.utc())

    def tell(self, fact: facts.Fact) -> None:
        """Let the director take one fact; its decisions go on their way."""
        self.clock.advance(self.tick)
        self._send(self.director.handle(fact, self.now))

    def settle(self) -> None:
        """Deliver everything that is under way, in both directions, until nothing is."""
        for _ in range(10_000):
            if self.to_switch:
                self.deliver_command()
            elif self.pbx.out or self.to_us:
                self.deliver_fact()
            else:
                return
        raise AssertionError("the director and the switch go round in circles")

    def deliver_command(self) -> None:
        """Let the oldest command under way reach the switch."""
        command = self.to_switch.popleft()
        if not self.linked:
            return
        if command is None:
            self._collect()
            self.to_us.append(events.SwitchConnected(snapshot=self.pbx.snapshot()))
            self.pbx.reintroduce()
            return
        try:
            self.pbx.obey(command)
        except CommandRefused:
            self._collect()
            self.to_us.append(facts.CommandFailed(command=command, why="no such call"))

    def deliver_fact(self) -> None:
        """Let the oldest fact under way reach the director."""
        self._collect()
        if self.to_us:
            self.tell(self.to_us.popleft())

    def pass_time(self, seconds: float) -> None:
        """Let time go by; whatever is due happens when it is due, and everything is delivered at once."""
        self.settle()
        until = self.clock.monotonic() + seconds
        for _ in range(100_000):
            due = self.director.next_deadline()
            step = min(until, max(due if due is not None else until, self.clock.monotonic()), self._second())
            self.advance(step - self.clock.monotonic())
            self.settle()
            if self.clock.monotonic() >= until:
                return
        raise AssertionError("the director is never content with the time")

    def advance(self, seconds: float) -> None:
        """Move both clocks once, let the switch and the director do what is due, deliver nothing."""
        self.clock.advance(max(seconds, 0.0))
        self.pbx.pass_time(self.clock.monotonic())
        self.wake()

    def wake(self) -> None:
        """Let the director do what is due."""
        due = self.director.next_deadline()
        if due is not None and due <= self.clock.monotonic():
            self._send(self.director.handle_timer(self.now))

    # -- the link, and restarts --------------------------------------------------------------------------------------

    def link_up(self, *, settle: bool = True) -> None:
        self.linked = True
        self.pbx.forget_what_was_told()
        self.tell(events.SwitchConnected(snapshot=self.pbx.snapshot()))
        self.pbx.reintroduce()
        if settle:
            self.settle()

    def link_down(self, *, switch_stopped: bool = False) -> None:
        ours = [fact for fact in self.to_us if isinstance(fact, facts.SessionEnded | facts.RecordingMeasured)]
        self._lose_what_is_under_way()
        self.to_us.extend(ours)  # which do not come over the link
        self.tell(events.SwitchDisconnected(switch_stopped=switch_stopped))

    def restart(self, *, lost: int = 0, connect: bool = True) -> None:
        """The process dies and another takes over; the last `lost` events had not reached the disk."""
        self._lose_what_is_under_way()
        if lost:
            del self.events[-lost:]
        self.sessions.clear()
        self.reports.clear()  # a new epoch: the desktops begin anew, with its snapshot
        self.director = self._open()
        if connect:
            self.link_up()

    def _lose_what_is_under_way(self) -> None:
        self.linked = False
        self.to_switch.clear()
        self.to_us.clear()
        self.pbx.forget_what_was_told()

    def _open(self) -> Director:
        self.epoch += 1
        self.engine_logs.append([])
        director = Director(
            catalogue=self.catalogue,
            people=self.people,
            ids=self.ids,
            epoch=self.epoch,
            pop_ack=0.05,
            desktop_grace=10.0,
            now=self.now,
            engine_log=self.engine_logs[-1].append,
        )
        director.remember(self.unfinished(), dict(self.choices))
        return director

    def unfinished(self) -> list[Remembered]:
        """What a journal would give back: every interaction begun and not closed."""
        found: dict[InteractionId, list[InteractionEvent]] = {}
        for event in self.events:
            found.setdefault(event.interaction, []).append(event)
        return [
            Remembered(interaction=interaction, events=tuple(written))
            for interaction, written in found.items()
            if written[0].kind is EventKind.STARTED and written[-1].kind is not EventKind.CLOSED
        ]

    # -- callers -----------------------------------------------------------------------------------------------------

    def caller_arrives(self, *, called: str = "5550100", number: str = "+4930123456", name: str = "") -> CallId:
        call = self.pbx.arrive(called=called, number=number, name=name)
        self.pbx.enter(call)
        self.settle()
        return call

    def caller_waits(self, queue: str = "billing", *, customer: CustomerCard | None = None) -> CallId:
        """A caller comes, is perhaps recognised, and is queued by the flow."""
        call = self.caller_arrives()
        if customer is not None:
            self.flow_identifies(call, customer)
        self.flow_queues(call, queue)
        return call

    def caller_hangs_up(self, call: CallId) -> None:
        self.pbx.hang_up(call)
        self.settle()

    # -- the house ---------------------------------------------------------------------------------------------------

    def reload(self, catalogue_: Catalogue) -> tuple[str, ...]:
        """The files say this now, and somebody asks for it; return what is said to have changed."""
        self.catalogue = catalogue_
        self.tell(facts.RequestMade(request_id="reload", request=messages.ReloadConfiguration()))
        assert self.log[-1] == effects.ReadConfiguration(request_id="reload")
        self.tell(facts.ConfigurationRead(request_id="reload", catalogue=catalogue_))
        self.settle()
        reply = self.answers.pop("reload")
        assert isinstance(reply, messages.ConfigurationApplied)
        return reply.changes

    # -- the flow ----------------------------------------------------------------------------------------------------

    def flow_enters(self, call: CallId, node: str, budget: float = 10.0) -> None:
        session = self.sessions[call].session
        self.tell(facts.NodeEntered(call=call, session=session, flow="support", version=1, node=node, budget=budget))
        self.settle()

    def flow_gathers(self, call: CallId, key: str, value: FieldValue, *, sensitive: bool = False) -> None:
        session = self.sessions[call].session
        self.tell(facts.AnswerGathered(call=call, session=session, key=key, value=value, sensitive=sensitive))

    def flow_identifies(self, call: CallId, card: CustomerCard = CARLA, by: str = "number") -> None:
        self.tell(facts.CustomerIdentified(call=call, session=self.sessions[call].session, card=card, by=by))

    def flow_queues(self, call: CallId, queue: str = "billing") -> None:
        self.tell(facts.QueueWanted(call=call, session=self.sessions[call].session, queue=queue, attributes={}))
        self.settle()

    def flow_promises(self, call: CallId, number: str = "202 555 0123", *, queue: str | None = None) -> str | None:
        """The flow wants the caller called back; return why he will not be, none: he will."""
        order = facts.CallbackWanted(
            call=call, session=self.sessions[call].session, step=7, number=number, queue=queue, attributes={}
        )
        self.tell(order)
        told = [one for one in self.log if isinstance(one, effects.TellCallback) and one.call == call]
        return told[-1].refused

    def flow_transfers(
        self, call: CallId, name: str, *, to: Literal["queue", "agent", "number"] = "agent", timeout: float = 30.0
    ) -> None:
        """The flow hands its caller over."""
        session = self.sessions[call].session
        self.tell(
            facts.TransferWanted(
                call=call, session=session, step=9, to=to, name=name, timeout=timeout, attributes={"topic": "roses"}
            )
        )
        self.settle()

    def not_taken(self, call: CallId) -> list[str]:
        """Return why nobody took the caller over, each time that his flow was told so."""
        return [one.why for one in self.log if isinstance(one, effects.TellTransfer) and one.call == call]

    def flow_hangs_up(self, call: CallId) -> None:
        self.tell(facts.HangUpWanted(call=call, session=self.sessions[call].session, cause=16))
        self.settle()

    def promised(
        self, queue: str = "billing", *, customer: CustomerCard | None = None, number: str = "202 555 0123"
    ) -> CallId:
        """A caller asks in the flow to be called back, and hangs up; return the call by which he came."""
        call = self.caller_arrives()
        if customer is not None:
            self.flow_identifies(call, customer)
        assert self.flow_promises(call, number, queue=queue) is None
        self.flow_hangs_up(call)
        return call

    def customer_answers(self) -> CallId:
        """The customer who is being called back takes the call."""
        call = self.pbx.customer_answers()
        self.settle()
        return call

    def customer_does_not(self, cause: Cause = Cause.NO_ANSWER) -> None:
        self.pbx.customer_does_not(cause)
        self.settle()

    def flow_fails(self, call: CallId) -> None:
        self.tell(facts.SessionFailed(call=call, session=self.sessions[call].session, why="KeyError"))
        self.settle()

    # -- agents ------------------------------------------------------------------------------------------------------

    def ask(self, request: messages.Request) -> Reply | None:
        """Make a request, and return its answer if there was one."""
        self._requests += 1
        request_id = f"q{self._requests}"
        self.tell(facts.RequestMade(request_id=request_id, request=request))
        self.settle()
        if isinstance(request, SingleStepTransferCall):
            self.pbx.trespasses.clear()  # he was talking, and it was meant
        return self.answers.pop(request_id, None)

    def ask_at_once(self, *requests: messages.Request) -> list[str | None]:
        """Make requests before anything of the first has reached the switch; return the refusals' codes."""
        asked = []
        for request in requests:
            self._requests += 1
            asked.append(f"q{self._requests}")
            self.tell(facts.RequestMade(request_id=asked[-1], request=request))
        self.settle()
        replies = [self.answers.pop(one) for one in asked]
        return [reply.code if isinstance(reply, messages.Refused) else None for reply in replies]

    def send(self, request: messages.Request) -> None:
        """Make a request; nothing of what it leads to is delivered yet."""
        self._requests += 1
        self.tell(facts.RequestMade(request_id=f"q{self._requests}", request=request))

    def swallow_next_command(self) -> None:
        """The next command gets lost on its way, and nobody tells."""
        self._swallows += 1

    def refusal(self, request: messages.Request) -> str | None:
        """Make a request, and return the code of its refusal; none when it was granted."""
        reply = self.ask(request)
        assert reply is not None
        return reply.code if isinstance(reply, messages.Refused) else None

    def agent_signs_on(self, agent: str, *, ready: bool = True, desktop: str | None = None) -> None:
        """An agent opens his page, his phone registers, and he takes calls."""
        self.pbx.register(device(agent))
        assert self.refusal(messages.SignOn(agent=agent, desktop=desktop or f"desktop-{agent}")) is None
        if ready:
            self.agent_gets_ready(agent)

    def agent_gets_ready(self, agent: str) -> None:
        assert self.refusal(messages.SetState(agent=agent, state=AgentStateName.READY)) is None

    def agent_takes_a_break(self, agent: str) -> None:
        wanted = messages.SetState(agent=agent, state=AgentStateName.NOT_READY, reason="break")
        assert self.refusal(wanted) is None

    def agent_answers(self, agent: str) -> None:
        self.pbx.answer(device(agent))
        self.settle()

    def agent_rejects(self, agent: str, cause: Cause = Cause.BUSY) -> None:
        self.pbx.reject(device(agent), cause)
        self.settle()

    def agent_hangs_up(self, agent: str) -> None:
        self.pbx.put_down(device(agent))
        self.settle()

    def agent_completes(
        self, agent: str, call: CallId, *, note: str = "", disposition: str | None = "resolved"
    ) -> str | None:
        return self.refusal(
            messages.CompleteContact(
                agent=agent, interaction=self.interaction(call), note=note, disposition=disposition
            )
        )

    def agent_does(self, agent: str, kind: type[AboutCall], **fields: object) -> str | None:
        """Let an agent ask something about the call on his page; return the code of a refusal."""
        page = self.page(agent)
        assert page is not None
        return self.refusal(kind.model_validate({"agent": agent, "interaction": page.interaction, **fields}))

    def may(self, agent: str) -> set[Operation]:
        """Return what the agent's page offers him to do."""
        page = self.page(agent)
        return set(page.call.may) if page is not None and page.call is not None else set()

    def talk(self, agent: str, queue: str = "billing") -> CallId:
        """A caller comes and is answered by this agent, who signs on for it."""
        self.agent_signs_on(agent)
        call = self.caller_waits(queue)
        assert self.rings(agent) == call
        self.agent_answers(agent)
        return call

    def phone_lost(self, agent: str) -> None:
        self.pbx.unregister(device(agent))
        self.settle()

    def phone_back(self, agent: str) -> None:
        self.pbx.register(device(agent))
        self.settle()

    # -- looking -----------------------------------------------------------------------------------------------------

    def state(self, agent: str) -> AgentStateName:
        state = self.director.floor.desks[AgentId(agent)].state
        return AgentStateName(state.state.value) if state else AgentStateName.NULL

    def reason(self, agent: str) -> str:
        state = self.director.floor.desks[AgentId(agent)].state
        return str(state.reason) if state else ""

    def activity(self, agent: str) -> AgentActivity:
        """Return what the agent is observed to do, going by the reports alone."""
        return [one.agent for one in self.reports if isinstance(one, AgentReport) and one.agent.agent == agent][
            -1
        ].activity

    def epoch_ms(self) -> int:
        """Return the time as messages carry it."""
        return milliseconds(self.clock.utc())

    def rings(self, agent: str) -> CallId | None:
        """Return the caller whom the agent's phone rings for."""
        line = self.pbx.ringing(device(agent))
        return line.call if line else None

    def talks_to(self, agent: str) -> CallId | None:
        line = self.pbx.talking(device(agent))
        return line.call if line else None

    def page(self, agent: str) -> ContactLive | None:
        """Return the contact that the agent's page shows, going by the reports alone."""
        shown: ContactLive | None = None
        for report in self.reports:
            if isinstance(report, ContactReport) and report.agent == agent:
                shown = report.contact
        return shown

    def last_gone(self, agent: str) -> str | None:
        """Return why the agent's contact went, the last time one did."""
        gone = [one.gone for one in self.reports if isinstance(one, ContactReport) and one.agent == agent and one.gone]
        return gone[-1] if gone else None

    def contact(self, call: CallId) -> Contact:
        return self.director.floor.by_call[call]

    def contact_of(self, call: CallId) -> Contact:
        """Return the contact of a call, over or not."""
        return self.director.floor.contacts[self.interaction(call)]

    def interaction(self, call: CallId) -> InteractionId:
        """Return the interaction of a call, over or not."""
        started = (one for one in self.events if one.kind is EventKind.STARTED and one.data["call"] == call)
        return next(started).interaction

    def story(self, call: CallId) -> list[str]:
        """Return what happened to the interaction of a call, in short: ``ended:handled``, ``answered:ana``."""
        return [_short(event) for event in self.events if event.interaction == self.interaction(call)]

    def written(self, call: CallId, kind: EventKind) -> list[InteractionEvent]:
        mine = self.interaction(call)
        return [event for event in self.events if event.interaction == mine and event.kind is kind]

    def waiting(self) -> list[InteractionId]:
        """Return who waits, in the order of service."""
        return [InteractionId(one.interaction) for one in self.director.floor.engine.waiting()]

    def sent(self, kind: type[SwitchCommand]) -> list[SwitchCommand]:
        """Return all commands of a kind that were sent to the switch."""
        orders = [one.command for one in self.log if isinstance(one, effects.Command)]
        return [one for one in orders if isinstance(one, kind)]

    def snapshot(self) -> messages.StateSnapshot:
        reply = self.ask(messages.SnapshotWanted())
        assert isinstance(reply, messages.Snapshot)
        return reply.snapshot

    # -- inside ------------------------------------------------------------------------------------------------------

    def _second(self) -> float:
        return self.clock.monotonic() + 1.0

    def _collect(self) -> None:
        """What the switch has said is under way now. Without a link it reaches nobody."""
        while self.pbx.out:
            event = self.pbx.out.popleft()
            if self.linked:
                self.to_us.append(event)

    def _send(self, decisions: list[Effect]) -> None:
        self.log.extend(decisions)
        shown: list[str] = []
        for decision in decisions:
            match decision:
                case effects.Command():
                    self._check(decision.command)
                    if self._swallows and not isinstance(decision.command, commands.Beat):
                        self._swallows -= 1
                    else:
                        self.to_switch.append(decision.command)
                case effects.LookAtSwitch():
                    self.to_us.append(facts.SwitchSeen(snapshot=self.pbx.snapshot()))
                case effects.Resynchronise():
                    self.to_switch.append(None)
                case effects.Record(event=event) if event.kind is EventKind.AGENT_STATE:
                    self.agent_events.append(event)
                case effects.Record():
                    self.events.append(decision.event)
                case effects.Tell():
                    self.reports.append(decision.report)
                    if isinstance(decision.report, ContactReport) and decision.report.contact is not None:
                        shown.append(decision.report.contact.offer)
                case effects.Answer():
                    self.answers[decision.request_id] = decision.reply
                case effects.StartIvr():
                    self.sessions[decision.call] = decision
                case effects.StopIvr():
                    self.sessions.pop(decision.call, None)
                    self.to_us.append(facts.SessionEnded(call=decision.call, session=decision.session))
                case effects.RecordCaller():
                    self.recordings.setdefault(decision.file, None)
                case effects.MeasureRecording():
                    seconds = self.recordings.get(decision.file)
                    fact = facts.RecordingMeasured(
                        interaction=decision.interaction, file=decision.file, seconds=seconds
                    )
                    self.to_us.append(fact)
                case effects.DeleteRecording():
                    self.recordings.pop(decision.file, None)
                case effects.RememberAgent():
                    if decision.choice is None:
                        self.choices.pop(decision.agent, None)
                    else:
                        self.choices[decision.agent] = decision.choice
                case (
                    effects.PassDigit()
                    | effects.Play()
                    | effects.StopPlaying()
                    | effects.PlayMusic()
                    | effects.TellPlace()
                    | effects.ReadCustomer()
                    | effects.ReadConfiguration()
                    | effects.ConfigurationTaken()
                    | effects.TellCallback()
                    | effects.TellTransfer()
                ):
                    pass
        if self.pops_acknowledged:
            for offer in shown:
                if offer:
                    self.to_us.append(facts.RequestMade(request_id="", request=messages.OfferShown(offer=offer)))

    def _check(self, command: SwitchCommand) -> None:
        moves = (
            commands.QueueCall | commands.DeflectCall | commands.RecallCall | commands.ReturnToIvr | commands.SpeakEnd
        )
        if isinstance(command, moves):
            contact = self.director.floor.by_call.get(command.call)
            if contact is not None and contact.stage is Stage.TALKING:
                self.trespasses.append(command)


def _short(event: InteractionEvent) -> str:
    told = {
        EventKind.QUEUED: "queue",
        EventKind.MOVED: "to",
        EventKind.OVERFLOWED: "flow",
        EventKind.CALLBACK_CALLED: "attempt",
        EventKind.CALLBACK_FAILED: "cause",
        EventKind.CALLBACK_DROPPED: "why",
        EventKind.OFFERED: "agent",
        EventKind.OFFER_ENDED: "outcome",
        EventKind.ANSWERED: "agent",
        EventKind.HELD: "agent",
        EventKind.RETRIEVED: "agent",
        EventKind.CONSULTED: "to",
        EventKind.CONSULT_ANSWERED: "to",
        EventKind.CONSULT_ENDED: "outcome",
        EventKind.CONFERENCED: "to",
        EventKind.TRANSFERRED: "to",
        EventKind.WENT_ELSEWHERE: "number",
        EventKind.TRANSFER_BEGUN: "to",
        EventKind.TRANSFER_FAILED: "why",
        EventKind.DIALLED: "to",
        EventKind.TALK_ENDED: "ended_by",
        EventKind.ENDED: "outcome",
    }
    group, _, name = event.kind.value.partition(".")
    name = f"{group}_{name}" if group in ("callback", "survey") else name
    key = told.get(event.kind)
    return f"{name}:{event.data[key]}" if key else name


def check_story(events_: Sequence[InteractionEvent]) -> None:
    """Check one interaction's events: begun once, ended at most once, closed once and last, numbered without a gap."""
    kinds = [event.kind for event in events_]
    assert [event.seq for event in events_] == list(range(1, len(events_) + 1)), kinds
    assert kinds[0] is EventKind.STARTED, kinds
    assert kinds.count(EventKind.STARTED) == 1, kinds
    assert kinds.count(EventKind.ENDED) <= 1, kinds
    if EventKind.CLOSED in kinds:
        assert kinds.index(EventKind.CLOSED) == len(kinds) - 1, kinds
        assert kinds.count(EventKind.ENDED) == 1, kinds
    offered = [event.data["offer"] for event in events_ if event.kind is EventKind.OFFERED]
    assert len(set(offered)) == len(offered), "an offer is made once"
    ended = [event.data["offer"] for event in events_ if event.kind is EventKind.OFFER_ENDED]
    assert len(set(ended)) == len(ended), "an offer ends once"
    assert set(ended) <= set(offered), "what ends was made"
    answered, talk_ended = kinds.count(EventKind.ANSWERED), kinds.count(EventKind.TALK_ENDED)
    assert answered - talk_ended in ((0,) if EventKind.CLOSED in kinds else (0, 1)), kinds
    times = [event.at for event in events_]
    assert times == sorted(times), "time goes forward"
    summary = summarize(events_)
    if summary.ended_at is not None:
        length = (summary.ended_at - summary.started_at).total_seconds()
        assert 0.0 <= (summary.waited_s or 0.0) + (summary.talked_s or 0.0) <= length + 1.0, "no second counts twice"


def check_stories(floor: Floor) -> None:
    """Check every interaction that was ever begun."""
    for interaction in {event.interaction for event in floor.events}:
        events = [event for event in floor.events if event.interaction == interaction]
        check_story(events)
        check_segments(events)
