"""The link to the switch is lost and comes back; the switch itself goes; what was not seen is read back."""

from __future__ import annotations

from callcenter.api import messages
from callcenter.api.messages import AgentStateName, LinkReport
from callcenter.domain import commands, events
from callcenter.domain.cause import Cause
from callcenter.domain.events import Place
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.server import effects, facts
from tests.support.floor import Floor, device

_STRANGER = CallId("1.1")


def test_a_lost_link_is_shown_and_stops_offers(floor: Floor) -> None:
    """Nobody can be rung: every phone counts as out of reach, and comes back with the link."""
    floor.agent_signs_on("bo")
    floor.link_down()
    assert (floor.state("bo"), floor.reason("bo")) == (AgentStateName.NOT_READY, "phone unreachable")
    assert not floor.snapshot().link.switch_up
    floor.link_up()
    assert floor.state("bo") is AgentStateName.READY
    links = [report.link.switch_up for report in floor.reports if isinstance(report, LinkReport)]
    assert links == [True, False, True]


def test_nothing_is_sent_while_the_link_is_down(floor: Floor) -> None:
    """Commands into nowhere are not repeated later: the snapshot decides anew."""
    floor.agent_signs_on("bo")
    floor.caller_waits()
    floor.link_down()
    floor.log.clear()
    floor.pass_time(30.0)
    assert [one for one in floor.log if isinstance(one, effects.Command | effects.Resynchronise)] == []


def test_everybody_is_where_he_was(floor: Floor) -> None:
    """Waiting, talking and in the IVR: nothing is moved, nothing is written."""
    floor.agent_signs_on("bo")
    talking = floor.caller_waits()
    floor.agent_answers("bo")
    waiting = floor.caller_waits()
    asked = floor.caller_arrives()
    stories = [floor.story(call) for call in (talking, waiting, asked)]
    floor.link_down()
    floor.log.clear()
    floor.link_up()
    assert [floor.story(call) for call in (talking, waiting, asked)] == stories
    moves = commands.QueueCall | commands.DeflectCall | commands.RecallCall | commands.ReturnToIvr
    assert [one for one in floor.log if isinstance(one, effects.Command) and isinstance(one.command, moves)] == []
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.waiting() == [floor.interaction(waiting)]
    assert asked in floor.sessions


def test_a_phone_that_rings_goes_on_ringing(floor: Floor) -> None:
    """The ring becomes an offer again, to the same agent, without a second ring."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    line = floor.pbx.lines[call]
    connection = line.connection
    floor.link_down()
    floor.link_up()
    floor.pass_time(0.1)
    assert (floor.rings("bo"), line.connection) == (call, connection)
    floor.agent_answers("bo")
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.story(call)[-1] == "answered:bo"


def test_what_happened_unseen_is_told_afterwards(floor: Floor) -> None:
    """One answered, one hung up in the queue, one hung up in the talk, one came."""
    floor.agent_signs_on("bo")
    ringing = floor.caller_waits()
    gone = floor.caller_waits("technical")
    floor.agent_signs_on("ana", ready=False)
    floor.link_down()
    floor.pbx.answer(device("bo"))
    floor.pbx.hang_up(gone)
    came = floor.pbx.arrive()
    floor.pbx.enter(came)
    floor.link_up()
    assert floor.state("bo") is AgentStateName.BUSY
    assert floor.story(ringing)[-1] == "answered:bo"
    assert floor.story(gone)[-2:] == ["ended:switch_failure", "closed"]
    assert floor.story(came) == ["started"]
    assert came in floor.sessions
    floor.link_down()
    floor.pbx.put_down(device("bo"))
    floor.link_up()
    assert floor.story(ringing)[-2:] == ["talk_ended:switch", "ended:handled"]
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL


def test_an_agent_found_talking_is_not_offered_another_caller(floor: Floor) -> None:
    """Who is busy is known before anybody is ready."""
    floor.agent_signs_on("bo")
    first = floor.caller_waits()
    floor.caller_waits()
    floor.link_down()
    floor.pbx.answer(device("bo"))
    floor.log.clear()
    floor.link_up()
    assert floor.sent(commands.DeflectCall) == []
    assert floor.talks_to("bo") == first
    assert len(floor.waiting()) == 1


def test_a_talk_with_another_agent_than_we_knew(floor: Floor) -> None:
    """The caller lost his agent and got another one, all unseen: both parts are written."""
    floor.agent_signs_on("bo")
    call = floor.caller_waits()
    floor.agent_answers("bo")
    floor.agent_signs_on("ana")
    floor.link_down()
    line = floor.pbx.lines[call]
    floor.pbx.lose_leg(device("bo"))
    floor.pbx._ring(line, device("ana"))
    floor.pbx.answer(device("ana"))
    floor.link_up()
    assert floor.state("ana") is AgentStateName.BUSY
    assert floor.page("bo") is None
    talks = [one for one in floor.story(call) if one.startswith(("answered", "talk_ended"))]
    assert talks == ["answered:bo", "talk_ended:switch", "answered:ana"]


def test_a_move_that_was_lost_with_the_link_is_made(floor: Floor) -> None:
    """The flow had queued him, the order never arrived: he is not left in the IVR with nobody."""
    call = floor.caller_arrives()
    session = floor.sessions[call].session
    floor.tell(facts.QueueWanted(call=call, session=session, queue="billing", attributes={}))
    floor.link_down()
    floor.link_up()
    assert floor.pbx.lines[call].place is Place.WAITING


def test_a_caller_whose_entry_was_not_seen_is_led_through_the_flow(floor: Floor) -> None:
    """He arrived, the link broke, he stands in the IVR."""
    call = floor.pbx.arrive()
    floor.settle()
    floor.link_down()
    floor.pbx.enter(call)
    floor.link_up()
    assert call in floor.sessions


def test_a_session_whose_caller_was_lost_from_sight_is_begun_again(floor: Floor) -> None:
    """We saw the caller leave the IVR and not where he went: he is in it again, and is led on."""
    call = floor.caller_arrives()
    floor.flow_enters(call, "ask_reason")
    floor.tell(events.IvrLeft(call=call))
    floor.link_down()
    floor.link_up()
    assert (floor.sessions[call].session, floor.sessions[call].node) == (2, "ask_reason")


def test_who_signs_on_in_a_talk_is_busy_with_it(floor: Floor) -> None:
    """She signed off while nobody saw that she had answered."""
    floor.agent_signs_on("ana")
    call = floor.caller_waits()
    floor.link_down()
    floor.pbx.answer(device("ana"))
    assert floor.refusal(messages.SignOff(agent="ana")) is None
    floor.link_up()
    assert floor.state("ana") is AgentStateName.NULL
    assert floor.story(call)[-1] == "answered:ana"
    floor.agent_signs_on("ana", ready=False)
    assert floor.state("ana") is AgentStateName.BUSY
    floor.agent_hangs_up("ana")
    assert floor.state("ana") is AgentStateName.WORKING_AFTER_CALL


def test_the_guard_took_a_caller_while_we_were_blind(floor: Floor) -> None:
    """He waits in the room: he is queued."""
    call = floor.caller_arrives()
    floor.link_down()
    floor.pass_time(5.0)
    floor.pbx._leave_ivr(floor.pbx.lines[call])
    floor.pbx._to_room(floor.pbx.lines[call])
    floor.link_up()
    assert floor.waiting() == [floor.interaction(call)]
    assert call not in floor.sessions


def test_callers_in_the_switchs_own_queue_stay_there(floor: Floor) -> None:
    """Six seconds without us: they fell back, and we do not pull them out."""
    call = floor.caller_waits()
    floor.link_down()
    floor.pass_time(7.0)
    floor.link_up()
    assert floor.pbx.lines[call].place is Place.FALLBACK_QUEUE
    assert floor.story(call)[-1] == "fell_back"
    assert floor.waiting() == []


def test_the_switch_learns_again_who_is_ready(floor: Floor) -> None:
    """A restarted switch has forgotten its members."""
    floor.agent_signs_on("bo")
    floor.agent_signs_on("ana", ready=False)
    floor.link_down()
    floor.pbx.crash()
    floor.pbx.register(device("bo"))
    floor.link_up()
    assert floor.pbx.members[device("bo")].ready
    assert not floor.pbx.members[device("ana")].ready


def test_the_switch_says_that_it_stops(floor: Floor) -> None:
    """Every call is over, once, as the switch's failure; agents are free, and nobody waits any more."""
    floor.agent_signs_on("bo")
    talking = floor.caller_waits()
    floor.agent_answers("bo")
    waiting = floor.caller_waits()
    asked = floor.caller_arrives()
    floor.link_down(switch_stopped=True)
    floor.pbx.crash()
    floor.settle()
    assert floor.story(waiting)[-2:] == ["ended:switch_failure", "closed"]
    assert floor.story(asked)[-2:] == ["ended:switch_failure", "closed"]
    assert floor.story(talking)[-2:] == ["talk_ended:switch", "ended:handled"]
    assert floor.state("bo") is AgentStateName.WORKING_AFTER_CALL
    floor.link_up()
    for call in (talking, waiting, asked):
        assert len(floor.written(call, EventKind.ENDED)) == 1


def test_the_switch_dies_without_a_word(floor: Floor) -> None:
    """The link comes back with an empty switch behind it."""
    floor.agent_signs_on("bo")
    calls = [floor.caller_waits() for _ in range(3)]
    floor.agent_answers("bo")
    floor.link_down()
    floor.pbx.crash()
    floor.link_up()
    assert floor.director.floor.by_call == {}
    for call in calls:
        (ended,) = floor.written(call, EventKind.ENDED)
        assert ended.data["cause"] == Cause.SWITCH_FAILURE


# -- reading back because something did not fit ------------------------------------------------------------------------


def test_a_fact_that_fits_nothing_has_the_switch_read_back(floor: Floor) -> None:
    """An event of an unknown call means that we are blind for it; its end means nothing."""
    floor.tell(events.CallCleared(call=_STRANGER, cause=Cause.NORMAL_CLEARING))
    assert not any(isinstance(one, effects.Resynchronise) for one in floor.log)
    floor.tell(events.Queued(call=_STRANGER, fallback=False))
    assert sum(isinstance(one, effects.Resynchronise) for one in floor.log) == 1


def test_contradictions_seldom_come_alone(floor: Floor) -> None:
    """Two at once are one look at the switch now and one when two seconds have gone, not a look for each."""
    for _ in range(5):
        floor.tell(events.Queued(call=_STRANGER, fallback=False))
    floor.settle()
    floor.tell(events.Queued(call=_STRANGER, fallback=False))
    assert sum(isinstance(one, effects.Resynchronise) for one in floor.log) == 1
    floor.pass_time(1.9)
    assert sum(isinstance(one, effects.Resynchronise) for one in floor.log) == 1
    floor.pass_time(0.2)
    assert sum(isinstance(one, effects.Resynchronise) for one in floor.log) == 2
    floor.pass_time(10.0)
    assert sum(isinstance(one, effects.Resynchronise) for one in floor.log) == 2


def test_a_call_that_was_never_told_is_taken_up(floor: Floor) -> None:
    """An event was lost: the caller is found in the room, asked, and queued."""
    call = floor.pbx.arrive()
    floor.pbx.enter(call)
    floor.pbx.out.clear()
    floor.pbx.press(call, "1")
    floor.settle()
    assert floor.story(call) == ["started"]
    assert call in floor.sessions
    floor.flow_queues(call, "billing")
    assert floor.waiting() == [floor.interaction(call)]


def test_an_end_that_was_never_told_is_found(floor: Floor) -> None:
    """A call that the switch does not know any more is over; nobody knows why."""
    call = floor.caller_waits()
    del floor.pbx.lines[call]
    floor.tell(facts.CommandFailed(command=commands.RecallCall(call=call), why="no such channel"))
    floor.settle()
    (ended,) = floor.written(call, EventKind.ENDED)
    assert (ended.data["outcome"], ended.data["cause"]) == ("abandoned", Cause.UNKNOWN)


def test_a_ring_that_the_switch_refused_is_tried_again(floor: Floor) -> None:
    """The caller was not moved: the offer ends without blame, the caller goes to the room, and is offered anew."""
    floor.agent_signs_on("bo")
    call = floor.caller_arrives()
    session = floor.sessions[call].session
    floor.tell(facts.QueueWanted(call=call, session=session, queue="billing", attributes={}))
    floor.deliver_fact()  # the pop was shown
    floor.deliver_command()  # what the ring will need is written
    deflect = floor.to_switch.popleft()
    assert isinstance(deflect, commands.DeflectCall)
    floor.tell(facts.CommandFailed(command=deflect, why="refused"))
    floor.pass_time(8.5)
    assert floor.rings("bo") == call
    assert floor.state("bo") is AgentStateName.READY
    assert floor.written(call, EventKind.OFFER_ENDED)[0].data["outcome"] == "failed"


def test_a_ring_that_is_on_its_way_is_not_taken_for_lost(floor: Floor) -> None:
    """The snapshot was made before the order arrived: the offer stands."""
    floor.agent_signs_on("bo")
    before = floor.pbx.snapshot()
    call = floor.caller_arrives()
    before = floor.pbx.snapshot()
    floor.flow_queues(call, "billing")
    floor.tell(events.SwitchConnected(snapshot=before))
    floor.settle()
    assert floor.rings("bo") == call
    floor.agent_answers("bo")
    assert floor.state("bo") is AgentStateName.BUSY


def test_a_caller_who_has_just_come_is_not_taken_for_gone(floor: Floor) -> None:
    """He is in no place yet when the switch is read back."""
    call = floor.pbx.arrive()
    floor.deliver_fact()
    floor.to_switch.clear()  # the mark is still under way
    floor.tell(events.SwitchConnected(snapshot=floor.pbx.snapshot()))
    floor.pbx.enter(call)
    floor.settle()
    floor.pass_time(10.0)
    assert floor.story(call)[0] == "started"
    assert len({event.interaction for event in floor.events}) == 1
    assert floor.pbx.lines[call].interaction == floor.interaction(call)


def test_a_mirror_that_failed_is_told_again_with_the_next_change(floor: Floor) -> None:
    """The switch's own queue did not take the agent: no panic, but no forgetting either."""
    floor.agent_signs_on("bo")
    (*_, mirrored) = floor.sent(commands.MirrorAgent)
    floor.log.clear()
    floor.tell(facts.CommandFailed(command=mirrored, why="no such queue"))
    assert floor.log == []
    floor.caller_waits("general")
    floor.agent_answers("bo")
    assert floor.sent(commands.MirrorAgent) == [mirrored]
