"""Supervisors ask why: of one who waits, of one who was offered, and after a restart."""

from __future__ import annotations

from callcenter.api.routing import ExplainRouting, RoutingExplained
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from tests.support.floor import CARLA, Floor


def why(floor: Floor, call: CallId) -> RoutingExplained:
    reply = floor.ask(ExplainRouting(interaction=floor.interaction(call)))
    assert isinstance(reply, RoutingExplained)
    return reply


def test_a_caller_who_waits(floor: Floor) -> None:
    """Who could serve him and does not, and how long he has waited now, not when the engine last moved."""
    floor.agent_signs_on("ana")
    floor.caller_waits("billing")
    floor.agent_answers("ana")
    call = floor.caller_waits("billing")
    floor.pass_time(7)
    account = why(floor, call)
    assert account.offer is None
    assert account.waiting is not None
    assert account.waiting.title.en == "Waiting for 0:07"
    assert account.waiting.lines[0].en == "1 agent logged on for billing ≥ 3: 1 busy"
    assert account.waiting.lines[1].en == "Place 1 of 1 who wait for the same agents"


def test_a_caller_who_is_offered_and_talks(floor: Floor) -> None:
    """The account of the offer is written with it, and stays."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana")
    call = floor.caller_waits("billing", customer=CARLA)
    account = why(floor, call)
    assert account.waiting is not None
    assert account.waiting.lines[1].en == "Being offered to Ana"
    floor.agent_answers("ana")
    account = why(floor, call)
    assert account.waiting is None
    assert account.offer is not None
    assert account.offer.lines[0].en == "Ana was chosen: the most proficient"
    assert [one.name for one in account.offer.candidates] == ["Ana", "Bo"]
    (offered,) = floor.written(call, EventKind.OFFERED)
    assert offered.data["eligible"] == 2
    floor.restart()
    assert why(floor, call).offer == account.offer


def test_the_board_says_what_to_expect(floor: Floor) -> None:
    """Nothing with an agent ready; unknown as long as nothing has been learned; the order is that of service."""
    floor.agent_signs_on("ana")
    (billing,) = (one for one in floor.snapshot().queues if one.queue == "billing")
    assert (billing.expected_low_s, billing.expected_high_s) == (0.0, 0.0)
    floor.caller_waits("billing")
    floor.agent_answers("ana")
    standard = floor.caller_waits("billing")
    floor.pass_time(5)
    vip = floor.caller_waits("billing", customer=CARLA)
    (billing,) = (one for one in floor.snapshot().queues if one.queue == "billing")
    assert [one.interaction for one in billing.first_waiting] == [floor.interaction(vip), floor.interaction(standard)]
    assert billing.expected_low_s is None
    assert {(one.expected_from, one.expected_until) for one in billing.first_waiting} == {(None, None)}


def test_a_contact_that_is_closed_has_no_account(floor: Floor) -> None:
    """Its story is in the history."""
    call = floor.caller_waits("billing")
    floor.caller_hangs_up(call)
    assert floor.refusal(ExplainRouting(interaction=floor.interaction(call))) == "unknown_contact"
