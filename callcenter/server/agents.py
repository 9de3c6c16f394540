"""What people ask for about agents and their contacts: granted with `Done`, or refused with a code the screen knows."""

from __future__ import annotations

from collections.abc import Sequence

import acd.events
import acd.model
from acd.matching import satisfies
from callcenter.api import messages
from callcenter.api.messages import Done, Refused, Reply
from callcenter.api.routing import ExplainRouting, RoutingExplained
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.commands import FallbackMember
from callcenter.domain.ids import AgentId, InteractionId, OfferId
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.ports import AgentRecord
from callcenter.server import explain
from callcenter.server.choice import chose_ready
from callcenter.server.contact import Contact, Part
from callcenter.server.effects import Tell
from callcenter.server.floor import Desk, Floor
from callcenter.server.live import Live
from callcenter.server.pages import Pages
from callcenter.server.routing import Routing

DESKTOP_CLOSED = "desktop_closed"  # the not-ready reason of an agent whose page is gone
RETIRED = "retired"  # the not-ready reason of an agent who works here no more
_DONE = Done()


class Agents:
    """Requests about agents → engine, effects, a reply."""

    def __init__(self, floor: Floor, routing: Routing, pages: Pages, live: Live) -> None:
        self._floor = floor
        self._routing = routing
        self._pages = pages
        self._live = live

    def answer(  # noqa: PLR0911 -- one line per request
        self, request_id: str, request: messages.Request, now: Moment
    ) -> Reply | None:
        """Carry one request out, or refuse it. None: this kind of request is not answered."""
        match request:
            case messages.SnapshotWanted():
                return messages.Snapshot(snapshot=self._live.snapshot(now))
            case messages.SignOn():
                return self._sign_on(request, now)
            case messages.SignOff():
                return self._sign_off(request_id, request, now)
            case messages.DesktopGone():
                return self._desktop_gone(request, now)
            case messages.SetState():
                return self._set_state(request_id, request, now)
            case messages.SaveNote():
                return self._save_note(request, now)
            case messages.CompleteContact():
                return self._complete(request_id, request, now)
            case messages.ExtendWrapUp():
                return self._extend(request_id, request, now)
            case messages.OfferShown():
                self._offer_shown(request, now)
                return None
            case ExplainRouting():
                return self._explain(request, now)
            case _:
                return _refused("not_supported", "this CTI server cannot do that yet")

    # -- people ------------------------------------------------------------------------------------------------------

    def people_read(self, records: Sequence[AgentRecord], now: Moment) -> None:
        """Take the agents as they are now: new ones get a desk, changed skills hold from the next decision on.

        Who is not among them any more is offered nothing, and is gone when his present work is done.
        """
        for record in records:
            desk = self._floor.desks.get(record.agent)
            if desk is None:
                desk = self._floor.desks[record.agent] = Desk(record=record, off_since=now.monotonic)
            desk.record = record
            desk.memberships = _memberships(record, self._floor.catalogue)
            desk.queues = tuple(member.queue for member in desk.memberships if member.penalty == 0)
            self._live.agent_changed(record.agent)
        self._floor.retired = self._floor.desks.keys() - {record.agent for record in records}
        # Whoever works here has the phone, though somebody who has left may still talk on it.
        by_leaving = sorted(self._floor.desks.values(), key=lambda desk: desk.record.agent not in self._floor.retired)
        self._floor.by_device = {desk.record.device: desk for desk in by_leaving}
        for desk in [desk for desk in self._floor.desks.values() if desk.state is not None]:
            self._tell_engine(desk, now)
            self._routing.mirror(desk)
        for agent in sorted(self._floor.retired):
            desk = self._floor.desks[agent]
            if desk.state is not None:
                self._request_state("", desk, acd.model.RequestedState.NOT_READY, RETIRED, now)

    def working(self) -> list[AgentRecord]:
        """Return the records of all who work here, as they were read last."""
        return [desk.record for agent, desk in self._floor.desks.items() if agent not in self._floor.retired]

    def let_go(self, now: Moment) -> None:
        """Take those off the floor who work here no more and have nothing in hand."""
        for agent in sorted(self._floor.retired):
            desk = self._floor.desks[agent]
            if desk.state is not None and desk.state.state is acd.model.AgentState.NOT_READY:
                self._request_state("", desk, acd.model.RequestedState.LOGGED_OFF, "", now)
            if desk.state is None and desk.contact is None:
                self._live.agent_left(agent, now)
                self._floor.retired.remove(agent)
                self._floor.desktops_due.pop(agent, None)
                del self._floor.desks[agent]
                if self._floor.by_device.get(desk.record.device) is desk:  # else another has his phone already
                    del self._floor.by_device[desk.record.device]

    def log_on(self, desk: Desk, now: Moment, *, ready: bool = False, reason: str = acd.model.SIGNED_IN) -> None:
        """Bring an agent into the engine: not ready until he asks, unless an earlier choice is restored."""
        self._tell_engine(desk, now, ready=ready, reason=reason)

    def make_ready(self, desk: Desk, now: Moment) -> None:
        """Let an agent have calls again who had chosen so before a restart."""
        self._request_state("", desk, acd.model.RequestedState.READY, "", now)

    def _tell_engine(self, desk: Desk, now: Moment, *, ready: bool = False, reason: str = acd.model.SIGNED_IN) -> None:
        """Tell the engine who the agent is; the choice counts for one who is not logged on yet."""
        logged_on = acd.events.AgentLoggedOn(
            agent=_engine_agent(desk.record, self._floor.catalogue),
            registered=desk.record.device in self._floor.in_service,
            ready=ready,
            reason=acd.model.NotReadyReason(reason),
        )
        self._routing.tell(logged_on, now)

    # -- desktops ----------------------------------------------------------------------------------------------------

    def _sign_on(self, request: messages.SignOn, now: Moment) -> Reply:
        desk = self._floor.desks.get(AgentId(request.agent))
        if desk is None or desk.record.agent in self._floor.retired:
            return _refused("unknown_agent", "no such agent")
        if desk.desktop is not None and desk.desktop != request.desktop:
            self._floor.emit(Tell(report=messages.DesktopDismissed(agent=request.agent, desktop=desk.desktop)))
        desk.desktop = request.desktop
        self._floor.desktops_due.pop(desk.record.agent, None)
        if desk.state is None:
            desk.forced_by = None
            self.log_on(desk, now)
            self._routing.take_up_talk(desk, now)
        self._live.agent_changed(desk.record.agent)
        return _DONE

    def _sign_off(self, request_id: str, request: messages.SignOff, now: Moment) -> Reply:
        desk = self._desk(request.agent)
        if desk is None:
            return _not_signed_on()
        reply = self._request_state(request_id, desk, acd.model.RequestedState.LOGGED_OFF, "", now)
        if isinstance(reply, Done):
            desk.desktop = None
            self._floor.desktops_due.pop(desk.record.agent, None)
        return reply

    def _desktop_gone(self, request: messages.DesktopGone, now: Moment) -> Reply:
        desk = self._desk(request.agent)
        if desk is not None and desk.desktop == request.desktop:
            self.lose_desktop(desk, now)
        return _DONE

    def lose_desktop(self, desk: Desk, now: Moment) -> None:
        """The agent's page is gone and did not come back: nothing more is offered to him until he says so.

        Who is not ready for a reason of his own keeps that reason.
        """
        desk.desktop = None
        self._floor.desktops_due.pop(desk.record.agent, None)
        if chose_ready(desk.state):
            self._request_state("", desk, acd.model.RequestedState.NOT_READY, DESKTOP_CLOSED, now)
        self._live.agent_changed(desk.record.agent)

    def _offer_shown(self, request: messages.OfferShown, now: Moment) -> None:
        contact = self._floor.unrung.get(OfferId(request.offer))
        if contact is not None:
            self._floor.pops_shown += 1
            self._routing.ring(contact, now)

    # -- states ------------------------------------------------------------------------------------------------------

    def _set_state(self, request_id: str, request: messages.SetState, now: Moment) -> Reply:
        desk = self._desk(request.agent)
        if desk is None:
            return _not_signed_on()
        state, reason = acd.model.RequestedState(request.state.value), ""
        if request.state is messages.AgentStateName.NOT_READY:
            if request.reason not in {one.name for one in self._floor.catalogue.reasons}:
                return _refused("unknown_reason", "no such not-ready reason")
            reason = request.reason or ""
        forced_by, desk.forced_by = desk.forced_by, None
        reply = self._request_state(request_id, desk, state, reason, now)
        if not isinstance(reply, Done):
            desk.forced_by = forced_by
        elif forced_by is not None:  # his own choice holds now
            self._live.agent_changed(desk.record.agent)
        return reply

    def _request_state(
        self, request_id: str, desk: Desk, state: acd.model.RequestedState, reason: str, now: Moment
    ) -> Reply:
        refusal = self._routing.tell(
            acd.events.AgentStateRequested(
                request_id=acd.model.RequestId(request_id),
                agent=acd.model.AgentId(desk.record.agent),
                state=state,
                reason=acd.model.NotReadyReason(reason),
            ),
            now,
        )
        return _reply(refusal)

    # -- contacts ----------------------------------------------------------------------------------------------------

    def _save_note(self, request: messages.SaveNote, now: Moment) -> Reply:
        contact, part = self._own_part(request.agent, request.interaction)
        if contact is None or part is None:
            return _not_yours()
        if not self._known_disposition(contact, request.disposition):
            return _refused("unknown_disposition", "no such disposition in this queue")
        if (request.note, request.disposition) != (part.note, part.disposition):
            part.note, part.disposition, part.noted_at = request.note, request.disposition, now
            self._floor.write(
                contact,
                EventKind.NOTE_SAVED,
                now,
                agent=request.agent,
                note=request.note,
                disposition=request.disposition,
            )
            self._pages.refresh(contact, but=request.agent)
        return _DONE

    def _complete(self, request_id: str, request: messages.CompleteContact, now: Moment) -> Reply:
        contact, part = self._own_part(request.agent, request.interaction)
        if contact is None or part is None:
            return _not_yours()
        if part.talk_ended_at is None:
            return _refused("still_talking", "a contact is completed after the talk")
        if not self._known_disposition(contact, request.disposition):
            return _refused("unknown_disposition", "no such disposition in this queue")
        if request.disposition is None and self._floor.plan(contact.queue).disposition_required:
            return _refused("disposition_required", "this queue wants a disposition")
        earlier = part.note, part.disposition, part.noted_at
        part.note, part.disposition, part.noted_at = request.note, request.disposition, now
        refusal = self._routing.tell(
            acd.events.WrapUpCompleted(
                request_id=acd.model.RequestId(request_id),
                agent=acd.model.AgentId(request.agent),
                interaction=acd.model.InteractionId(request.interaction),
                has_disposition=request.disposition is not None,
            ),
            now,
        )
        if refusal is not None:
            part.note, part.disposition, part.noted_at = earlier
        else:
            self._pages.refresh(contact, but=request.agent)
        return _reply(refusal)

    def _extend(self, request_id: str, request: messages.ExtendWrapUp, now: Moment) -> Reply:
        contact, part = self._own_part(request.agent, request.interaction)
        if contact is None or part is None:
            return _not_yours()
        return _reply(
            self._routing.tell(
                acd.events.WrapUpExtended(
                    request_id=acd.model.RequestId(request_id),
                    agent=acd.model.AgentId(request.agent),
                    interaction=acd.model.InteractionId(request.interaction),
                    seconds=float(self._floor.plan(contact.queue).wrap_up_extension),
                ),
                now,
            )
        )

    # -- accounts ----------------------------------------------------------------------------------------------------

    def _explain(self, request: ExplainRouting, now: Moment) -> Reply:
        contact = self._floor.contacts.get(InteractionId(request.interaction))
        if contact is None:
            return _refused("unknown_contact", "this contact is closed, or never was")
        self._routing.time_passed(now)
        found = self._floor.engine.why(acd.model.InteractionId(contact.interaction))
        names = {str(desk.record.agent): desk.record.name for desk in self._floor.desks.values()}
        names |= {str(one.interaction): one.shown_as for one in self._floor.contacts.values()}
        by = contact.preferred_by if contact.waits_for is None else None  # else a colleague has sent him to that agent
        return RoutingExplained(
            waiting=explain.waiting(found, self._floor.catalogue, names, by) if found is not None else None,
            offer=explain.offer(contact.decision, names) if contact.decision is not None else None,
        )

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _desk(self, agent: str) -> Desk | None:
        """Return the desk of an agent who may ask for something: signed on, and not on his way out for good."""
        desk = self._floor.desks.get(AgentId(agent))
        here = desk is not None and desk.state is not None and desk.record.agent not in self._floor.retired
        return desk if here else None

    def _own_part(self, agent: str, interaction: str) -> tuple[Contact | None, Part | None]:
        contact = self._floor.contacts.get(InteractionId(interaction))
        return contact, contact.part_of(agent) if contact is not None else None

    def _known_disposition(self, contact: Contact, disposition: str | None) -> bool:
        return disposition is None or self._floor.plan(contact.queue).has_outcome(disposition)


def _engine_agent(record: AgentRecord, catalogue: Catalogue) -> acd.model.Agent:
    """An agent in the engine's words."""
    agent, skills = acd.model.AgentId(record.agent), _skills(record)
    return acd.model.Agent(
        agent=agent, name=record.name, skills=skills, capacities=catalogue.media.capacities_of(agent, skills)
    )


def _memberships(record: AgentRecord, catalogue: Catalogue) -> tuple[FallbackMember, ...]:
    """Return the queues the agent can serve: at once, or (penalty 1 and more) from that step of waiting on."""
    skills = _skills(record)
    found = []
    for plan in catalogue.queues.values():
        requirements = (plan.routing.requirements, *(step.requirements for step in plan.routing.steps))
        step = next((number for number, wanted in enumerate(requirements) if satisfies(skills, wanted)), None)
        if step is not None:
            found.append(FallbackMember(queue=plan.name, penalty=step))
    return tuple(found)


def _skills(record: AgentRecord) -> dict[acd.model.SkillName, acd.model.Proficiency]:
    return {acd.model.SkillName(skill): level for skill, level in record.skills.items()}


def _reply(refusal: acd.model.Refusal | None) -> Reply:
    return _DONE if refusal is None else _refused(refusal.name.lower(), refusal.text)


def _refused(code: str, message: str) -> Refused:
    return Refused(code=code, message=message)


def _not_signed_on() -> Refused:
    return _refused("unknown_agent", "this agent is not signed on")


def _not_yours() -> Refused:
    return _refused("not_your_contact", "this contact is not yours, or it is closed")
