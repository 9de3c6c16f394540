"""Dealings to test with: every field has a value, and a test names those that matter to it."""

from __future__ import annotations

from callcenter.api.card import Dealing, DealingKind
from callcenter.customers.dealings import STATES


def dealing(of: str, kind: DealingKind, **values: object) -> Dealing:
    """An open dealing with the id `of`, in the first state of its kind; a promise is ours."""
    made = Dealing(
        dealing=of,
        kind=kind,
        number="",
        title="Dealing",
        state=next(iter(STATES[kind])),
        open=True,
        by="us" if kind is DealingKind.PROMISE else None,
        opened_on="2025-06-01",
        due_on=None,
        amount=None,
        unpaid=None,
        currency=None,
        level="",
        priority=0,
        requirements={},
        blocks_sales=False,
        note="",
    )
    return Dealing.model_validate(made.model_dump() | values)
