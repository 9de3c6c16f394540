"""What random histories are made of: agents, queues and rules of a small centre, often enough the same."""

from __future__ import annotations

from math import inf, nan

from hypothesis import strategies as st

from acd.model import (
    ANY_AGENT,
    Agent,
    AgentId,
    AgentSelection,
    AnyOf,
    AttributeValue,
    InteractionId,
    Medium,
    OfferId,
    Overflow,
    OverflowCause,
    OverflowTo,
    PreferredAgent,
    Queue,
    QueueLimits,
    QueueName,
    QueueStep,
    RequestId,
    Requirement,
    SkillName,
    SkillRequirement,
    TunableIndex,
    Without,
    WrapUp,
    WrapUpMode,
)
from acd.rules import Rule, compiled

SKILLS = [SkillName("english"), SkillName("german"), SkillName("billing")]
AGENTS = [AgentId(f"agent{number}") for number in range(4)]
QUEUES = [QueueName("sales"), QueueName("support")]
CONDITIONS = ('tier == "vip"', 'tier != "gold"', 'size(tier) > 3 && queue == "sales"')
INTERACTIONS = [InteractionId(f"i{number}") for number in range(12)]

simple = st.builds(SkillRequirement, skill=st.sampled_from(SKILLS), minimum=st.integers(1, 10))
requirements: st.SearchStrategy[Requirement] = st.one_of(
    st.just(ANY_AGENT),
    simple,
    st.builds(AnyOf, parts=st.tuples(simple, simple)),
    st.builds(Without, part=simple),
)
agent_ids = st.sampled_from(AGENTS)
interaction_ids = st.sampled_from(INTERACTIONS)
media = st.sampled_from([Medium.VOICE, Medium.VOICE, Medium.CHAT])
profiles = st.builds(
    Agent,
    agent=agent_ids,
    skills=st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 10)),
    capacities=st.sampled_from([{Medium.VOICE: 1}, {Medium.VOICE: 1, Medium.CHAT: 2}, {Medium.CHAT: 3}]),
)
wrap_ups = st.builds(
    WrapUp,
    mode=st.sampled_from(WrapUpMode),
    seconds=st.sampled_from([0.0, 10.0]),
    extension_limit=st.sampled_from([0.0, 30.0]),
)
overflows = st.builds(
    Overflow,
    cause=st.sampled_from(OverflowCause),
    to=st.sampled_from(OverflowTo),
    name=st.sampled_from(QUEUES),
    limit=st.sampled_from([2.0, 30.0]),
)
queues = st.tuples(
    *(
        st.builds(
            Queue,
            name=st.just(name),
            requirements=requirements,
            head_start=st.sampled_from([0.0, 60.0]),
            overdue_after=st.sampled_from([None, 15.0]),
            overdue_factor=st.sampled_from([None, 2.0]),
            selection=st.sampled_from(AgentSelection),
            offer_timeout=st.sampled_from([5.0, 20.0]),
            index=st.sampled_from([TunableIndex(), TunableIndex(wait=2.0, groups=(("", 5.0),))]),
            share=st.sampled_from([None, None, 1.0]),
            steps=st.lists(st.builds(QueueStep, after=st.just(10.0), requirements=requirements), max_size=1).map(tuple),
            overflows=st.lists(overflows, max_size=2).map(tuple),
            limits=st.sampled_from([None, None, QueueLimits(size=2, name="full"), QueueLimits(seconds=40, name="x")]),
            weight=st.sampled_from([1.0, 1.0, 3.0]),
            priority=st.sampled_from([0.0, 1.0]),
            expert_hold=st.sampled_from([0.0, 12.0]),
            expert_level=st.sampled_from([5, 10]),
            wrap_up=wrap_ups,
        )
        for name in QUEUES
    )
)
preferences = st.one_of(
    st.none(), st.builds(PreferredAgent, agent=agent_ids, wait=st.sampled_from([0.0, 15.0]), head_start=st.just(60.0))
)
attributes: st.SearchStrategy[dict[str, AttributeValue]] = st.sampled_from(
    [{}, {}, {"tier": "vip"}, {"tier": "gold"}, {"tier": 3}]
)
rules = st.lists(
    st.builds(
        Rule,
        name=st.just("a rule"),
        when=st.sampled_from(
            [
                compiled(text, where="a rule")
                for text in ('tier == "vip"', 'tier != "gold"', 'size(tier) > 3 && queue == "sales"')
            ]
        ),
        head_start=st.sampled_from([-30.0, 0.0, 90.0]),
        prefers_expert=st.booleans(),
        requirements=requirements,
        preferred=preferences,
    ),
    max_size=2,
).map(tuple)
nonsense = st.sampled_from([nan, inf, -inf, -1e9])
"""Numbers that no clock and no configuration gives."""
offer_ids = st.integers(1, 30).map(lambda number: OfferId(f"3-{number}"))
request_ids = st.just(RequestId("r"))
