"""How a database would carry out what an adapter asks of it: whole tables read, or much sorted, is a fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

LARGE = frozenset(
    (
        "interactions",
        "interaction_events",
        "customers",
        "customer_numbers",
        "customer_mails",
        "customer_keys",
        "dealings",
    )
)
MOST_ROWS = 2_000  # that a statement of a page may sort, or read one after the other; 500 share a number


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT as it was sent."""

    text: str
    parameters: Any


@contextmanager
def statements_sent() -> Iterator[list[Statement]]:
    """Collect every different SELECT that any engine sends within the block."""
    found: dict[str, Statement] = {}

    def sent(_c: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
        if text.lstrip().upper().startswith("SELECT"):
            found.setdefault(text, Statement(text, parameters))

    collected: list[Statement] = []
    event.listen(Engine, "before_cursor_execute", sent)
    try:
        yield collected
    finally:
        event.remove(Engine, "before_cursor_execute", sent)
        collected += found.values()


def faults_of(connection: Connection, statement: Statement) -> list[str]:
    """Return what is wrong with the plan of a statement; nothing: it goes by indexes."""
    if connection.dialect.name == "postgresql":
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement.text}", statement.parameters).scalar_one()
        return list(_postgres(plan[0]["Plan"]))
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters).all()
    return list(_sqlite([str(row[-1]) for row in rows], statement.text))


def _postgres(node: dict[str, Any]) -> Iterator[str]:
    kind = node["Node Type"]
    if kind == "Seq Scan" and node["Relation Name"] in LARGE:
        yield f"reads all of {node['Relation Name']}"
    if kind in ("Sort", "Incremental Sort") and node["Plans"][0]["Plan Rows"] > MOST_ROWS:
        yield f"sorts {node['Plans'][0]['Plan Rows']} rows"
    if kind == "Bitmap Heap Scan" and node["Plan Rows"] > MOST_ROWS:
        yield f"collects {node['Plan Rows']} rows of {node['Relation Name']}"
    for part in node.get("Plans", ()):
        yield from _postgres(part)


def _sqlite(lines: list[str], text: str) -> Iterator[str]:
    for line in lines:
        words = line.split()
        in_order = "USING INDEX" in line and "LIMIT" in text  # in the order of the page, as far as the page goes
        if words[0] == "SCAN" and words[1] in LARGE and not in_order:
            yield f"reads all of {words[1]}: {line}"
        if "TEMP B-TREE" in line and "FROM interactions" in text:
            yield f"sorts interactions: {line}"
