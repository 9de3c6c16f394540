"""Surveys: what a caller is asked when his agent has hung up, and he has not.

The dialplan hands him back to us only if that was written on his channel while he talked; so it is written as soon as
somebody has answered him, and taken back when he goes on to a number. His agent's work after the call is not touched
by it, and whoever hangs up instead of answering has been served all the same.
"""

from __future__ import annotations

from callcenter.api.calls import CallDirection
from callcenter.domain import commands
from callcenter.domain.cause import Cause
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, Stage
from callcenter.server.effects import StartIvr
from callcenter.server.floor import Floor


class Surveys:
    """Talks → marks on channels; talks that are over → sessions of the survey's flow."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def flow(self, contact: Contact) -> str | None:
        """Return the survey that his flow wanted for the caller, else his queue's; none: he is asked nothing."""
        if contact.direction is not CallDirection.IN or contact.surveyed:
            return None
        return contact.survey or self._floor.plan(contact.queue).survey

    def mark(self, contact: Contact) -> None:
        """Write on the channel of a caller who has been answered whether he is to be handed back to us afterwards."""
        if contact.stage not in (Stage.TALKING, Stage.ELSEWHERE):
            return
        at_agent = contact.stage is Stage.TALKING and contact.agent is not None
        wanted = self.flow(contact) if at_agent else None
        if wanted != contact.survey_mark:
            contact.survey_mark = wanted
            self._floor.command(commands.MarkSurvey(call=contact.call_id, survey=wanted))

    def mark_anew(self, contact: Contact) -> None:
        """Write it again: whether it was written nobody knows any more."""
        contact.survey_mark = None
        self.mark(contact)

    def begin(self, contact: Contact, flow: str, now: Moment) -> None:
        """The caller is in our hands again, his agent is not there any more: ask him."""
        contact.surveyed, contact.node = True, None
        self._floor.write(contact, EventKind.SURVEY_BEGUN, now, flow=flow, agent=contact.agent, queue=contact.queue)
        self._start(contact, flow)

    def resume(self, contact: Contact, now: Moment) -> None:
        """A caller was found in his survey after a restart: it goes on where it was."""
        contact.stage = Stage.SURVEY
        known = contact.in_version
        if contact.surveyed and known is not None:
            self._start(contact, known[0])
            return
        flow = self.flow(contact)
        if flow is None:
            self._floor.command(commands.ClearCall(call=contact.call_id, cause=Cause.NORMAL_CLEARING))
        else:
            self.begin(contact, flow, now)

    def _start(self, contact: Contact, flow: str) -> None:
        contact.stage = Stage.SURVEY
        contact.session += 1
        known = contact.in_version
        self._floor.emit(
            StartIvr(
                call=contact.call_id,
                interaction=contact.interaction,
                session=contact.session,
                flow=flow,
                node=contact.node,
                version=known[1] if contact.node is not None and known is not None and known[0] == flow else None,
                fields={
                    "caller_number": contact.calling_number,
                    "dialled_number": contact.called_number,
                    **contact.gathered,
                },
            )
        )
