"""A journal in memory that outlives the process it pretends to belong to, and whose disk may fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import AgentId, InteractionId
from callcenter.domain.interaction import EventKind, InteractionEvent
from callcenter.ports import Journal, Remembered


class FakeJournal(Journal):
    """What `append` was given is on "disk" at the next `durable` or question, unless `broken` says why not.

    `crash()` forgets what was not on disk: what a new process would find.
    """

    def __init__(self) -> None:
        self.broken: str | None = None
        self.epoch = 0
        self._held: list[InteractionEvent] = []
        self._held_choices: dict[AgentId, Mapping[str, str] | None] = {}
        self._stored: dict[tuple[InteractionId, int], InteractionEvent] = {}
        self._agents: dict[AgentId, Mapping[str, str]] = {}

    @property
    def events(self) -> list[InteractionEvent]:
        """Everything given of interactions, on disk or not, in the order of `append`."""
        given = [*self._stored.values(), *self._held]
        return [event for event in given if event.kind is not EventKind.AGENT_STATE]

    def kinds(self, interaction: InteractionId) -> list[EventKind]:
        """What happened to one interaction, in the order of `append`."""
        return [event.kind for event in self.events if event.interaction == interaction]

    def crash(self) -> None:
        self._held.clear()
        self._held_choices.clear()

    def append(self, event: InteractionEvent) -> None:
        self._held.append(event)

    def remember_agent(self, agent: AgentId, state: Mapping[str, str] | None) -> None:
        self._held_choices[agent] = None if state is None else dict(state)

    async def durable(self) -> None:
        self._write()
        if self.broken is not None:
            raise ExternalFailure(self.broken, retryable=True)

    async def unfinished(self) -> Sequence[Remembered]:
        self._write()
        found: dict[InteractionId, list[InteractionEvent]] = {}
        for event in sorted(self._stored.values(), key=lambda e: (e.interaction, e.seq)):
            found.setdefault(event.interaction, []).append(event)
        return [
            Remembered(interaction=interaction, events=tuple(events))
            for interaction, events in found.items()
            if {EventKind.STARTED} <= {e.kind for e in events} and EventKind.CLOSED not in {e.kind for e in events}
        ]

    async def next_epoch(self) -> int:
        self.epoch += 1
        return self.epoch

    async def agents(self) -> Mapping[AgentId, Mapping[str, str]]:
        self._write()
        return dict(sorted(self._agents.items()))

    def _write(self) -> None:
        if self.broken is not None:
            return
        for event in self._held:
            self._stored.setdefault((event.interaction, event.seq), event)
        for agent, state in self._held_choices.items():
            if state is None:
                self._agents.pop(agent, None)
            else:
                self._agents[agent] = state
        self.crash()
