"""The configuration is replaced while people wait, talk and wrap up: nobody loses a place, and everybody sees it."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from acd.agent import INTERRUPTIONS
from acd.config import rules_from_rows
from acd.media import CapacityException, MediaRules
from acd.model import AgentId, Medium, ServiceLevelTarget, WrapUpMode
from callcenter.api.calls import QueueTarget, SingleStepTransferCall
from callcenter.api.messages import AgentStateName, ConfigurationReport, QueueReport, Refused
from callcenter.domain.business_hours import Calendar, Hours
from callcenter.domain.catalogue import Catalogue, Label, QueuePlan, Reason
from callcenter.domain.interaction import EventKind
from callcenter.server import effects, facts
from callcenter.server.contact import Stage
from tests.acd.world import needs
from tests.support.floor import CARLA, RULES, Floor, catalogue, plan

BILLING = plan("billing", {"billing": 3})
TECHNICAL = plan("technical", {"technical": 3}, wrap_up=WrapUpMode.UNTIL_DISPOSITION, disposition_required=True)
GENERAL = plan("general", {}, wrap_up=WrapUpMode.NONE)
"""As `tests.support.floor.catalogue` has them."""


def now_with(*plans: QueuePlan, **other: object) -> Catalogue:
    """Return another configuration: these queues, and what else differs."""
    return replace(catalogue(*plans), **other)  # type: ignore[arg-type] # the fields of a catalogue


def test_nothing_new_changes_nothing(floor: Floor) -> None:
    """Who waits goes on waiting, and the offer under way rings on."""
    floor.agent_signs_on("bo")
    rung, waits = floor.caller_waits(), floor.caller_waits()
    assert floor.reload(catalogue()) == ()
    assert floor.rings("bo") == rung
    assert floor.interaction(waits) in floor.waiting()
    assert floor.written(rung, EventKind.OFFER_ENDED) == []


def test_callers_keep_their_order_and_their_waits_when_everything_changes(floor: Floor) -> None:
    """The line of a queue with other requirements is served in the old order."""
    calls = []
    for _ in range(3):
        floor.pass_time(1)
        calls.append(floor.caller_waits())
    order = floor.waiting()
    told = floor.reload(now_with(plan("billing", {}), TECHNICAL, GENERAL, rules=()))
    assert told == ("queue billing: requirements changed", "rule vip: removed", "rule gold: removed")
    assert floor.waiting() == order
    floor.agent_signs_on("cy")  # who knows nothing of billing, and need not any more
    assert floor.rings("cy") == calls[0]
    assert len(floor.written(calls[1], EventKind.QUEUED)) == 1


def test_who_waits_is_offered_at_once_to_an_agent_who_suffices_now(floor: Floor) -> None:
    """Nobody has to leave, come back or get ready again."""
    floor.agent_signs_on("cy")
    call = floor.caller_waits("billing")
    assert floor.rings("cy") is None
    floor.reload(now_with(plan("billing", {"technical": 1}), TECHNICAL, GENERAL))
    assert floor.rings("cy") == call


def test_a_refused_configuration_changes_nothing_and_says_all_that_is_wrong(floor: Floor) -> None:
    """The problems reach who asked; nobody's page changes."""
    floor.caller_waits()
    floor.settle()
    before, reports = floor.director.floor.catalogue, len(floor.reports)
    problems = "configuration:\n  billing.yaml:3: requirements: there is no skill 'biling'"
    floor.tell(facts.ConfigurationRefused(request_id="r", problems=problems))
    assert floor.answers["r"] == Refused(code="configuration", message=problems)
    assert floor.director.floor.catalogue is before
    assert len(floor.reports) == reports
    floor.tell(facts.ConfigurationRefused(request_id=None, problems=problems))  # after a signal nobody is answered


def test_a_signal_has_the_files_read_too(floor: Floor) -> None:
    """There is nobody to answer: the log says what changed."""
    floor.tell(facts.ReloadWanted())
    assert floor.log[-1] == effects.ReadConfiguration(request_id=None)
    answers = dict(floor.answers)
    floor.tell(facts.ConfigurationRead(request_id=None, catalogue=now_with(BILLING, GENERAL), notes=("later",)))
    floor.settle()
    assert floor.answers == answers
    taken = [one for one in floor.log if isinstance(one, effects.ConfigurationTaken)]
    assert [one.changes for one in taken] == [("queue technical: removed", "later")]


def test_a_queue_that_is_gone_serves_whom_it_has_and_takes_nobody_new(floor: Floor) -> None:
    """It is dropped when the last of them is done, wrap-up included; transfers there are refused meanwhile."""
    waits = floor.caller_waits("technical")
    talk = floor.talk("bo")
    told = floor.reload(now_with(BILLING, GENERAL))
    assert told == (
        "queue technical: removed",
        "queue technical: serves whom it still has, and is gone with the last of them",
    )
    queues = {queue.queue: queue.waiting for queue in floor.snapshot().queues}
    assert queues == {"billing": 0, "general": 0, "technical": 1}
    late = floor.caller_waits("technical")
    assert floor.contact(late).queue == "general"
    assert floor.talks_to("bo") == talk
    assert floor.agent_does("bo", SingleStepTransferCall, target=QueueTarget(queue="technical")) == "target_unknown"

    floor.agent_signs_on("cy")
    assert floor.rings("cy") == waits
    floor.agent_answers("cy")
    page = floor.page("cy")
    assert page is not None
    assert (page.queue, page.disposition_required) == ("technical", True)
    floor.agent_hangs_up("cy")
    floor.pass_time(5)
    assert "technical" in floor.director.floor.catalogue.queues, "cy still works on it"
    floor.agent_completes("cy", waits, disposition="resolved")
    floor.pass_time(5)
    assert set(floor.director.floor.catalogue.queues) == {"billing", "general"}
    assert [queue.queue for queue in floor.snapshot().queues] == ["billing", "general"]
    assert "technical" not in floor.director.floor.engine._state.assignment.queues


def test_after_a_restart_the_default_queue_has_who_waited_in_one_that_is_gone(floor: Floor) -> None:
    """With the time waited."""
    call = floor.caller_waits("technical")
    since = floor.contact(call).enqueued_epoch
    floor.reload(now_with(BILLING, GENERAL))
    floor.pass_time(30)
    floor.restart()
    contact = floor.contact(call)
    assert (contact.queue, contact.came_from, contact.stage) == ("general", "technical", Stage.WAITING)
    assert contact.enqueued_epoch == since
    moved = floor.written(call, EventKind.MOVED)
    assert [(event.data["queue"], event.data["to"]) for event in moved] == [("technical", "general")]


def test_a_new_queue_takes_callers_and_its_agents_are_members_for_the_switch(floor: Floor) -> None:
    """Without anybody signing on anew."""
    floor.agent_signs_on("cy")
    assert floor.reload(now_with(BILLING, TECHNICAL, plan("repairs", {"technical": 1}), GENERAL)) == (
        "queue repairs: added",
    )
    call = floor.caller_waits("repairs")
    assert floor.rings("cy") == call
    assert "repairs" in {queue.queue for queue in floor.snapshot().queues}
    mirrored = floor.director.floor.desks[floor.people[2].agent].mirrored
    assert mirrored is not None
    assert "repairs" in {member.queue for member in mirrored.queues}


def test_boards_and_pages_read_the_new_words(floor: Floor) -> None:
    """Every desktop is told to look again; each queue is shown anew, with the new target."""
    renamed = replace(
        BILLING,
        label=Label(en="Invoices", zh="发票"),
        routing=replace(BILLING.routing, service_level=ServiceLevelTarget(share=0.8, seconds=45)),
    )
    reasons = (Reason(name="lunch", label=Label(en="Lunch")),)
    told = floor.reload(now_with(renamed, TECHNICAL, GENERAL, reasons=reasons))
    assert told == (
        "queue billing: service level, label changed",
        "not-ready reason lunch: added",
        "not-ready reason break: removed",
        "not-ready reason training: removed",
    )
    assert [one for one in floor.reports if isinstance(one, ConfigurationReport)] == [ConfigurationReport()]
    floor.pass_time(2)
    shown = {one.queue.queue: one.queue for one in floor.reports if isinstance(one, QueueReport)}
    assert (shown["billing"].label, shown["billing"].service_level_target_s) == ("Invoices", 45)
    assert [one.name for one in floor.snapshot().reasons] == ["lunch"]


def test_who_is_answered_within_the_new_target_counts_as_such(floor: Floor) -> None:
    """The day's counts go on, and the target of the moment of the answer holds."""
    floor.caller_waits()
    patient = replace(BILLING, routing=replace(BILLING.routing, service_level=ServiceLevelTarget(seconds=60)))
    floor.reload(now_with(patient, TECHNICAL, GENERAL))
    floor.pass_time(40)
    floor.agent_signs_on("bo")
    floor.agent_answers("bo")
    (billing,) = (queue for queue in floor.snapshot().queues if queue.queue == "billing")
    assert (billing.offered_today, billing.answered_in_target_today) == (1, 1)


def test_opening_hours_follow(floor: Floor) -> None:
    """A queue that gets hours is closed outside them at once, and one that loses them is open."""
    shut = Calendar(name="night", zone=ZoneInfo("UTC"), week=((Hours(since=22 * 60, until=23 * 60),),) * 7)
    waits = floor.caller_waits()
    assert floor.reload(now_with(replace(BILLING, calendar="night"), GENERAL, calendars={"night": shut})) == (
        "queue billing: calendar changed",
        "queue technical: removed",
        "calendar night: added",
    )
    (billing,) = (queue for queue in floor.snapshot().queues if queue.queue == "billing")
    assert not billing.open
    assert floor.contact(waits).stage is Stage.WAITING, "who waits when it closes is still served"
    floor.reload(catalogue())
    (billing,) = (queue for queue in floor.snapshot().queues if queue.queue == "billing")
    assert billing.open


def test_a_queue_with_hours_that_leaves_serves_to_the_end_without_them(floor: Floor) -> None:
    """Its calendar may be gone with it."""
    shut = Calendar(name="night", zone=ZoneInfo("UTC"), week=((Hours(since=22 * 60, until=23 * 60),),) * 7)
    floor.reload(now_with(BILLING, replace(TECHNICAL, calendar="night"), GENERAL, calendars={"night": shut}))
    call = floor.caller_waits("technical")
    floor.reload(now_with(BILLING, GENERAL))
    floor.pass_time(3 * 60)
    floor.agent_signs_on("cy")
    assert floor.rings("cy") == call


def test_new_rules_hold_for_whoever_comes_from_now_on(floor: Floor) -> None:
    """Who waits keeps the head start that was written down."""
    standard = floor.caller_waits()
    floor.pass_time(10)
    vip = floor.caller_waits(customer=CARLA)
    assert floor.waiting() == [floor.interaction(vip), floor.interaction(standard)]
    floor.reload(now_with(BILLING, TECHNICAL, GENERAL, rules=()))
    assert floor.waiting() == [floor.interaction(vip), floor.interaction(standard)]
    assert floor.reload(now_with(BILLING, TECHNICAL, GENERAL, rules=tuple(reversed(RULES)))) == (
        "rule gold: added",
        "rule vip: added",
    )
    assert floor.reload(now_with(BILLING, TECHNICAL, GENERAL)) == ("rules: in another order",)
    stronger = rules_from_rows([{"name": "vip", "when": 'tier == "vip"', "head_start": 900}], ())
    assert floor.reload(now_with(BILLING, TECHNICAL, GENERAL, rules=stronger)) == (
        "rule vip: head start, prefers expert changed",
        "rule gold: removed",
    )


def test_media_follow(floor: Floor) -> None:
    """Capacities reach those who are signed on, and what may interrupt what is told to the engine."""
    floor.agent_signs_on("bo")
    media = MediaRules(
        capacities={Medium.VOICE: 1, Medium.CHAT: 2}, interruptions={**INTERRUPTIONS, Medium.CHAT: frozenset()}
    )
    assert floor.reload(now_with(BILLING, TECHNICAL, GENERAL, media=media)) == (
        "media: capacities, interruptions changed",
    )
    (seat,) = floor.director.floor.engine._state.assignment.index.seats.values()
    assert seat.machine.profile.capacities == {Medium.VOICE: 1, Medium.CHAT: 2}
    assert seat.machine.interruptions[Medium.CHAT] == frozenset()
    assert floor.state("bo") is AgentStateName.READY


def test_capacities_of_one_person_and_of_who_has_a_skill(floor: Floor) -> None:
    """The first exception that concerns an agent counts; the others keep the house's rule."""
    for agent in ("ana", "bo", "cy"):
        floor.agent_signs_on(agent)
    writers, only_voice = {Medium.VOICE: 1, Medium.CHAT: 4}, {Medium.VOICE: 1}
    media = MediaRules(
        capacities={Medium.VOICE: 1, Medium.CHAT: 2},
        exceptions=(
            CapacityException(capacities=only_voice, agents=frozenset({AgentId("bo")})),
            CapacityException(capacities=writers, requirements=needs(billing=5)),
        ),
    )
    assert floor.reload(now_with(BILLING, TECHNICAL, GENERAL, media=media)) == (
        "media: capacities, exceptions changed",
    )
    seats = floor.director.floor.engine._state.assignment.index.seats
    assert {name: seat.machine.profile.capacities for name, seat in seats.items()} == {
        "ana": writers,
        "bo": only_voice,
        "cy": media.capacities,
    }
