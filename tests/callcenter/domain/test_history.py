"""What history shows follows from the events alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.history import summarize
from callcenter.domain.interaction import EventKind as Kind
from tests.support.interactions import Story, handled, moment


def test_a_handled_call() -> None:
    summary = summarize(handled(customer="c-1").events)
    assert summary.started_at == moment(0)
    assert summary.ended_at == moment(75)
    assert (summary.called_number, summary.calling_number) == ("8005550100", "+12025550123")
    assert (summary.customer, summary.queue, summary.agent) == ("c-1", "billing", "ana")
    assert (summary.waited_s, summary.talked_s) == (10, 60)
    assert (summary.outcome, summary.disposition, summary.note) == ("handled", "resolved", "Explained the bill.")
    assert summary.closed


def test_a_caller_who_left_while_waiting() -> None:
    story = Story()
    story.tell(Kind.STARTED, calling_number="+1")
    story.tell(Kind.QUEUED, 5, queue="sales")
    story.tell(Kind.OFFERED, 20, agent="ana", offer="o")
    story.tell(Kind.OFFER_ENDED, 30, agent="ana", offer="o", outcome="unanswered")
    story.tell(Kind.ENDED, 42, outcome="abandoned", cause="normal_clearing")
    summary = summarize(story.events)
    assert (summary.outcome, summary.agent) == ("abandoned", None)
    assert (summary.waited_s, summary.talked_s) == (37, None)
    assert not summary.closed


def test_a_caller_who_left_in_the_ivr_waited_for_nobody() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.ENDED, 8, outcome="left_in_ivr")
    summary = summarize(story.events)
    assert (summary.outcome, summary.queue, summary.waited_s, summary.talked_s) == ("left_in_ivr", None, None, None)


def test_a_caller_who_was_moved_waited_in_both_queues_and_the_last_one_counts() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 5, queue="billing")
    story.tell(Kind.MOVED, 65, queue="billing", to="general", why="waited")
    story.tell(Kind.ANSWERED, 75, agent="ana")
    summary = summarize(story.events)
    assert (summary.queue, summary.waited_s) == ("general", 70)


def test_the_time_in_a_flow_that_an_overflow_led_to_is_no_wait() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 5, queue="billing")
    story.tell(Kind.OVERFLOWED, 65, queue="billing", to="message", flow="all_busy", why="waited")
    story.tell(Kind.QUEUED, 85, queue="general")
    story.tell(Kind.ANSWERED, 95, agent="ana")
    assert summarize(story.events).waited_s == 70


def test_what_goes_on_has_no_outcome_and_only_finished_stretches() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 5, queue="billing")
    story.tell(Kind.ANSWERED, 15, agent="bo")
    summary = summarize(story.events)
    assert (summary.outcome, summary.waited_s, summary.talked_s, summary.agent) == (None, 10, None, "bo")


def test_two_waits_and_two_talks_add_up_and_the_last_queue_and_agent_count() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 0, queue="billing")
    story.tell(Kind.ANSWERED, 10, agent="ana")
    story.tell(Kind.TALK_ENDED, 30, agent="ana", ended_by="switch")
    story.tell(Kind.QUEUED, 30, queue="technical")
    story.tell(Kind.ANSWERED, 35, agent="bo")
    story.tell(Kind.TALK_ENDED, 45, agent="bo", ended_by="caller")
    story.tell(Kind.ENDED, 45, outcome="handled")
    summary = summarize(story.events)
    assert (summary.waited_s, summary.talked_s) == (15, 30)
    assert (summary.queue, summary.agent) == ("technical", "bo")


def test_queueing_again_after_a_restart_does_not_shorten_the_wait() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 5, queue="billing")
    story.tell(Kind.QUEUED, 20, queue="billing")
    story.tell(Kind.ANSWERED, 25, agent="ana")
    assert summarize(story.events).waited_s == 20


def test_a_talk_that_the_caller_ended_with_the_call_is_counted() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 0, queue="billing")
    story.tell(Kind.ANSWERED, 1, agent="ana")
    story.tell(Kind.ENDED, 11, outcome="handled")
    assert summarize(story.events).talked_s == 10


def test_the_last_note_and_disposition_win_even_when_they_are_taken_back() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.NOTE_SAVED, 1, agent="ana", note="draft", disposition="resolved")
    story.tell(Kind.WRAP_UP_COMPLETED, 2, agent="ana", note="", disposition=None)
    summary = summarize(story.events)
    assert (summary.note, summary.disposition) == (None, None)


def test_a_clock_that_was_set_back_makes_no_negative_wait() -> None:
    story = Story()
    story.tell(Kind.STARTED)
    story.tell(Kind.QUEUED, 100, queue="billing")
    story.tell(Kind.ANSWERED, 40, agent="ana")
    assert summarize(story.events).waited_s == 0


def test_nothing_has_no_summary() -> None:
    with pytest.raises(ValueError, match="at least one event"):
        summarize([])


@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(chance: random.Random) -> None:
    events = handled(customer="c-1").events
    expected = summarize(events)
    chance.shuffle(events)
    assert summarize(events) == expected


@given(st.lists(st.sampled_from(Kind), max_size=12))
def test_any_history_of_events_has_a_summary(kinds: list[Kind]) -> None:
    """Facts never raise: also those that make no sense together."""
    story = Story()
    for place, kind in enumerate([Kind.STARTED, *kinds]):
        story.tell(kind, float(place), queue=7, agent=None, outcome=True, note=1.5)
    summary = summarize(story.events)
    assert summary.closed == (Kind.CLOSED in kinds)
    assert summary.waited_s is None or summary.waited_s >= 0
