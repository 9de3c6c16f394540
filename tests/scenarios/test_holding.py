"""Hold, retrieve, keys: the agent's wishes in a talk with one customer."""

from __future__ import annotations

import pytest

from callcenter.api.calls import (
    ClearConnection,
    ConnectionState,
    GenerateDigits,
    HoldCall,
    Operation,
    RejectCall,
    RetrieveCall,
)
from callcenter.api.messages import AgentActivity, AgentStateName
from callcenter.domain import commands
from callcenter.domain.cause import Cause
from tests.support.floor import Floor, device


def test_a_customer_on_hold_is_shown_on_hold_and_comes_back(floor: Floor) -> None:
    call = floor.talk("bo")
    assert floor.may("bo") == {
        Operation.HOLD,
        Operation.CONSULT,
        Operation.TRANSFER_TO,
        Operation.DIGITS,
        Operation.CLEAR,
    }
    floor.pass_time(10.0)
    assert floor.agent_does("bo", HoldCall) is None
    page = floor.page("bo")
    assert page is not None
    assert page.call is not None
    assert (page.call.customer, page.call.customer_since) == (ConnectionState.HELD, floor.epoch_ms())
    assert Operation.RETRIEVE in floor.may("bo")
    assert Operation.HOLD not in floor.may("bo")
    assert floor.activity("bo") is AgentActivity.HOLDING
    floor.pass_time(5.0)
    assert floor.agent_does("bo", RetrieveCall) is None
    assert floor.activity("bo") is AgentActivity.TALKING
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-5:] == ["answered:bo", "held:bo", "retrieved:bo", "talk_ended:agent", "ended:handled"]


def test_the_customer_may_hang_up_on_hold_and_the_phone_is_put_down(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_does("bo", HoldCall)
    floor.caller_hangs_up(call)
    assert floor.pbx.leg_of(device("bo")) is None
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert floor.story(call)[-3:] == ["held:bo", "talk_ended:caller", "ended:handled"]


def test_who_hangs_up_on_a_customer_on_hold_sends_him_to_the_head_of_the_line(floor: Floor) -> None:
    """A customer is never cleared by a key pressed at the wrong moment."""
    call = floor.talk("bo")
    floor.pass_time(5.0)
    later = floor.caller_waits()
    floor.agent_does("bo", HoldCall)
    floor.agent_hangs_up("bo")
    assert floor.waiting() == [floor.interaction(call), floor.interaction(later)]
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL  # his own work after it, by the queue's rule
    assert floor.agent_completes("bo", call, note="asked for his invoice") is None
    assert floor.rings("bo") == call
    page = floor.page("bo")
    assert page is not None
    assert [note.note for note in page.notes_before] == ["asked for his invoice"]
    assert floor.story(call)[-7:] == [
        "held:bo",
        "transferred:billing",
        "talk_ended:agent",
        "queued:billing",
        "wrap_up_completed",
        "offered:bo",
        "rang",
    ]


def test_keys_go_to_whom_the_agent_talks_to(floor: Floor) -> None:
    floor.talk("bo")
    assert floor.agent_does("bo", GenerateDigits, digits="12#A") is None
    assert [digit for _, digit in floor.pbx.keys] == ["1", "2", "#", "A"]
    assert floor.agent_does("bo", GenerateDigits, digits="") == "not_digits"
    assert floor.agent_does("bo", GenerateDigits, digits="1" * 33) == "not_digits"
    assert floor.agent_does("bo", GenerateDigits, digits="1,2") == "not_digits"
    assert floor.agent_does("bo", GenerateDigits, digits="１２") == "not_digits"


def test_hold_retrieve_and_transfer_pressed_at_once_are_one_operation(floor: Floor) -> None:
    """The first is ordered; the others would cross it, and are refused until it shows."""
    floor.talk("bo")
    page = floor.page("bo")
    assert page is not None
    held = HoldCall(agent="bo", interaction=page.interaction)
    replies = floor.ask_at_once(
        held, RetrieveCall(agent="bo", interaction=page.interaction), HoldCall(agent="bo", interaction=page.interaction)
    )
    assert replies == [None, "not_in_this_state", "operation_under_way"]
    assert len(floor.sent(commands.HoldCall)) == 1
    assert floor.agent_does("bo", RetrieveCall) is None


def test_an_order_that_the_switch_does_not_carry_out_is_not_under_way_for_ever(floor: Floor) -> None:
    floor.talk("bo")
    page = floor.page("bo")
    assert page is not None
    floor.swallow_next_command()
    floor.ask(HoldCall(agent="bo", interaction=page.interaction))
    assert floor.may("bo") == {Operation.CLEAR}
    floor.pass_time(2.5)
    assert Operation.HOLD in floor.may("bo")
    assert floor.agent_does("bo", HoldCall) is None
    assert floor.activity("bo") is AgentActivity.HOLDING


@pytest.mark.parametrize("kind", [HoldCall, RetrieveCall, ClearConnection, GenerateDigits])
def test_another_agents_call_is_not_to_be_touched(floor: Floor, kind: type) -> None:
    floor.talk("bo")
    floor.agent_signs_on("ana")
    page = floor.page("bo")
    assert page is not None
    fields = {"digits": "1"} if kind is GenerateDigits else {}
    assert floor.refusal(kind(agent="ana", interaction=page.interaction, **fields)) == "not_your_contact"
    assert floor.refusal(kind(agent="ana", interaction="0" * 8 + "-0000-7000-8000-" + "0" * 12, **fields)) == (
        "not_your_contact"
    )
    assert floor.talks_to("bo") is not None


def test_an_offer_may_be_rejected_by_key(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    assert floor.may("bo") == {Operation.REJECT}
    assert floor.agent_does("bo", RejectCall) is None
    assert floor.rings("bo") is None
    assert floor.state("bo") is AgentStateName.NOT_READY
    assert floor.waiting() == [floor.interaction(call)]
    assert floor.last_gone("bo") == "refused"


def test_without_a_link_nothing_is_ordered(floor: Floor) -> None:
    floor.talk("bo")
    floor.link_down()
    assert floor.agent_does("bo", HoldCall) == "switch_down"


def test_a_phone_that_holds_by_itself_is_believed(floor: Floor) -> None:
    """The agent pressed the key on a desk phone: only that phone can take the customer back."""
    call = floor.talk("bo")
    floor.pbx.phone_holds(call)
    floor.settle()
    assert floor.may("bo") == {Operation.CONSULT, Operation.TRANSFER_TO, Operation.CLEAR}
    floor.pbx.phone_holds(call, on=False)
    floor.settle()
    assert Operation.HOLD in floor.may("bo")


def test_a_leg_that_dies_while_the_customer_is_on_hold_leaves_him_waiting_for_his_agent(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_signs_on("ana")
    floor.agent_does("bo", HoldCall)
    floor.pbx.lose_leg(device("bo"), Cause.MEDIA_LOST)
    floor.settle()
    assert floor.rings("bo") == call  # his phone can be reached: he has his caller back at once
    floor.agent_answers("bo")
    assert floor.talks_to("bo") == call
