"""The part of recovery that concerns agents: who was logged on, who was ready, who had work left after a call.

What each chose comes from the journal; the switch knows of telephones only.
"""

from __future__ import annotations

from collections.abc import Mapping

import acd.events
import acd.model
from callcenter.domain.ids import AgentId, DeviceName
from callcenter.domain.moment import Moment
from callcenter.server.agents import Agents
from callcenter.server.contact import Contact, Part
from callcenter.server.floor import Desk, Floor
from callcenter.server.pages import Pages
from callcenter.server.parts import Parts
from callcenter.server.routing import Routing


class AgentRecovery:
    """What agents had chosen, and their work after calls, as the journal kept them."""

    def __init__(self, floor: Floor, *, routing: Routing, agents: Agents, parts: Parts, pages: Pages) -> None:
        self._floor = floor
        self._routing = routing
        self._agents = agents
        self._parts = parts
        self._pages = pages
        self._choices: Mapping[AgentId, Mapping[str, str]] = {}

    def remember(self, choices: Mapping[AgentId, Mapping[str, str]]) -> None:
        """Take each agent's last choice; it is used with the first snapshot."""
        self._choices = choices

    # -- logged on, and ready ----------------------------------------------------------------------------------------

    def log_on_remembered(self, in_service: frozenset[DeviceName], now: Moment) -> None:
        """Log those on who were. Who wants calls and can be reached gets them last, when all else is known."""
        for agent in sorted(self._choices):
            desk = self._floor.desks.get(agent)
            if desk is None or desk.state is not None:
                continue
            choice = self._choices[agent]
            wants_calls = choice.get("state") == acd.model.AgentState.READY.value
            if wants_calls and desk.record.device not in in_service:
                self.log_on(desk, now, ready=True)
            else:
                self.log_on(desk, now, reason=choice.get("reason") or acd.model.SIGNED_IN)

    def log_on(self, desk: Desk, now: Moment, *, ready: bool = False, reason: str = acd.model.SIGNED_IN) -> None:
        """Log an agent on; whose desktop does not come back is logged off again in a while."""
        self._agents.log_on(desk, now, ready=ready, reason=reason)
        if desk.desktop is None:
            self._floor.desktops_due[desk.record.agent] = now.monotonic + self._floor.desktop_grace

    def restore_choices(self, now: Moment) -> None:
        """Make those ready who were, and can be reached."""
        for agent in sorted(self._choices):
            desk = self._floor.desks.get(agent)
            if desk is None or self._choices[agent].get("state") != acd.model.AgentState.READY.value:
                continue
            if desk.record.device in self._floor.in_service:
                self._agents.make_ready(desk, now)
        self._choices = {}

    # -- work after a call -------------------------------------------------------------------------------------------

    def restore_wrap_up(self, contact: Contact, now: Moment) -> None:
        """Give the agents what is left of their work after the call, unless they have something else to do already."""
        self.restore_earlier(contact, now)
        self._restore_part(contact, contact.part, now)

    def restore_earlier(self, contact: Contact, now: Moment) -> None:
        """Give those who talked to him before what is left of their work."""
        for part in contact.earlier:
            if not part.completed:
                self._restore_part(contact, part, now)

    def _restore_part(self, contact: Contact, part: Part, now: Moment) -> None:
        desk = self._floor.desks.get(part.agent) if part.agent else None
        if desk is not None and desk.contact is None and part.talk_ended_at is not None and not part.completed:
            phase = acd.events.EngagementPhase.WRAP_UP
            self._routing.engage(contact, desk, phase, since=part.talk_ended_at, now=now)
            if desk.works_on(contact):
                self._pages.show_at(desk, contact)
                return
        self._parts.finish(contact, part, now)
