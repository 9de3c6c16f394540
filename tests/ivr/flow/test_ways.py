"""Loops and what is reached, in one pass: compared with looking from every node for itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.checks.ways import in_loops, reachable

NODES = "abcdefgh"
graphs = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES + "x"), max_size=4))


@given(ways=graphs)
def test_a_node_is_in_a_loop_when_it_can_be_reached_from_where_it_leads(ways: dict[str, list[str]]) -> None:
    assert in_loops(ways) == {name for name in ways if name in reachable(ways, ways[name])}


def test_what_leads_into_a_loop_or_out_of_it_is_not_in_it() -> None:
    ways = {"in": ["a"], "a": ["b"], "b": ["a", "out"], "out": ["nowhere"], "self": ["self"]}
    assert in_loops(ways) == {"a", "b", "self"}


def test_a_loop_as_long_as_a_flow_can_be_is_no_deeper_than_a_short_one() -> None:
    """Recursion would end at a thousand."""
    names = [str(number) for number in range(100_000)]
    ways = dict(zip(names, ([name] for name in [*names[1:], names[0]]), strict=True))
    assert len(in_loops(ways)) == len(names)
