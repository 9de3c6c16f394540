"""A queue's callers first wait for the agent they know: the last one, the one who looks after them, or one by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from acd.config import rules_from_rows
from callcenter.api.messages import CustomerCard
from callcenter.api.routing import ExplainRouting, RoutingExplained
from callcenter.domain.catalogue import Preference, Whom
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import milliseconds
from callcenter.server import facts
from callcenter.server.contact import Stage
from tests.support.floor import CARLA, Floor, catalogue, plan

LAST = Preference(whom=Whom.LAST_AGENT, wait=20, within_days=30)
OWNER = Preference(whom=Whom.OWNER, wait=60)
NAMED = Preference(whom=Whom.NAMED, wait=10, agent="bo")


def house(*preferences: Preference, rules: Sequence[dict[str, object]] = ()) -> Floor:
    """Everybody can take billing; its callers have these preferences."""
    billing = replace(plan("billing", {}), preferences=preferences)
    return Floor(catalogue_=catalogue(billing, plan("general", {}), rules=rules_from_rows(list(rules), ())))


def card(floor: Floor, *, last: str | None = None, days: float = 1, owner: str | None = None) -> CustomerCard:
    """Carla, who talked with `last` so many days ago, and whom `owner` looks after."""
    at = milliseconds(floor.now.utc - timedelta(days=days)) if last else None
    facts_of_hers = {"owner": owner} if owner else {}
    return CARLA.model_copy(
        update={
            "last_agent": last,
            "last_talk_at": at,
            "owner": owner,
            "routing": CARLA.routing.model_copy(update={"attributes": facts_of_hers}),
        }
    )


def busy(floor: Floor, agent: str) -> None:
    """The agent talks with somebody else."""
    floor.agent_signs_on(agent)
    floor.caller_waits("general")
    floor.agent_answers(agent)


def account(floor: Floor, call: object, *, offer: bool = False) -> list[str]:
    """Why the caller waits, or was offered to whom he was."""
    reply = floor.ask(ExplainRouting(interaction=floor.interaction(call)))  # type: ignore[arg-type] # a call's id
    assert isinstance(reply, RoutingExplained)
    found = reply.offer if offer else reply.waiting
    assert found is not None
    return [line.en for line in found.lines]


def test_the_last_agent_is_chosen_before_others_who_are_ready() -> None:
    floor = house(LAST)
    floor.agent_signs_on("ana")
    floor.pass_time(10)  # idle for longer
    floor.agent_signs_on("cy")
    call = floor.caller_waits("billing", customer=card(floor, last="cy"))
    assert floor.rings("cy") == call
    assert "Cy talked with this customer last" in account(floor, call, offer=True)
    (offered,) = floor.written(call, EventKind.OFFERED)
    assert offered.data["preferred_by"] == "last_agent"


def test_a_busy_last_agent_is_waited_for_so_long_and_then_anybody_is_rung() -> None:
    floor = house(LAST)
    busy(floor, "cy")
    floor.agent_signs_on("ana")
    call = floor.caller_waits("billing", customer=card(floor, last="cy"))
    assert floor.contact(call).stage is Stage.WAITING
    assert floor.rings("ana") is None
    lines = account(floor, call)
    assert "Waiting for Cy alone" in lines
    assert "Cy talked with this customer last" in lines
    floor.pass_time(19)
    assert floor.rings("ana") is None
    floor.pass_time(2)
    assert floor.rings("ana") == call


def test_a_talk_too_long_ago_counts_no_more() -> None:
    floor = house(LAST)
    busy(floor, "cy")
    floor.agent_signs_on("ana")
    call = floor.caller_waits("billing", customer=card(floor, last="cy", days=30))
    assert floor.rings("ana") == call


@pytest.mark.parametrize("away", ["at home", "on a break", "about to take one"])
def test_who_is_not_at_work_is_not_waited_for_and_the_next_choice_is(away: str) -> None:
    floor = house(LAST, OWNER, NAMED)
    if away == "about to take one":
        busy(floor, "cy")
        floor.agent_takes_a_break("cy")
    elif away == "on a break":
        floor.agent_signs_on("cy", ready=False)
    busy(floor, "ana")
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing", customer=card(floor, last="cy", owner="ana"))
    assert floor.contact(call).preferred_by == "owner"
    assert floor.rings("bo") is None
    assert "Ana looks after this customer" in account(floor, call)


def test_an_agent_by_name_needs_no_card() -> None:
    floor = house(LAST, OWNER, NAMED)
    floor.agent_signs_on("ana")
    floor.pass_time(10)
    floor.agent_signs_on("bo")
    call = floor.caller_waits("billing")
    assert floor.rings("bo") == call
    assert "The queue wants Bo first" in account(floor, call, offer=True)


def test_the_flow_goes_before_the_rules_and_the_rules_before_the_queue() -> None:
    rule: dict[str, object] = {
        "name": "key",
        "when": 'account == "4711"',
        "preferred_agent": {"agent": "cy", "wait": 30},
    }
    floor = house(NAMED, rules=[rule])
    for agent in ("ana", "bo", "cy"):
        busy(floor, agent)
    plain = floor.caller_waits("billing", customer=CARLA)
    assert floor.contact(plain).preferred_by == "named"
    ruled = floor.caller_arrives()
    floor.flow_gathers(ruled, "account", "4711")
    floor.flow_queues(ruled, "billing")
    assert floor.contact(ruled).preferred_by == "rule"
    assert {"Waiting for Cy alone", "A rule asks for Cy"} <= set(account(floor, ruled))
    asked = floor.caller_arrives()
    floor.flow_gathers(asked, "account", "4711")
    session = floor.sessions[asked].session
    floor.tell(
        facts.QueueWanted(
            call=asked, session=session, queue="billing", attributes={}, preferred_agent="ana", preferred_for=15
        )
    )
    floor.settle()
    assert {"Waiting for Ana alone", "The call flow asked for Ana"} <= set(account(floor, asked))


def test_after_a_restart_the_same_agent_is_waited_for() -> None:
    """Who was chosen stands in the journal, though the card has to be read again."""
    floor = house(LAST)
    busy(floor, "cy")
    call = floor.caller_waits("billing", customer=card(floor, last="cy"))
    floor.restart()
    contact = floor.contact(call)
    assert (contact.preferred_agent, contact.preferred_for, contact.preferred_by) == ("cy", 20, "last_agent")


def test_rules_see_owner_last_agent_and_how_long_ago_that_was() -> None:
    rules = [
        {"name": "regulars", "when": "last_agent_days != null && last_agent_days < 7", "head_start": 100},
        {"name": "ana's", "when": 'owner == "ana" && last_agent == "bo"', "head_start": 50},
    ]
    floor = house(rules=rules)
    call = floor.caller_waits("billing", customer=card(floor, last="bo", days=6.5, owner="ana"))
    assert floor.contact(call).head_start == 150
    other = floor.caller_waits("billing", customer=card(floor, last="bo", days=7.5))
    assert floor.contact(other).head_start == 0
