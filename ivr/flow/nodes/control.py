"""Nodes that decide where the call goes, and take no time."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.flow.expressions import Expression
from ivr.flow.nodes.common import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way out of a branch: the node that follows if the condition holds."""

    when: Expression
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Go where the first condition that holds leads, or to `otherwise`. A condition that fails does not hold."""

    cases: tuple[Case, ...]
    otherwise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Give fields values, in the order written; a later one sees the earlier ones."""

    fields: Mapping[str, Value]
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subflow:
    """Run a module, and go on where its exit leads.

    Attributes:
        module: Its name.
        inputs: What it is given, by the module's own names.
        outputs: The field that takes each of its outputs, by the module's own names; others are left out.
        exits: The node that follows each of its exits; every exit of the module is in it.
    """

    module: str
    inputs: Mapping[str, Value]
    outputs: Mapping[str, str]
    exits: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A module's end: back to the flow that runs it, by this exit."""

    exit: str
