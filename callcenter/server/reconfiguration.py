"""A new configuration while calls run: told to the engine, the agents, the boards; nobody who waits loses the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import acd.events
from callcenter.api.messages import ConfigurationApplied, ConfigurationReport, Refused
from callcenter.domain.catalogue import Catalogue, QueuePlan
from callcenter.domain.changes import changes
from callcenter.domain.ids import QueueName
from callcenter.domain.moment import Moment
from callcenter.server.agents import Agents
from callcenter.server.counts import DayCounts
from callcenter.server.effects import Answer, ConfigurationTaken, ReadConfiguration, Tell
from callcenter.server.facts import ConfigurationRead, ConfigurationRefused, ReloadWanted
from callcenter.server.floor import Floor
from callcenter.server.live import Live
from callcenter.server.opening_hours import OpeningHours
from callcenter.server.routing import Routing


class Reconfiguration:
    """Configuration → engine, desks, boards.

    A queue that is configured no more and still has somebody (waiting, talking, or an agent who wraps up) stays as it
    was until the last of them is done; nobody new comes in.
    """

    def __init__(
        self,
        floor: Floor,
        *,
        routing: Routing,
        agents: Agents,
        hours: OpeningHours,
        live: Live,
        counts: DayCounts,
    ) -> None:
        self._floor = floor
        self._routing = routing
        self._agents = agents
        self._hours = hours
        self._live = live
        self._counts = counts

    def begin(self, now: Moment) -> None:
        """Tell the engine what is configured, before anything else happens."""
        self._tell_engine(self._floor.catalogue, now)
        self._hours.look(now)

    def apply(self, fact: ReloadWanted | ConfigurationRead | ConfigurationRefused, now: Moment) -> None:
        """Take one fact about the configuration's files."""
        match fact:
            case ReloadWanted():
                self.wanted(None)
            case ConfigurationRead():
                self._take(fact, now)
            case ConfigurationRefused():
                self._refused(fact)

    def wanted(self, request_id: str | None) -> None:
        """Somebody says that the files have changed: have them read."""
        self._floor.emit(ReadConfiguration(request_id=request_id))

    def _refused(self, fact: ConfigurationRefused) -> None:
        """Something is wrong in the files: nothing changes."""
        if fact.request_id is not None:
            reply = Refused(code="configuration", message=fact.problems)
            self._floor.emit(Answer(request_id=fact.request_id, reply=reply))

    def _take(self, fact: ConfigurationRead, now: Moment) -> None:
        """Replace the whole configuration."""
        before = self._floor.catalogue
        leaving = self._leaving(before, fact.catalogue)
        found = changes(before, fact.catalogue)
        self._replace(replace(fact.catalogue, queues={**fact.catalogue.queues, **leaving}), now)
        told = (
            *found,
            *(f"queue {name}: serves whom it still has, and is gone with the last of them" for name in leaving),
            *fact.notes,
        )
        self._floor.emit(ConfigurationTaken(catalogue=self._floor.catalogue, changes=told))
        if fact.request_id is not None:
            self._floor.emit(Answer(request_id=fact.request_id, reply=ConfigurationApplied(changes=told)))

    def let_go(self, now: Moment) -> None:
        """Drop the queues that are configured no more and have nobody left."""
        queues = self._floor.catalogue.queues
        empty = {plan.name for plan in queues.values() if plan.leaving} - self._occupied()
        if empty:
            left = {name: plan for name, plan in queues.items() if name not in empty}
            self._replace(replace(self._floor.catalogue, queues=left), now)
            told = tuple(f"queue {name}: gone" for name in sorted(empty))
            self._floor.emit(ConfigurationTaken(catalogue=self._floor.catalogue, changes=told))

    def _leaving(self, before: Catalogue, after: Catalogue) -> dict[QueueName, QueuePlan]:
        """Return the queues that go on for whom they have. Opening hours concern those who come: it needs none."""
        occupied = self._occupied()
        return {
            name: replace(plan, leaving=True, calendar=None)
            for name, plan in before.queues.items()
            if name not in after.queues and name in occupied
        }

    def _occupied(self) -> set[QueueName]:
        return {contact.queue for contact in self._floor.contacts.values() if contact.queue is not None}

    def _replace(self, catalogue: Catalogue, now: Moment) -> None:
        floor = self._floor
        floor.catalogue = catalogue
        self._counts.targets = targets(catalogue.queues.values())
        self._tell_engine(catalogue, now)
        self._hours.look(now)
        self._agents.people_read(self._agents.working(), now)
        self._live.forget_queues()
        for queue in catalogue.queues:
            self._live.queue_changed(queue)
        floor.emit(Tell(report=ConfigurationReport()))

    def _tell_engine(self, catalogue: Catalogue, now: Moment) -> None:
        """Rules first: they concern nobody who waits. Queues last: those who wait are placed by all that holds now."""
        tell = self._routing.tell
        tell(acd.events.RulesConfigured(rules=catalogue.rules), now)
        tell(acd.events.InterruptionsConfigured(interruptions=catalogue.media.interruptions), now)
        tell(acd.events.QueuesConfigured(queues=tuple(plan.routing for plan in catalogue.queues.values())), now)


def targets(plans: Iterable[QueuePlan]) -> dict[QueueName, int]:
    """Return within how many seconds each queue's callers should be answered."""
    return {plan.name: plan.target_seconds for plan in plans}
