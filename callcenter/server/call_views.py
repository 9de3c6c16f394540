"""An agent's call, as his page shows it: who hears whom, since when, and what he may ask for. Reading side only."""

from __future__ import annotations

from collections.abc import Iterator

from callcenter.api.calls import (
    AgentNote,
    CallLive,
    ConnectionState,
    HandedOver,
    NotReached,
    Operation,
    PartyLive,
)
from callcenter.api.messages import AgentActivity
from callcenter.domain.cause import Cause
from callcenter.domain.ids import AgentId
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server.contact import Beside, Contact, Part, Stage
from callcenter.server.floor import Desk, Floor
from callcenter.server.situation import Situation, allowed, situation

_NOT_REACHED: dict[Cause, NotReached] = {
    Cause.BUSY: "busy",
    Cause.NO_ANSWER: "no_answer",
    Cause.CALL_REJECTED: "refused",
    Cause.UNREACHABLE: "unreachable",
}

_ACTIVITIES = {
    Situation.NONE: AgentActivity.NONE,
    Situation.OFFERED: AgentActivity.OFFERED,
    Situation.DIALLING: AgentActivity.DIALLING,
    Situation.TALKING: AgentActivity.TALKING,
    Situation.HOLDING: AgentActivity.HOLDING,
    Situation.PHONE_HOLDS: AgentActivity.HOLDING,
    Situation.CALLING: AgentActivity.CONSULTING,
    Situation.CONSULTING: AgentActivity.CONSULTING,
    Situation.ALTERNATED: AgentActivity.TALKING,
    Situation.CONFERENCE: AgentActivity.CONFERENCE,
    Situation.LEFT_TALKING: AgentActivity.CONSULTING,
    Situation.ON_HOOK_SOON: AgentActivity.TALKING,
    Situation.CONSULTED: AgentActivity.CONSULTED,
}

_HOLDS = frozenset({Situation.HOLDING, Situation.PHONE_HOLDS, Situation.CALLING, Situation.CONSULTING})
_GONE = frozenset({Situation.LEFT_TALKING, Situation.ON_HOOK_SOON})


def why_not_reached(cause: Cause) -> NotReached:
    """Say why somebody was called in vain."""
    return _NOT_REACHED.get(cause, "failed")


def call_live(contact: Contact, desk: Desk, floor: Floor) -> CallLive | None:
    """Show the call; none: this agent has no call (any more), or it is still the engine's to give."""
    agent = desk.record.agent
    how = situation(contact, agent)
    if how is Situation.NONE:
        return None
    consulted = how is Situation.CONSULTED
    customer, since = _customer(contact, how)
    return CallLive(
        direction=contact.direction,
        role="consulted" if consulted else "handling",
        customer=customer,
        customer_since=milliseconds(since.utc),
        party=_asking(contact, floor) if consulted else _beside(contact, floor),
        joined=contact.party is not None and contact.party.joined,
        may=_may(contact, how),
    )


def activity(contact: Contact, agent: AgentId) -> tuple[AgentActivity, Moment]:
    """Return what an agent is observed to do with a contact on his page, and since when."""
    how = situation(contact, agent)
    part = contact.part_of(agent)
    if how is Situation.NONE and part is not None and part.talk_ended_at is not None:
        return AgentActivity.WRAP_UP, part.talk_ended_at
    if how is Situation.NONE:  # the switch's own queue rings him
        return AgentActivity.OFFERED, contact.part.offered_at or contact.arrived_at
    party = contact.party
    if party is not None and how in (Situation.CALLING, Situation.CONSULTING, Situation.CONSULTED):
        return _ACTIVITIES[how], party.since
    return _ACTIVITIES[how], _customer(contact, how)[1]


def _customer(contact: Contact, how: Situation) -> tuple[ConnectionState, Moment]:
    """Return where the customer is, seen from this agent, and since when."""
    if how is Situation.OFFERED and contact.offer is not None:
        return ConnectionState.ALERTING, contact.offer.made_at
    if contact.stage is Stage.DIALLING:
        return ConnectionState.ALERTING, contact.part.offered_at or contact.arrived_at
    aside = how is Situation.CONSULTED and contact.party is not None and not contact.party.joined
    if how in _GONE:
        state = ConnectionState.NULL
    elif how in _HOLDS or aside:
        state = ConnectionState.HELD
    else:
        state = ConnectionState.CONNECTED
    return state, contact.since or contact.part.answered_at or contact.arrived_at


def _may(contact: Contact, how: Situation) -> tuple[Operation, ...]:
    """Return what may be asked for; while an order is under way only to put the phone down."""
    may = allowed(contact, how)
    if contact.under_way is not None:
        may &= {Operation.CLEAR}
    return tuple(one for one in Operation if one in may)


def _beside(contact: Contact, floor: Floor) -> PartyLive | None:
    party = contact.beside
    if party is None:
        return None
    return PartyLive(
        party=party.agent or party.number or party.connection or "",
        kind="agent" if party.agent else "number",
        agent=party.agent,
        label=_name(party, floor),
        state=party.state,
        since=milliseconds(party.since.utc),
        failed=why_not_reached(party.failed) if party.failed is not None else None,
    )


def _asking(contact: Contact, floor: Floor) -> PartyLive | None:
    """Show the agent who asks, to the one whom he asks. Two agents who call each other have nobody beside."""
    party, agent = contact.party, contact.agent
    if party is None or agent is None:
        return None
    return PartyLive(
        party=agent,
        kind="agent",
        agent=agent,
        label=agent_name(agent, floor),
        state=party.state,
        since=milliseconds(party.since.utc),
        failed=None,
    )


def _name(party: Beside, floor: Floor) -> str:
    return agent_name(party.agent, floor) if party.agent else party.number or ""


def agent_name(agent: AgentId, floor: Floor) -> str:
    """Return what people call him."""
    desk = floor.desks.get(agent)
    return desk.record.name if desk is not None else agent


# -- what came before ------------------------------------------------------------------------------------------------


def handed_over(contact: Contact, desk: Desk, floor: Floor) -> HandedOver | None:
    """Say from whom an agent has this customer, or who asks him about one."""
    agent, part, party = desk.record.agent, contact.part, contact.party
    if party is not None and party.agent == agent and part.agent is not None:
        asker, name = part.agent, agent_name(part.agent, floor)
        return HandedOver(agent=asker, agent_name=name, how="consultation", at=milliseconds(party.since.utc))
    his = part.agent == agent or (part.agent is None and contact.offer is not None and contact.offer.agent == agent)
    if not his or part.handed_by is None or part.handed_at is None:
        return None
    name = agent_name(part.handed_by, floor)
    return HandedOver(agent=part.handed_by, agent_name=name, how=part.handed_how, at=milliseconds(part.handed_at.utc))


def notes_before(contact: Contact, desk: Desk, floor: Floor) -> tuple[AgentNote, ...]:
    """Return what other agents have noted here, oldest first; one who is asked sees it as it grows."""
    return tuple(
        AgentNote(
            agent=part.agent,
            agent_name=agent_name(part.agent, floor),
            note=part.note,
            disposition=part.disposition,
            at=milliseconds((part.noted_at or contact.arrived_at).utc),
        )
        for part in _noted(contact, desk.record.agent)
        if part.agent is not None
    )


def _noted(contact: Contact, reader: AgentId) -> Iterator[Part]:
    own = contact.part_of(reader)
    for part in (*contact.earlier, contact.part):
        if part is not own and (part.note or part.disposition):
            yield part


def other_end(contact: Contact, desk: Desk, floor: Floor) -> str:
    """Return the name of who is at the other end of a call between agents; else the caller's."""
    if contact.colleague == desk.record.agent and contact.agent is not None:
        return agent_name(contact.agent, floor)
    return contact.calling_name
