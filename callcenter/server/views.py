"""The floor, as messages show it. Reading side only: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from typing import Literal

import acd.model
from callcenter.api.calls import ConnectionState
from callcenter.api.messages import (
    AgentActivity,
    AgentLive,
    AgentStateName,
    ContactLive,
    ContactPhase,
    DispositionChoice,
    GatheredAnswer,
    PromiseLive,
    QueueLive,
    WaitingLive,
)
from callcenter.domain.catalogue import QueuePlan
from callcenter.domain.ids import AgentId
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server import call_views
from callcenter.server.choice import chosen
from callcenter.server.contact import Contact, Part, Promise, Stage
from callcenter.server.counts import DayCounts
from callcenter.server.floor import Desk, Floor
from callcenter.server.situation import Situation, situation

Gone = Literal["completed", "missed", "refused", "caller_gone", "failed", "cancelled"]

FIRST_WAITING = 50  # how many waiting interactions a queue's record lists, and how many promises


def agent_live(desk: Desk, floor: Floor, now: Moment) -> AgentLive:
    """Show an agent; one who is not logged on is in state null."""
    state = desk.state
    contact = floor.contacts.get(desk.contact) if desk.contact else None
    since = milliseconds(now.utc_of(state.since if state else desk.off_since))
    doing, doing_since = call_views.activity(contact, desk.record.agent) if contact else (AgentActivity.NONE, None)
    choice = chosen(state) or {"state": AgentStateName.NULL.value, "reason": ""}
    return AgentLive(
        agent=desk.record.agent,
        name=desk.record.name,
        state=AgentStateName(state.state.value) if state else AgentStateName.NULL,
        since=since,
        chosen=AgentStateName(choice["state"]),
        chosen_reason=choice["reason"] or None,
        activity=doing,
        activity_since=milliseconds(doing_since.utc) if doing_since else since,
        forced_by=desk.forced_by,
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
    agent = desk.record.agent
    part = contact.part_of(agent) or _part_to_be(contact, agent)
    offer = contact.offer if contact.offer is not None and contact.offer.agent == agent else None
    offered_at = offer.made_at if offer else part.offered_at or contact.arrived_at
    queued_at = contact.enqueued_at or contact.arrived_at
    return ContactLive(
        interaction=contact.interaction,
        offer=offer.offer if offer else "",
        phase=_phase(contact, part, agent),
        queue=plan.name,
        queue_label=plan.label.en,
        tier=contact.tier,
        calling_number=contact.calling_number,
        calling_name=call_views.other_end(contact, desk, floor),
        called_number=contact.called_number,
        customer=contact.customer,
        gathered=_gathered(contact),
        came_from=contact.came_from,
        called_back=contact.called_back,
        waited_s=round(max(0.0, offered_at.monotonic - queued_at.monotonic), 1),
        arrived_at=milliseconds(contact.arrived_at.utc),
        offered_at=milliseconds(offered_at.utc),
        answered_at=milliseconds(part.answered_at.utc) if part.answered_at else None,
        ended_at=milliseconds(part.talk_ended_at.utc) if part.talk_ended_at else None,
        ended_by=part.ended_by,
        wrap_up_until=_wrap_up_until(part, desk),
        wrap_up_extendable=_extendable(plan.routing.wrap_up),
        disposition_required=plan.disposition_required,
        dispositions=tuple(
            DispositionChoice(name=one.name, label=one.label.en, parent=one.parent, group=one.group)
            for one in plan.dispositions
        ),
        note=part.note,
        disposition=part.disposition,
        direction=contact.direction,
        call=call_views.call_live(contact, desk, floor),
        handed_over=call_views.handed_over(contact, desk, floor),
        notes_before=call_views.notes_before(contact, desk, floor),
    )


def queue_live(plan: QueuePlan, floor: Floor, contacts: Sequence[Contact], counts: DayCounts) -> QueueLive:
    """Show a queue: `contacts` are those who wait in it, on the line or to be called back, in any order."""
    waiting = [one for one in contacts if one.stage is not Stage.CALLBACK]
    promised = [one for one in contacts if one.stage is Stage.CALLBACK]
    ordered = nsmallest(FIRST_WAITING, waiting, key=lambda one: _served_by(one, floor))
    hours = floor.hours.get(plan.name)
    expected = floor.engine.expected_wait_in(plan.routing.name)
    since = [one.enqueued_at.utc for one in waiting if one.enqueued_at]
    states = [desk.state.state for desk in floor.desks.values() if desk.state and plan.name in desk.queues]
    day = counts.of(plan.name)
    return QueueLive(
        queue=plan.name,
        label=plan.label.en,
        open=hours.is_open if hours else True,
        open_until=milliseconds(hours.until) if hours and hours.until else None,
        waiting=len(waiting),
        longest_since=milliseconds(min(since)) if since else None,
        expected_low_s=round(expected.low, 1) if expected else None,
        expected_high_s=round(expected.high, 1) if expected else None,
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
        callbacks=len(promised),
        callbacks_dropped_today=day.callbacks_dropped,
        first_waiting=tuple(_waiting_live(one, floor) for one in ordered),
        first_promises=tuple(
            _promise_live(one, one.promise, floor)
            for one in nsmallest(FIRST_WAITING, promised, key=lambda one: _served_by(one, floor))
            if one.promise is not None
        ),
    )


def _served_by(contact: Contact, floor: Floor) -> tuple[float, int, float]:
    """The order of service; whom the switch's own queue has comes in ours, among them by the place on the channel."""
    order = floor.engine.order_of_service(acd.model.InteractionId(contact.interaction))
    return order if order is not None else (contact.rank, 0, 0)


def _waiting_live(contact: Contact, floor: Floor) -> WaitingLive:
    fallback = contact.stage is Stage.FALLBACK
    since = milliseconds((contact.enqueued_at or contact.arrived_at).utc)
    shown = contact.on_board
    expected = floor.engine.expected_wait(acd.model.InteractionId(contact.interaction))
    begins = ends = None
    if expected is not None and contact.enqueued_at is not None:
        begins, ends = (
            milliseconds(contact.enqueued_at.utc_of(expected.at + seconds)) for seconds in (expected.low, expected.high)
        )
    known = (fallback, since, contact.tier, contact.came_from, begins)
    if shown is not None and known == (shown.fallback, shown.since, shown.tier, shown.came_from, shown.expected_from):
        return shown
    contact.on_board = WaitingLive(
        interaction=contact.interaction,
        tier=contact.tier,
        customer_name=contact.customer.name if contact.customer else None,
        calling_number=contact.calling_number,
        since=since,
        came_from=contact.came_from,
        expected_from=begins,
        expected_until=ends,
        fallback=fallback,
    )
    return contact.on_board


def _promise_live(contact: Contact, promise: Promise, floor: Floor) -> PromiseLive:
    kept = floor.engine.callback(acd.model.InteractionId(contact.interaction))
    not_before = kept.not_before if kept is not None else None
    calling_since = promise.called_at if promise.call is not None else None
    return PromiseLive(
        interaction=contact.interaction,
        tier=contact.tier,
        customer_name=contact.customer.name if contact.customer else None,
        number=promise.number,
        since=milliseconds(promise.since.utc),
        attempts=promise.calls,
        attempts_at_most=kept.attempts if kept is not None else floor.plan(contact.queue).callbacks.attempts,
        failed=call_views.why_not_reached(promise.failed) if promise.failed is not None else None,
        not_before=milliseconds(promise.since.utc_of(not_before)) if not_before is not None else None,
        expires_at=milliseconds(promise.until.utc),
        calling_since=milliseconds(calling_since.utc) if calling_since is not None else None,
    )


def _part_to_be(contact: Contact, agent: AgentId) -> Part:
    """Return what the agent's part will begin with; one who is only asked has none."""
    if situation(contact, agent) is Situation.CONSULTED:
        return Part(offered_at=contact.party.since if contact.party is not None else contact.part.offered_at)
    return contact.part


def _phase(contact: Contact, part: Part, agent: AgentId) -> ContactPhase:
    if part.talk_ended_at is not None:
        return ContactPhase.WRAP_UP
    match situation(contact, agent):
        case Situation.NONE | Situation.OFFERED:
            return ContactPhase.OFFERED
        case Situation.DIALLING:
            return ContactPhase.DIALLING
        case Situation.CONSULTED if contact.stage is Stage.DIALLING:
            return ContactPhase.OFFERED
        case Situation.CONSULTED if contact.party is not None and contact.party.state is ConnectionState.ALERTING:
            return ContactPhase.OFFERED
        case _:
            return ContactPhase.TALKING


def _gathered(contact: Contact) -> tuple[GatheredAnswer, ...]:
    """Show what the caller gave, in the order he gave it; labels are the keys in words."""
    return tuple(
        GatheredAnswer(key=key, label=key.replace("_", " ").capitalize(), value=str(value))
        for key, value in ((key, contact.gathered.get(key)) for key in contact.keyed)
        if value is not None and value != ""
    )


def _extendable(wrap_up: acd.model.WrapUp) -> bool:
    return wrap_up.mode in (acd.model.WrapUpMode.FIXED, acd.model.WrapUpMode.OPTIONAL) and wrap_up.extension_limit > 0


def _wrap_up_until(part: Part, desk: Desk) -> int | None:
    state = desk.state
    if state is None or state.deadline is None or part.talk_ended_at is None or part.completed:
        return None
    return milliseconds(part.talk_ended_at.utc_of(state.deadline))
