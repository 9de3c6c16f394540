"""What a customer is entitled to when he calls decides how he is routed, and a restart forgets none of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from acd.config import rules_from_rows
from acd.model import SkillName
from callcenter.api.card import CustomerCard, CustomerKind, Dealing, DealingKind, RoutingHints
from callcenter.api.customers import PaymentRecord
from callcenter.api.shapes import Tier
from callcenter.customers.glance import Facts, glance
from callcenter.domain.catalogue import Label, Skill
from callcenter.domain.interaction import EventKind
from tests.support.floor import CARLA, PEOPLE, Floor, catalogue, check_stories, person, plan

COVERED: dict[str, object] = {
    "name": "covered",
    "when": 'entitlement == "covered" && contract_level == "premium"',
    "head_start": 120,
}
COMPLAINT: dict[str, object] = {"name": "complaint", "when": "open_complaint == true", "requirements": "english >= 5"}
TODAY = date(2026, 3, 1)


def house(*rows: dict[str, object]) -> Floor:
    rules = rules_from_rows(rows, [SkillName("billing"), SkillName("english")])
    made = catalogue(plan("billing", {"billing": 3}), plan("general", {}), rules=rules)
    skills = tuple(Skill(name=name, label=Label(en=name)) for name in ("billing", "english"))
    return Floor(catalogue_=replace(made, skills=skills), people=(*PEOPLE, person("di", billing=3, english=7)))


def caller(**hints: object) -> CustomerCard:
    routing = RoutingHints(**{"priority": 0, "requirements": {}, "attributes": {}, **hints})  # type: ignore[arg-type]
    return CARLA.model_copy(update={"routing": routing, "tier": Tier.STANDARD})


def contract(until: str | None, **what: object) -> Dealing:
    told = {
        "dealing": "00000000-0000-7000-8000-000000000001",
        "kind": DealingKind.CONTRACT,
        "number": "C1",
        "title": "Service",
        "state": "active",
        "open": True,
        "by": None,
        "opened_on": "2025-01-01",
        "due_on": until,
        "amount": None,
        "unpaid": None,
        "currency": None,
        "level": "premium",
        "priority": 0,
        "requirements": {},
        "blocks_sales": False,
        "note": "",
    }
    return Dealing.model_validate(told | what)


def with_contract(until: str | None, **what: object) -> CustomerCard:
    """Carla's card as her records would make it `TODAY`."""
    facts = Facts(
        kind=CustomerKind.PERSON,
        territory="",
        owner=None,
        payment_record=PaymentRecord.PROMPT,
        no_calls=False,
        no_mail=False,
        custom={},
    )
    return CARLA.model_copy(update={"routing": glance(facts, [contract(until, **what)], TODAY).routing})


@pytest.mark.parametrize(
    ("until", "ahead"),
    [("2026-03-01", True), (None, True), ("2026-02-28", False)],
    ids=["the last day counts", "without an end", "ended yesterday"],
)
def test_who_is_covered_today_is_ahead_by_rule(until: str | None, ahead: bool) -> None:
    floor = house(COVERED)
    first = floor.caller_waits("billing")
    floor.pass_time(60)
    second = floor.caller_waits("billing", customer=with_contract(until))
    order = [floor.interaction(second), floor.interaction(first)]
    assert floor.waiting() == (order if ahead else order[::-1])
    assert floor.written(second, EventKind.QUEUED)[0].data["rules"] == ("covered" if ahead else "")
    check_stories(floor)


def test_a_contract_gives_its_own_head_start_and_asks_for_its_skills() -> None:
    floor = house()
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing", customer=with_contract(None, priority=300, requirements={"english": 5}))
    assert floor.contact(call).head_start == 300
    assert floor.written(call, EventKind.QUEUED)[0].data["rules"] == "contract"
    assert floor.rings("bo") is None
    floor.agent_signs_on("di")
    assert floor.rings("di") == call
    check_stories(floor)


def test_a_skill_that_the_house_does_not_know_keeps_nobody_waiting() -> None:
    """Contracts are written elsewhere, and may speak of what was here once."""
    floor = house()
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing", customer=caller(requirements={"telex": 3}))
    assert floor.rings("bo") == call


def test_a_restart_forgets_nothing_of_it() -> None:
    """The rules ask for more than the queue because of what the record said: after a restart they still do."""
    floor = house(COMPLAINT)
    floor.agent_signs_on("bo")
    card = caller(priority=40, requirements={"english": 6}, attributes={"open_complaint": True})
    call = floor.caller_waits("billing", customer=card)
    assert floor.rings("bo") is None
    floor.restart()
    assert floor.contact(call).head_start == 40
    assert floor.contact(call).attributes["open_complaint"] is True
    assert floor.rings("bo") is None
    floor.agent_signs_on("di")
    assert floor.rings("di") == call


def test_what_the_record_says_cannot_be_keyed() -> None:
    floor = house(COVERED)
    call = floor.caller_arrives()
    floor.flow_identifies(call, caller(attributes={"entitlement": "none", "contract_level": ""}))
    floor.flow_gathers(call, "entitlement", "covered")
    floor.flow_gathers(call, "contract_level", "premium")
    floor.flow_queues(call, "billing")
    assert floor.contact(call).head_start == 0


def test_of_an_unknown_caller_nothing_is_known() -> None:
    floor = house(COVERED, COMPLAINT)
    call = floor.caller_waits("billing")
    assert floor.contact(call).head_start == 0
    assert floor.written(call, EventKind.QUEUED)[0].data["rules"] == ""
