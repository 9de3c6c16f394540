"""A small call centre to test the engine with: short builders, and an engine that remembers what it was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from acd import RoutingEngine
from acd.commands import Command, OfferInteraction, RefuseRequest, ReportAgentState
from acd.events import AgentLoggedOn, AgentStateRequested, Event, InteractionQueued, QueuesConfigured
from acd.model import (
    ANY_AGENT,
    Agent,
    AgentId,
    AllOf,
    InteractionId,
    Medium,
    NotReadyReason,
    PreferredAgent,
    Queue,
    QueueName,
    RequestedState,
    RequestId,
    Requirement,
    SkillName,
    SkillRequirement,
)

C = TypeVar("C")


def needs(**minimums: int) -> Requirement:
    """``needs(english=3)``: one requirement, or all of several."""
    parts = tuple(SkillRequirement(skill=SkillName(skill), minimum=minimum) for skill, minimum in minimums.items())
    return parts[0] if len(parts) == 1 else AllOf(parts=parts)


def agent(agent_id: str, *, capacities: dict[Medium, int] | None = None, **skills: int) -> Agent:
    """``agent("ann", english=7)``."""
    return Agent(
        agent=AgentId(agent_id),
        skills={SkillName(skill): level for skill, level in skills.items()},
        capacities={Medium.VOICE: 1} if capacities is None else capacities,
    )


@dataclass
class Centre:
    """An engine under a clock of its own; every call returns what the engine answered."""

    engine: RoutingEngine = field(default_factory=lambda: RoutingEngine(epoch=7))
    now: float = 1000.0
    requests: int = 0
    told: list[tuple[float, Event | None]] = field(default_factory=list)

    def tell(self, event: Event) -> list[Command]:
        self.told.append((self.now, event))
        return self.engine.handle(event, self.now)

    def wait(self, seconds: float) -> list[Command]:
        """Let time pass as a shell would: waking up at each deadline."""
        until = self.now + seconds
        commands: list[Command] = []
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.told.append((self.now, None))
            commands += self.engine.handle_timer(self.now)
        self.now = until
        return commands

    def configure(self, *queues: Queue) -> list[Command]:
        return self.tell(QueuesConfigured(queues=queues))

    def log_on(self, profile: Agent, *, ready: bool = True, registered: bool = True) -> list[Command]:
        return self.tell(AgentLoggedOn(agent=profile, ready=ready, registered=registered))

    def request(self, agent_id: str, state: RequestedState, reason: str = "") -> list[Command]:
        self.requests += 1
        return self.tell(
            AgentStateRequested(
                request_id=RequestId(f"r{self.requests}"),
                agent=AgentId(agent_id),
                state=state,
                reason=NotReadyReason(reason),
            )
        )

    def queue(
        self,
        interaction: str,
        queue: str = "support",
        *,
        head_start: float = 0.0,
        prefers_expert: bool = False,
        requirements: Requirement = ANY_AGENT,
        preferred: PreferredAgent | None = None,
        medium: Medium = Medium.VOICE,
        enqueued_at: float | None = None,
    ) -> list[Command]:
        return self.tell(
            InteractionQueued(
                interaction=InteractionId(interaction),
                queue=QueueName(queue),
                enqueued_at=self.now if enqueued_at is None else enqueued_at,
                head_start=head_start,
                prefers_expert=prefers_expert,
                requirements=requirements,
                preferred=preferred,
                medium=medium,
            )
        )


def only(commands: list[Command], kind: type[C]) -> C:
    """The one command of this kind."""
    found = every(commands, kind)
    assert len(found) == 1, commands
    return found[0]


def every(commands: list[Command], kind: type[C]) -> list[C]:
    return [command for command in commands if isinstance(command, kind)]


def offers(commands: list[Command]) -> dict[str, str]:
    """Who is offered to whom: interaction → agent."""
    return {offer.interaction: offer.agent for offer in every(commands, OfferInteraction)}


def state(commands: list[Command], agent_id: str) -> ReportAgentState:
    """The last state reported of an agent."""
    return [report for report in every(commands, ReportAgentState) if report.agent == agent_id][-1]


def refusal(commands: list[Command]) -> str:
    return only(commands, RefuseRequest).reason.name
