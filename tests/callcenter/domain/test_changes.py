"""What differs between two configurations, a line for each thing; the rest of it is in scenarios/test_reload."""

from __future__ import annotations

from dataclasses import replace

from callcenter.domain.catalogue import Label, PublishedNumber, Skill
from callcenter.domain.changes import changes
from callcenter.domain.dial_plan import DialPlan
from callcenter.domain.ids import QueueName
from tests.support.floor import DIALLING, catalogue


def test_nothing_differs_between_two_readings_of_the_same_files() -> None:
    assert changes(catalogue(), catalogue()) == ()


def test_numbers_skills_dialling_and_the_default_queue() -> None:
    before = replace(catalogue(), skills=(Skill(name="a", label=Label(en="A")), Skill(name="b", label=Label(en="B"))))
    after = replace(
        before,
        default_queue=QueueName("billing"),
        numbers=(PublishedNumber(number="5550100", flow="bank"), PublishedNumber(number="5550109", flow="support")),
        skills=(Skill(name="a", label=Label(en="Ah")), Skill(name="c", label=Label(en="C"))),
        dialling=replace(DIALLING, plan=DialPlan(home="DE"), directory=()),
    )
    assert changes(before, after) == (
        "default queue: billing, before: general",
        "skill a: label changed",
        "skill c: added",
        "skill b: removed",
        "number 5550100: flow changed",
        "number 5550109: added",
        "number 5550101: removed",
        "dialling: plan, directory changed",
    )
