"""A long random day told to the engine, with all it can do; returns a digest of every decision it made."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from random import Random

from acd import RoutingEngine
from acd.commands import Command, ReleaseCallback
from acd.events import (
    AgentLoggedOn,
    AgentStateRequested,
    CallbackAnswered,
    CallbackRequested,
    CallbackTerms,
    CallbackUnanswered,
    Event,
    InteractionAbandoned,
    InteractionEnded,
    InteractionQueued,
    OfferAccepted,
    OfferUnanswered,
    QueuesConfigured,
    RulesConfigured,
)
from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    AgentState,
    AnyOf,
    InteractionId,
    Medium,
    Overflow,
    OverflowCause,
    OverflowTo,
    PreferredAgent,
    Queue,
    QueueName,
    QueueStep,
    RequestedState,
    RequestId,
    SkillName,
    SkillRequirement,
    TunableIndex,
    WrapUp,
    WrapUpMode,
)
from acd.rules import Rule, compiled

SKILLS = [SkillName(name) for name in ("english", "german", "french", "billing", "technical")]
RULES = (
    Rule(name="vip", when=compiled('tier == "vip"', where="vip"), head_start=60.0, prefers_expert=True),
    Rule(name="gold", when=compiled('tier == "gold"', where="gold"), head_start=20.0),
)


def made_queues(random: Random) -> tuple[Queue, ...]:
    """One queue a skill, each with some of what queues may have."""
    queues = []
    for number, skill in enumerate(SKILLS):
        either = AnyOf(
            parts=(SkillRequirement(skill=skill, minimum=3), SkillRequirement(skill=SKILLS[0], minimum=8)),
        )
        later = Overflow(
            cause=OverflowCause.WAITED, to=OverflowTo.QUEUE, name=f"q-{SKILLS[(number + 1) % 5]}", limit=120.0
        )
        away = Overflow(cause=OverflowCause.LENGTH, to=OverflowTo.VOICEMAIL, name="box", limit=30.0)
        queues.append(
            Queue(
                name=QueueName(f"q-{skill}"),
                requirements=either,
                selection=random.choice(list(AgentSelection)),
                index=TunableIndex(groups=(("north", 10.0),)) if number == 1 else TunableIndex(),
                share=1.0 if number == 2 else None,
                weight=2.0 if number == 3 else 1.0,
                steps=(QueueStep(after=30.0, requirements=SkillRequirement(skill=skill)),),
                overflows=(later, away) if number == 4 else (),
                expert_hold=15.0,
                expert_level=7,
                overdue_after=90.0 if number == 0 else None,
                wrap_up=WrapUp(mode=WrapUpMode.FIXED, seconds=5),
            )
        )
    return tuple(queues)


def run(random: Random, steps: int) -> str:
    """Tell ``steps`` random facts and return how many commands of each kind were given, and a digest of all."""
    engine = RoutingEngine(epoch=1)
    digest = sha256()
    kinds: Counter[str] = Counter()
    called: list[InteractionId] = []
    now = 0.0

    def note(commands: list[Command]) -> None:
        kinds.update(type(command).__name__ for command in commands)
        called.extend(command.interaction for command in commands if isinstance(command, ReleaseCallback))
        digest.update(repr(commands).encode())

    def tell(event: Event) -> None:
        note(engine.handle(event, now))

    tell(RulesConfigured(rules=RULES))
    tell(QueuesConfigured(queues=made_queues(random)))
    for number in range(30):
        agent = Agent(
            agent=AgentId(f"a{number}"),
            skills={skill: random.randint(1, 10) for skill in random.sample(SKILLS, 2)},
            group=random.choice(("north", "south")),
            capacities={Medium.VOICE: 1, Medium.CHAT: 2} if number % 3 == 0 else {Medium.VOICE: 1},
        )
        tell(AgentLoggedOn(agent=agent, ready=True, registered=True))
    for number in range(steps):
        now += random.expovariate(1.0)
        kind = random.random()
        offers = engine.offers()
        waiting = engine.waiting()
        states = engine.agent_states()
        busy = [each for each in states if each.state is AgentState.BUSY]
        if kind < (0.4 if len(waiting) < 60 else 0.1) or not (offers or busy):
            wish = PreferredAgent(agent=random.choice(states).agent, wait=20.0) if random.random() < 0.1 else None
            tell(
                InteractionQueued(
                    interaction=InteractionId(f"i{number}"),
                    queue=QueueName(f"q-{random.choice(SKILLS)}"),
                    enqueued_at=now,
                    medium=Medium.CHAT if random.random() < 0.1 else Medium.VOICE,
                    preferred=wish,
                    attributes={"tier": random.choice(("standard", "standard", "gold", "vip"))},
                )
            )
        elif kind < 0.65 and offers:
            offer = random.choice(offers).offer
            tell(OfferAccepted(offer=offer) if random.random() < 0.95 else OfferUnanswered(offer=offer))
        elif kind < 0.85 and busy:
            ended = random.choice(busy)
            tell(InteractionEnded(agent=ended.agent, interaction=ended.interactions[0]))
        elif kind < 0.9 and called:
            back = called.pop(0)
            reached = random.random() < 0.7
            tell(CallbackAnswered(interaction=back) if reached else CallbackUnanswered(interaction=back))
        elif kind < 0.91:
            made = random.randrange(3)
            terms = CallbackTerms(retry_after=20.0, made=made, pause=random.choice((0.0, 30.0)))
            promise = InteractionId(f"p{number}")
            queue = QueueName(f"q-{random.choice(SKILLS)}")
            tell(InteractionQueued(interaction=promise, queue=queue, enqueued_at=now - 60.0, callback=terms))
        elif kind < 0.93 and waiting:
            tell(CallbackRequested(interaction=random.choice(waiting).interaction, retry_after=20.0))
        elif kind < 0.97:
            agent_id = random.choice(states).agent
            tell(AgentStateRequested(request_id=RequestId("r"), agent=agent_id, state=RequestedState.READY))
        elif waiting:
            tell(InteractionAbandoned(interaction=random.choice(waiting).interaction))
        if random.random() < 0.1:
            note(engine.handle_timer(now))
    return f"{sorted(kinds.items())} {digest.hexdigest()}"
