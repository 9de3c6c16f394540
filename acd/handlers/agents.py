"""Facts and requests about agents: who is here, with which skills, in which state, reachable or taken."""

from __future__ import annotations

from collections.abc import Mapping

from acd.agent import AgentMachine
from acd.commands import CancelReason, ReportAgentState
from acd.events import AgentLoggedOff, AgentLoggedOn, AgentReserved, AgentStateRequested
from acd.handlers.offers import withdraw
from acd.handlers.work import begin
from acd.model import NO_REASON, Agent, AgentId, AgentState, Medium, Occasion, Refusal, RequestedState
from acd.placement import place, send_back, settle
from acd.pools import Seat
from acd.state import EngineState


def configured(state: EngineState, profile: Agent) -> None:
    """The agent's skills, capacities or group have changed; nothing to do for who is not logged on."""
    seat = state.assignment.index.seats.get(profile.agent)
    if seat is not None:
        state.assignment.index.reclassify(seat, profile)
        settle(state, seat)


def interruptions_configured(state: EngineState, interruptions: Mapping[Medium, frozenset[Medium]]) -> None:
    """What may interrupt what has changed: some who work may be offered more now, or nothing more."""
    state.interruptions = interruptions
    for seat in state.assignment.index.seats.values():
        seat.machine.interruptions = interruptions
        settle(state, seat)


def logged_on(state: EngineState, event: AgentLoggedOn) -> None:
    """The agent is here from now on; told twice, the second time brings profile and phone up to date."""
    profile = event.agent
    if profile.agent in state.assignment.index.seats:
        configured(state, profile)
        registration_changed(state, profile.agent, registered=event.registered)
        return
    state.log_ons += 1
    others = [seat.machine.worked for seat in state.assignment.index.seats.values()]
    machine = AgentMachine(
        profile=profile,
        order=state.log_ons,
        registered=event.registered,
        chose_ready=event.ready,
        chosen_reason=NO_REASON if event.ready else event.reason,
        since=state.now,
        ready_since=state.now,
        interruptions=state.interruptions,
        worked=sum(others) / len(others) if others else 0.0,
    )
    machine.observe(state.now)
    settle(state, state.assignment.index.add(machine))


def logged_off(state: EngineState, event: AgentLoggedOff) -> None:
    """The agent is gone, whatever the agent was doing."""
    seat = state.assignment.index.seats.get(event.agent)
    if seat is None:
        state.odd(event, "the agent was not logged on")
        return
    _remove(state, seat)


def state_requested(state: EngineState, event: AgentStateRequested) -> None:
    """The agent asks for a state: now, later, or refused."""
    seat = state.assignment.index.seats.get(event.agent)
    if seat is None:
        state.refuse(event.request_id, Refusal.UNKNOWN_AGENT)
        return
    answer = seat.machine.request(event.state, event.reason, state.now)
    if isinstance(answer, Refusal):
        state.refuse(event.request_id, answer)
    elif event.state is RequestedState.LOGGED_OFF:
        _remove(state, seat)
    else:
        settle(state, seat)


def registration_changed(state: EngineState, agent: AgentId, *, registered: bool) -> None:
    """The agent's phone came or went; an offer to a phone that went is withdrawn."""
    seat = state.assignment.index.seats.get(agent)
    if seat is None or seat.machine.registered is registered:
        return  # phones of people who are not logged on come and go; that is nothing odd
    returned = None if registered else withdraw(state, seat, CancelReason.PHONE_UNREACHABLE)
    seat.machine.registered = registered
    seat.machine.observe(state.now)
    settle(state, seat)
    send_back(state, returned)


def reserved(state: EngineState, event: AgentReserved) -> None:
    """The agent is taken by work that came past the queues; asked for beforehand, only a free agent is given."""
    seat = state.assignment.index.seats.get(event.agent)
    if seat is None:
        state.misfit(event, event.request_id, Refusal.UNKNOWN_AGENT)
        return
    machine = seat.machine
    if event.work in machine.engagements:
        state.misfit(event, event.request_id, Refusal.AGENT_NOT_FREE)
        return
    if event.work in state.assignment.waiting:
        state.misfit(event, event.request_id, Refusal.INTERACTION_WAITS)
        return
    if event.request_id is not None and (machine.engagements or machine.offered):
        state.refuse(event.request_id, Refusal.AGENT_NOT_FREE)
        return
    returned = withdraw(state, seat, CancelReason.AGENT_TAKEN)
    begin(state, seat, event.work, medium=event.medium, kind=event.kind, queue=event.queue, since=state.now)
    settle(state, seat)
    send_back(state, returned)


def _remove(state: EngineState, seat: Seat) -> None:
    agent = seat.machine.profile.agent
    returned = withdraw(state, seat, CancelReason.AGENT_GONE)
    for interaction, engagement in seat.machine.engagements.items():
        if engagement.wrapping_up:
            state.due.clear(("wrap-up", agent, interaction))
        else:
            state.talk_ends(interaction)
    bereft = state.assignment.waiting_for(seat) + state.assignment.deserted_by(seat)
    for waiting in bereft:
        state.assignment.take_out(waiting)
    state.assignment.index.remove(seat)
    state.out.append(ReportAgentState(agent=agent, state=AgentState.NULL, since=state.now))
    for waiting in bereft:
        place(state, waiting, Occasion.REQUIREMENTS_CHANGED)
    send_back(state, returned)
