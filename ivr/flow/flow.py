"""A flow, ready to be interpreted: its nodes, the modules it may run, and what stands around them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from ivr.flow import anatomy, nodes
from ivr.flow.nodes import LAST_RESORT, SHARED_FIELDS, Node
from ivr.prompts.catalog import Catalog

PLACE_SEPARATOR = "-"
"""Between the names of a place: no node's name holds it, and a configured name may."""

MAX_PLACE = 40
"""The longest place, in characters: what a channel may carry as a configured name."""


class FlowKind(StrEnum):
    """What a flow is for, and where its callers go when nothing better is known (its last resort)."""

    CALL = "call"  # answers calls; last resort: the flow's `person`
    TREATMENT = "treatment"  # runs while a caller waits in a queue; last resort: he goes on waiting, with music
    SURVEY = "survey"  # runs when the agent has hung up; last resort: the call is cleared
    MODULE = "module"  # runs within other flows; last resort: theirs


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A dialogue with a caller.

    Attributes:
        name: Its name.
        source: The file it was read from, for messages.
        kind: What it is for.
        languages: What it speaks (BCP 47 tags); the first is where it begins.
        inputs: Fields that are given when it starts, such as the caller's number.
        start: The node it begins with.
        person: The enqueue node that takes callers for whom nothing better is known: after a failure, after too
            many steps, after too long a time. Flows that answer calls have one, others have None.
        longest: How long a caller may stay in it before the last resort takes over. A treatment lasts as long as
            the caller waits.
        queues: The queues that an expression may name; None leaves the choice unchecked.
        nodes: The nodes by name.
        lines: The line of the file (from 1) where each node begins.
        catalog: The recordings that replace texts.
        secrets: Fields that must not be stored, shown, logged or spoken, besides what its nodes collect as such.
        outputs: A module's fields that its callers may take over.
        exit_names: How a module may end.
        modules: Every module it may run, directly or through others, by name.
        hang_up: The node that follows a hang-up anywhere: only nodes that need no caller are run then.
        hang_ups: The node that follows a hang-up at a certain node.
    """

    name: str
    source: str
    kind: FlowKind = FlowKind.CALL
    languages: tuple[str, ...]
    inputs: frozenset[str]
    start: str
    person: str | None
    longest: float
    queues: frozenset[str] | None
    nodes: Mapping[str, Node]
    lines: Mapping[str, int]
    catalog: Catalog
    secrets: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    exit_names: tuple[str, ...] = ()
    modules: Mapping[str, "Flow"] = field(default_factory=dict)
    hang_up: str | None = None
    hang_ups: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def known_fields(self) -> frozenset[str]:
        """Every field that can have a value: inputs, shared ones, and what the nodes store."""
        stored = (name for node in self.nodes.values() for name in anatomy.stored_fields(node))
        return self.inputs | SHARED_FIELDS | frozenset(stored)

    @cached_property
    def sensitive_fields(self) -> frozenset[str]:
        """The fields that must not be stored, shown, logged or spoken."""
        collected = (name for node in self.nodes.values() for name in anatomy.collected_secrets(node))
        return self.secrets | frozenset(collected)

    @cached_property
    def leads_to_person(self) -> frozenset[str]:
        """The nodes from which a call comes to a person without being asked anything more: queues, transfers, and
        what is only said or noted on the way to them.
        """
        leading = {
            name
            for name, node in self.nodes.items()
            if isinstance(node, nodes.Enqueue | nodes.Transfer) or name == self.person
        }
        while True:
            more = {
                name
                for name, node in self.nodes.items()
                if isinstance(node, nodes.Play | nodes.Set) and node.next in leading and name not in leading
            }
            if not more:
                return frozenset(leading)
            leading |= more

    def last_resort(self) -> str:
        """Return the node, or `LAST_RESORT`, where a call goes for which nothing better is known."""
        return self.person or LAST_RESORT

    def after_hang_up(self, node: str) -> str | None:
        """Return the node that follows when the caller hangs up at `node`; None: nothing does."""
        return self.hang_ups.get(node, self.hang_up)

    def ways_out(self, name: str) -> Iterator[anatomy.Exit]:
        """Yield every way out of a node, its hang-up among them."""
        node = self.nodes[name]
        yield from anatomy.exits(node)
        target = self.after_hang_up(name)
        if target is not None and anatomy.takes_time(node):
            yield anatomy.Exit(name="hang_up", target=target, by_key=True)
