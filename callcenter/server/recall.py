"""What the journal remembers of an interaction, put back into a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from callcenter.api.messages import CustomerCard, Tier
from callcenter.domain.ids import AgentId, QueueName
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, EndedBy, OpenRecording


def recall(  # noqa: C901, PLR0912, PLR0915 -- one case per kind of event
    contact: Contact, remembered: Sequence[InteractionEvent], now: Moment
) -> None:
    """Fill a contact from its own events. What an event lacks is left as it was: the past is never an error."""
    for event in remembered:
        contact.seq = max(contact.seq, event.seq)
        data = event.data
        match event.kind:
            case EventKind.STARTED:
                contact.arrived_at = instant(now, event.at)
                contact.called_number = contact.called_number or str(data.get("called_number") or "")
                contact.calling_number = contact.calling_number or str(data.get("calling_number") or "")
                contact.calling_name = contact.calling_name or str(data.get("calling_name") or "")
            case EventKind.NODE_ENTERED:
                if not data.get("treatment"):
                    contact.node, contact.in_version = _node(data)
            case EventKind.RECORDING_BEGUN:
                contact.recordings[str(data.get("file"))] = OpenRecording(
                    mailbox=QueueName(str(data.get("mailbox") or "")), shortest=float(data.get("shortest") or 0)
                )
            case EventKind.RECORDING_DROPPED | EventKind.VOICEMAIL_LEFT:
                contact.recordings.pop(str(data.get("file")), None)
            case EventKind.ANSWER_GIVEN:
                contact.gathered[str(data.get("key"))] = data.get("value")
                if data.get("keyed"):
                    contact.keyed[str(data.get("key"))] = None
            case EventKind.IDENTIFIED:
                contact.customer = _bare_card(data)
            case EventKind.QUEUED:
                contact.queue = QueueName(str(data.get("queue") or ""))
                contact.head_start = int(data.get("head_start") or 0)
                _recall_wishes(contact, data)
                since = data.get("since")
                place = datetime.fromtimestamp(since, UTC) if isinstance(since, float) else event.at
                contact.enqueued_at = instant(now, place)
                if contact.flow is not None:  # back from where an overflow had led him
                    contact.flow, contact.entered_at = None, instant(now, event.at)
                if data.get("again"):
                    contact.leave_agent()
            case EventKind.MOVED:
                contact.came_from = QueueName(str(data.get("queue") or ""))
                contact.queue = QueueName(str(data.get("to") or ""))
                contact.entered_at = instant(now, event.at)
            case EventKind.OVERFLOWED:
                contact.flow, contact.node = str(data.get("flow") or "") or None, None
            case EventKind.OFFERED:
                contact.offered_at = instant(now, event.at)
            case EventKind.ANSWERED:
                contact.talk_ended_at = contact.ended_by = None
                contact.completed = False
                contact.agent = AgentId(str(data["agent"])) if data.get("agent") else None
                contact.answered_at = instant(now, event.at)
            case EventKind.TALK_ENDED:
                contact.talk_ended_at = instant(now, event.at)
                contact.ended_by = _ENDED_BY.get(data.get("ended_by"))
            case EventKind.NOTE_SAVED | EventKind.WRAP_UP_COMPLETED:
                contact.completed = event.kind is EventKind.WRAP_UP_COMPLETED
                contact.note = str(data.get("note") or "")
                disposition = data.get("disposition")
                contact.disposition = str(disposition) if disposition else None
            case _:
                pass


_ENDED_BY: dict[object, EndedBy] = {"caller": "caller", "agent": "agent", "switch": "switch"}


def _node(data: Mapping[str, FieldValue]) -> tuple[str | None, tuple[str, int] | None]:
    """Return where in its flow a call was, and in which version of which flow."""
    flow, version = data.get("flow"), data.get("version")
    known = isinstance(flow, str) and isinstance(version, int)
    return str(data.get("node") or "") or None, (str(flow), int(str(version))) if known else None


def _recall_wishes(contact: Contact, data: Mapping[str, FieldValue]) -> None:
    needs = (one.partition(":") for one in str(data.get("needs") or "").split())
    contact.needs = {skill: int(least) for skill, _, least in needs if least.isdigit()}
    contact.preferred_agent = _text(data, "preferred_agent")
    contact.preferred_for = float(data.get("preferred_for") or 0)
    contact.treatment, contact.survey = _text(data, "treatment"), _text(data, "survey")


def _text(data: Mapping[str, FieldValue], key: str) -> str | None:
    return str(data.get(key) or "") or None


def _bare_card(data: Mapping[str, FieldValue]) -> CustomerCard:
    """What the journal knows of the customer: enough to go on until his card has been read again."""
    tier = data.get("tier")
    return CustomerCard.bare(
        customer=str(data.get("customer")),
        name=str(data.get("name")),
        account=str(data.get("account") or ""),
        tier=Tier(str(tier)) if tier in set(Tier) else Tier.STANDARD,
    )


def instant(now: Moment, utc: datetime) -> Moment:
    """Return a UTC instant on both clocks."""
    return Moment(monotonic=now.monotonic_of(utc), utc=utc)
