"""What exists around a flow: the names it may refer to. A flow is checked against them before it takes calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.flow.flow import FlowKind


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Configured names, by what they name. None leaves a kind of name unchecked.

    Attributes:
        queues: Queues, which are mailboxes too.
        skills: Skills that a queue or an agent has.
        calendars: Opening hours.
        hosts: The questions, acts and checks of each host system.
        numbers: The numbers calls may be transferred to.
        flows: The flows there are, and what each is for; None also where a flow is looked at alone.
    """

    queues: frozenset[str] | None = None
    skills: frozenset[str] | None = None
    calendars: frozenset[str] | None = None
    hosts: Mapping[str, frozenset[str]] | None = None
    numbers: frozenset[str] | None = None
    flows: Mapping[str, FlowKind] | None = None
