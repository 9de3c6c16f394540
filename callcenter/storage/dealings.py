"""Dealings as rows, and the port over them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, tuple_, update

from callcenter.api.card import Dealing, DealingKind, DealingPage
from callcenter.api.customer_records import Dealings
from callcenter.api.customers import FieldProblem
from callcenter.api.records import Reader
from callcenter.customers.dealings import STATES, checked
from callcenter.customers.problems import problem
from callcenter.storage.columns import AnyRow, AnySelect
from callcenter.storage.cursors import read_cursor, write_cursor
from callcenter.storage.customer_tables import customers, dealings
from callcenter.storage.database import can_hold, insert_into
from callcenter.storage.threads import Threads

GLANCED = 30  # read for the pop, which shows fewer: what is due may be an old one
LARGEST_PAGE = 100

COLUMNS = tuple(dealings.c[name] for name in Dealing.model_fields)
_GLANCE = (
    select(*COLUMNS)
    .where(dealings.c.customer == bindparam("customer"))
    .order_by(dealings.c.open.desc(), dealings.c.opened_on.desc(), dealings.c.dealing.desc())
    .limit(GLANCED)
)


def glanced(connection: Connection, customer: str) -> tuple[Dealing, ...]:
    """Return a customer's open dealings and the newest others."""
    return tuple(map(dealing_of, connection.execute(_GLANCE, {"customer": customer})))


def dealing_of(row: AnyRow) -> Dealing:
    """Read a row of `COLUMNS`. It was checked when it was stored."""
    return Dealing.model_validate(row._asdict())


class SqlDealings(Dealings):
    """The port on the table."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    async def dealings(self, customer: str, kind: DealingKind | None, *, cursor: str | None, limit: int) -> DealingPage:
        """Return them, open ones first, then the newest; at most 100."""
        after = read_cursor(cursor, bool, str, str)
        if not can_hold(customer) or (cursor is not None and after is None):
            return DealingPage(items=(), cursor=None)
        size = max(0, min(limit, LARGEST_PAGE))
        place = (dealings.c.open, dealings.c.opened_on, dealings.c.dealing)
        query: AnySelect = select(*COLUMNS).where(dealings.c.customer == customer)
        query = query.order_by(*(column.desc() for column in place)).limit(size + 1)
        if kind is not None:
            query = query.where(dealings.c.kind == kind.value)
        if after is not None:
            query = query.where(tuple_(*place) < tuple_(*after))
        rows: Sequence[AnyRow] = await self._threads.read("reading dealings", lambda c: c.execute(query).all())
        items = tuple(map(dealing_of, rows[:size]))
        more = len(rows) > size and items
        last = items[-1] if items else None
        return DealingPage(
            items=items,
            cursor=write_cursor(last.open, last.opened_on, last.dealing) if more and last else None,
        )

    async def put(self, customer: str, dealing: Dealing, reader: Reader) -> FieldProblem | None:  # noqa: ARG002 -- who did it stands in the access log of the desktop
        """Enter or change one; a problem: it cannot be, and nothing was changed."""
        made = checked(dealing)
        if isinstance(made, FieldProblem):
            return made
        row = made.model_dump(mode="json") | {"customer": customer}
        if not all(can_hold(value) for value in row.values() if isinstance(value, str)):
            return problem("title", "bad_text")

        def work(connection: Connection) -> FieldProblem | None:
            owner = connection.execute(select(dealings.c.customer).where(dealings.c.dealing == made.dealing)).scalar()
            if owner not in (None, customer):
                return problem("dealing", "other_customer")
            known = select(customers.c.customer).where(customers.c.customer == customer)
            if connection.execute(known.where(customers.c.merged_into.is_(None))).scalar() is None:
                return problem("customer", "unknown_customer")
            insert = insert_into(connection.dialect, dealings)
            changed = {name: insert.excluded[name] for name in row if name not in ("dealing", "customer")}
            connection.execute(insert.on_conflict_do_update(index_elements=["dealing"], set_=changed), row)
            return None

        return await self._threads.write("storing a dealing", work)

    async def settle(self, dealing: str, state: str, reader: Reader) -> Dealing | None:  # noqa: ARG002 -- as above
        """Give one another state (a promise kept, a complaint resolved); none: there is no such dealing or state."""
        if not can_hold(dealing):
            return None

        def work(connection: Connection) -> Dealing | None:
            row = connection.execute(select(*COLUMNS).where(dealings.c.dealing == dealing)).one_or_none()
            states = STATES[DealingKind(row.kind)] if row else {}
            if row is None or state not in states:
                return None
            change = update(dealings).where(dealings.c.dealing == dealing).values(state=state, open=states[state])
            connection.execute(change)
            return dealing_of(row).model_copy(update={"state": state, "open": states[state]})

        return await self._threads.write("settling a dealing", work)
