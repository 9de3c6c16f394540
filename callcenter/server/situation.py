"""What an agent may do with his call now: one table, by which pages show buttons and requests are refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from callcenter.api.calls import CallDirection, ConnectionState, Operation
from callcenter.domain.call import CallState
from callcenter.domain.ids import AgentId
from callcenter.server.contact import Contact, Stage


class Situation(StrEnum):
    """How an agent and the others in a call stand to each other."""

    NONE = "none"  # he has no part in a call: nothing, or work after it
    OFFERED = "offered"
    DIALLING = "dialling"  # he makes a call, and nobody has answered yet
    TALKING = "talking"
    HOLDING = "holding"  # the customer hears music, nobody else is called
    PHONE_HOLDS = "phone_holds"  # the agent's own phone has put the customer on hold
    CALLING = "calling"  # the customer hears music while somebody is called
    CONSULTING = "consulting"  # … while the agent talks to him
    ALTERNATED = "alternated"  # the agent talks to the customer, and the other hears music
    CONFERENCE = "conference"
    LEFT_TALKING = "left_talking"  # the customer has gone, agent and party talk on
    ON_HOOK_SOON = "on_hook_soon"  # the customer has gone, the agent's phone is being put down
    CONSULTED = "consulted"  # a colleague asks him


_O = Operation
_ALWAYS = frozenset({_O.CLEAR})

LAW: Mapping[Situation, frozenset[Operation]] = {
    Situation.NONE: frozenset(),
    Situation.OFFERED: frozenset({_O.REJECT}),
    Situation.DIALLING: _ALWAYS,
    Situation.TALKING: _ALWAYS | {_O.HOLD, _O.CONSULT, _O.TRANSFER_TO, _O.DIGITS},
    Situation.HOLDING: _ALWAYS | {_O.RETRIEVE, _O.CONSULT, _O.TRANSFER_TO},
    Situation.PHONE_HOLDS: _ALWAYS | {_O.CONSULT, _O.TRANSFER_TO},
    Situation.CALLING: _ALWAYS | {_O.RECONNECT, _O.DROP_PARTY},
    Situation.CONSULTING: _ALWAYS | {_O.ALTERNATE, _O.RECONNECT, _O.TRANSFER, _O.CONFERENCE, _O.DROP_PARTY, _O.DIGITS},
    Situation.ALTERNATED: _ALWAYS | {_O.ALTERNATE, _O.RECONNECT, _O.TRANSFER, _O.CONFERENCE, _O.DROP_PARTY, _O.DIGITS},
    Situation.CONFERENCE: _ALWAYS | {_O.TRANSFER, _O.DROP_PARTY, _O.DIGITS},
    Situation.LEFT_TALKING: _ALWAYS | {_O.DROP_PARTY, _O.DIGITS},
    Situation.ON_HOOK_SOON: _ALWAYS,
    Situation.CONSULTED: _ALWAYS | {_O.DIGITS},
}
"""What may be asked in each. `Operation.CLEAR` puts the agent's own phone down; in a conference the others talk on."""


def allowed(contact: Contact, how: Situation) -> frozenset[Operation]:
    """Return what may be asked for in a situation. A colleague who was called is no customer, and is sent nowhere."""
    may = LAW[how]
    return may - {Operation.TRANSFER_TO} if contact.direction is CallDirection.INTERNAL else may


def situation(contact: Contact, agent: AgentId) -> Situation:
    """Tell how this agent stands in this contact's call."""
    if contact.offer is not None and contact.offer.agent == agent:
        return Situation.OFFERED
    if (contact.party is not None and contact.party.agent == agent) or contact.colleague == agent:
        return Situation.CONSULTED
    if contact.agent != agent:
        return Situation.NONE
    match contact.stage:
        case Stage.DIALLING:
            return Situation.DIALLING
        case Stage.TALKING:
            return _talking(contact)
        case _:
            return Situation.NONE


def _talking(contact: Contact) -> Situation:
    party = contact.party
    if contact.call.state is CallState.CLEARED:
        return Situation.LEFT_TALKING if party is not None else Situation.ON_HOOK_SOON
    if party is None:
        if contact.hold is None:
            return Situation.TALKING
        return Situation.PHONE_HOLDS if contact.hold.by_phone else Situation.HOLDING
    return Situation.CONFERENCE if party.joined else _BY_PARTY[party.state]


_BY_PARTY = {
    ConnectionState.ALERTING: Situation.CALLING,
    ConnectionState.CONNECTED: Situation.CONSULTING,
    ConnectionState.HELD: Situation.ALTERNATED,
}
