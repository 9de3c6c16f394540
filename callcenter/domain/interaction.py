"""One customer contact over its calls: an append-only list of events, and the summary that follows from them.

Metrics and history, live or stored, come from these events by the same functions. An event's identity is
``(interaction, seq)``; writing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.domain.ids import InteractionId

FieldValue = str | int | float | bool | None


class EventKind(StrEnum):
    """What may happen to an interaction, in the public event names."""

    STARTED = "interaction.started"  # called_number, calling_number, calling_name
    IDENTIFIED = "interaction.identified"  # customer, name, account, tier, by (number | account), hints for routing
    NODE_ENTERED = "ivr.node_entered"  # node, flow, version
    NODE_LEFT = "ivr.node_left"  # flow, version, node, exit, asked_person
    RECORDING_BEGUN = "voicemail.begun"  # file, mailbox, shortest
    RECORDING_DROPPED = "voicemail.dropped"  # file
    VOICEMAIL_LEFT = "voicemail.left"  # file, mailbox, seconds, number
    ANSWER_GIVEN = "ivr.answer_given"  # key, value
    IVR_FAILED = "ivr.failed"  # why
    QUEUED = "interaction.queued"  # queue, head_start, attributes...
    MOVED = "interaction.moved"  # queue, to (another queue), why
    OVERFLOWED = "interaction.overflowed"  # queue, to (callback | voicemail | message), flow, why
    FELL_BACK = "interaction.fell_back"  # the switch's own queue took the call over
    CALLBACK_PROMISED = "callback.promised"  # number, queue, until (UTC epoch seconds); the caller is still there
    CALLBACK_WAITS = "callback.waits"  # queue, since, head_start: the caller has hung up, and keeps his place
    CALLBACK_CALLED = "callback.called"  # attempt, call
    CALLBACK_FAILED = "callback.failed"  # attempt, cause, counts (as an attempt)
    CALLBACK_REACHED = "callback.reached"  # attempt, queue, greeting: the customer is on the line
    CALLBACK_DROPPED = "callback.dropped"  # queue, why, by (a supervisor): the promise is given up
    OFFERED = (
        "interaction.offered"  # agent, offer, and why: rule, occasion, step, waited, eligible, excluded, candidates
    )
    RANG = "interaction.rang"  # agent, offer
    OFFER_ENDED = "interaction.offer_ended"  # agent, offer, outcome (unanswered | refused | failed | cancelled)
    ANSWERED = "interaction.answered"  # agent
    HELD = "interaction.held"  # agent, by_phone
    RETRIEVED = "interaction.retrieved"  # agent
    CONSULTED = "interaction.consulted"  # agent calls `to` (to_kind: agent | number) beside
    CONSULT_ANSWERED = "interaction.consult_answered"  # agent, to
    CONSULT_ENDED = "interaction.consult_ended"  # agent, to, outcome (cleared | transferred | a cause)
    CONFERENCED = "interaction.conferenced"  # agent, to
    TRANSFERRED = "interaction.transferred"  # agent, to (to_kind: agent | queue | number), how
    WENT_ELSEWHERE = "interaction.went_elsewhere"  # number: to whom the customer talks, or who rings for him
    DIALLED = "interaction.dialled"  # agent, to (to_kind: agent | number)
    TALK_ENDED = "interaction.talk_ended"  # agent, ended_by (caller | agent | switch), cause
    TRANSFER_BEGUN = "ivr.transfer_begun"  # to (to_kind: agent | number): the flow has him, or it, rung
    TRANSFER_FAILED = "ivr.transfer_failed"  # to, why (busy | unanswered | failed), queue he waits in
    SURVEY_BEGUN = "survey.begun"  # flow, agent, queue: what is answered from now on is answered after the talk
    ENDED = "interaction.ended"  # outcome (handled | abandoned | left_in_ivr | overflowed | not_reached | …), cause
    NOTE_SAVED = "interaction.note_saved"  # agent, note, disposition
    QUALITY = "interaction.quality"  # agent, jitter_ms, lost_share, round_trip_ms, mos, worst_mos, cause
    CLEARED = "interaction.cleared"  # agent, by: a supervisor ended the agent's work on it
    REPAIRED = "interaction.repaired"  # repair, agent: what the watchdog found and put right
    WRAP_UP_COMPLETED = "interaction.wrap_up_completed"  # agent, disposition, note
    CLOSED = "interaction.closed"  # nothing more will come
    AGENT_STATE = "agent.state"  # agent, state, reason, by: of a time signed on, not of an interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionEvent:
    """One thing that happened to one interaction."""

    interaction: InteractionId
    seq: int
    at: datetime  # UTC
    kind: EventKind
    data: Mapping[str, FieldValue]
