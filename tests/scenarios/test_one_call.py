"""The story: a caller is asked, recognised, queued, shown, rung, answered, wrapped up, and remembered."""

from __future__ import annotations

from callcenter.api.messages import AgentStateName, ContactPhase, Tier
from callcenter.domain import commands
from callcenter.domain.interaction import EventKind
from tests.support.floor import CARLA, Floor


def test_a_call_from_the_first_ring_to_the_last_note(floor: Floor) -> None:
    """Every step is written once, in order, and the page shows the call before the phone rings."""
    floor.agent_signs_on("ana")
    call = floor.caller_arrives(number="+4930123456", name="C. Quist")
    floor.flow_enters(call, "ask_account")
    floor.flow_gathers(call, "account_number", "4711")
    floor.flow_identifies(call, CARLA, by="account")
    floor.flow_enters(call, "ask_reason")
    floor.flow_gathers(call, "reason", "invoice")
    floor.pass_time(12.0)
    floor.flow_queues(call, "billing")

    page = floor.page("ana")
    assert page is not None
    assert (page.phase, page.tier, page.calling_name) == (ContactPhase.OFFERED, Tier.VIP, "C. Quist")
    assert page.customer == CARLA
    assert [(answer.key, answer.value) for answer in page.gathered] == [
        ("account_number", "4711"),
        ("reason", "invoice"),
    ]
    assert floor.rings("ana") == call

    floor.pass_time(3.0)
    floor.agent_answers("ana")
    assert floor.talks_to("ana") == call
    assert floor.state("ana") is AgentStateName.BUSY
    page = floor.page("ana")
    assert page is not None
    assert page.phase is ContactPhase.TALKING

    floor.pass_time(60.0)
    floor.agent_hangs_up("ana")
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL
    page = floor.page("ana")
    assert page is not None
    assert (page.phase, page.ended_by) == (ContactPhase.WRAP_UP, "agent")
    assert page.wrap_up_until is not None

    assert floor.agent_completes("ana", call, note="sent a copy", disposition="resolved") is None
    assert floor.state("ana") is AgentStateName.READY
    assert floor.page("ana") is None
    assert floor.story(call) == [
        "started",
        "node_entered",
        "answer_given",
        "identified",
        "node_entered",
        "answer_given",
        "queued:billing",
        "offered:ana",
        "rang",
        "answered:ana",
        "talk_ended:agent",
        "ended:handled",
        "wrap_up_completed",
        "closed",
    ]
    (completed,) = floor.written(call, EventKind.WRAP_UP_COMPLETED)
    assert (completed.data["note"], completed.data["disposition"]) == ("sent a copy", "resolved")


def test_a_waiting_time_is_shown_to_the_agent(floor: Floor) -> None:
    """How long the caller waited counts from the queue to the offer."""
    call = floor.caller_waits()
    floor.pass_time(42.0)
    floor.agent_signs_on("bo")
    page = floor.page("bo")
    assert page is not None
    assert page.interaction == floor.interaction(call)
    assert 42.0 <= page.waited_s < 42.2


def test_a_caller_goes_from_the_flow_to_a_free_agent_without_a_stop_in_the_room(floor: Floor) -> None:
    """Where somebody is free, the waiting room would only cost time."""
    floor.agent_signs_on("bo")
    floor.caller_waits()
    assert floor.sent(commands.QueueCall) == []
    assert len(floor.sent(commands.DeflectCall)) == 1


def test_a_caller_with_nobody_free_gets_a_place_in_the_room(floor: Floor) -> None:
    """The place in the order stands on the channel: when queued, and that less the head start of the tier."""
    floor.caller_waits(customer=CARLA)
    (order,) = floor.sent(commands.QueueCall)
    assert isinstance(order, commands.QueueCall)
    assert order.queue == "billing"
    assert order.enqueued_at - order.sequence == 300
    assert order.epoch == 1


def test_an_unknown_number_reaches_a_person(floor: Floor) -> None:
    """A number that no flow answers goes straight to the default queue."""
    call = floor.caller_arrives(called="999")
    assert floor.story(call) == ["started", "queued:general"]


def test_a_queue_that_is_not_configured_is_served_as_the_default_one(floor: Floor) -> None:
    """A flow that names a queue nobody has configured still brings the caller to a person."""
    call = floor.caller_waits("no-such-queue")
    assert floor.story(call)[-1] == "queued:general"


def test_what_a_caller_sends_is_shown_and_never_trusted(floor: Floor) -> None:
    """Markup, control characters, separators and three thousand letters pass through as text, and nothing else."""
    hostile = "<script>alert(1)</script>\r\nAction: Originate\x00|;`$(id)`" + "A" * 3_000
    floor.agent_signs_on("bo")
    call = floor.caller_arrives(number="", name=hostile)
    floor.flow_queues(call, "billing")
    page = floor.page("bo")
    assert page is not None
    assert (page.calling_name, page.calling_number) == (hostile, "")
    assert not any(hostile in str(order) for order in floor.sent(commands.DeflectCall))


def test_a_sensitive_answer_is_neither_kept_nor_shown(floor: Floor) -> None:
    """What the flow marks as sensitive leaves no trace in the journal, on the page or on a new session."""
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_gathers(call, "card_number", "4000123412341234", sensitive=True)
    floor.flow_queues(call, "billing")
    assert "4000123412341234" not in "".join(map(repr, [*floor.events, *floor.reports, *floor.log]))
