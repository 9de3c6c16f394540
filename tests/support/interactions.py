"""Makes interaction events for tests of what stores and summarises them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.domain.ids import InteractionId
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def interaction_id(number: int) -> InteractionId:
    return InteractionId(f"00000000-0000-7000-8000-{number:012x}")


def moment(seconds: float) -> datetime:
    """The time `seconds` from `START`."""
    return START + timedelta(seconds=seconds)


class Story:
    """The events of one interaction, told one after the other."""

    def __init__(self, number: int = 1, *, start: datetime = START) -> None:
        self.interaction = interaction_id(number)
        self.events: list[InteractionEvent] = []
        self._start = start

    def tell(self, kind: EventKind, after: float = 0.0, **data: FieldValue) -> InteractionEvent:
        """Add what happened `after` seconds from the start."""
        event = InteractionEvent(
            interaction=self.interaction,
            seq=len(self.events) + 1,
            at=self._start + timedelta(seconds=after),
            kind=kind,
            data=data,
        )
        self.events.append(event)
        return event


def handled(number: int = 1, *, customer: str | None = None, start: datetime = START) -> Story:
    """A call that waited 10 s, talked 60 s, and was completed with a note."""
    story = Story(number, start=start)
    story.tell(
        EventKind.STARTED, called_number="8005550100", calling_number="+12025550123", calling_name="Caller, Example"
    )
    if customer is not None:
        story.tell(EventKind.IDENTIFIED, 0.01, customer=customer, name="Example", tier="gold", by="number")
    story.tell(EventKind.NODE_ENTERED, 0.02, node="menu")
    story.tell(EventKind.ANSWER_GIVEN, 4, key="reason", value="billing")
    story.tell(EventKind.QUEUED, 5, queue="billing", head_start=0)
    story.tell(EventKind.OFFERED, 14, agent="ana", offer=f"offer-{number}")
    story.tell(EventKind.RANG, 14.1, agent="ana", offer=f"offer-{number}")
    story.tell(EventKind.ANSWERED, 15, agent="ana")
    story.tell(EventKind.TALK_ENDED, 75, agent="ana", ended_by="caller", cause="normal_clearing")
    story.tell(EventKind.ENDED, 75, outcome="handled", cause="normal_clearing")
    story.tell(EventKind.WRAP_UP_COMPLETED, 90, agent="ana", disposition="resolved", note="Explained the bill.")
    story.tell(EventKind.CLOSED, 90)
    return story
