"""Work after the call: none, for a time, or until a disposition is given."""

from __future__ import annotations

import pytest

from acd.model import WrapUpMode
from callcenter.api import messages
from callcenter.api.messages import AgentStateName, ContactPhase, SetState
from callcenter.domain import events
from callcenter.domain.cause import Cause
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.server import effects
from tests.support.floor import Floor, catalogue, device, plan


@pytest.fixture
def talk(floor: Floor, request: pytest.FixtureRequest) -> CallId:
    """Ana talks to a caller of the queue that the test names."""
    floor.agent_signs_on("ana")
    call = floor.caller_waits(request.param)
    floor.agent_answers("ana")
    return call


@pytest.mark.parametrize("talk", ["general"], indirect=True)
def test_none(floor: Floor, talk: CallId) -> None:
    """Ready again at once; what the agent had noted in the talk is kept, and the end is written before the closing."""
    saved = messages.SaveNote(agent="ana", interaction=floor.interaction(talk), note="wants a call back")
    assert floor.refusal(saved) is None
    floor.agent_hangs_up("ana")
    assert floor.state("ana") is AgentStateName.READY
    assert floor.page("ana") is None
    assert floor.story(talk)[-4:] == ["talk_ended:agent", "wrap_up_completed", "ended:handled", "closed"]
    (completed,) = floor.written(talk, EventKind.WRAP_UP_COMPLETED)
    assert completed.data["note"] == "wants a call back"


@pytest.mark.parametrize("talk", ["general"], indirect=True)
def test_none_when_only_the_calls_end_is_told(floor: Floor, talk: CallId) -> None:
    """The order of what is written does not depend on what the switch tells first."""
    floor.tell(events.CallCleared(call=talk, cause=Cause.NORMAL_CLEARING))
    assert floor.story(talk)[-4:] == ["talk_ended:caller", "ended:handled", "wrap_up_completed", "closed"]


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_fixed_ends_by_the_clock(floor: Floor, talk: CallId) -> None:
    """The page counts down; when the time is over the agent is ready and the interaction closed."""
    floor.agent_hangs_up("ana")
    page = floor.page("ana")
    assert page is not None
    assert page.phase is ContactPhase.WRAP_UP
    assert page.wrap_up_until == round((floor.clock.utc().timestamp() + 30.0) * 1000)
    floor.pass_time(29.9)
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL
    floor.pass_time(0.2)
    assert floor.state("ana") is AgentStateName.READY
    assert floor.last_gone("ana") == "completed"
    assert floor.story(talk)[-1] == "closed"


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_fixed_ends_when_the_agent_says_so(floor: Floor, talk: CallId) -> None:
    """Completed before the time is over."""
    floor.agent_hangs_up("ana")
    assert floor.agent_completes("ana", talk, disposition=None) is None
    assert floor.state("ana") is AgentStateName.READY
    assert floor.story(talk)[-1] == "closed"


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_more_time_within_the_limit(floor: Floor, talk: CallId) -> None:
    """Two extensions are granted, a third is not."""
    floor.agent_hangs_up("ana")
    more = messages.ExtendWrapUp(agent="ana", interaction=floor.interaction(talk))
    assert [floor.refusal(more) for _ in range(3)] == [None, None, "extension_limit"]
    page = floor.page("ana")
    assert page is not None
    assert page.wrap_up_until == round((floor.clock.utc().timestamp() + 90.0) * 1000)
    floor.pass_time(89.0)
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL
    floor.pass_time(2.0)
    assert floor.state("ana") is AgentStateName.READY


@pytest.mark.parametrize("talk", ["technical"], indirect=True)
def test_until_disposition(floor: Floor, talk: CallId) -> None:
    """No clock ends it; no completion without a disposition; the disposition must be one of the queue's."""
    floor.agent_hangs_up("ana")
    page = floor.page("ana")
    assert page is not None
    assert (page.wrap_up_until, page.disposition_required) == (None, True)
    floor.pass_time(3_600.0)
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL
    assert floor.agent_completes("ana", talk, disposition=None) == "disposition_required"
    assert floor.agent_completes("ana", talk, disposition="no-such") == "unknown_disposition"
    assert floor.agent_completes("ana", talk, disposition="call_back") is None
    assert floor.state("ana") is AgentStateName.READY
    (completed,) = floor.written(talk, EventKind.WRAP_UP_COMPLETED)
    assert completed.data["disposition"] == "call_back"


@pytest.mark.parametrize("talk", ["technical"], indirect=True)
def test_a_refused_completion_changes_nothing(floor: Floor, talk: CallId) -> None:
    """The draft stays as it was last saved."""
    floor.agent_hangs_up("ana")
    floor.refusal(messages.SaveNote(agent="ana", interaction=floor.interaction(talk), note="draft"))
    assert floor.agent_completes("ana", talk, note="other", disposition=None) == "disposition_required"
    shown = floor.snapshot().contacts["ana"]
    assert (shown.note, shown.disposition) == ("draft", None)


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_a_contact_cannot_be_completed_in_the_talk(floor: Floor, talk: CallId) -> None:
    """Completing is what ends the work after the talk."""
    assert floor.agent_completes("ana", talk) == "still_talking"
    floor.agent_hangs_up("ana")
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_notes_are_kept_once_each(floor: Floor, talk: CallId) -> None:
    """A note is written when it changed; the reply waits for the disk."""
    for note in ("a", "a", "ab"):
        floor.refusal(messages.SaveNote(agent="ana", interaction=floor.interaction(talk), note=note))
    assert [event.data["note"] for event in floor.written(talk, EventKind.NOTE_SAVED)] == ["a", "ab"]
    replies = [one for one in floor.log if isinstance(one, effects.Answer)]
    assert [reply.when_durable for reply in replies[-3:]] == [True, True, True]


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_nobody_writes_into_another_agents_contact(floor: Floor, talk: CallId) -> None:
    """Nor into one that is closed, or that never was."""
    floor.agent_signs_on("bo")
    interaction = floor.interaction(talk)
    note = "meddling"
    assert floor.refusal(messages.SaveNote(agent="bo", interaction=interaction, note=note)) == "not_your_contact"
    assert floor.agent_completes("bo", talk) == "not_your_contact"
    assert floor.refusal(messages.ExtendWrapUp(agent="bo", interaction=interaction)) == "not_your_contact"
    floor.agent_hangs_up("ana")
    floor.agent_completes("ana", talk)
    assert floor.refusal(messages.SaveNote(agent="ana", interaction=interaction, note=note)) == "not_your_contact"


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_a_break_asked_for_in_the_talk_comes_after_the_wrap_up(floor: Floor, talk: CallId) -> None:
    """Pending through the wrap-up, and shown as such."""
    floor.agent_takes_a_break("ana")
    floor.agent_hangs_up("ana")
    shown = next(one for one in floor.snapshot().agents if one.agent == "ana")
    assert (shown.pending, shown.pending_reason) == (AgentStateName.NOT_READY, "break")
    floor.pass_time(31.0)
    assert (floor.state("ana"), floor.reason("ana")) == (AgentStateName.NOT_READY, "break")
    assert floor.story(talk)[-1] == "closed"


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_nobody_is_offered_to_an_agent_in_wrap_up(floor: Floor, talk: CallId) -> None:
    """The next caller comes when the work is done, with the next page."""
    floor.agent_hangs_up("ana")
    waiting = floor.caller_waits()
    assert floor.rings("ana") is None
    floor.agent_completes("ana", talk)
    assert floor.rings("ana") == waiting
    page = floor.page("ana")
    assert page is not None
    assert page.interaction == floor.interaction(waiting)


@pytest.mark.parametrize("talk", ["billing"], indirect=True)
def test_a_wrap_up_completed_before_the_callers_end_is_told(floor: Floor, talk: CallId) -> None:
    """The agent is quicker than the switch: the interaction closes when the caller's end is written."""
    connection = floor.contact(talk).connection
    assert connection is not None
    floor.tell(
        events.ConnectionCleared(
            call=talk, device=device("ana"), connection=connection, cause=Cause.NORMAL_CLEARING, by_agent=True
        )
    )
    floor.agent_completes("ana", talk)
    assert floor.state("ana") is AgentStateName.READY
    assert floor.story(talk)[-1] == "wrap_up_completed"
    floor.tell(events.CallCleared(call=talk, cause=Cause.NORMAL_CLEARING))
    assert floor.story(talk)[-2:] == ["ended:handled", "closed"]


def test_a_completion_that_the_engine_refuses_changes_nothing() -> None:
    """The queue asks for a disposition by its wrap-up alone: the draft is kept as it was."""
    floor = Floor(
        catalogue_=catalogue(plan("general", {}, wrap_up=WrapUpMode.UNTIL_DISPOSITION, disposition_required=False))
    )
    floor.agent_signs_on("bo")
    call = floor.caller_waits("general")
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert floor.agent_completes("bo", call, note="lost?", disposition=None) == "disposition_required"
    assert floor.snapshot().contacts["bo"].note == ""


@pytest.mark.parametrize("asked", [False, True])
def test_time_after_a_talk_is_asked_for_during_it(asked: bool) -> None:
    """Where the queue leaves it to the agent, and not when there is nothing to work on."""
    floor = Floor(catalogue_=catalogue(plan("general", {}, wrap_up=WrapUpMode.OPTIONAL)))
    floor.agent_signs_on("bo")
    wish = SetState(agent="bo", state=AgentStateName.WORKING_AFTER_CALL)
    assert floor.refusal(wish) == "nothing_to_wrap_up"
    call = floor.caller_waits("general")
    floor.agent_answers("bo")
    if asked:
        assert floor.refusal(wish) is None
    floor.caller_hangs_up(call)
    assert floor.state("bo") is (AgentStateName.WORKING_AFTER_CALL if asked else AgentStateName.READY)
