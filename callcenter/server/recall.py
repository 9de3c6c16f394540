"""What the journal remembers of an interaction, put back into a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from callcenter.api.calls import CallDirection
from callcenter.api.messages import CustomerCard, Tier
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId, CallId, QueueName
from callcenter.domain.interaction import EventKind, FieldValue, InteractionEvent
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, EndedBy, Hold, OpenRecording, Part, Promise
from callcenter.server.entitlement import read_hints


def recall(contact: Contact, remembered: Sequence[InteractionEvent], now: Moment) -> None:
    """Fill a contact from its own events. What an event lacks is left as it was: the past is never an error."""
    for event in remembered:
        contact.seq = max(contact.seq, event.seq)
        _recall_caller(contact, event, now)
        _recall_aftermath(contact, event, now)
        _recall_agents(contact, event, now)


def _recall_caller(contact: Contact, event: InteractionEvent, now: Moment) -> None:
    """Take what an event says of the customer and of his way to an agent."""
    data = event.data
    match event.kind:
        case EventKind.STARTED:
            contact.arrived_at = instant(now, event.at)
            contact.called_number = contact.called_number or _text(data, "called_number")
            contact.calling_number = contact.calling_number or _text(data, "calling_number")
            contact.calling_name = contact.calling_name or _text(data, "calling_name")
        case EventKind.NODE_ENTERED if not data.get("treatment"):
            contact.node, contact.in_version = _node(data)
        case EventKind.RECORDING_BEGUN:
            contact.recordings[_text(data, "file")] = OpenRecording(
                mailbox=QueueName(_text(data, "mailbox")), shortest=float(data.get("shortest") or 0)
            )
        case EventKind.RECORDING_DROPPED | EventKind.VOICEMAIL_LEFT:
            contact.recordings.pop(_text(data, "file"), None)
        case EventKind.ANSWER_GIVEN:
            contact.gathered[_text(data, "key")] = data.get("value")
            if data.get("keyed") and not contact.surveyed:
                contact.keyed[_text(data, "key")] = None
        case EventKind.IDENTIFIED:
            contact.customer = _bare_card(data)
        case EventKind.QUEUED:
            contact.queue = QueueName(_text(data, "queue"))
            contact.head_start = int(data.get("head_start") or 0)
            _recall_wishes(contact, data)
            since = data.get("since")
            place = datetime.fromtimestamp(since, UTC) if isinstance(since, float) else event.at
            contact.enqueued_at = instant(now, place)
            if contact.flow is not None:  # back from where an overflow had led him
                contact.flow, contact.entered_at = None, instant(now, event.at)
        case EventKind.MOVED:
            contact.came_from = QueueName(_text(data, "queue"))
            contact.queue = QueueName(_text(data, "to"))
            contact.entered_at = instant(now, event.at)
        case EventKind.OVERFLOWED:
            contact.flow, contact.node = _text(data, "flow") or None, None
        case _:
            pass


def _recall_aftermath(contact: Contact, event: InteractionEvent, now: Moment) -> None:
    """Take what an event says of a call that the customer was promised, or of a survey after his talk."""
    data, at = event.data, instant(now, event.at)
    match event.kind, contact.promise:
        case EventKind.CALLBACK_PROMISED, _:
            contact.promise = Promise(
                number=_text(data, "number"),
                queue=QueueName(_text(data, "queue")),
                since=at,
                until=instant(now, datetime.fromtimestamp(float(data.get("until") or 0), UTC)),
            )
        case EventKind.CALLBACK_WAITS, Promise() as promise:
            promise.waits = True
            contact.flow = None
            if isinstance(since := data.get("since"), float):
                contact.enqueued_at = instant(now, datetime.fromtimestamp(since, UTC))
                contact.head_start = int(data.get("head_start") or 0)
        case EventKind.CALLBACK_CALLED, Promise() as promise:
            promise.call, promise.called_at = CallId(_text(data, "call")), at
            promise.calls += 1
        case EventKind.CALLBACK_FAILED, Promise() as promise:
            promise.call = None
            if data.get("counts") is False:
                promise.calls -= 1
            else:
                promise.failed = _cause(data)
        case EventKind.CALLBACK_REACHED, _:
            contact.promise, contact.entered_at = None, at
            contact.called_back, contact.treatment = True, _text(data, "greeting") or None
            contact.treatment_over = contact.treatment is None
        case EventKind.CALLBACK_DROPPED | EventKind.WENT_ELSEWHERE, _:
            contact.promise = None
        case EventKind.SURVEY_BEGUN, _:
            contact.surveyed, contact.node, contact.in_version = True, None, None
        case _:
            pass


def _recall_agents(contact: Contact, event: InteractionEvent, now: Moment) -> None:
    """Take what an event says of the agents' parts."""
    data, at = event.data, instant(now, event.at)
    part = contact.part_of(_text(data, "agent")) or contact.part
    match event.kind:
        case EventKind.QUEUED if data.get("again"):
            if part.handed_on:
                contact.end_part()
            else:
                contact.leave_agent()
            contact.hold = None
        case EventKind.DIALLED:
            contact.direction = CallDirection.INTERNAL if data.get("to_kind") == "agent" else CallDirection.OUT
            contact.colleague = AgentId(_text(data, "to")) if data.get("to_kind") == "agent" else None
            contact.part = Part(agent=AgentId(_text(data, "agent")), offered_at=at)
        case EventKind.OFFERED:
            contact.part.offered_at = at
            contact.decision = data
        case EventKind.ANSWERED:
            _recall_answer(contact, data, at)
        case EventKind.HELD:
            contact.hold, contact.since = Hold(by_phone=bool(data.get("by_phone"))), at
        case EventKind.RETRIEVED | EventKind.CONFERENCED:
            contact.hold, contact.since = None, at
        case EventKind.TRANSFERRED:
            part.handed_on = True
        case EventKind.TALK_ENDED:
            part.talk_ended_at, part.ended_by = at, _ENDED_BY.get(data.get("ended_by"))
            contact.hold = None
        case EventKind.NOTE_SAVED | EventKind.WRAP_UP_COMPLETED:
            part.completed = event.kind is EventKind.WRAP_UP_COMPLETED
            part.note, part.noted_at = _text(data, "note"), at
            part.disposition = _text(data, "disposition") or None
        case _:
            pass


def _recall_answer(contact: Contact, data: Mapping[str, FieldValue], at: Moment) -> None:
    """Somebody has the customer: the first, or the one to whom he was handed."""
    before, contact.promise = contact.part, None
    if before.handed_on and before.agent is not None:
        contact.end_part()
        contact.part.handed_by, contact.part.handed_at = before.agent, before.talk_ended_at or at
    part = contact.part
    part.talk_ended_at = part.ended_by = None
    part.completed = False
    part.agent = AgentId(_text(data, "agent")) if data.get("agent") else None
    part.answered_at = contact.since = at
    part.offered_at = part.offered_at or at


_ENDED_BY: dict[object, EndedBy] = {"caller": "caller", "agent": "agent", "switch": "switch"}


def _node(data: Mapping[str, FieldValue]) -> tuple[str | None, tuple[str, int] | None]:
    """Return where in its flow a call was, and in which version of which flow."""
    flow, version = data.get("flow"), data.get("version")
    known = isinstance(flow, str) and isinstance(version, int)
    return str(data.get("node") or "") or None, (str(flow), int(str(version))) if known else None


def _recall_wishes(contact: Contact, data: Mapping[str, FieldValue]) -> None:
    needs = (one.partition(":") for one in str(data.get("needs") or "").split())
    contact.needs = {skill: int(least) for skill, _, least in needs if least.isdigit()}
    contact.preferred_agent = _text(data, "preferred_agent") or None
    contact.preferred_for = float(data.get("preferred_for") or 0)
    contact.preferred_by = _text(data, "preferred_by") or None
    contact.treatment, contact.survey = _text(data, "treatment") or None, _text(data, "survey") or None


def _cause(data: Mapping[str, FieldValue]) -> Cause:
    cause = data.get("cause")
    return Cause(cause) if cause in set(Cause) else Cause.UNKNOWN


def _text(data: Mapping[str, FieldValue], key: str) -> str:
    return str(data.get(key) or "")


def _bare_card(data: Mapping[str, FieldValue]) -> CustomerCard:
    """What the journal knows of the customer: enough to go on until his card has been read again."""
    tier = data.get("tier")
    card = CustomerCard.bare(
        customer=str(data.get("customer")),
        name=str(data.get("name")),
        account=str(data.get("account") or ""),
        tier=Tier(str(tier)) if tier in set(Tier) else Tier.STANDARD,
    )
    return card.model_copy(update={"routing": read_hints(data.get("hints"))})


def instant(now: Moment, utc: datetime) -> Moment:
    """Return a UTC instant on both clocks."""
    return Moment(monotonic=now.monotonic_of(utc), utc=utc)
