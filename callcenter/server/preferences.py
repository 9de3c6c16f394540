"""The one agent a caller should reach if possible: chosen as he is queued, from what his card says. Pure.

The flow's wish goes first, then the rules', then the queue's. The queue's is the first of its list who is at work: an
agent who is on a break or at home is nobody to wait for.
"""

from __future__ import annotations

import acd.model
from callcenter.domain.catalogue import Preference, QueuePlan, Whom
from callcenter.domain.ids import AgentId
from callcenter.server.contact import Contact
from callcenter.server.floor import Floor

FLOW, RULE = "flow", "rule"
"""Who else than the queue may say whom a caller should reach."""

_AT_WORK = (acd.model.AgentState.READY, acd.model.AgentState.BUSY, acd.model.AgentState.WORKING_AFTER_CALL)


def prefer(contact: Contact, plan: QueuePlan, floor: Floor, *, ruled: bool) -> None:
    """Note whom the contact, who is about to come to this queue, waits for alone, for how long, and who says so.

    `ruled`: the rules name somebody, which the engine applies by itself.
    """
    if contact.preferred_agent is not None and contact.preferred_by in (FLOW, None):
        return
    contact.preferred_agent, contact.preferred_by = None, None
    if ruled:
        contact.preferred_by = RULE
        return
    for preference in plan.preferences:
        agent = _meant(preference, contact)
        if agent is not None and _at_work(agent, floor):
            contact.preferred_agent, contact.preferred_for = agent, preference.wait
            contact.preferred_by = preference.whom.value
            return


def _meant(preference: Preference, contact: Contact) -> str | None:
    card = contact.customer
    match preference.whom:
        case Whom.NAMED:
            return preference.agent
        case Whom.OWNER:
            return card.owner if card is not None else None
        case Whom.LAST_AGENT:
            days = contact.days_since_talk
            limit = preference.within_days
            recent = days is not None and (limit is None or days < limit)
            return card.last_agent if card is not None and recent else None


def _at_work(agent: str, floor: Floor) -> bool:
    desk = floor.desks.get(AgentId(agent))
    if desk is None or desk.state is None or agent in floor.retired:
        return False
    return desk.state.state in _AT_WORK and desk.state.pending is not acd.model.AgentState.NOT_READY
