"""The floor, as messages show it. Reading side only: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from typing import Literal

import acd.model
from callcenter.api.calls import CallDirection
from callcenter.api.messages import (
    AgentActivity,
    AgentLive,
    AgentStateName,
    ContactLive,
    ContactPhase,
    DispositionChoice,
    GatheredAnswer,
    QueueLive,
    WaitingLive,
)
from callcenter.domain.catalogue import QueuePlan
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server.choice import chosen
from callcenter.server.contact import Contact, Stage
from callcenter.server.counts import DayCounts
from callcenter.server.floor import Desk, Floor

Gone = Literal["completed", "missed", "refused", "caller_gone", "failed", "cancelled"]

FIRST_WAITING = 50  # how many waiting interactions a queue's record lists


def agent_live(desk: Desk, floor: Floor, now: Moment) -> AgentLive:
    """Show an agent; one who is not logged on is in state null."""
    state = desk.state
    contact = floor.contacts.get(desk.contact) if desk.contact else None
    since = milliseconds(now.utc_of(state.since if state else desk.off_since))
    choice = chosen(state) or {"state": AgentStateName.NULL.value, "reason": ""}
    return AgentLive(
        agent=desk.record.agent,
        name=desk.record.name,
        state=AgentStateName(state.state.value) if state else AgentStateName.NULL,
        since=since,
        chosen=AgentStateName(choice["state"]),
        chosen_reason=choice["reason"] or None,
        activity=_activity(contact),
        activity_since=since,
        forced_by=None,
        reason=(str(state.reason) or None) if state else None,
        pending=AgentStateName(state.pending.value) if state and state.pending else None,
        pending_reason=(str(state.pending_reason) or None) if state else None,
        registered=desk.record.device in floor.in_service,
        desktop_connected=desk.desktop is not None,
        queues=desk.queues,
        contact=desk.contact,
        contact_queue=contact.queue if contact else None,
    )


def contact_live(contact: Contact, desk: Desk, floor: Floor) -> ContactLive:
    """Show an agent his contact: who calls, what was keyed, how long it took, what happened before."""
    plan = floor.plan(contact.queue)
    offer = contact.offer
    offered_at = offer.made_at if offer else contact.offered_at or contact.arrived_at
    queued_at = contact.enqueued_at or contact.arrived_at
    return ContactLive(
        interaction=contact.interaction,
        offer=offer.offer if offer else "",
        phase=_phase(contact),
        queue=plan.name,
        queue_label=plan.label.en,
        tier=contact.tier,
        calling_number=contact.calling_number,
        calling_name=contact.calling_name,
        called_number=contact.called_number,
        customer=contact.customer,
        gathered=_gathered(contact),
        came_from=contact.came_from,
        waited_s=round(max(0.0, offered_at.monotonic - queued_at.monotonic), 1),
        arrived_at=milliseconds(contact.arrived_at.utc),
        offered_at=milliseconds(offered_at.utc),
        answered_at=milliseconds(contact.answered_at.utc) if contact.answered_at else None,
        ended_at=milliseconds(contact.talk_ended_at.utc) if contact.talk_ended_at else None,
        ended_by=contact.ended_by,
        wrap_up_until=_wrap_up_until(contact, desk),
        wrap_up_extendable=_extendable(plan.routing.wrap_up),
        disposition_required=plan.disposition_required,
        dispositions=tuple(DispositionChoice(name=one.name, label=one.label.en) for one in plan.dispositions),
        note=contact.note,
        disposition=contact.disposition,
        direction=CallDirection.IN,
        call=None,
        handed_over=None,
        notes_before=(),
    )


def queue_live(plan: QueuePlan, floor: Floor, waiting: Sequence[Contact], counts: DayCounts) -> QueueLive:
    """Show a queue: `waiting` are its waiting contacts, in any order."""
    ordered = nsmallest(FIRST_WAITING, waiting, key=lambda one: (one.rank, one.interaction))
    since = [one.enqueued_at.utc for one in waiting if one.enqueued_at]
    states = [desk.state.state for desk in floor.desks.values() if desk.state and plan.name in desk.queues]
    day = counts.of(plan.name)
    return QueueLive(
        queue=plan.name,
        label=plan.label.en,
        waiting=len(waiting),
        longest_since=milliseconds(min(since)) if since else None,
        agents_ready=states.count(acd.model.AgentState.READY),
        agents_busy=states.count(acd.model.AgentState.BUSY),
        agents_wrap_up=states.count(acd.model.AgentState.WORKING_AFTER_CALL),
        agents_not_ready=states.count(acd.model.AgentState.NOT_READY),
        offered_today=day.offered,
        answered_today=day.answered,
        abandoned_today=day.abandoned,
        overflowed_today=day.overflowed,
        service_level_target_s=plan.target_seconds,
        answered_in_target_today=day.answered_in_target,
        first_waiting=tuple(_waiting_live(one) for one in ordered),
    )


def _waiting_live(contact: Contact) -> WaitingLive:
    fallback = contact.stage is Stage.FALLBACK
    since = milliseconds((contact.enqueued_at or contact.arrived_at).utc)
    shown = contact.on_board
    known = (fallback, since, contact.tier, contact.came_from)
    if shown is not None and (shown.fallback, shown.since, shown.tier, shown.came_from) == known:
        return shown
    contact.on_board = WaitingLive(
        interaction=contact.interaction,
        tier=contact.tier,
        customer_name=contact.customer.name if contact.customer else None,
        calling_number=contact.calling_number,
        since=since,
        came_from=contact.came_from,
        fallback=fallback,
    )
    return contact.on_board


def _activity(contact: Contact | None) -> AgentActivity:
    if contact is None:
        return AgentActivity.NONE
    return {
        ContactPhase.OFFERED: AgentActivity.OFFERED,
        ContactPhase.DIALLING: AgentActivity.DIALLING,
        ContactPhase.TALKING: AgentActivity.TALKING,
        ContactPhase.WRAP_UP: AgentActivity.WRAP_UP,
    }[_phase(contact)]


def _phase(contact: Contact) -> ContactPhase:
    if contact.stage is Stage.TALKING:
        return ContactPhase.TALKING
    if contact.stage in (Stage.WRAP_UP, Stage.CLOSED):
        return ContactPhase.WRAP_UP
    return ContactPhase.OFFERED


def _gathered(contact: Contact) -> tuple[GatheredAnswer, ...]:
    """Show what the caller gave, in the order he gave it; labels are the keys in words."""
    return tuple(
        GatheredAnswer(key=key, label=key.replace("_", " ").capitalize(), value=str(value))
        for key, value in ((key, contact.gathered.get(key)) for key in contact.keyed)
        if value is not None and value != ""
    )


def _extendable(wrap_up: acd.model.WrapUp) -> bool:
    return wrap_up.mode in (acd.model.WrapUpMode.FIXED, acd.model.WrapUpMode.OPTIONAL) and wrap_up.extension_limit > 0


def _wrap_up_until(contact: Contact, desk: Desk) -> int | None:
    state = desk.state
    if contact.stage is not Stage.WRAP_UP or state is None or state.deadline is None or contact.talk_ended_at is None:
        return None
    return milliseconds(contact.talk_ended_at.utc_of(state.deadline))
