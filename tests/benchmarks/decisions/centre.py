"""A large call centre to measure decisions in: 50 skills, 200 distinct requirements, the full policy."""

from __future__ import annotations

from random import Random

from acd import RoutingEngine
from acd.commands import Command, OfferInteraction
from acd.events import AgentLoggedOn, Event, InteractionEnded, InteractionQueued, OfferAccepted, QueuesConfigured
from acd.model import (
    Agent,
    AgentId,
    AllOf,
    InteractionId,
    Overflow,
    OverflowCause,
    OverflowTo,
    PreferredAgent,
    Queue,
    QueueName,
    QueueStep,
    Requirement,
    SkillName,
    SkillRequirement,
)

SKILLS = [SkillName(f"s{number:02}") for number in range(50)]
SIGNATURES = 200
VIPS = 0.1
VIP_HEAD_START = 90.0
WISHES = 0.02
"""The share of interactions that ask for an agent."""

ARRIVAL = 0.02
"""Seconds that pass with each arrival."""


def made_queues(random: Random) -> tuple[Queue, ...]:
    """One queue a requirement: a quarter asks for one skill (each skill once), the rest for two with minimums."""
    queues = []
    for number in range(SIGNATURES):
        first, second = random.sample(SKILLS, 2)
        if number < len(SKILLS):
            first = SKILLS[number]
        relaxed = SkillRequirement(skill=first)
        strict: Requirement = relaxed
        if number >= len(SKILLS):
            strict = AllOf(
                parts=(
                    SkillRequirement(skill=first, minimum=random.randint(1, 4)),
                    SkillRequirement(skill=second, minimum=random.randint(1, 4)),
                )
            )
        queues.append(
            Queue(
                name=QueueName(f"q{number:03}"),
                requirements=strict,
                steps=(QueueStep(after=900.0, requirements=relaxed),),
                overflows=(
                    Overflow(cause=OverflowCause.WAITED, to=OverflowTo.CALLBACK, name="later", limit=3600.0),
                    Overflow(cause=OverflowCause.LENGTH, to=OverflowTo.VOICEMAIL, name="box", limit=100_000.0),
                ),
            )
        )
    return tuple(queues)


def made_agents(random: Random, number: int) -> list[Agent]:
    """Agents with 5–10 skills at any proficiency."""
    return [
        Agent(
            agent=AgentId(f"a{each:04}"),
            skills={skill: random.randint(1, 10) for skill in random.sample(SKILLS, random.randint(5, 10))},
        )
        for each in range(number)
    ]


class Centre:
    """An engine, and what the switch would know: who works on what, and what was told of whom."""

    def __init__(self, seed: int, agents: int) -> None:
        """Agents log on and are ready; nobody waits."""
        self.random = Random(seed)
        self.queues = made_queues(self.random)
        self.agents = made_agents(self.random, agents)
        self.engine = RoutingEngine(epoch=1)
        self.now = 0.0
        self.working: dict[AgentId, InteractionId] = {}
        self.told: dict[InteractionId, InteractionQueued] = {}
        self._number = 0
        self.tell(QueuesConfigured(queues=self.queues))
        for agent in self.agents:
            self.tell(AgentLoggedOn(agent=agent, registered=True, ready=True))

    def at_work(self, waiting: int) -> Centre:
        """Everybody gets something to do, and so many interactions wait."""
        for agent in self.agents:
            self._number += 1
            self.tell(
                InteractionQueued(
                    interaction=InteractionId(f"i{self._number}"),
                    queue=self.queues[0].name,
                    enqueued_at=self.now,
                    preferred=PreferredAgent(agent=agent.agent),
                )
            )
        self.fill(waiting)
        return self

    def tell(self, event: Event) -> list[Command]:
        """Tell the engine, and answer its offers at once."""
        commands = self.engine.handle(event, self.now)
        self.answer(commands)
        return commands

    def answer(self, commands: list[Command]) -> None:
        """Accept what is offered."""
        for command in commands:
            if isinstance(command, OfferInteraction):
                self.working[command.agent] = command.interaction
                self.engine.handle(OfferAccepted(offer=command.offer), self.now)

    def fill(self, waiting: int) -> None:
        """Let interactions arrive until so many wait."""
        while self.engine.waiting_count < waiting:
            event = self.arrival()
            self.told[event.interaction] = event
            self.tell(event)

    def arrival(self) -> InteractionQueued:
        """The next interaction that comes, to be told now."""
        random = self.random
        self._number += 1
        self.now += ARRIVAL
        vip = random.random() < VIPS
        wish = PreferredAgent(agent=random.choice(self.agents).agent, wait=30.0) if random.random() < WISHES else None
        return InteractionQueued(
            interaction=InteractionId(f"i{self._number}"),
            queue=random.choice(self.queues).name,
            enqueued_at=self.now,
            head_start=VIP_HEAD_START if vip else 0.0,
            prefers_expert=vip,
            preferred=wish,
        )

    def endings(self, number: int) -> list[InteractionEnded]:
        """The ends of so many agents' work, chosen at random, to be told now."""
        agents = self.random.sample(list(self.working), number)
        return [InteractionEnded(interaction=self.working.pop(agent), agent=agent) for agent in agents]
