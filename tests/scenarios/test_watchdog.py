"""What should never disagree and does all the same: found at the second look, put right, and told."""

from __future__ import annotations

from dataclasses import replace

import pytest

import acd.events
import acd.model
from callcenter.api.calls import AgentTarget, ConsultationCall, HoldCall, QueueTarget, SingleStepTransferCall
from callcenter.api.messages import AgentStateName, Repair, RepairReport
from callcenter.domain import commands
from callcenter.domain.cause import Cause
from callcenter.domain.events import Place
from callcenter.domain.interaction import EventKind
from callcenter.server.contact import Stage
from tests.support.floor import Floor, device

TWO_LOOKS = 31.0  # seconds


def repairs(floor: Floor) -> list[Repair]:
    """Return what was told to be put right, oldest first."""
    return [one.repair.repair for one in floor.reports if isinstance(one, RepairReport)]


def unseen(floor: Floor) -> None:
    """What the switch has just said reaches nobody, and nobody notices."""
    floor.pbx.out.clear()


def test_where_all_is_well_nothing_is_repaired(floor: Floor) -> None:
    """In a talk, on hold, in a consultation, in the queue, in wrap-up."""
    floor.agent_signs_on("ana", ready=False)
    floor.talk("bo")
    floor.caller_waits("technical")
    floor.pass_time(2 * TWO_LOOKS)
    floor.agent_does("bo", HoldCall)
    floor.pass_time(2 * TWO_LOOKS)
    floor.agent_does("bo", ConsultationCall, target=AgentTarget(agent="ana"))
    floor.agent_answers("ana")
    floor.pass_time(2 * TWO_LOOKS)
    floor.agent_hangs_up("bo")
    floor.pass_time(2 * TWO_LOOKS)
    assert repairs(floor) == []
    assert floor.director.floor.misfits == 0


def test_a_goodbye_that_nobody_heard(floor: Floor) -> None:
    """The agent counts as talking to somebody who has gone, until the second look."""
    call = floor.talk("bo")
    interaction = floor.interaction(call)
    floor.pbx.hang_up(call)
    unseen(floor)
    floor.pass_time(16.0)
    assert floor.state("bo") is AgentStateName.BUSY, "what one look finds may be on its way"
    floor.pass_time(15.0)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    assert repairs(floor) == [Repair.CALL_FORGOTTEN]
    told = floor.snapshot().repairs
    assert [(one.repair, one.agent, one.interaction, one.by) for one in told] == [
        (Repair.CALL_FORGOTTEN, "bo", interaction, None)
    ]
    assert "ended:handled" in floor.story(call)
    assert floor.written(call, EventKind.REPAIRED)[0].data == {"repair": "call_forgotten", "agent": "bo"}


def test_a_customer_who_did_not_answer_unseen_is_called_once_more(floor: Floor) -> None:
    """Else his promise would be forgotten: he would be one who is being called, until its time is over."""
    call = floor.promised()
    floor.agent_signs_on("ana")
    floor.pass_time(1.0)
    floor.pbx.customer_does_not()
    unseen(floor)
    floor.pass_time(TWO_LOOKS)
    assert repairs(floor) == [Repair.CALL_FORGOTTEN]
    assert floor.story(call)[-1].startswith("callback_failed")
    floor.pass_time(3600.0)
    assert floor.sent(commands.CallBack)[1:] != []


def test_a_customer_who_lost_his_agent_unseen_waits_again(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.agent_does("bo", HoldCall)
    floor.pbx.put_down(device("bo"))
    unseen(floor)
    floor.pass_time(TWO_LOOKS)
    assert repairs(floor)[0] is Repair.CUSTOMER_WITHOUT_AGENT
    assert floor.pbx.lines[call].place in (Place.WAITING, Place.ALERTING)


@pytest.mark.parametrize("was", ["in his flow", "handed over", "called back", "with a number"])
def test_who_came_into_the_waiting_room_unseen_is_queued(floor: Floor, was: str) -> None:
    """The dialplan leads there whoever it has nobody for: a guard that had to act, say."""
    if was == "called back":
        floor.promised()
        floor.agent_signs_on("ana")
        floor.pass_time(1.0)
        floor.agent_takes_a_break("ana")
        call = floor.pbx.customer_answers()
    else:
        call = floor.caller_arrives()
        if was == "handed over":
            floor.agent_signs_on("bo")
            floor.flow_transfers(call, "bo", timeout=300.0)
        elif was == "with a number":
            floor.flow_transfers(call, "building", to="number")
            floor.pbx.number_answers()
            floor.settle()
            (leg,) = floor.pbx.legs.values()
            floor.pbx._leg_ends(leg, Cause.MEDIA_LOST, by_agent=False)
        else:
            floor.pbx._to_room(floor.pbx.lines[call])
    if was == "handed over":
        floor.pbx._to_room(floor.pbx.lines[call])
    unseen(floor)
    floor.pass_time(TWO_LOOKS)
    if was == "handed over":
        assert floor.not_taken(call) != []
    else:
        assert floor.waiting() == [floor.contact(call).interaction]
    assert repairs(floor) == [Repair.CUSTOMER_WITHOUT_AGENT]


def test_a_caller_who_came_unseen_is_found(floor: Floor) -> None:
    call = floor.pbx.arrive()
    floor.pbx.enter(call)
    unseen(floor)
    floor.pass_time(TWO_LOOKS)
    assert call in floor.director.floor.by_call


def test_a_phone_that_came_or_went_unseen(floor: Floor) -> None:
    """Its agent would wait for calls for ever, or be rung in vain."""
    floor.agent_signs_on("bo")
    floor.phone_lost("bo")
    floor.pbx.register(device("bo"))
    unseen(floor)
    floor.pass_time(16.0)
    assert floor.reason("bo") == "phone unreachable"
    floor.pass_time(15.0)
    assert floor.state("bo") is AgentStateName.READY
    floor.pbx.unregister(device("bo"))
    unseen(floor)
    floor.pass_time(TWO_LOOKS)
    assert floor.reason("bo") == "phone unreachable"
    assert repairs(floor) == [Repair.PHONE_CHANGED] * 2


def test_an_agent_who_is_busy_with_nothing_is_freed(floor: Floor) -> None:
    call = floor.talk("bo")
    contact = floor.contact(call)
    floor.pbx.hang_up(call)
    unseen(floor)
    floor.director.floor.forget(contact)  # a fault of ours: forgotten, and the engine does not know
    floor.pass_time(TWO_LOOKS)
    assert repairs(floor) == [Repair.AGENT_FREED]
    assert floor.state("bo") is AgentStateName.READY
    assert floor.page("bo") is None
    waiting = floor.caller_waits()
    floor.pass_time(1.0)
    assert floor.rings("bo") == waiting


def test_a_caller_whom_the_engine_has_lost_is_queued_again(floor: Floor) -> None:
    call = floor.caller_waits()
    gone = acd.events.InteractionAbandoned(interaction=acd.model.InteractionId(floor.interaction(call)))
    floor.director.floor.engine.handle(gone, floor.clock.monotonic())
    assert floor.waiting() == []
    floor.pass_time(TWO_LOOKS)
    assert floor.waiting() == [floor.interaction(call)]
    assert repairs(floor) == [Repair.CUSTOMER_WITHOUT_AGENT]


def test_an_offer_that_only_we_know_is_taken_back(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.pass_time(0.1)
    contact = floor.contact(call)
    assert contact.offer is not None
    contact.offer = replace(contact.offer, device=device("nobody"))  # so that no end of the ringing is taken for its
    refused = acd.events.OfferRefused(offer=acd.model.OfferId(contact.offer.offer))
    floor.director.floor.engine.handle(refused, floor.clock.monotonic())
    floor.pass_time(TWO_LOOKS)
    assert Repair.AGENT_FREED in repairs(floor)
    assert floor.contact(call).offer is None
    assert floor.page("bo") is None


def test_who_gave_up_after_a_talk_is_not_queued_again(floor: Floor) -> None:
    """The agent who had him still works on it; the board shows nobody waiting, and nothing is repaired."""
    floor.agent_signs_on("ana", ready=False)
    call = floor.talk("bo")
    floor.agent_does("bo", SingleStepTransferCall, target=QueueTarget(queue="technical"))
    interaction = floor.interaction(call)
    floor.caller_hangs_up(call)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    floor.pass_time(1.0)
    assert all(queue.waiting == 0 for queue in floor.snapshot().queues)
    floor.pass_time(28.0)
    assert repairs(floor) == []
    assert floor.director.floor.contacts[interaction].stage is Stage.WRAP_UP
    floor.pass_time(TWO_LOOKS)
    assert repairs(floor) == []
    assert floor.director.floor.contacts == {}
