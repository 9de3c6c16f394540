"""What the routing engine knows: agents, skills, queues, interactions, and why it decided as it did.

All times are monotonic seconds (``float``), all durations seconds. Everything here is a frozen value;
what changes while the engine runs lives in :mod:`acd.agent`, :mod:`acd.waiting` and :mod:`acd.offer`.
Agent states and requestable states are those of CSTA (ECMA-269, clause 6.1.3.4 and 22.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import NamedTuple, NewType, TypeAlias

from acd.record import Record

AgentId = NewType("AgentId", str)
InteractionId = NewType("InteractionId", str)
QueueName = NewType("QueueName", str)
SkillName = NewType("SkillName", str)
OfferId = NewType("OfferId", str)
RequestId = NewType("RequestId", str)

Proficiency: TypeAlias = int
"""How well an agent masters a skill: 1 (just enough) to 10 (the best there is)."""

LOWEST_PROFICIENCY: Proficiency = 1
HIGHEST_PROFICIENCY: Proficiency = 10

AttributeValue: TypeAlias = str | int | float | bool
"""What a rule may look at: one value from the IVR or from the customer's record."""

NotReadyReason = NewType("NotReadyReason", str)
"""A coded reason for NotReady. People's own codes (break, training) are configured; these are the engine's."""

NO_REASON = NotReadyReason("")
SIGNED_IN = NotReadyReason("signed in")
MISSED_CALL = NotReadyReason("missed call")
DECLINED = NotReadyReason("declined")
PHONE_UNREACHABLE = NotReadyReason("phone unreachable")
PHONE_FAILED = NotReadyReason("phone failed")


class Medium(StrEnum):
    """A way of communicating. An agent has a capacity for each."""

    VOICE = "voice"
    CHAT = "chat"
    EMAIL = "email"


class AgentState(StrEnum):
    """The five CSTA agent states. Busy and WorkingAfterCall are observed, never chosen."""

    NULL = "null"
    NOT_READY = "not_ready"
    READY = "ready"
    BUSY = "busy"
    WORKING_AFTER_CALL = "working_after_call"


class RequestedState(StrEnum):
    """What an agent may ask for (CSTA requested agent state). Logging on is a fact, not a request here."""

    LOGGED_OFF = "logged_off"
    NOT_READY = "not_ready"
    READY = "ready"
    WORKING_AFTER_CALL = "working_after_call"


class WorkKind(StrEnum):
    """What keeps an agent busy (TAPI's busy variants)."""

    ACD = "acd"
    INCOMING = "incoming"
    OUTBOUND = "outbound"
    OTHER = "other"


class AgentSelection(StrEnum):
    """How a queue chooses among several ready agents who suffice; one file each in ``acd/selection/``."""

    LEAST_SPECIALISED = "least_specialised"
    LONGEST_IDLE = "longest_idle"
    LEAST_OCCUPIED = "least_occupied"
    MOST_PROFICIENT = "most_proficient"
    TUNABLE_INDEX = "tunable_index"


class WrapUpMode(StrEnum):
    """When an agent works after a call, and what ends it.

    NONE: never. FIXED: always, until completed or the time is over. OPTIONAL: only when asked for during
    the call (requested state WorkingAfterCall), then as FIXED. UNTIL_DISPOSITION: always, until completed
    with a disposition; no time ends it.
    """

    NONE = "none"
    FIXED = "fixed"
    OPTIONAL = "optional"
    UNTIL_DISPOSITION = "until_disposition"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillRequirement:
    """A skill an agent must have, and the proficiency it must reach at least."""

    skill: SkillName
    minimum: Proficiency = LOWEST_PROFICIENCY

    def __str__(self) -> str:
        return f"{self.skill} ≥ {self.minimum}" if self.minimum > LOWEST_PROFICIENCY else str(self.skill)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every part must be satisfied; with no part, every agent satisfies it."""

    parts: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        return " and ".join(_bracketed(part) for part in self.parts) if self.parts else "any agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one part must be satisfied; with no part, no agent satisfies it."""

    parts: tuple[Requirement, ...]

    def __str__(self) -> str:
        return " or ".join(_bracketed(part) for part in self.parts) if self.parts else "no agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """The part must not be satisfied (an agent in training, a conflict of interest)."""

    part: Requirement

    def __str__(self) -> str:
        return f"not {_bracketed(self.part)}"


Requirement: TypeAlias = SkillRequirement | AllOf | AnyOf | Without
"""A condition on an agent's skills. Values are hashable: equal requirements share one index entry."""

ANY_AGENT = AllOf()

PRIORITY_POINT = 60.0
"""Seconds of waiting that one point of priority is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person who takes interactions.

    ``skills`` maps skill to proficiency. ``capacities`` says how many interactions of each medium this
    agent may handle at once; a medium that is missing is not handled. ``group`` names the team.
    """

    agent: AgentId
    name: str = ""
    skills: Mapping[SkillName, Proficiency] = field(default_factory=dict)
    capacities: Mapping[Medium, int] = field(default_factory=lambda: {Medium.VOICE: 1})
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUp:
    """A queue's rule for work after an interaction.

    ``seconds`` is its length (FIXED, OPTIONAL); ``extension_limit`` how many seconds may be added in all.
    """

    mode: WrapUpMode = WrapUpMode.NONE
    seconds: float = 0.0
    extension_limit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelTarget:
    """``share`` (0–1) of interactions is to be answered within ``seconds``."""

    share: float = 0.8
    seconds: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TunableIndex:
    """Weights of one affine index by which an interaction and an agent fit; the highest index is served first.

    The form of Chan, Koole and L'Ecuyer (M&SOM 16(4), 2014). For an interaction and an agent::

        wait · seconds waited + head_start · seconds of head start + groups[agent's group]
        + idle · seconds idle + proficiency · level in what is asked for - specialisation · all levels

    The first line decides which interaction an agent takes (always), the second which agent an interaction
    takes (with the selection TUNABLE_INDEX). The defaults are first come first served and longest idle; a very
    large head start is a strict priority.
    """

    wait: float = 1.0
    head_start: float = 1.0
    idle: float = 1.0
    proficiency: float = 0.0
    specialisation: float = 0.0
    groups: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStep:
    """From ``after`` seconds in the queue on, these requirements replace the queue's own.

    Lower minimums relax, an :class:`AnyOf` with another skill widens. What the interaction itself needs
    (language, contract) holds on unless ``keeps_needs`` is False.
    """

    after: float
    requirements: Requirement
    keeps_needs: bool = True


class OverflowCause(StrEnum):
    """When a queue gives an interaction away."""

    WAITED = "waited"
    LENGTH = "length"
    NOBODY_LOGGED_ON = "nobody logged on"
    EXPECTED_WAIT = "expected wait"
    CLOSED = "closed"


class OverflowTo(StrEnum):
    """Where it goes: another queue, keeping its waiting time, or back to the caller's flow."""

    QUEUE = "queue"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """One overflow of a queue; the first that applies is taken.

    ``limit``  WAITED: seconds in this queue. LENGTH: so many others wait in it. EXPECTED_WAIT: seconds
               expected, when an estimate can be given. NOBODY_LOGGED_ON, CLOSED: unused.
    ``name``   the queue, or what the flow knows the message, mailbox or callback by
    """

    cause: OverflowCause
    to: OverflowTo
    name: str
    limit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """What a queue does not exceed, after all its overflows: where it would, the caller is led on in the flow.

    ``size``     at most so many wait in it, those included who come from other queues; None: any number
    ``seconds``  nobody waits in it for longer; None: any time
    ``to``       where callers go, not to another queue; ``name``: what the flow knows that by
    """

    size: int | None = None
    seconds: float | None = None
    to: OverflowTo = OverflowTo.MESSAGE
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A device where interactions wait for agents (CSTA ACD device).

    ``requirements``     what an agent must satisfy to be offered its interactions
    ``priority``         points; each lets its interactions count as having waited a minute already, so that nobody
                         is overtaken for ever
    ``head_start``       the same in seconds, added to it
    ``weight``           how fast waiting counts: with 2, half a minute in this queue is as urgent as one elsewhere
    ``overdue_after``    seconds of waiting (in all queues together) after which an interaction comes before everybody
                         who has not waited so long, whatever the head starts; None: head starts alone decide
    ``overdue_factor``   with it, one is overdue after so many mean waits of those who have to wait in this queue;
                         ``overdue_after`` is then only what a new queue begins with (see :mod:`acd.overdue`)
    ``selection``        which of several ready agents is taken
    ``index``            the weights of waiting, head start and the rest
    ``share``            with a share, queues are served so that their lengths keep the ratio of their shares
                         (fixed queue ratio, Gurvich and Whitt); such queues come before those without
    ``steps``            how requirements change with waiting time, by increasing ``after``
    ``overflows``        when and where interactions are given away
    ``limits``           how many may wait, and how long
    ``expert_hold``      seconds a VIP may wait for an agent of at least ``expert_level`` in every skill asked
                         for, as long as one is expected to be free by then; 0: takes who is ready
    ``offer_timeout``    seconds an agent has to accept an offer
    """

    name: QueueName
    requirements: Requirement = ANY_AGENT
    priority: float = 0.0
    head_start: float = 0.0
    weight: float = 1.0
    overdue_after: float | None = None
    overdue_factor: float | None = None
    selection: AgentSelection = AgentSelection.LEAST_SPECIALISED
    index: TunableIndex = TunableIndex()
    share: float | None = None
    steps: tuple[QueueStep, ...] = ()
    overflows: tuple[Overflow, ...] = ()
    limits: QueueLimits | None = None
    expert_hold: float = 0.0
    expert_level: Proficiency = HIGHEST_PROFICIENCY
    offer_timeout: float = 20.0
    wrap_up: WrapUp = WrapUp()
    service_level: ServiceLevelTarget = ServiceLevelTarget()

    @property
    def pace(self) -> float:
        """How fast waiting counts here: the index's weight of a second waited."""
        return self.weight * self.index.wait

    @property
    def start(self) -> float:
        """Seconds of waiting its interactions begin with, priority included."""
        return self.head_start + PRIORITY_POINT * self.priority


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferredAgent:
    """The agent an interaction should reach if possible (last agent, account owner, or named).

    Until ``wait`` seconds after queueing it waits for this agent alone; then anybody who suffices.
    With ``wait`` 0 the agent is taken only when ready at once; an agent who is not logged on is not waited
    for, nor one who let an offer of this interaction pass. ``head_start`` seconds are added in the
    eyes of that agent alone, so that those who wait for one person are not passed over by those who
    can be served by anyone. The agent need not satisfy the queue's requirements.
    """

    agent: AgentId
    wait: float = 0.0
    head_start: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingInteraction:
    """An interaction in a queue, as somebody outside may see it.

    ``rank`` decides the order: smaller is sooner. It is the time of queueing less every head start (as
    weighted by the queue's index), so all wait at the same speed, a VIP merely started earlier, and nobody is
    overtaken for ever. Once overdue, it is smaller than the rank of anybody who is not. ``step`` is the queue
    step in force (0: none yet).
    """

    interaction: InteractionId
    queue: QueueName
    medium: Medium
    enqueued_at: float
    rank: float
    sequence: int
    requirements: Requirement
    step: int
    prefers_expert: bool
    offered_to: AgentId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in the order of service among those who compete for the same agents, in whatever queue.

    ``place`` 1 is served next; ``of`` so many who wait on the line or for a callback, oneself among them.
    """

    place: int
    of: int


class Occasion(StrEnum):
    """What made the engine decide."""

    INTERACTION_ARRIVED = "interaction arrived"
    INTERACTION_CAME_BACK = "interaction came back"
    AGENT_BECAME_READY = "agent became ready"
    OFFER_RETURNED = "an offer came to nothing"
    REQUIREMENTS_CHANGED = "requirements changed"
    CALLBACK_ANSWERED = "the customer called back is on the line"


class Exclusion(StrEnum):
    """Why an agent who is logged on was no candidate."""

    LACKS_SKILL = "lacks skill"
    NOT_READY = "not ready"
    BUSY = "busy"
    WORKING_AFTER_CALL = "working after call"
    HAS_OFFER = "has an offer"


Score: TypeAlias = float | tuple[float, ...]
"""What candidates are compared by: of one decision all numbers, or all tuples in lexicographic order."""

Compared: TypeAlias = tuple[tuple[AgentId | InteractionId, Score], ...]
"""The candidates of one decision, best first."""


def by_reason(lacking: int, counts: tuple[int, ...]) -> tuple[tuple[Exclusion, int], ...]:
    """How many agents are out, by reason; ``counts`` as in a :class:`DecisionTrace`. Reasons of nobody are left out."""
    return tuple((reason, count) for reason, count in zip(Exclusion, (lacking, *counts[1:]), strict=True) if count)


class Candidate(NamedTuple):
    """One of those who were compared: an agent (the interaction chose) or an interaction (the agent chose)."""

    who: AgentId | InteractionId
    score: Score


class DecisionTrace(Record, frozen=True, kw_only=True):
    """Why an offer was made: small enough to store with every interaction.

    ``rule``      the strategy that decided, in words
    ``step``      the queue step in force (0: as configured, nothing relaxed yet)
    ``lacking``   agents logged on who do not satisfy the requirements
    ``counts``    of those who do: how many could be offered something, were not ready, at work, working after a call,
                  and had an offer, the one just made included; empty where it had to be this agent
    ``compared``  at most five candidates and their scores, smaller is better; the first one was taken
    """

    at: float
    occasion: Occasion
    rule: str
    step: int
    waited: float
    lacking: int
    counts: tuple[int, ...]
    compared: Compared

    @property
    def best(self) -> tuple[Candidate, ...]:
        """Those compared, their parts named: few traces are ever read, so the names are given when one is."""
        return tuple(Candidate(*each) for each in self.compared)

    @property
    def eligible(self) -> int:
        """Agents logged on who satisfy the requirements."""
        return sum(self.counts) if self.counts else 1

    @property
    def excluded(self) -> tuple[tuple[Exclusion, int], ...]:
        """How many agents were out, by reason; reasons of nobody are left out, and so is the agent who was taken."""
        if not self.counts:
            return ()
        *counts, offered = self.counts
        return by_reason(self.lacking, (*counts, offered - 1))


class Refusal(Enum):
    """Why a request was refused. The value is (CSTA error category, text)."""

    UNKNOWN_AGENT = ("operation", "no such agent is logged on")
    UNKNOWN_INTERACTION = ("operation", "no such interaction")
    PHONE_UNREACHABLE = ("resource availability", "the agent's phone is not registered")
    LOG_OFF_FROM_NOT_READY_ONLY = ("state incompatibility", "log off is possible from NotReady only")
    NOTHING_TO_WRAP_UP = ("state incompatibility", "there is no interaction to work on after")
    DISPOSITION_REQUIRED = ("state incompatibility", "this work ends with a disposition only")
    EXTENSION_LIMIT = ("resource availability", "the work after the call cannot be extended further")
    AGENT_NOT_FREE = ("state incompatibility", "the agent is working or being offered an interaction")
    INTERACTION_WAITS = ("state incompatibility", "the interaction waits for an agent in a queue")

    @property
    def category(self) -> str:
        """The CSTA error category: operation, state incompatibility, resource availability or security."""
        return self.value[0]

    @property
    def text(self) -> str:
        """One sentence for people."""
        return self.value[1]


def _bracketed(requirement: Requirement) -> str:
    compound = isinstance(requirement, AllOf | AnyOf) and len(requirement.parts) > 1
    return f"({requirement})" if compound else str(requirement)
