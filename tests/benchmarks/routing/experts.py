"""Who serves VIPs: the most proficient who is ready, a draw among all who suffice, or an expert who is waited for.

The stated day: 60 agents, three kinds of call alike, 88 % load, one VIP in ten. Each agent has two kinds of call, with
proficiencies drawn from 1 to 10 (the map is drawn from a seed). An agent is in the top third of a kind when a third at
most of those who have it master it better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from statistics import mean

from acd.commands import Command, OfferInteraction
from acd.engine import RoutingEngine
from acd.events import Event, InteractionQueued
from acd.metrics import Outcome
from acd.model import (
    Agent,
    AgentId,
    AgentSelection,
    AgentState,
    PreferredAgent,
    Queue,
    QueueName,
    SkillName,
    SkillRequirement,
)
from acd.simulation import Arrival, Shift, simulate
from tests.benchmarks.routing.policy import HEAD_START, VIP, one_queue
from tests.benchmarks.routing.traffic import AHT, people, poisson
from tests.benchmarks.routing.trials import SEEDS, Trials

AGENTS = 60
KINDS = ("accounts", "cards", "loans")
LOAD = 0.88
VIP_SHARE = 0.1
HOLD = 30.0


def team(seed: int) -> list[Shift]:
    """Return the agents: as many for each pair of kinds, proficiencies drawn."""
    random = Random(seed)
    made = []
    for number, shift in enumerate(people(AGENTS)):
        own = (KINDS[number % 3], KINDS[(number + 1) % 3])
        skills = {SkillName(kind): random.randint(1, 10) for kind in own}
        made.append(Shift(agent=replace(shift.agent, skills=skills)))
    return made


def top_third(shifts: list[Shift], kind: str) -> int:
    """Return the proficiency from which on one is in the top third of this kind, a third at most."""
    levels = [level for shift in shifts for skill, level in shift.agent.skills.items() if skill == kind]
    return next(level for level in range(1, 11) if sum(each >= level for each in levels) <= len(levels) / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How VIPs are given to agents."""

    name: str
    expert: bool = True
    by_lot: bool = False
    hold: float = 0.0


RULES = (
    Rule(name="drawn by lot among the ready who suffice", expert=False, by_lot=True),
    Rule(name="longest idle", expert=False),
    Rule(name="the one configuration"),
    Rule(name=f"holding {HOLD:g} s for an expert", hold=HOLD),
)
BY_LOT, LONGEST_IDLE, OURS, HOLDING = RULES


class Watching(RoutingEngine):
    """The production engine, with somebody who notes the best who is ready at the moment a VIP is given to an agent.

    By lot, a VIP's agent is drawn outside, and told to the engine as whom the caller would like best if ready.
    """

    def __init__(self, agents: dict[AgentId, Agent], *, by_lot: Random | None) -> None:
        super().__init__(epoch=1)
        self._agents = agents
        self._by_lot = by_lot
        self._vips: dict[str, SkillName] = {}
        self.given: list[int] = []
        self.best: list[int] = []

    def handle(self, event: Event, now: float) -> list[Command]:
        """Pass the event on; look at who was ready before, and who got what."""
        ready = [self._agents[report.agent] for report in self.agent_states() if report.state is AgentState.READY]
        if isinstance(event, InteractionQueued) and event.attributes.get("vip"):
            skill = SkillName(event.queue)
            self._vips[event.interaction] = skill
            suffice = [each.agent for each in ready if skill in each.skills]
            if self._by_lot is not None and suffice:
                preferred = PreferredAgent(agent=self._by_lot.choice(suffice), wait=0.0)
                event = replace(event, preferred=preferred)
        commands = super().handle(event, now)
        for each in commands:
            if isinstance(each, OfferInteraction) and each.interaction in self._vips:
                skill = self._vips.pop(each.interaction)
                own = self._agents[each.agent].skills[skill]
                self.given.append(own)
                self.best.append(max([own, *(other.skills.get(skill, 0) for other in ready)]))
        return commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What VIPs got on one day: shares and levels are of VIPs; waits in seconds."""

    top_third: float
    level: float
    best_level: float
    wait: float
    others_wait: float


def served(seed: int, calls: int, rule: Rule) -> Served:
    """Return what VIPs got under this rule."""
    shifts = team(seed)
    agents = {shift.agent.agent: shift.agent for shift in shifts}
    tops = {kind: top_third(shifts, kind) for kind in KINDS}
    engine = Watching(agents, by_lot=Random(seed) if rule.by_lot else None)
    day = simulate(
        queues=[_queue(kind, rule, tops[kind]) for kind in KINDS],
        shifts=shifts,
        arrivals=_kinds(seed, calls, rule),
        engine=engine,
    )
    vips = [each for each in day.outcomes if each.label == VIP]
    return Served(
        top_third=mean(_level(agents, each) >= tops[each.queue] for each in vips),
        level=mean(engine.given),
        best_level=mean(engine.best),
        wait=mean(each.wait for each in vips),
        others_wait=mean(each.wait for each in day.outcomes if each.label != VIP),
    )


def _queue(kind: str, rule: Rule, top: int) -> Queue:
    queue = one_queue(QueueName(kind), SkillRequirement(skill=SkillName(kind)))
    if not rule.expert and not rule.by_lot:
        queue = replace(queue, selection=AgentSelection.LONGEST_IDLE)
    return replace(queue, expert_hold=rule.hold, expert_level=top)


def _kinds(seed: int, calls: int, rule: Rule) -> Iterator[Arrival]:
    random = Random(seed)
    for each in poisson(seed, calls, LOAD * AGENTS / AHT, vip_share=VIP_SHARE):
        vip = each.label == VIP
        yield replace(
            each,
            queue=QueueName(random.choice(KINDS)),
            head_start=HEAD_START if vip else 0.0,
            prefers_expert=vip and rule.expert,
            attributes={"vip": True} if vip else {},
        )


def _level(agents: dict[AgentId, Agent], outcome: Outcome) -> int:
    return agents[outcome.agent].skills[SkillName(outcome.queue)] if outcome.agent else 0


def experts(trials: Trials) -> None:
    """Shares served by the top third, what it costs in wait, and the level beside an oracle's."""
    seeds = SEEDS[: trials.length(4, 1)]
    calls = trials.length(30_000, 8_000)
    found = trials.each("experts", served, [(seed, calls, rule) for rule in RULES for seed in seeds])
    by_rule = {rule: found[number * len(seeds) :][: len(seeds)] for number, rule in enumerate(RULES)}
    base, ours = by_rule[BY_LOT], by_rule[OURS]
    lot = mean(each.top_third for each in base)
    for rule, days in by_rule.items():
        share = mean(each.top_third for each in days)
        judged = {OURS: share > lot, HOLDING: share >= mean(each.top_third for each in ours)}
        trials.report.add(
            f"experts: VIPs served by the top third, {rule.name}",
            100 * share,
            "%",
            samples=[each.top_third for each in days],
            peer=100 * lot,
            target={OURS: "more than by lot", HOLDING: "not less than ours"}.get(rule, "stated"),
            ok=judged.get(rule),
        )
    for rule, days in by_rule.items():
        others = mean(each.others_wait for each in days)
        trials.report.add(
            f"experts: VIPs' ASA, {rule.name}",
            mean(each.wait for each in days),
            "s",
            peer=mean(each.wait for each in base),
            target=f"stated: others {others:.1f} s",
        )
    level, best = (mean(getattr(each, name) for each in ours) for name in ("level", "best_level"))
    trials.report.add(
        "experts: mean proficiency given to VIPs, beside the best ready",
        level,
        "",
        peer=best,
        target=f"95 % of the oracle's at least: {level / best:.1%}",
        ok=level >= 0.95 * best,
    )
    trials.report.add(
        "experts: mean proficiency given to VIPs, by lot", mean(each.level for each in base), "", peer=best
    )
    wait, blind = (mean(each.wait for each in by_rule[rule]) for rule in (OURS, LONGEST_IDLE))
    trials.report.add(
        "experts: VIPs' ASA, beside longest idle for all",
        wait,
        "s",
        peer=blind,
        target=f"5 % more at most: {wait / blind - 1:+.1%}",
        ok=wait <= 1.05 * blind,
    )
    trials.report.notes.append(
        f"Experts: maps of proficiencies drawn with seeds {', '.join(map(str, seeds))}; the top thirds begin at "
        + "; ".join(", ".join(f"{kind} {top_third(team(seed), kind)}" for kind in KINDS) for seed in seeds)
        + "."
    )
