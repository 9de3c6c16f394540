"""What callers are asked when their agent has hung up, and what becomes of everybody meanwhile."""

from __future__ import annotations

import pytest

from acd.model import WrapUpMode
from callcenter.api.calls import NumberTarget, SingleStepTransferCall
from callcenter.api.messages import AgentStateName, ContactPhase
from callcenter.domain import commands
from callcenter.domain.cause import Cause
from callcenter.domain.events import Place
from callcenter.domain.history import summarize
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.server import effects, facts
from callcenter.server.contact import Stage
from tests.support.floor import Floor, catalogue, check_stories, plan


@pytest.fixture
def floor() -> Floor:
    """Callers of billing are asked how it was; those of general are not."""
    return Floor(
        catalogue_=catalogue(
            plan("billing", {"billing": 3}, survey="satisfaction"), plan("general", {}, wrap_up=WrapUpMode.NONE)
        )
    )


def surveyed(floor: Floor) -> CallId:
    """Bo has hung up, and his caller is being asked."""
    call = floor.talk("bo")
    floor.pass_time(60.0)
    floor.agent_hangs_up("bo")
    assert floor.sessions[call].flow == "satisfaction"
    return call


def surveys(floor: Floor, call: CallId) -> int:
    """Return how often the caller was asked."""
    return floor.story(call).count("survey_begun")


def test_the_caller_is_asked_and_the_agent_works_on_after_the_call(floor: Floor) -> None:
    call = surveyed(floor)
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    floor.flow_enters(call, "how_was_it")
    floor.flow_gathers(call, "satisfaction", 5)
    page = floor.page("bo")
    assert page is not None
    assert page.phase is ContactPhase.WRAP_UP
    assert page.gathered == (), "what he says of his agent is not for the agent to read"
    assert floor.agent_completes("bo", call) is None
    assert floor.state("bo") is AgentStateName.READY
    other = floor.caller_waits()
    assert floor.rings("bo") == other, "the survey holds no agent"
    floor.flow_gathers(call, "solved", True)
    floor.flow_hangs_up(call)
    assert floor.story(call)[-8:] == [
        "talk_ended:agent",
        "survey_begun",
        "node_entered",
        "answer_given",
        "wrap_up_completed",
        "answer_given",
        "ended:handled",
        "closed",
    ]
    answers = summarize([one for one in floor.events if one.interaction == floor.interaction(call)]).story.answers
    assert [(one.key, one.value) for one in answers] == [("satisfaction", 5), ("solved", True)]
    check_stories(floor)


def test_the_survey_knows_what_the_flow_knew(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    floor.flow_gathers(call, "language", "cmn")
    floor.flow_queues(call)
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert floor.sessions[call].fields["language"] == "cmn"


def test_keys_and_prompts_reach_the_survey(floor: Floor) -> None:
    call = surveyed(floor)
    floor.pbx.press(call, "5")
    floor.settle()
    assert [one.digit for one in floor.log if isinstance(one, effects.PassDigit)] == ["5"]
    session = floor.sessions[call].session
    floor.tell(facts.PlayWanted(call=call, session=session, step=1, files=("/how",)))
    assert [one.files for one in floor.log if isinstance(one, effects.Play)] == [("/how",)]


def test_a_caller_who_hangs_up_himself_is_asked_nothing(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.caller_hangs_up(call)
    assert surveys(floor, call) == 0
    assert floor.agent_completes("bo", call) is None
    assert "survey_begun" not in floor.story(call)
    check_stories(floor)


def test_hanging_up_in_the_survey_is_nothing_unusual(floor: Floor) -> None:
    """What he has answered is kept, and he was served."""
    call = surveyed(floor)
    floor.flow_gathers(call, "satisfaction", 2)
    floor.caller_hangs_up(call)
    assert floor.agent_completes("bo", call) is None
    assert floor.story(call)[-4:] == ["answer_given", "ended:handled", "wrap_up_completed", "closed"]
    check_stories(floor)


@pytest.mark.parametrize("first", ["agent", "survey"])
def test_the_interaction_ends_with_whoever_is_done_last(floor: Floor, first: str) -> None:
    call = surveyed(floor)
    if first == "agent":
        assert floor.agent_completes("bo", call) is None
        assert floor.story(call)[-1] != "closed"
        floor.flow_hangs_up(call)
    else:
        floor.flow_hangs_up(call)
        assert floor.story(call)[-1] != "closed"
        floor.pass_time(31.0)  # his wrap-up is over by itself
    assert floor.story(call)[-1] == "closed"
    check_stories(floor)


def test_a_queue_without_one_asks_nothing_unless_the_flow_wants_it(floor: Floor) -> None:
    floor.agent_signs_on("bo")
    call = floor.caller_waits("general")
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert floor.story(call)[-1] == "closed"
    assert floor.sent(commands.MarkSurvey) == []
    call = floor.caller_arrives()
    session = floor.sessions[call].session
    floor.tell(facts.QueueWanted(call=call, session=session, queue="general", attributes={}, survey="how_was_it"))
    floor.settle()
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert floor.sessions[call].flow == "how_was_it"


def test_a_lost_agent_is_no_end_of_a_talk(floor: Floor) -> None:
    """The caller waits for another; he is asked when that one has hung up."""
    call = floor.talk("bo")
    floor.pbx.lose_leg(floor.director.floor.desks["bo"].record.device)  # type: ignore[index]  # a name is a name
    floor.settle()
    assert surveys(floor, call) == 0
    floor.pass_time(31.0)
    floor.agent_signs_on("ana")
    floor.pass_time(1.0)
    assert floor.rings("ana") == call
    floor.agent_answers("ana")
    floor.agent_hangs_up("ana")
    assert floor.sessions[call].flow == "satisfaction"


def test_who_was_sent_on_to_a_number_is_asked_nothing(floor: Floor) -> None:
    call = floor.talk("bo")
    assert floor.agent_does("bo", SingleStepTransferCall, target=NumberTarget(number="(202) 555-0123")) is None
    floor.pbx.number_answers()
    floor.settle()
    floor.pbx.number_hangs_up()
    floor.settle()
    assert surveys(floor, call) == 0
    marks = floor.sent(commands.MarkSurvey)
    assert [one.survey for one in marks if isinstance(one, commands.MarkSurvey)] == ["satisfaction", None]


def test_a_survey_that_breaks_or_hangs_ends_the_call(floor: Floor) -> None:
    call = surveyed(floor)
    floor.flow_fails(call)
    assert floor.story(call)[-1] == "ended:handled"
    assert floor.agent_completes("bo", call) is None
    other = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    floor.pass_time(9.0)  # nobody plays or asks anything
    assert other not in floor.pbx.lines
    floor.pass_time(31.0)
    assert floor.story(other)[-1] == "closed"
    check_stories(floor)


def test_who_wants_to_talk_to_somebody_once_more_waits_like_one_who_has_just_come(floor: Floor) -> None:
    call = surveyed(floor)
    floor.flow_queues(call, "billing")
    assert floor.agent_completes("bo", call) is None
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    floor.agent_hangs_up("bo")
    assert surveys(floor, call) == 1, "he has been asked already"
    check_stories(floor)


def test_nobody_is_promised_a_call_after_his_talk(floor: Floor) -> None:
    call = surveyed(floor)
    assert floor.flow_promises(call, queue="billing") == "nobody is called back after a talk"


# -- restarts --------------------------------------------------------------------------------------------------------


def test_a_restart_in_the_survey_goes_on_at_its_node(floor: Floor) -> None:
    call = surveyed(floor)
    floor.tell(
        facts.NodeEntered(
            call=call,
            session=floor.sessions[call].session,
            flow="satisfaction",
            version=3,
            node="is_it_solved",
            budget=20.0,
        )
    )
    floor.settle()
    floor.flow_gathers(call, "satisfaction", 4)
    floor.restart()
    again = floor.sessions[call]
    assert (again.flow, again.node, again.version) == ("satisfaction", "is_it_solved", 3)
    assert again.fields["satisfaction"] == 4
    assert floor.contact(call).stage is Stage.SURVEY
    page = floor.page("bo")
    assert page is not None
    assert page.phase is ContactPhase.WRAP_UP
    assert page.gathered == ()
    floor.flow_hangs_up(call)
    assert floor.agent_completes("bo", call) is None
    assert floor.story(call)[-1] == "closed"
    assert floor.story(call).count("survey_begun") == 1
    check_stories(floor)


def test_an_agent_who_hung_up_while_we_were_away_leaves_his_caller_to_the_survey(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.link_down()
    floor.pbx.put_down(floor.pbx.lines[call].device or "")  # type: ignore[arg-type]  # it is there
    assert floor.pbx.lines[call].place is Place.SURVEY
    floor.restart()
    assert floor.sessions[call].flow == "satisfaction"
    assert "survey_begun" in floor.story(call)
    floor.flow_hangs_up(call)
    check_stories(floor)


def test_a_lost_link_does_not_cost_the_survey(floor: Floor) -> None:
    call = floor.talk("bo")
    floor.link_down()
    floor.pbx.put_down(floor.pbx.lines[call].device or "")  # type: ignore[arg-type]  # it is there
    floor.link_up()
    assert floor.sessions[call].flow == "satisfaction"
    floor.link_down()
    floor.link_up()
    assert floor.contact(call).stage is Stage.SURVEY
    floor.flow_hangs_up(call)
    floor.pass_time(31.0)
    assert floor.story(call)[-1] == "closed"


def test_a_talk_that_a_restart_found_is_marked_again(floor: Floor) -> None:
    floor.talk("bo")
    floor.restart()
    marks = floor.sent(commands.MarkSurvey)
    assert [one.survey for one in marks if isinstance(one, commands.MarkSurvey)] == ["satisfaction", "satisfaction"]


def test_a_switch_that_dies_in_the_survey_ends_it(floor: Floor) -> None:
    call = surveyed(floor)
    floor.pbx.crash()
    floor.link_down(switch_stopped=True)
    (ended,) = floor.written(call, EventKind.ENDED)
    assert (ended.data["outcome"], ended.data["cause"]) == ("handled", Cause.SWITCH_FAILURE.value)
