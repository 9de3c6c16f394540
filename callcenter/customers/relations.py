"""How a relation between two customers reads from either side. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from callcenter.api.customers import RelationKind
from callcenter.api.shapes import Words

TEXTS: Mapping[RelationKind, tuple[Words, Words]] = MappingProxyType(
    {
        RelationKind.EMPLOYEE: (Words(en="works at", zh="任职于"), Words(en="employs", zh="员工")),
        RelationKind.SUBSIDIARY: (Words(en="belongs to", zh="隶属于"), Words(en="owns", zh="下属公司")),
        RelationKind.HOUSEHOLD: (Words(en="lives with", zh="同住"), Words(en="lives with", zh="同住")),
        RelationKind.BILLED_TO: (Words(en="is billed to", zh="账单寄往"), Words(en="pays for", zh="代付")),
        RelationKind.PARTNER: (Words(en="partner of", zh="合作伙伴"), Words(en="partner of", zh="合作伙伴")),
    }
)
"""From the first of the two, and from the second."""

BOTH_WAYS = frozenset({RelationKind.HOUSEHOLD, RelationKind.PARTNER})


def reads(kind: RelationKind, *, forward: bool) -> Words:
    """Return the words between this customer and the other one."""
    return TEXTS[kind][0 if forward else 1]
