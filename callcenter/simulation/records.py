"""Past calls from the records: what the platform wrote down of each interaction becomes calls that came to queues.

Nothing else is taken from the records: no names, no numbers, nothing that was said or keyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import groupby

from acd.model import QueueName
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.simulation.calls import PastCall
from callcenter.simulation.traffic import STANDARD

KINDS = (
    EventKind.QUEUED,
    EventKind.ANSWERED,
    EventKind.TALK_ENDED,
    EventKind.WRAP_UP_COMPLETED,
    EventKind.ENDED,
)
"""The events that tell of it."""


def past_calls(events: Iterable[InteractionEvent], zone: tzinfo) -> list[PastCall]:
    """Return the calls that came to queues and are over, in the order they came; times of day are those of `zone`.

    Who lost an agent and waited again at the old place came once; who waited in several queues came to each.
    """
    ordered = sorted(events, key=lambda event: (event.interaction, event.seq))
    found = [call for _, own in groupby(ordered, key=lambda event: event.interaction) for call in _calls(own, zone)]
    return sorted(found, key=lambda call: (call.day, call.at))


def _calls(events: Iterable[InteractionEvent], zone: tzinfo) -> Iterator[PastCall]:
    """Yield the calls that one interaction was."""
    queued: InteractionEvent | None = None
    answered: InteractionEvent | None = None
    talk_ended: datetime | None = None
    wrapped_up: datetime | None = None
    for event in events:
        match event.kind:
            case EventKind.QUEUED if event.data.get("again"):
                pass
            case EventKind.QUEUED:
                if queued is not None and answered is not None:
                    yield _call(queued, answered, talk_ended, wrapped_up, zone)
                queued, answered, talk_ended, wrapped_up = event, None, None, None
            case EventKind.ANSWERED:
                answered = answered or event
            case EventKind.TALK_ENDED:
                talk_ended = event.at
            case EventKind.WRAP_UP_COMPLETED:
                wrapped_up = event.at
            case EventKind.ENDED:
                talk_ended = talk_ended or event.at
                if queued is not None and answered is None:
                    yield _call(queued, event, None, None, zone)
                    queued = None
            case _:
                pass
    if queued is not None and answered is not None and talk_ended is not None:
        yield _call(queued, answered, talk_ended, wrapped_up, zone)


def _call(
    queued: InteractionEvent,
    over: InteractionEvent,
    talk_ended: datetime | None,
    wrapped_up: datetime | None,
    zone: tzinfo,
) -> PastCall:
    """A call whose wait is over: answered, if there was a talk."""
    local = queued.at.astimezone(zone)
    return PastCall(
        day=local.date(),
        at=local.hour * 3600.0 + local.minute * 60.0 + local.second + local.microsecond / 1e6,
        queue=QueueName(str(queued.data.get("queue") or "")),
        waited=_between(queued.at, over.at),
        talk=_between(over.at, talk_ended) if talk_ended is not None else None,
        wrap_up=_between(talk_ended, wrapped_up) if talk_ended is not None and wrapped_up is not None else None,
        tier=str(queued.data.get("tier") or STANDARD),
    )


def _between(start: datetime, end: datetime) -> float:
    return max((end - start).total_seconds(), 0.0)
