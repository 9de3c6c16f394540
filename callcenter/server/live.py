"""Keeps the boards current: agents at once, queues at most twice a second, counts from the events themselves."""

from __future__ import annotations

from callcenter.api.messages import (
    AgentReport,
    QueueReport,
    ReasonChoice,
    StateSnapshot,
)
from callcenter.domain.ids import AgentId, QueueName
from callcenter.domain.interaction import InteractionEvent
from callcenter.domain.moment import Moment, milliseconds
from callcenter.server import views
from callcenter.server.contact import Contact, Stage
from callcenter.server.counts import DayCounts
from callcenter.server.effects import Record, Tell
from callcenter.server.floor import Floor

QUEUE_REPORT_EVERY = 0.5  # seconds: a board is read by eyes
QUEUE_REPORT_AFTER = 0.02  # seconds after a change in quiet times
WAITING_STAGES = (Stage.WAITING, Stage.FALLBACK, Stage.CALLBACK)


class Live:
    """Collects what changed while one entry was handled, and reports it once."""

    def __init__(self, floor: Floor, counts: DayCounts) -> None:
        self._floor = floor
        self._counts = counts
        self._agents: dict[AgentId, None] = {}  # an ordered set: the same order on every run
        self._queues: dict[QueueName, None] = {}  # changed, oldest first
        self._told: dict[QueueName, float] = {}  # monotonic
        self._next_slot = 0.0
        self._quiet = True  # no queue has changed since the last report

    def agent_changed(self, agent: AgentId) -> None:
        """An agent's record is to be shown anew."""
        self._agents[agent] = None

    def agent_left(self, agent: AgentId, now: Moment) -> None:
        """Tell of an agent for the last time: he is about to leave the floor."""
        self._agents.pop(agent, None)
        self._floor.emit(Tell(report=AgentReport(agent=views.agent_live(self._floor.desks[agent], self._floor, now))))

    def queue_changed(self, queue: QueueName) -> None:
        """A queue's record is to be shown anew."""
        if queue in self._floor.catalogue.queues:
            self._queues[queue] = None

    def forget_queues(self) -> None:
        """The queues are others now: nothing is reported of one that is no more."""
        self._queues.clear()

    def next_deadline(self) -> float | None:
        """Return when a queue is to be reported."""
        return max(self._next_slot, min(map(self._due, self._queues))) if self._queues else None

    def flush(self, now: Moment) -> None:
        """Count what was recorded and report the agents that changed. Called once after each entry.

        Queues are reported by the clock, a moment later: a board can wait, and the pop that this entry may have decided
        must not wait for it.
        """
        for effect in self._floor.effects:
            if isinstance(effect, Record) and (queue := self._counts.apply(effect.event)):
                self.queue_changed(queue)
        agents, self._agents = self._agents, {}
        for agent in agents:
            desk = self._floor.desks[agent]
            self._floor.emit(Tell(report=AgentReport(agent=views.agent_live(desk, self._floor, now))))

        if self._quiet and self._queues:
            self._next_slot = max(self._next_slot, now.monotonic + QUEUE_REPORT_AFTER)
        self._quiet = not self._queues

    def report_queue(self, now: Moment) -> None:
        """Report the queue whose turn it is, if one is due."""
        due = self.next_deadline()
        if due is not None and due <= now.monotonic:
            self._report(min(self._queues, key=self._due), now)
            self._quiet = not self._queues

    def _due(self, queue: QueueName) -> float:
        return self._told.get(queue, float("-inf")) + QUEUE_REPORT_EVERY

    def _report(self, queue: QueueName, now: Moment) -> None:
        """Report one queue. Never two in one entry: with a thousand waiting, each costs as much as a call's step."""
        del self._queues[queue]
        self._told[queue] = now.monotonic
        self._next_slot = now.monotonic + QUEUE_REPORT_EVERY / len(self._floor.catalogue.queues)
        waiting = [one for one in self._floor.contacts.values() if one.queue == queue and one.stage in WAITING_STAGES]
        record = views.queue_live(self._floor.catalogue.queues[queue], self._floor, waiting, self._counts)
        self._floor.emit(Tell(report=QueueReport(queue=record)))

    def snapshot(self, now: Moment) -> StateSnapshot:
        """Show everything. The publisher stamps `seq`."""
        floor = self._floor
        waiting = self._waiting()
        desks = floor.desks.values()
        return StateSnapshot(
            epoch=floor.epoch,
            seq=0,
            at=milliseconds(now.utc),
            link=floor.link,
            agents=tuple(views.agent_live(desk, floor, now) for desk in desks),
            contacts={
                desk.record.agent: views.contact_live(floor.contacts[desk.contact], desk, floor)
                for desk in desks
                if desk.contact in floor.contacts
            },
            queues=tuple(
                views.queue_live(plan, floor, waiting.get(plan.name, ()), self._counts)
                for plan in floor.catalogue.queues.values()
            ),
            repairs=tuple(floor.repairs),
            reasons=tuple(ReasonChoice(name=one.name, label=one.label.en) for one in floor.catalogue.reasons),
        )

    def count_earlier(self, events: list[InteractionEvent]) -> None:
        """Count what happened earlier today, read back from the records after a start."""
        for event in events:
            self._counts.apply(event)

    def _waiting(self) -> dict[QueueName, list[Contact]]:
        waiting: dict[QueueName, list[Contact]] = {}
        for contact in self._floor.contacts.values():
            if contact.stage in WAITING_STAGES and contact.queue:
                waiting.setdefault(contact.queue, []).append(contact)
        return waiting
