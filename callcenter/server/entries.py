"""A contact in the routing engine's words, as it enters a queue."""

from __future__ import annotations

import acd.events
import acd.model
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact
from callcenter.server.entitlement import entitled_to
from callcenter.server.floor import Floor


def entry(
    contact: Contact,
    floor: Floor,
    now: Moment,
    *,
    came_back: bool = False,
    callback: acd.events.CallbackTerms | None = None,
) -> acd.events.InteractionQueued:
    """Say that the contact is in its queue, at the place that it has; on the line, or (`callback`) to be called.

    The head start that was written down is the one that counts: what the rules of today would give is made up for.
    """
    plan = floor.plan(contact.queue)
    enqueued_at = contact.enqueued_at or now
    attributes = contact.attributes
    return acd.events.InteractionQueued(
        interaction=acd.model.InteractionId(contact.interaction),
        queue=acd.model.QueueName(plan.name),
        enqueued_at=enqueued_at.monotonic,
        entered_at=contact.entered_at.monotonic if contact.entered_at else None,
        came_back=came_back,
        head_start=contact.head_start - floor.engine.effect(plan.routing.name, attributes).head_start,
        requirements=_needs(contact, floor),
        preferred=_preferred(contact, enqueued_at),
        attributes=attributes,
        callback=callback,
    )


def _preferred(contact: Contact, enqueued_at: Moment) -> acd.model.PreferredAgent | None:
    """Whom the contact waits for alone, and how long after it was queued; anybody after that."""
    if contact.waits_for is not None:
        agent, until = contact.waits_for
        return acd.model.PreferredAgent(agent=acd.model.AgentId(agent), wait=max(0.0, until - enqueued_at.monotonic))
    if contact.preferred_agent is not None:
        return acd.model.PreferredAgent(agent=acd.model.AgentId(contact.preferred_agent), wait=contact.preferred_for)
    return None


def _needs(contact: Contact, floor: Floor) -> acd.model.Requirement:
    """What the flow asked of agents, and what the customer's contract entitles him to.

    A skill that nobody has makes the caller wait for nobody, as the flow's author said.
    """
    needs = dict(contact.needs)
    if contact.customer is not None:
        for skill, least in entitled_to(contact.customer.routing, floor.catalogue).items():
            needs[skill] = max(least, needs.get(skill, 0))
    return acd.model.AllOf(
        parts=tuple(
            acd.model.SkillRequirement(skill=acd.model.SkillName(skill), minimum=least)
            for skill, least in sorted(needs.items())
        )
    )
