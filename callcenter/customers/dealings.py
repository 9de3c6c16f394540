"""Which states a dealing may have, and which fields belong to which kind. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from callcenter.api.card import Dealing, DealingKind
from callcenter.api.customers import FieldProblem
from callcenter.customers.problems import problem

STATES: Mapping[DealingKind, Mapping[str, bool]] = MappingProxyType(
    {
        DealingKind.ORDER: {"placed": True, "shipped": True, "delivered": False, "returned": False, "cancelled": False},
        DealingKind.CONTRACT: {"active": True, "cancelled": False},
        DealingKind.WARRANTY: {"active": True, "void": False},
        DealingKind.INVOICE: {"open": True, "disputed": True, "paid": False, "written_off": False},
        DealingKind.COMPLAINT: {"open": True, "answered": True, "resolved": False, "withdrawn": False},
        DealingKind.PROMISE: {"open": True, "kept": False, "broken": False, "withdrawn": False},
    }
)
"""State: whether it is open. A contract whose last day has passed is still active: nobody cancelled it."""


def checked(dealing: Dealing) -> Dealing | FieldProblem:
    """Return the dealing as it may be stored, `open` following from its state; or what is wrong with it."""
    states = STATES[dealing.kind]
    if dealing.state not in states:
        return problem("state", "not_a_choice")
    if dealing.kind is DealingKind.PROMISE and dealing.by is None:
        return problem("by", "required")
    if dealing.due_on is not None and dealing.due_on < dealing.opened_on:
        return problem("due_on", "before_beginning")
    if (dealing.amount is not None or dealing.unpaid is not None) and dealing.currency is None:
        return problem("currency", "required")
    return dealing.model_copy(update={"open": states[dealing.state]})
