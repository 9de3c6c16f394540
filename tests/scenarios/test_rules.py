"""Rules over what is known of a caller: who is ahead, who needs whom, and that it outlives a restart and a change."""

from __future__ import annotations

from collections.abc import Sequence

from acd.config import rules_from_rows
from acd.model import QueueStep, SkillName
from callcenter.domain.interaction import EventKind
from callcenter.server import facts
from tests.acd.world import needs
from tests.support.floor import CARLA, PEOPLE, Floor, catalogue, check_stories, device, person, plan


def house(*rows: dict[str, object], people: Sequence[str] = ()) -> Floor:
    """Billing and general under these rules."""
    rules = rules_from_rows(rows, [SkillName("billing"), SkillName("technical"), SkillName("english")])
    return Floor(
        catalogue_=catalogue(plan("billing", {"billing": 3}), plan("general", {}), rules=rules),
        people=(*PEOPLE, person("di", billing=3, english=7), *(person(name, billing=3) for name in people)),
    )


def test_what_was_keyed_puts_a_caller_ahead() -> None:
    """A field of the flow counts like anything else that is known."""
    floor = house({"name": "outage", "when": 'reason == "outage"', "head_start": 120})
    first = floor.caller_waits("billing")
    floor.pass_time(60)
    second = floor.caller_arrives()
    floor.flow_gathers(second, "reason", "outage")
    floor.flow_queues(second, "billing")
    assert floor.waiting() == [floor.interaction(second), floor.interaction(first)]
    assert floor.written(second, EventKind.QUEUED)[0].data["rules"] == "outage"
    line = floor.pbx.lines[second]
    assert (line.sequence, line.enqueued_at) == ((line.enqueued_at or 0) - 120, line.enqueued_at)
    check_stories(floor)


def test_what_the_flow_hands_on_with_the_queue_counts_too() -> None:
    """Sensitive values are never stored: they count when the caller is queued, and not after a restart."""
    floor = house({"name": "arrears", "when": "debt > 100", "head_start": -60})
    call = floor.caller_arrives()
    wanted = facts.QueueWanted(
        call=call, session=floor.sessions[call].session, queue="billing", attributes={"debt": 250}
    )
    floor.tell(wanted)
    floor.settle()
    assert floor.contact(call).head_start == -60
    assert not any("debt" in event.data or event.data.get("key") == "debt" for event in floor.events)
    floor.restart()
    assert floor.contact(call).head_start == -60


def test_a_restart_keeps_the_head_start_whatever_the_rules_say_now() -> None:
    """The place in the order is a promise; only who comes from now on comes under the new rules."""
    floor = house({"name": "vip", "when": 'tier == "vip"', "head_start": 300})
    vip = floor.caller_waits("billing", customer=CARLA)
    floor.pass_time(1)
    standard = floor.caller_waits("billing")
    floor.pass_time(100)
    changed = rules_from_rows([{"name": "first come", "when": 'tier != "vip"', "head_start": 1000}], ())
    floor.catalogue = catalogue(*floor.catalogue.queues.values(), rules=changed)
    floor.restart()
    assert floor.waiting() == [floor.interaction(vip), floor.interaction(standard)]
    third = floor.caller_waits("billing")
    assert floor.waiting()[0] == floor.interaction(third)


def test_a_rule_may_ask_for_more_than_the_queue() -> None:
    """Of two who can serve the queue, only the one who speaks English gets the caller who does."""
    floor = house({"name": "english", "when": 'customer_language == "en"', "requirements": "english >= 5"})
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing", customer=CARLA)
    assert floor.rings("bo") is None
    floor.agent_signs_on("di")
    assert floor.rings("di") == call


def test_a_rule_may_name_the_agent() -> None:
    """He is waited for, for a while; then anybody who suffices."""
    floor = house({"name": "key account", "when": 'customer == "17"', "preferred_agent": {"agent": "di", "wait": 30}})
    floor.agent_signs_on("bo")
    floor.agent_signs_on("di", ready=False)
    call = floor.caller_waits("billing", customer=CARLA)
    assert floor.rings("bo") is None
    floor.pass_time(31)
    assert floor.rings("bo") == call


def test_steps_widen_and_the_switch_knows_the_order() -> None:
    """Who may help after a while is a member of the switch's own queue too, and is asked there after the others."""
    steps = [QueueStep(after=20, requirements=needs(technical=1))]
    floor = Floor(catalogue_=catalogue(plan("billing", {"billing": 3}, steps=steps), plan("general", {})))
    floor.agent_signs_on("cy")  # technical only
    members = {(one.queue, one.penalty) for one in floor.pbx.members[device("cy")].queues}
    assert members == {("billing", 1), ("general", 0)}
    call = floor.caller_waits("billing")
    floor.pass_time(19)
    assert floor.rings("cy") is None
    floor.pass_time(2)
    assert floor.rings("cy") == call
    (cy,) = (one for one in floor.snapshot().agents if one.agent == "cy")
    assert cy.queues == ("general",)  # what the board counts him for
