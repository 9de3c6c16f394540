"""What the journal remembers, put back."""

from __future__ import annotations

from callcenter.api.messages import Tier
from callcenter.domain.call import Call
from callcenter.domain.ids import CallId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact
from callcenter.server.recall import recall
from tests.support.interactions import Story, handled, moment

NOW = Moment(monotonic=10_000.0, utc=moment(100.0))


def _recalled(story: Story) -> Contact:
    contact = Contact(
        interaction=story.interaction,
        call=Call(CallId("1.1")),
        arrived_at=NOW,
        called_number="",
        calling_number="",
        calling_name="",
    )
    recall(contact, story.events, NOW)
    return contact


def test_everything_a_page_shows_is_back() -> None:
    """Who, what, when, by whom, and how it stands."""
    contact = _recalled(handled(customer="17"))
    assert (contact.calling_number, contact.called_number) == ("+12025550123", "8005550100")
    assert contact.customer is not None
    assert (contact.customer.customer, contact.customer.tier) == ("17", Tier.GOLD)
    assert (contact.node, contact.gathered) == ("menu", {"reason": "billing"})
    part = contact.part
    assert (contact.queue, part.agent, part.ended_by) == ("billing", "ana", "caller")
    assert (part.disposition, part.note, part.completed) == ("resolved", "Explained the bill.", True)
    times = (contact.arrived_at, contact.enqueued_at, part.offered_at, part.answered_at, part.talk_ended_at)
    assert [round(one.monotonic - 9_900.0, 3) for one in times if one is not None] == [0.0, 5.0, 14.0, 15.0, 75.0]


def test_the_next_event_has_the_next_number() -> None:
    """Nothing written before is written over."""
    story = handled()
    contact = _recalled(story)
    assert contact.event(EventKind.CLOSED, NOW.utc).seq == len(story.events) + 1


def test_a_call_in_a_flow_is_still_in_its_version() -> None:
    """And shows only what the caller keyed outside of sub-flows, or what came out of them."""
    story = Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.NODE_ENTERED, 1, node="which_number-read_back", flow="waiting", version=3)
    story.tell(EventKind.ANSWER_GIVEN, 2, key="which_number.callback_number", value="5", keyed=False)
    contact = _recalled(story)
    assert (contact.node, contact.in_version) == ("which_number-read_back", ("waiting", 3))
    assert contact.gathered == {"which_number.callback_number": "5"}
    assert not contact.keyed


def test_a_caller_who_lost_his_agent_has_none() -> None:
    """Back in the line he keeps his place, and the agent's part is over."""
    story = Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.QUEUED, 5, queue="billing", head_start=60)
    story.tell(EventKind.ANSWERED, 10, agent="ana")
    story.tell(EventKind.TALK_ENDED, 20, agent="ana", ended_by="switch")
    story.tell(EventKind.QUEUED, 20, queue="billing", head_start=60, since=moment(5).timestamp(), again=True)
    contact = _recalled(story)
    assert (contact.agent, contact.part.answered_at, contact.part.talk_ended_at) == (None, None, None)
    assert contact.head_start == 60
    assert contact.enqueued_at is not None
    assert round(contact.enqueued_at.monotonic - 9_900.0, 3) == 5.0


def test_where_an_overflow_led_a_caller_is_back() -> None:
    """In another queue since then; in a flow, at its node; and back in a queue from there."""
    story = Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.NODE_ENTERED, 1, node="menu")
    story.tell(EventKind.QUEUED, 5, queue="billing", head_start=60)
    story.tell(EventKind.MOVED, 65, queue="billing", to="general", why="waited")
    contact = _recalled(story)
    assert (contact.queue, contact.came_from, contact.flow) == ("general", "billing", None)
    assert contact.entered_at is not None
    assert round(contact.entered_at.monotonic - 9_900.0, 3) == 65.0
    story.tell(EventKind.OVERFLOWED, 70, queue="general", to="message", flow="all_busy", why="waited")
    contact = _recalled(story)
    assert (contact.flow, contact.node) == ("all_busy", None)
    story.tell(EventKind.NODE_ENTERED, 71, node="regret")
    assert _recalled(story).node == "regret"
    story.tell(EventKind.QUEUED, 80, queue="billing", head_start=60, since=moment(5).timestamp())
    contact = _recalled(story)
    assert (contact.queue, contact.flow) == ("billing", None)
    assert contact.enqueued_at is not None
    assert contact.entered_at is not None
    assert [round(one.monotonic - 9_900.0, 3) for one in (contact.enqueued_at, contact.entered_at)] == [5.0, 80.0]


def test_what_an_earlier_or_later_version_wrote_is_never_an_error() -> None:
    """A tier that is no more, data that is missing: as much as can be is put back."""
    for kind in EventKind:
        story = Story()
        story.tell(EventKind.STARTED)
        story.tell(kind)
        _recalled(story)
    story = Story()
    story.tell(EventKind.STARTED)
    story.tell(EventKind.IDENTIFIED, customer="17", name="Ada", tier="platinum")
    contact = _recalled(story)
    assert contact.customer is not None
    assert contact.customer.tier is Tier.STANDARD
