"""A long random day told to the engine; returns a digest of every decision it made."""

from __future__ import annotations

from hashlib import sha256
from random import Random

from acd import RoutingEngine
from acd.commands import OfferInteraction
from acd.events import (
    AgentLoggedOn,
    Event,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    OfferUnanswered,
    QueuesConfigured,
)
from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    AgentState,
    AnyOf,
    InteractionId,
    Queue,
    QueueName,
    SkillName,
    SkillRequirement,
    WrapUp,
    WrapUpMode,
)

SKILLS = [SkillName(name) for name in ("english", "german", "french", "billing", "technical")]


def run(random: Random, steps: int) -> str:
    """Tell ``steps`` random facts and return how many offers were made and a digest of all commands."""
    engine = RoutingEngine(epoch=1)
    digest = sha256()
    made = 0
    now = 0.0

    def tell(event: Event) -> None:
        nonlocal made
        commands = engine.handle(event, now)
        made += sum(isinstance(command, OfferInteraction) for command in commands)
        digest.update(repr(commands).encode())

    tell(
        QueuesConfigured(
            queues=tuple(
                Queue(
                    name=QueueName(f"q-{skill}"),
                    requirements=AnyOf(
                        parts=(SkillRequirement(skill=skill, minimum=3), SkillRequirement(skill=SKILLS[0], minimum=8))
                    ),
                    selection=random.choice(list(AgentSelection)),
                    wrap_up=WrapUp(mode=WrapUpMode.FIXED, seconds=5),
                )
                for skill in SKILLS
            )
        )
    )
    for number in range(30):
        skills = {skill: random.randint(1, 10) for skill in random.sample(SKILLS, 2)}
        tell(AgentLoggedOn(agent=Agent(agent=AgentId(f"a{number}"), skills=skills), ready=True, registered=True))
    for number in range(steps):
        now += random.expovariate(1.0)
        kind = random.random()
        offers = engine.offers()
        waiting = engine.waiting()
        busy = [each for each in engine.agent_states() if each.state is AgentState.BUSY]
        if kind < (0.4 if len(waiting) < 60 else 0.1) or not (offers or busy):
            queue = QueueName(f"q-{random.choice(SKILLS)}")
            expert = random.random() < 0.2
            tell(
                InteractionQueued(
                    interaction=InteractionId(f"i{number}"), queue=queue, enqueued_at=now, prefers_expert=expert
                )
            )
        elif kind < 0.65 and offers:
            offer = random.choice(offers).offer
            tell(OfferAccepted(offer=offer) if random.random() < 0.95 else OfferUnanswered(offer=offer))
        elif kind < 0.95 and busy:
            agent = random.choice(busy)
            tell(InteractionEnded(agent=agent.agent, interaction=agent.interactions[0]))
        elif waiting:
            tell(InteractionAbandoned(interaction=random.choice(waiting).interaction))
    return f"{made} offers {digest.hexdigest()}"
