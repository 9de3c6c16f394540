"""A story follows from the events alone, and is stored without loss."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.interaction import EventKind as Kind
from callcenter.domain.interaction import FieldValue
from callcenter.domain.segments import Segment, SegmentKind
from callcenter.domain.story import MOST_STEPS, Answer, Step, Story, tell
from tests.support.interactions import Story as Events
from tests.support.interactions import handled
from tests.support.segments import WITHIN, check_segments, no_overlap


def test_a_handled_call_has_all_its_segments() -> None:
    story = tell(handled().events)
    assert story.segments == (
        Segment(kind=SegmentKind.IVR, after=0.02, seconds=4.98, ended="queued"),
        Segment(kind=SegmentKind.QUEUE, after=5, seconds=10, queue="billing", ended="answered"),
        Segment(kind=SegmentKind.ALERTING, after=14.1, seconds=0.9, agent="ana", ended="answered", beside=True),
        Segment(kind=SegmentKind.TALK, after=15, seconds=60, agent="ana", ended="caller"),
        Segment(kind=SegmentKind.WRAP_UP, after=75, seconds=15, agent="ana"),
    )
    assert story.path == (Step(after=0.02, node="menu"),)
    assert story.answers == (Answer(after=4, key="reason", value="billing", keyed=True),)


def test_an_unanswered_offer_and_a_move_to_another_queue_are_seen() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.QUEUED, 1, queue="sales")
    events.tell(Kind.RANG, 5, agent="ana")
    events.tell(Kind.OFFER_ENDED, 20, agent="ana", outcome="unanswered")
    events.tell(Kind.QUEUED, 21, queue="sales", again=True)  # the same wait goes on
    events.tell(Kind.QUEUED, 31, queue="general")
    events.tell(Kind.ENDED, 40, outcome="abandoned")
    kinds = [(s.kind.value, s.queue or s.agent, s.seconds, s.ended) for s in tell(events.events).segments]
    assert kinds == [
        ("between", None, 1, ""),
        ("queue", "sales", 30, "moved"),
        ("alerting", "ana", 15, "unanswered"),
        ("queue", "general", 9, "abandoned"),
    ]


def test_who_ended_a_wait_without_a_line_is_stored() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.CALLBACK_WAITS, 1, queue="sales")
    events.tell(Kind.CALLBACK_DROPPED, 61, queue="sales", why="withdrawn", by="sue")
    events.tell(Kind.ENDED, 61, outcome="not_reached")
    told = tell(events.events)
    waited = Segment(kind=SegmentKind.CALLBACK, after=1, seconds=60, queue="sales", ended="withdrawn", by="sue")
    assert told.segments[-1] == waited
    assert Story.from_json(json.loads(json.dumps(told.as_json()))) == told


def test_of_each_agents_sound_the_last_report_counts_and_it_is_stored() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    good: dict[str, FieldValue] = {
        "jitter_ms": 4.04,
        "lost_share": 0.0,
        "round_trip_ms": 18.3,
        "mos": 4.391,
        "worst_mos": 4.35,
        "cause": None,
    }
    bad: dict[str, FieldValue] = good | {"lost_share": 0.08, "mos": 3.9, "worst_mos": 2.2, "cause": "loss_in"}
    events.tell(Kind.QUALITY, 60, agent="ana", **good)
    events.tell(Kind.QUALITY, 90, agent="ana", **bad)
    events.tell(Kind.QUALITY, 120, agent="ben", **(good | {"round_trip_ms": None}))
    story = tell(events.events)
    assert [
        (one.agent, one.mos, one.worst_mos, one.lost_share, one.round_trip_ms, one.cause) for one in story.sounds
    ] == [
        ("ana", 3.9, 2.2, 0.08, 18, "loss_in"),
        ("ben", 4.39, 4.35, 0.0, None, None),
    ]
    assert Story.from_json(json.loads(json.dumps(story.as_json()))) == story


def test_who_goes_round_in_circles_is_not_followed_for_ever_and_only_the_last_answer_counts() -> None:
    events = Events()
    for turn in range(3 * MOST_STEPS):
        events.tell(Kind.NODE_ENTERED, turn, node="menu")
        events.tell(Kind.ANSWER_GIVEN, turn, key="account", value=str(turn), keyed=True)
    story = tell(events.events)
    assert len(story.path) == MOST_STEPS
    assert [answer.value for answer in story.answers] == [str(3 * MOST_STEPS - 1)]


def test_time_that_is_set_back_makes_no_negative_stretch() -> None:
    events = Events()
    events.tell(Kind.STARTED, 10)
    events.tell(Kind.ANSWERED, 20, agent="ana")
    events.tell(Kind.TALK_ENDED, 5, agent="ana", ended_by="agent")
    assert [s.seconds for s in tell(events.events).segments if s.kind is SegmentKind.TALK] == [0]


def test_no_events_are_no_story() -> None:
    assert tell([]) == Story()


@given(st.randoms(use_true_random=False), st.integers(0, 2**32))
def test_any_order_of_arrival_tells_the_same_story_and_it_is_stored_whole(order: random.Random, seed: int) -> None:
    events = Events()
    chance = random.Random(seed)
    for _ in range(12):
        events.tell(chance.choice(list(Kind)), chance.uniform(0, 100), agent="ana", queue="sales", key="k", value=7)
    told = tell(events.events)
    shuffled = list(events.events)
    order.shuffle(shuffled)
    assert tell(shuffled) == told
    assert Story.from_json(json.loads(json.dumps(told.as_json()))) == told


def test_segments_of_a_newer_version_are_left_out() -> None:
    stored = {"segments": [["parked", 0, 5, None, None, ""], ["talk", 1, 2, None, "bo", "agent"]]}
    assert [s.kind for s in Story.from_json(stored).segments] == [SegmentKind.TALK]


AGENTS = st.sampled_from(["ana", "bo", None])
happenings = st.lists(
    st.tuples(
        st.sampled_from([kind for kind in Kind if kind not in (Kind.STARTED, Kind.CLOSED)]),
        st.floats(0.2, 30),
        AGENTS,
        AGENTS,
        st.sampled_from(["sales", "billing"]),
    ),
    max_size=30,
)


@given(happenings)
def test_whatever_happens_the_stretches_add_up_to_the_interactions_time(history: list[Any]) -> None:
    events, at = Events(), 0.0
    events.tell(Kind.STARTED)
    for kind, pause, agent, to, queue in history:
        at += pause
        events.tell(kind, at, agent=agent, to=to, queue=queue, to_kind="agent", outcome="o", ended_by="caller")
    events.tell(Kind.CLOSED, at + 1)
    way = [one for one in tell(events.events).segments if not one.beside]
    no_overlap(way)
    assert abs(sum(one.seconds for one in way) - (at + 1)) < WITHIN


def test_a_consultation_a_conference_and_a_transfer() -> None:
    """The way is the customer's; each agent's stretches are his own."""
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.QUEUED, 0, queue="sales")
    events.tell(Kind.ANSWERED, 10, agent="ana")
    events.tell(Kind.HELD, 20, agent="ana")
    events.tell(Kind.CONSULTED, 25, agent="ana", to="bo", to_kind="agent")
    events.tell(Kind.CONSULT_ANSWERED, 28, agent="ana", to="bo")
    events.tell(Kind.CONFERENCED, 35, agent="ana", to="bo")
    events.tell(Kind.CONSULT_ENDED, 50, agent="ana", to="bo", outcome="transferred")
    events.tell(Kind.TRANSFERRED, 50, agent="ana", to="bo", to_kind="agent", how="conference")
    events.tell(Kind.TALK_ENDED, 50, agent="ana", ended_by="agent")
    events.tell(Kind.ANSWERED, 50, agent="bo")
    events.tell(Kind.WRAP_UP_COMPLETED, 60, agent="ana")
    events.tell(Kind.TALK_ENDED, 70, agent="bo", ended_by="caller")
    events.tell(Kind.ENDED, 70, outcome="handled")
    events.tell(Kind.WRAP_UP_COMPLETED, 75, agent="bo")
    events.tell(Kind.CLOSED, 75)
    segments = tell(events.events).segments
    assert [(s.kind.value, s.agent, s.after, s.seconds) for s in segments if not s.beside] == [
        ("queue", None, 0, 10),
        ("talk", "ana", 10, 10),
        ("hold", "ana", 20, 5),
        ("consult", "ana", 25, 10),
        ("conference", "ana", 35, 15),
        ("talk", "bo", 50, 20),
        ("wrap_up", "bo", 70, 5),
    ]
    assert [(s.kind.value, s.agent, s.after, s.seconds) for s in segments if s.beside] == [
        ("alerting", "bo", 25, 3),
        ("consult", "bo", 28, 7),
        ("conference", "bo", 35, 15),
        ("wrap_up", "ana", 50, 10),
    ]
    check_segments(events.events)


def test_who_talks_on_without_the_customer_is_still_at_work_on_it() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.ANSWERED, 0, agent="ana")
    events.tell(Kind.CONSULTED, 5, agent="ana", to="bo", to_kind="agent")
    events.tell(Kind.HELD, 5, agent="ana")
    events.tell(Kind.CONSULT_ANSWERED, 8, agent="ana", to="bo")
    events.tell(Kind.ENDED, 20, outcome="handled")
    events.tell(Kind.CONSULT_ENDED, 30, agent="ana", to="bo", outcome="cleared")
    events.tell(Kind.TALK_ENDED, 30, agent="ana", ended_by="agent")
    events.tell(Kind.WRAP_UP_COMPLETED, 40, agent="ana")
    events.tell(Kind.CLOSED, 40)
    way = [(s.kind.value, s.seconds, s.ended) for s in tell(events.events).segments if not s.beside]
    assert way == [("talk", 5, "held"), ("consult", 15, "handled"), ("consult", 10, "agent"), ("wrap_up", 10, "")]


def test_a_flow_that_has_somebody_rung_and_a_survey_are_stretches_of_the_way() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.NODE_ENTERED, 0, node="menu")
    events.tell(Kind.TRANSFER_BEGUN, 10, to="ana", to_kind="agent")
    events.tell(Kind.TRANSFER_FAILED, 30, to="ana", why="unanswered", queue=None)
    events.tell(Kind.TRANSFER_BEGUN, 40, to="building", to_kind="number")
    events.tell(Kind.TRANSFER_FAILED, 45, to="building", why="busy", queue=None)
    events.tell(Kind.QUEUED, 50, queue="billing")
    events.tell(Kind.ANSWERED, 60, agent="bo")
    events.tell(Kind.TALK_ENDED, 90, agent="bo", ended_by="agent")
    events.tell(Kind.SURVEY_BEGUN, 90, flow="satisfaction", agent="bo")
    events.tell(Kind.NODE_ENTERED, 90, node="how_was_it")
    events.tell(Kind.WRAP_UP_COMPLETED, 95, agent="bo")
    events.tell(Kind.ENDED, 100, outcome="handled")
    events.tell(Kind.CLOSED, 100)
    way = [(s.kind.value, s.agent, s.seconds, s.ended) for s in tell(events.events).segments if not s.beside]
    assert way == [
        ("ivr", None, 10, ""),
        ("alerting", "ana", 20, "unanswered"),
        ("ivr", None, 10, ""),
        ("alerting", None, 5, "busy"),
        ("ivr", None, 5, "queued"),
        ("queue", None, 10, "answered"),
        ("talk", "bo", 30, "agent"),
        ("ivr", None, 10, "handled"),
    ]


def test_who_waits_in_a_queue_and_is_not_taken_waits_on_in_it() -> None:
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.QUEUED, 0, queue="billing")
    events.tell(Kind.TRANSFER_BEGUN, 10, to="building", to_kind="number")
    events.tell(Kind.TRANSFER_FAILED, 30, to="building", why="busy", queue="billing")
    events.tell(Kind.ENDED, 50, outcome="abandoned")
    way = [(s.kind.value, s.queue, s.seconds, s.ended) for s in tell(events.events).segments]
    assert way == [
        ("queue", "billing", 10, ""),
        ("alerting", None, 20, "busy"),
        ("queue", "billing", 20, "abandoned"),
    ]


def test_an_agent_who_was_lost_has_no_work_after_a_talk_that_goes_on_without_him() -> None:
    """Perhaps he is rung for the same caller the next moment."""
    events = Events()
    events.tell(Kind.STARTED)
    events.tell(Kind.ANSWERED, 10, agent="ana")
    events.tell(Kind.TALK_ENDED, 20, agent="ana", ended_by="switch")
    events.tell(Kind.QUEUED, 20, queue="billing", again=True)
    events.tell(Kind.RANG, 21, agent="ana")
    events.tell(Kind.OFFER_ENDED, 31, agent="ana", outcome="abandoned")
    events.tell(Kind.ENDED, 31, outcome="abandoned")
    events.tell(Kind.CLOSED, 31)
    kinds = [(s.kind.value, s.seconds) for s in tell(events.events).segments if s.agent == "ana"]
    assert kinds == [("talk", 10), ("alerting", 10)]
