"""Random histories of a whole floor: callers, agents, a lossy link, crashes; what must hold, holds all the time.

Commands and events travel apart and arrive late, so that the director and the switch often disagree for a while. When
everything has been delivered they agree: no caller is without somebody responsible, no agent is stuck.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from callcenter.api import calls, messages
from callcenter.api.messages import AgentStateName, CustomerCard, Tier
from callcenter.domain.call import CallState
from callcenter.domain.catalogue import CallbackRule
from callcenter.domain.cause import Cause
from callcenter.domain.events import Place
from callcenter.domain.ids import AgentId, InteractionId
from callcenter.server import facts
from callcenter.server.contact import Stage
from tests.support.floor import CARLA, PEOPLE, Floor, catalogue, check_stories, device
from tests.support.properties import examples

AGENTS = st.sampled_from(["ana", "bo", "cy"])
QUEUES = st.sampled_from(["billing", "technical", "general", "no-such-queue"])
PICK = st.integers(min_value=0, max_value=1_000)
HANDED_OVER = (Stage.TALKING, Stage.WRAP_UP, Stage.SURVEY, Stage.AFTER_IVR, Stage.DIALLING)
OPERATIONS = get_args(calls.AboutCall)
TARGETS: st.SearchStrategy[calls.Target] = st.one_of(
    AGENTS.map(lambda agent: calls.AgentTarget(agent=agent)),
    QUEUES.map(lambda queue: calls.QueueTarget(queue=queue)),
    st.sampled_from(["202 555 0123", "900 555 0123"]).map(lambda number: calls.NumberTarget(number=number)),
)


class FloorHistory(RuleBasedStateMachine):
    """Each rule is something that may happen at any time, to anybody, in any order."""

    @initialize()
    def open(self) -> None:
        house = catalogue()
        rule_ = CallbackRule(expires_after=100.0, attempts=2, retry_after=10.0)
        queues = {
            name: replace(one, callbacks=rule_, survey="how_was_it" if name == "billing" else None)
            for name, one in house.queues.items()
        }
        self.floor = Floor(catalogue_=replace(house, queues=queues))
        self.floor.tick = 0.0001
        for agent in ("ana", "bo"):
            self.floor.agent_signs_on(agent)

    # -- callers -----------------------------------------------------------------------------------------------------

    @rule(called=st.sampled_from(["5550100", "5550101", "999"]))
    def caller_arrives(self, called: str) -> None:
        if len(self.floor.pbx.lines) < 8:
            self.floor.pbx.arrive(called=called)

    @precondition(lambda self: self.floor.linked and len(self.floor.pbx.lines) < 8)
    @rule(queue=QUEUES, vip=st.booleans())
    def caller_waits(self, queue: str, vip: bool) -> None:
        """A caller gets as far as the queue while nothing else happens."""
        call = self.floor.pbx.arrive()
        self.floor.pbx.enter(call)
        self.floor.settle()
        if call in self.floor.sessions:
            if vip:
                self.floor.flow_identifies(call, CARLA)
            session = self.floor.sessions.pop(call).session
            self.floor.tell(facts.QueueWanted(call=call, session=session, queue=queue, attributes={}))

    @rule(pick=PICK)
    def caller_enters(self, pick: int) -> None:
        coming = [line.call for line in self.floor.pbx.lines.values() if line.place is None]
        if coming:
            self.floor.pbx.enter(coming[pick % len(coming)])

    @rule(pick=PICK)
    def caller_hangs_up(self, pick: int) -> None:
        calls = list(self.floor.pbx.lines)
        if calls:
            self.floor.pbx.hang_up(calls[pick % len(calls)])

    # -- flows -------------------------------------------------------------------------------------------------------

    @rule(
        pick=PICK, what=st.sampled_from(["node", "answer", "customer", "hang up", "fail"]), tier=st.sampled_from(Tier)
    )
    def flow_goes_on(self, pick: int, what: str, tier: Tier) -> None:
        running = sorted(self.floor.sessions.values(), key=lambda one: one.call)
        if not running:
            return
        on: dict[str, Any] = {"call": running[pick % len(running)].call}
        on["session"] = running[pick % len(running)].session
        card: CustomerCard = CARLA.model_copy(update={"tier": tier})
        order: facts.IvrOrder
        match what:
            case "node":
                order = facts.NodeEntered(**on, flow="support", version=1, node="ask_reason", budget=10.0)
            case "answer":
                order = facts.AnswerGathered(**on, key="reason", value=pick, sensitive=bool(pick % 2))
            case "customer":
                order = facts.CustomerIdentified(**on, card=card, by="number")
            case "hang up":
                order = facts.HangUpWanted(**on, cause=16)
            case _:
                order = facts.SessionFailed(**on, why="KeyError")
                del self.floor.sessions[on["call"]]
        self.floor.tell(order)

    @rule(pick=PICK, queue=QUEUES)
    def flow_queues(self, pick: int, queue: str) -> None:
        running = sorted(self.floor.sessions.values(), key=lambda one: one.call)
        if running:
            one = running[pick % len(running)]
            del self.floor.sessions[one.call]
            self.floor.tell(facts.QueueWanted(call=one.call, session=one.session, queue=queue, attributes={}))

    @rule(pick=PICK, number=st.sampled_from(["202 555 0123", "911"]), queue=QUEUES)
    def flow_promises(self, pick: int, number: str, queue: str) -> None:
        running = sorted(self.floor.sessions.values(), key=lambda one: one.call)
        if running:
            one = running[pick % len(running)]
            self.floor.tell(
                facts.CallbackWanted(
                    call=one.call, session=one.session, step=pick, number=number, queue=queue, attributes={}
                )
            )

    @rule(
        pick=PICK,
        to=st.sampled_from([("agent", "ana"), ("agent", "bo"), ("number", "building"), ("queue", "technical")]),
        timeout=st.sampled_from([5.0, 30.0]),
    )
    def flow_transfers(self, pick: int, to: tuple[Literal["agent", "number", "queue"], str], timeout: float) -> None:
        running = sorted(self.floor.sessions.values(), key=lambda one: one.call)
        if running:
            one = running[pick % len(running)]
            self.floor.tell(
                facts.TransferWanted(
                    call=one.call,
                    session=one.session,
                    step=pick,
                    to=to[0],
                    name=to[1],
                    timeout=timeout,
                    attributes={},
                )
            )

    @precondition(lambda self: self.floor.linked and len(self.floor.pbx.lines) < 8)
    @rule(number=st.sampled_from(["202 555 0123", "202 555 0199"]), queue=st.sampled_from(["billing", "general"]))
    def caller_is_promised_a_call(self, number: str, queue: str) -> None:
        """A caller gets as far as that, and hangs up, while nothing else happens."""
        call = self.floor.pbx.arrive()
        self.floor.pbx.enter(call)
        self.floor.settle()
        if call in self.floor.sessions:
            self.floor.flow_promises(call, number, queue=queue)
            self.floor.pbx.hang_up(call)
            self.floor.settle()

    @precondition(lambda self: self.floor.linked)
    @rule(agent=st.sampled_from(["ana", "bo"]))
    def somebody_is_soon_free(self, agent: str) -> None:
        """An agent gets ready, and a moment passes in peace: whoever is to be called back may be."""
        self.floor.pbx.register(device(agent))
        self.floor.settle()
        self.floor.ask(messages.SetState(agent=agent, state=AgentStateName.READY))
        self.floor.pass_time(1.1)

    @precondition(lambda self: self.floor.linked)
    @rule(agent=st.sampled_from(["ana", "bo"]))
    def somebody_talks_and_hangs_up(self, agent: str) -> None:
        """In peace: so that surveys begin."""
        self.floor.settle()
        self.floor.agent_answers(agent)
        self.floor.agent_hangs_up(agent)

    # -- customers whose telephones ring for us ----------------------------------------------------------------------

    @rule(cause=st.sampled_from([None, Cause.BUSY, Cause.NO_ANSWER]))
    def customer_is_called(self, cause: Cause | None) -> None:
        if self.floor.pbx.customers_ringing():
            if cause is None:
                self.floor.pbx.customer_answers()
            else:
                self.floor.pbx.customer_does_not(cause)

    # -- agents ------------------------------------------------------------------------------------------------------

    @rule(agent=AGENTS, desktop=st.sampled_from(["one", "two"]))
    def agent_signs_on(self, agent: str, desktop: str) -> None:
        self.floor.pbx.register(device(agent))
        self._ask(messages.SignOn(agent=agent, desktop=desktop))

    @rule(agent=AGENTS, state=st.sampled_from(["ready", "ready", "ready", "break", "off", "desktop gone"]))
    def agent_asks(self, agent: str, state: str) -> None:
        match state:
            case "ready":
                self._ask(messages.SetState(agent=agent, state=AgentStateName.READY))
            case "break":
                self._ask(messages.SetState(agent=agent, state=AgentStateName.NOT_READY, reason="break"))
            case "off":
                self._ask(messages.SignOff(agent=agent))
            case _:
                self._ask(messages.DesktopGone(agent=agent, desktop="one"))

    @rule(agent=AGENTS, what=st.sampled_from(["note", "complete", "complete at last", "extend"]))
    def agent_works(self, agent: str, what: str) -> None:
        desk = self.floor.director.floor.desks.get(AgentId(agent))
        if desk is None or desk.contact is None:
            return
        match what:
            case "note":
                self._ask(messages.SaveNote(agent=agent, interaction=desk.contact, note="called about a bill"))
            case "complete":
                self._ask(messages.CompleteContact(agent=agent, interaction=desk.contact, note=""))
            case "complete at last":
                done = messages.CompleteContact(
                    agent=agent, interaction=desk.contact, note="done", disposition="resolved"
                )
                self._ask(done)
            case _:
                self._ask(messages.ExtendWrapUp(agent=agent, interaction=desk.contact))

    @rule(agent=AGENTS, what=st.sampled_from(OPERATIONS), whom=TARGETS)
    def agent_controls(self, agent: str, what: type[calls.AboutCall], whom: calls.Target) -> None:
        """An agent asks something about his call, whether that is possible or not."""
        desk = self.floor.director.floor.desks.get(AgentId(agent))
        if desk is None or desk.contact is None:
            return
        fields: dict[str, Any] = {"agent": agent, "interaction": desk.contact}
        if "target" in what.model_fields:
            fields["target"] = whom
        if "digits" in what.model_fields:
            fields["digits"] = "1#"
        if what is calls.ClearConnection and isinstance(whom, calls.AgentTarget):
            fields["party"] = whom.agent
        self._ask(what(**fields))

    @precondition(lambda self: len(self.floor.pbx.legs) < 6)
    @rule(agent=AGENTS, whom=TARGETS)
    def agent_makes_a_call(self, agent: str, whom: calls.Target) -> None:
        self._ask(calls.MakeCall(agent=agent, target=whom))

    @rule(what=st.sampled_from(["answers", "answers", "is busy", "hangs up"]))
    def a_number(self, what: str) -> None:
        match what:
            case "answers":
                self.floor.pbx.number_answers()
            case "is busy":
                self.floor.pbx.number_fails()
            case _:
                self.floor.pbx.number_hangs_up()

    @rule(agent=AGENTS)
    def agent_answers(self, agent: str) -> None:
        self.floor.pbx.answer(device(agent))

    @rule(agent=AGENTS, cause=st.sampled_from([Cause.BUSY, Cause.CALL_REJECTED, Cause.NO_ANSWER, Cause.UNKNOWN]))
    def agent_rejects(self, agent: str, cause: Cause) -> None:
        self.floor.pbx.reject(device(agent), cause)

    @rule(agent=AGENTS)
    def agent_hangs_up(self, agent: str) -> None:
        self.floor.pbx.put_down(device(agent))

    @rule(agent=AGENTS, cause=st.sampled_from([Cause.MEDIA_LOST, Cause.SWITCH_FAILURE, Cause.UNREACHABLE]))
    def leg_dies(self, agent: str, cause: Cause) -> None:
        self.floor.pbx.lose_leg(device(agent), cause)

    @rule(agent=AGENTS)
    def phone_goes(self, agent: str) -> None:
        self.floor.pbx.unregister(device(agent))

    @rule(agent=AGENTS)
    def phone_comes(self, agent: str) -> None:
        self.floor.pbx.register(device(agent))

    @rule(gone=st.sets(AGENTS, max_size=1), skill=st.integers(min_value=1, max_value=9))
    def people_change(self, gone: set[str], skill: int) -> None:
        """Somebody leaves the house or comes back, somebody learns or forgets."""
        learned = tuple(replace(one, skills={**one.skills, "billing": skill}) for one in PEOPLE[1:])
        self.floor.people = tuple(one for one in (PEOPLE[0], *learned) if one.agent not in gone)
        self.floor.to_us.append(facts.PeopleRead(agents=self.floor.people))

    @rule()
    def pops_are_slow_or_not(self) -> None:
        self.floor.pops_acknowledged = not self.floor.pops_acknowledged

    # -- things get about --------------------------------------------------------------------------------------------

    @precondition(lambda self: self.floor.linked)
    @rule()
    def everything_arrives(self) -> None:
        self.floor.settle()

    @rule(count=st.integers(min_value=1, max_value=4))
    def commands_arrive(self, count: int) -> None:
        for _ in range(count):
            if self.floor.to_switch:
                self.floor.deliver_command()

    @rule(count=st.integers(min_value=1, max_value=4))
    def facts_arrive(self, count: int) -> None:
        for _ in range(count):
            self.floor.deliver_fact()

    @rule(seconds=st.sampled_from([0.02, 0.06, 0.5, 2.0, 7.0, 16.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.floor.advance(seconds)

    # -- things break ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.floor.linked)
    @rule()
    def link_goes(self) -> None:
        self.floor.link_down()

    @precondition(lambda self: not self.floor.linked)
    @rule()
    def link_comes(self) -> None:
        self.floor.link_up(settle=False)

    @precondition(lambda self: self.floor.linked)
    @rule()
    def something_was_not_believed(self) -> None:
        self.floor.to_switch.append(None)

    @rule(lost=st.sampled_from([0, 0, 0, 1, 2, 5]), connect=st.booleans())
    def we_restart(self, lost: int, connect: bool) -> None:
        before = self.floor.waiting()
        self.floor.restart(lost=lost, connect=False)
        if connect:
            self.floor.link_up(settle=False)
            after = self.floor.waiting()
            if not lost:
                kept = set(before) & set(after)
                assert [one for one in before if one in kept] == [one for one in after if one in kept]

    @precondition(lambda self: self.floor.linked)
    @rule(told=st.booleans())
    def switch_restarts(self, told: bool) -> None:
        self.floor.link_down(switch_stopped=told)
        self.floor.pbx.crash()

    # -- what holds ----------------------------------------------------------------------------------------------------

    @invariant()
    def holds(self) -> None:
        check_stories(self.floor)
        self.the_engine_and_the_contacts_agree()
        self.who_is_busy_has_somebody()
        self.who_talks_is_busy()
        self.who_is_ready_can_be_reached()
        self.nothing_is_over_and_kept()
        self.the_timer_is_never_stuck()
        self.talks_are_left_alone()

    def the_engine_and_the_contacts_agree(self) -> None:
        floor = self.floor.director.floor
        in_line = (Stage.WAITING, Stage.CALLBACK)
        waiting = {contact.interaction for contact in floor.contacts.values() if contact.stage in in_line}
        assert waiting == set(self.floor.waiting())
        open_offers = {str(contact.offer.offer) for contact in floor.contacts.values() if contact.offer}
        assert open_offers == {str(offer.offer) for offer in floor.engine.offers()}
        for offer, contact in floor.unrung.items():
            assert contact.offer is not None
            assert (contact.offer.offer, contact.offer.rung_at) == (offer, None)

    def who_is_busy_has_somebody(self) -> None:
        floor = self.floor.director.floor
        for desk in floor.desks.values():
            for interaction in desk.state.interactions if desk.state else ():
                contact = floor.contacts[InteractionId(interaction)]
                agent = desk.record.agent
                mine = contact.agent == agent and contact.stage in HANDED_OVER
                rung = contact.rung_by_switch == agent and contact.stage is Stage.FALLBACK
                asked = contact.party is not None and contact.party.agent == agent
                after = any(part.agent == agent and not part.completed for part in contact.earlier)
                over = contact.handing_over is not None and contact.handing_over.agent == agent
                assert mine or rung or asked or after or over or contact.colleague == agent, (
                    interaction,
                    contact.stage,
                    agent,
                )
            if desk.contact is not None:
                assert desk.record.agent in floor.contacts[desk.contact].concerned()

    def who_talks_is_busy(self) -> None:
        floor = self.floor.director.floor
        for contact in floor.contacts.values():
            talking = [contact.agent, contact.colleague] if contact.stage in (Stage.TALKING, Stage.DIALLING) else []
            if contact.party is not None:
                talking.append(contact.party.agent)
            for agent in talking:
                desk = floor.desks.get(agent) if agent else None
                if desk is not None and desk.state is not None:
                    assert desk.works_on(contact), (contact.stage, agent)

    def who_is_ready_can_be_reached(self) -> None:
        floor = self.floor.director.floor
        for desk in floor.desks.values():
            if desk.state is not None and desk.state.state.value == "ready":
                assert desk.record.device in floor.in_service

    def nothing_is_over_and_kept(self) -> None:
        floor = self.floor.director.floor
        for call, contact in floor.by_call.items():
            assert contact.call_id == call
            assert contact.call.state is not CallState.CLEARED
            assert floor.contacts[contact.interaction] is contact

    def the_timer_is_never_stuck(self) -> None:
        self.floor.wake()
        due = self.floor.director.next_deadline()
        assert due is None or due > self.floor.clock.monotonic()

    def talks_are_left_alone(self) -> None:
        assert self.floor.trespasses == []

    @precondition(lambda self: self.floor.linked)
    @rule()
    def all_comes_to_rest(self) -> None:
        """Everything is delivered, and what was misunderstood is cleared up: now both sides agree."""
        self.floor.settle()
        self.floor.pass_time(10.0)
        floor, pbx = self.floor.director.floor, self.floor.pbx
        assert floor.in_service == pbx.registered
        here = {call for call, line in pbx.lines.items() if line.place is not None}
        assert here <= set(floor.by_call) <= set(pbx.lines)
        for call in here:
            line, contact = pbx.lines[call], floor.by_call[call]
            match line.place:
                case Place.IVR:
                    assert contact.stage is Stage.IVR
                    assert self.floor.sessions[call].session == contact.session
                case Place.SURVEY:
                    assert contact.stage is Stage.SURVEY
                    assert self.floor.sessions[call].session == contact.session
                case Place.CALLED_BACK:
                    assert contact.stage is Stage.CALLBACK
                    assert contact.promise is not None
                    assert contact.promise.call == call
                case Place.ALERTING if contact.stage is Stage.HANDING_OVER:
                    assert contact.handing_over is not None
                    agent = contact.handing_over.agent
                    assert line.device == (device(agent) if agent is not None else None)
                case Place.WAITING:
                    assert contact.stage is Stage.WAITING
                    assert contact.offer is None or contact.offer.rung_at is None
                case Place.ALERTING | Place.TALKING if contact.stage is Stage.ELSEWHERE:
                    assert line.device is None
                case Place.ALERTING if contact.stage is Stage.FALLBACK:  # our ring crossed with the switch's own queue
                    rung = contact.rung_by_switch
                    assert rung is None or device(rung) == line.device
                case Place.ALERTING:
                    assert contact.stage is Stage.WAITING
                    assert contact.offer is not None
                    assert contact.offer.device == line.device
                case Place.TALKING | Place.HELD:
                    assert contact.stage is Stage.TALKING
                    assert contact.connection == line.connection
                    assert (contact.hold is not None) is (line.place is Place.HELD)
                case _:
                    assert contact.stage is Stage.FALLBACK
            assert line.interaction == contact.interaction
        self.every_phone_off_the_hook_is_known()

    def every_phone_off_the_hook_is_known(self) -> None:
        floor, pbx = self.floor.director.floor, self.floor.pbx
        assert pbx.alone == {}
        known = {contact.connection: contact for contact in floor.contacts.values() if contact.connection is not None}
        for leg in pbx.legs.values():
            contact = known[leg.connection]
            if leg.call is None:
                assert contact.stage is Stage.DIALLING or leg.party is not None
            seen = contact.party.connection if contact.party is not None and contact.stage is Stage.TALKING else None
            if contact.stage is not Stage.DIALLING:
                assert seen == (leg.party.connection if leg.party is not None else None)
        for contact in floor.contacts.values():
            if contact.stage is Stage.DIALLING:
                assert contact.connection in pbx.own_calls or contact.connection in pbx.legs
            assert contact.under_way is None

    def teardown(self) -> None:
        """Everybody goes home: nothing is left over, and everything was written to its end."""
        if not hasattr(self, "floor"):
            return
        floor = self.floor
        if not floor.linked:
            floor.link_up()
        for call in list(floor.pbx.lines):
            if call in floor.pbx.lines:
                floor.pbx.hang_up(call)
        floor.settle()
        for _ in range(2):  # whose caller has gone, talks on to whom he had called
            for person in PEOPLE:
                floor.pbx.put_down(person.device)
                floor.pbx.reject(person.device)
                floor.settle()
        repaired = floor.director.floor.repairs_done
        floor.pass_time(120.0)
        assert floor.director.floor.repairs_done == repaired, "nothing was left for the watchdog to put right"
        for desk in list(floor.director.floor.desks.values()):
            while desk.contact is not None:
                before = desk.contact
                done = messages.CompleteContact(
                    agent=desk.record.agent, interaction=before, note="", disposition="resolved"
                )
                assert floor.refusal(done) is None
                assert desk.contact != before
        assert floor.director.floor.contacts == {}
        assert floor.director.floor.by_call == {}
        assert floor.unfinished() == []
        assert {desk.state.state.value for desk in floor.director.floor.desks.values() if desk.state} <= {
            "ready",
            "not_ready",
        }
        check_stories(floor)

    # -- inside --------------------------------------------------------------------------------------------------------

    def _ask(self, request: messages.Request) -> None:
        self.floor.to_us.append(facts.RequestMade(request_id="any", request=request))


TestFloorHistory = FloorHistory.TestCase
TestFloorHistory.settings = settings(
    max_examples=examples(150), stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
