"""The call-centre floor as this desktop server knows it: a copy of what the CTI server reports. Pure.

Every report replaces a whole record, so a report is taken at once even where one before it was lost; the gap only
means that other records may be stale, and a snapshot heals those. Reports that arrive while a snapshot is on its way
are kept and applied again on top of it, so that an old snapshot never undoes a newer report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent_desktop.live.frames import LinkView
from callcenter.api.calls import NotReached
from callcenter.api.messages import (
    AgentLive,
    AgentReport,
    ConfigurationReport,
    ContactLive,
    ContactReport,
    DesktopDismissed,
    LinkLive,
    LinkReport,
    QueueLive,
    QueueReport,
    ReasonChoice,
    RepairLive,
    RepairReport,
    Report,
    ReportEnvelope,
    StateSnapshot,
)

REPAIRS_KEPT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Whose view one report touched."""

    agent: str | None = None  # this agent's page, at once
    queue: str | None = None  # pages that show this queue, when there is time
    board: bool = False  # supervisors' pages, when there is time
    everybody: bool = False  # every page, at once
    gap: bool = False  # reports before this one are missing: take a snapshot
    words: bool = False  # names and labels are others now: read them again, then take a snapshot


NOTHING = Change()


class Floor:
    """The newest known record of every agent, contact and queue."""

    def __init__(self) -> None:
        self.link = LinkView(cti_up=False, switch_up=False, as_of=0, words=0)
        self.agents: dict[str, AgentLive] = {}
        self.contacts: dict[str, ContactLive] = {}  # by agent
        self.gone: dict[str, str] = {}  # by agent: why the last offer vanished
        self.not_reached: dict[str, NotReached] = {}  # by agent: why nobody answered his own call
        self.queues: dict[str, QueueLive] = {}
        self.reasons: tuple[ReasonChoice, ...] = ()
        self.repairs: tuple[RepairLive, ...] = ()  # newest first
        self.version = 0  # grows with every change, so that derived things can be kept until then
        self.epoch = -1
        self._seq = -1
        self._since: list[ReportEnvelope] | None = None

    # -- facts from the CTI server ------------------------------------------------------------------------------

    def apply(self, envelope: ReportEnvelope) -> Change:
        """Take one report; return whom it concerns. One of an older epoch, or already known, changes nothing."""
        if envelope.epoch < self.epoch or (envelope.epoch == self.epoch and envelope.seq <= self._seq):
            return NOTHING
        gap = envelope.epoch != self.epoch or envelope.seq != self._seq + 1
        self.epoch, self._seq = envelope.epoch, envelope.seq
        if self._since is not None:
            self._since.append(envelope)
        self.version += 1
        came_up = not self.link.cti_up
        self._heard(envelope.at)
        change = self._apply(envelope.report)
        if gap or came_up:
            change = replace(change, board=True, everybody=True, gap=True)
        return change

    def expect_snapshot(self) -> None:
        """A snapshot has been asked for: keep what is reported until it comes."""
        self._since = []

    def load(self, snapshot: StateSnapshot) -> None:
        """Take a snapshot, and on top of it every report that is newer. One of an older epoch changes nothing."""
        since, self._since = self._since or [], None
        if snapshot.epoch < self.epoch:
            return
        newest = self._seq if snapshot.epoch == self.epoch else -1
        self.version += 1
        self.epoch, self._seq = snapshot.epoch, snapshot.seq
        self.agents = {agent.agent: agent for agent in snapshot.agents}
        self.contacts = dict(snapshot.contacts)
        self.gone = {agent: why for agent, why in self.gone.items() if agent not in self.contacts}
        self.not_reached = {agent: why for agent, why in self.not_reached.items() if agent not in self.contacts}
        self.queues = {queue.queue: queue for queue in snapshot.queues}
        self.reasons = snapshot.reasons
        self.repairs = snapshot.repairs
        self._heard(snapshot.at)
        self._link(snapshot.link)
        for envelope in since:
            if envelope.epoch == snapshot.epoch and envelope.seq > snapshot.seq:
                self._apply(envelope.report)
        self._seq = max(snapshot.seq, newest)

    def words_changed(self) -> None:
        """What people read for the configured names was read again."""
        self.version += 1
        self.link = self.link.model_copy(update={"words": self.link.words + 1})

    def fall_silent(self) -> None:
        """Nothing has been heard for too long: the CTI server counts as away. What was known stays.

        Whoever speaks next is believed, even one of a smaller epoch (an installation that was set up anew).
        """
        self.version += 1
        self.epoch = self._seq = -1
        self.link = self.link.model_copy(update={"cti_up": False})

    # -- what follows from them ---------------------------------------------------------------------------------

    def _heard(self, at: int) -> None:
        self.link = self.link.model_copy(update={"cti_up": True, "as_of": max(at, self.link.as_of)})

    def _link(self, link: LinkLive) -> bool:
        changed = link.switch_up != self.link.switch_up
        self.link = self.link.model_copy(update={"switch_up": link.switch_up})
        return changed

    def _apply(self, report: Report) -> Change:  # noqa: PLR0911 -- one line a report
        match report:
            case AgentReport(agent=agent):
                self.agents[agent.agent] = agent
                return Change(agent=agent.agent, board=True)
            case ContactReport():
                self._contact(report)
                return Change(agent=report.agent)
            case QueueReport(queue=queue):
                self.queues[queue.queue] = queue
                return Change(queue=queue.queue, board=True)
            case RepairReport(repair=repair):
                self.repairs = (repair, *self.repairs)[:REPAIRS_KEPT]
                return Change(board=True)
            case LinkReport(link=link):
                return Change(everybody=self._link(link))
            case ConfigurationReport():
                return Change(words=True)
            case DesktopDismissed():
                return NOTHING  # concerns a connection, not a record

    def _contact(self, report: ContactReport) -> None:
        self.not_reached.pop(report.agent, None)
        if report.contact is not None:
            self.contacts[report.agent] = report.contact
            self.gone.pop(report.agent, None)
            return
        self.contacts.pop(report.agent, None)
        if report.not_reached is not None:
            self.not_reached[report.agent] = report.not_reached
        if report.gone is not None:
            self.gone[report.agent] = report.gone
