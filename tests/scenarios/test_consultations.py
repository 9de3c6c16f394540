"""A colleague or a number is called beside the customer: asked, swapped with, joined, handed over to, or let go."""

from __future__ import annotations

import pytest

from callcenter.api.calls import (
    AboutCall,
    AgentTarget,
    AlternateCall,
    ClearConnection,
    ConferenceCall,
    ConnectionState,
    ConsultationCall,
    HoldCall,
    NumberTarget,
    Operation,
    QueueTarget,
    ReconnectCall,
    RetrieveCall,
    Target,
    TransferCall,
)
from callcenter.api.messages import AgentActivity, AgentStateName, ContactPhase, SaveNote
from callcenter.domain import events
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId, ConnectionId
from callcenter.domain.interaction import EventKind
from tests.support.floor import CARLA, Floor, device

ANA: Target = AgentTarget(agent="ana")
NUMBER: Target = NumberTarget(number="202 555 0123")


def consults(floor: Floor, target: Target = ANA) -> CallId:
    """Bo talks to a customer and asks somebody, who has answered."""
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.pass_time(5.0)
    assert floor.agent_does("bo", ConsultationCall, target=target) is None
    if isinstance(target, NumberTarget):
        floor.pbx.number_answers()
        floor.settle()
    else:
        floor.agent_answers("ana")
    return call


# -- asking ----------------------------------------------------------------------------------------------------------


def test_a_colleague_sees_what_he_is_asked_about_before_his_phone_rings(floor: Floor) -> None:
    floor.agent_signs_on("ana", ready=False)
    floor.agent_signs_on("bo")
    call = floor.caller_waits(customer=CARLA)
    floor.agent_answers("bo")
    floor.ask(SaveNote(agent="bo", interaction=floor.interaction(call), note="wants a refund"))
    assert floor.agent_does("bo", ConsultationCall, target=ANA) is None
    page = floor.page("ana")
    assert page is not None
    assert page.call is not None
    assert page.phase is ContactPhase.OFFERED
    assert page.customer is not None
    assert page.customer.name == CARLA.name
    assert page.handed_over is not None
    assert (page.handed_over.agent_name, page.handed_over.how) == ("Bo", "consultation")
    assert [note.note for note in page.notes_before] == ["wants a refund"]
    assert page.call.role == "consulted"
    assert page.note == ""
    floor.ask(SaveNote(agent="bo", interaction=floor.interaction(call), note="wants a refund, twice"))
    page = floor.page("ana")
    assert page is not None
    assert [note.note for note in page.notes_before] == ["wants a refund, twice"]


def test_who_is_asked_is_taken_and_offered_nothing(floor: Floor) -> None:
    floor.agent_signs_on("ana")
    call = floor.talk("bo")
    assert floor.rings("ana") is None
    assert floor.agent_does("bo", ConsultationCall, target=ANA) is None
    assert floor.state("ana") is AgentStateName.BUSY
    floor.caller_waits()
    assert floor.rings("ana") is None
    floor.agent_answers("ana")
    assert floor.activity("ana") is AgentActivity.CONSULTED
    assert floor.activity("bo") is AgentActivity.CONSULTING
    assert floor.agent_does("bo", ReconnectCall) is None
    assert floor.rings("ana") is not None  # free at once: no work after it is his
    assert floor.talks_to("bo") == call


def test_while_he_asks_the_customer_hears_music_and_everybody_knows(floor: Floor) -> None:
    call = consults(floor)
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert page.call.customer is ConnectionState.HELD
    assert page.call.party is not None
    assert (page.call.party.agent, page.call.party.label, page.call.party.state) == (
        "ana",
        "Ana",
        ConnectionState.CONNECTED,
    )
    assert floor.may("bo") == {
        Operation.ALTERNATE,
        Operation.RECONNECT,
        Operation.TRANSFER,
        Operation.CONFERENCE,
        Operation.DROP_PARTY,
        Operation.DIGITS,
        Operation.CLEAR,
    }
    assert floor.story(call)[-4:] == ["answered:bo", "consulted:ana", "held:bo", "consult_answered:ana"]


@pytest.mark.parametrize(
    ("cause", "failed"),
    [
        (Cause.BUSY, "busy"),
        (Cause.NO_ANSWER, "no_answer"),
        (Cause.CALL_REJECTED, "refused"),
        (Cause.UNREACHABLE, "unreachable"),
        (Cause.CONGESTION, "failed"),
    ],
)
def test_who_is_asked_in_vain_leaves_the_customer_on_hold(floor: Floor, cause: Cause, failed: str) -> None:
    """The agent reads why, and decides: back to the customer, or somebody else."""
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.agent_does("bo", ConsultationCall, target=ANA)
    floor.agent_rejects("ana", cause)
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert page.call.party is not None
    assert (page.call.party.state, page.call.party.failed) == (ConnectionState.FAILED, failed)
    assert page.call.customer is ConnectionState.HELD
    assert floor.page("ana") is None
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.agent_does("bo", ConsultationCall, target=ANA) is None
    floor.agent_rejects("ana", cause)
    assert floor.agent_does("bo", RetrieveCall) is None
    assert floor.talks_to("bo") == call
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert page.call.party is None


def test_nobody_may_be_called_who_cannot_come(floor: Floor) -> None:
    floor.agent_signs_on("ana", ready=False)
    floor.talk("bo")

    def refusal(target: Target) -> str | None:
        return floor.agent_does("bo", ConsultationCall, target=target)

    assert refusal(AgentTarget(agent="bo")) == "target_is_you"
    assert refusal(AgentTarget(agent="nobody")) == "target_unknown"
    assert refusal(AgentTarget(agent="cy")) == "target_away"  # not signed on
    assert refusal(QueueTarget(queue="nowhere")) == "target_unknown"
    assert refusal(QueueTarget(queue="billing")) == "target_busy"  # nobody of it is ready
    floor.phone_lost("ana")
    assert refusal(ANA) == "target_away"
    floor.phone_back("ana")
    floor.caller_waits("technical")
    floor.agent_gets_ready("ana")
    assert refusal(ANA) == "target_busy"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("", "not_a_number"),
        ("ask ben", "not_a_number"),
        ("2025550123;rm", "not_a_number"),
        ("2025550123,,1", "not_a_number"),
        ("2025550123&SIP/x", "not_a_number"),
        ("2025550123@evil", "not_a_number"),
        ("2025550123\r\nAction: Logoff", "not_a_number"),
        ("２０２５５５０１２３４５６７８９０１２", "not_a_number"),
        ("2" * 60, "not_a_number"),
        ("+1 876 926 1234", "country_not_allowed"),
        ("900 555 0123", "number_class_not_allowed"),
    ],
)
def test_a_number_that_may_not_be_dialled_is_refused_with_its_reason(floor: Floor, number: str, why: str) -> None:
    call = floor.talk("bo")
    assert floor.agent_does("bo", ConsultationCall, target=NumberTarget(number=number)) == why
    assert floor.talks_to("bo") == call


def test_full_width_digits_are_digits(floor: Floor) -> None:
    """As a Chinese keyboard writes them."""
    floor.talk("bo")
    assert floor.agent_does("bo", ConsultationCall, target=NumberTarget(number="２０２５５５０１２３")) is None
    assert floor.pbx.ringing_numbers() == ["+12025550123"]


def test_a_queue_stands_for_who_of_it_has_been_ready_longest(floor: Floor) -> None:
    floor.talk("bo", "billing")
    floor.agent_signs_on("cy")
    floor.pass_time(5.0)
    floor.agent_signs_on("ana")
    assert floor.agent_does("bo", ConsultationCall, target=QueueTarget(queue="technical")) is None
    assert floor.page("cy") is not None
    assert floor.page("ana") is None


# -- three ways out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [ANA, NumberTarget(number="202 555 0123")], ids=["agent", "number"])
def test_back_to_the_customer(floor: Floor, target: Target) -> None:
    call = consults(floor, target)
    assert floor.agent_does("bo", ReconnectCall) is None
    assert floor.talks_to("bo") == call
    assert floor.page("ana") is None
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.story(call)[-2:] == ["consult_ended:cleared", "retrieved:bo"]
    floor.caller_hangs_up(call)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL


def test_the_customer_is_handed_over(floor: Floor) -> None:
    call = consults(floor)
    floor.ask(SaveNote(agent="bo", interaction=floor.interaction(call), note="wants a refund"))
    assert floor.agent_does("bo", TransferCall) is None
    assert floor.talks_to("ana") == call
    page = floor.page("ana")
    assert page is not None
    assert page.call is not None
    assert (page.phase, page.call.role) == (ContactPhase.TALKING, "handling")
    assert page.handed_over is not None
    assert (page.handed_over.agent, page.handed_over.how) == ("bo", "transfer")
    assert [note.note for note in page.notes_before] == ["wants a refund"]
    assert floor.state("ana") is AgentStateName.BUSY
    # Bo's own work after it is by the queue's rule, whatever the customer does meanwhile
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    page = floor.page("bo")
    assert page is not None
    assert (page.phase, page.call, page.note) == (ContactPhase.WRAP_UP, None, "wants a refund")
    floor.caller_hangs_up(call)
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL
    assert floor.agent_completes("bo", call, note="refund", disposition="resolved") is None
    assert floor.agent_completes("ana", call, note="done", disposition="resolved") is None
    assert floor.story(call)[-11:] == [
        "consult_answered:ana",
        "note_saved",
        "consult_ended:transferred",
        "transferred:ana",
        "talk_ended:agent",
        "answered:ana",
        "talk_ended:caller",
        "ended:handled",
        "wrap_up_completed",
        "wrap_up_completed",
        "closed",
    ]
    assert [event.data["agent"] for event in floor.written(call, EventKind.WRAP_UP_COMPLETED)] == ["bo", "ana"]


def test_who_hangs_up_while_he_asks_hands_over(floor: Floor) -> None:
    """As telephones have always done it; the customer is never cleared."""
    call = consults(floor)
    floor.agent_hangs_up("bo")
    assert floor.talks_to("ana") == call
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.story(call)[-4:] == [
        "consult_ended:transferred",
        "transferred:ana",
        "talk_ended:agent",
        "answered:ana",
    ]


def test_a_stranger_is_not_left_with_the_customer(floor: Floor) -> None:
    """Who hangs up while he asks a number: the customer goes to the head of the line, the number is let go."""
    call = consults(floor, NumberTarget(number="202 555 0123"))
    floor.agent_hangs_up("bo")
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.pbx.legs == {}
    assert floor.pbx.alone == {}


def test_a_number_may_have_the_customer(floor: Floor) -> None:
    call = consults(floor, NumberTarget(number="202 555 0123"))
    assert floor.agent_does("bo", TransferCall) is None
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.story(call)[-2:] == ["talk_ended:agent", "went_elsewhere:+12025550123"]
    floor.pbx.number_hangs_up()
    floor.settle()
    assert floor.story(call)[-1] == "ended:handled"


def test_all_three_talk(floor: Floor) -> None:
    call = consults(floor)
    assert floor.agent_does("bo", ConferenceCall) is None
    assert floor.activity("bo") is AgentActivity.CONFERENCE
    for agent in ("bo", "ana"):
        page = floor.page(agent)
        assert page is not None
        assert page.call is not None
        assert page.call.joined
        assert page.call.customer is ConnectionState.CONNECTED
    assert floor.may("bo") == {Operation.TRANSFER, Operation.DROP_PARTY, Operation.DIGITS, Operation.CLEAR}
    floor.agent_hangs_up("bo")  # who leaves leaves the others talking
    assert floor.talks_to("ana") == call
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    page = floor.page("ana")
    assert page is not None
    assert page.call is not None
    assert (page.call.role, page.call.joined) == ("handling", False)


def test_the_third_may_leave_or_be_dropped(floor: Floor) -> None:
    call = consults(floor)
    floor.agent_does("bo", ConferenceCall)
    floor.agent_hangs_up("ana")
    assert floor.talks_to("bo") == call
    assert floor.page("ana") is None
    assert floor.activity("bo") is AgentActivity.TALKING
    floor.agent_does("bo", ConsultationCall, target=ANA)
    floor.agent_answers("ana")
    floor.agent_does("bo", ConferenceCall)
    assert floor.agent_does("bo", ClearConnection, party="ana") is None
    assert floor.page("ana") is None
    assert floor.talks_to("bo") == call
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-1] == "ended:handled"


def test_the_customer_leaves_a_conference_and_the_agents_talk_on(floor: Floor) -> None:
    call = consults(floor)
    floor.agent_does("bo", ConferenceCall)
    floor.caller_hangs_up(call)
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert page.call.customer is ConnectionState.NULL
    assert floor.may("bo") == {Operation.CLEAR, Operation.DROP_PARTY, Operation.DIGITS}
    floor.agent_hangs_up("bo")
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.page("ana") is None
    assert floor.pbx.alone == {}


def test_swapping(floor: Floor) -> None:
    consults(floor)
    for _ in range(2):
        assert floor.agent_does("bo", AlternateCall) is None
        page = floor.page("bo")
        assert page is not None
        assert page.call is not None
        assert page.call.party is not None
        assert (page.call.customer, page.call.party.state) == (ConnectionState.CONNECTED, ConnectionState.HELD)
        assert floor.agent_does("bo", AlternateCall) is None
        page = floor.page("bo")
        assert page is not None
        assert page.call is not None
        assert page.call.party is not None
        assert (page.call.customer, page.call.party.state) == (ConnectionState.HELD, ConnectionState.CONNECTED)


@pytest.mark.parametrize(
    ("kind", "activity"),
    [
        (TransferCall, AgentActivity.WRAP_UP),
        (ConferenceCall, AgentActivity.CONFERENCE),
        (ReconnectCall, AgentActivity.TALKING),
    ],
)
def test_what_follows_a_swap_is_what_follows_without(
    floor: Floor, kind: type[AboutCall], activity: AgentActivity
) -> None:
    call = consults(floor)
    floor.agent_does("bo", AlternateCall)
    assert floor.agent_does("bo", kind) is None
    assert floor.talks_to("ana" if kind is TransferCall else "bo") == call
    assert floor.activity("bo") is activity


# -- the customer hangs up in each step ------------------------------------------------------------------------------


def test_the_customer_hangs_up_while_the_colleague_is_rung(floor: Floor) -> None:
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.agent_does("bo", ConsultationCall, target=ANA)
    floor.caller_hangs_up(call)
    assert floor.page("ana") is None
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.pbx.legs == {}
    assert floor.story(call)[-1] == "ended:handled"


def test_the_customer_hangs_up_while_the_colleague_is_asked(floor: Floor) -> None:
    """Both talk on as long as they like; then both are free."""
    call = consults(floor)
    floor.caller_hangs_up(call)
    assert floor.activity("bo") is AgentActivity.CONSULTING
    assert floor.agent_does("bo", TransferCall) == "not_in_this_state"
    floor.agent_hangs_up("ana")
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.pbx.legs == {}
    assert floor.agent_completes("bo", call) is None
    assert floor.story(call)[-1] == "closed"


def test_the_customer_hangs_up_while_he_is_swapped_back_to(floor: Floor) -> None:
    call = consults(floor)
    floor.agent_does("bo", AlternateCall)
    floor.caller_hangs_up(call)
    assert floor.page("ana") is None
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.pbx.legs == {}
    assert floor.pbx.alone == {}


def test_the_customer_hangs_up_as_he_is_handed_over(floor: Floor) -> None:
    call = consults(floor)
    page = floor.page("bo")
    assert page is not None
    floor.send(TransferCall(agent="bo", interaction=page.interaction))
    floor.pbx.hang_up(call)
    floor.settle()
    floor.pass_time(3.0)
    assert floor.page("ana") is None
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.pbx.legs == {}
    assert floor.pbx.alone == {}


@pytest.mark.parametrize("to_customer", [False, True], ids=["held", "swapped to"])
@pytest.mark.parametrize("target", [ANA, NUMBER], ids=["agent", "number"])
def test_the_agents_phone_is_down_before_the_other_has_the_customer(
    floor: Floor, target: Target, *, to_customer: bool
) -> None:
    """Three channels move at once as he is handed over: who is the quickest must not matter."""
    call = consults(floor, target)
    if to_customer:
        floor.agent_does("bo", AlternateCall)
    page = floor.page("bo")
    assert page is not None
    contact = floor.contact(call)
    party = contact.beside
    assert party is not None
    assert party.connection is not None
    floor.send(TransferCall(agent="bo", interaction=page.interaction))
    floor.to_switch.clear()
    cause = Cause.NORMAL_CLEARING
    own = contact.connection or ConnectionId("")
    floor.tell(events.ConnectionCleared(call=call, device=device("bo"), connection=own, cause=cause, by_agent=False))
    if to_customer:
        floor.tell(events.ServiceInitiated(call=CallId(party.connection)))
    assert not floor.to_switch, "nobody is hung up, and nothing is ordered twice"
    floor.tell(events.Transferred(call=call, device=party.device, connection=party.connection))
    assert contact.connection == party.connection
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    if target is ANA:
        assert floor.state("ana") is AgentStateName.BUSY
    assert floor.written(call, EventKind.TRANSFERRED)[0].data["how"] == "consultation"


def test_the_customer_hangs_up_after_his_agent_and_before_he_is_joined(floor: Floor) -> None:
    call = consults(floor)
    floor.pbx.put_down(device("bo"))
    floor.pbx.hang_up(call)
    floor.settle()
    floor.pass_time(3.0)
    assert floor.pbx.alone == {}
    assert floor.page("ana") is None
    assert floor.state("ana") is AgentStateName.NOT_READY
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL


@pytest.mark.parametrize("joined", [False, True])
def test_the_asking_agents_phone_dies(floor: Floor, *, joined: bool) -> None:
    """Asked about: the customer waits for his agent. In a conference the colleague has him."""
    call = consults(floor)
    if joined:
        floor.agent_does("bo", ConferenceCall)
    floor.phone_lost("bo")
    floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
    floor.settle()
    if joined:
        assert floor.talks_to("ana") == call
    else:
        assert floor.waiting() == [floor.interaction(call)]
        assert floor.page("ana") is None
        floor.phone_back("bo")
        assert floor.rings("bo") == call


def test_an_asked_colleagues_phone_dies(floor: Floor) -> None:
    call = consults(floor)
    floor.phone_lost("ana")
    floor.pbx.lose_leg(device("ana"), Cause.MEDIA_LOST)
    floor.settle()
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert page.call.party is None
    assert floor.page("ana") is None
    assert floor.agent_does("bo", RetrieveCall) is None
    assert floor.talks_to("bo") == call


def test_who_talks_to_the_customer_only_lets_the_other_go(floor: Floor) -> None:
    call = consults(floor)
    floor.agent_does("bo", AlternateCall)
    assert floor.agent_does("bo", ReconnectCall) is None
    assert floor.talks_to("bo") == call
    assert floor.page("ana") is None
    assert floor.agent_does("bo", HoldCall) is None
