"""What the records have of what the rows of a file speak of: asked for once for a whole batch."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Table, select

from callcenter.customers.deciding import Known, KnownRecord, Reach
from callcenter.customers.importing import ReadRow
from callcenter.storage.customer_rows import RECORD, fields_of
from callcenter.storage.customer_tables import customer_mails, customer_numbers, customers
from callcenter.storage.database import among
from callcenter.storage.history import as_merged

ACCOUNT_DIGITS = 8


def known_of(connection: Connection, rows: Sequence[ReadRow], known_agents: frozenset[str]) -> Known:
    """Return what the records have of what these rows speak of."""
    records = [row.record for row in rows if row.record is not None]
    accounts = {str(row.changes["account"]) for row in rows if row.changes.get("account")}
    known = Known(
        accounts=_accounts(connection, accounts),
        numbers=_reach(connection, customer_numbers, "number", {r.address for one in records for r in one.numbers}),
        mails=_reach(connection, customer_mails, "mail", {r.address for one in records for r in one.mails}),
        agents=known_agents,
    )
    meant = {*known.accounts.values(), *known.numbers.owner.values(), *known.mails.owner.values()}
    for reach in (known.numbers, known.mails):
        meant |= {customer for having in reach.having.values() if len(having) == 1 for customer in having}
    if meant:
        query = RECORD.where(among(connection, customers.c.customer, meant))
        for row in connection.execute(query):
            known.records[row.customer] = KnownRecord(row.version, fields_of(row))
    return known


def _accounts(connection: Connection, accounts: Iterable[str]) -> dict[str, str]:
    """Return who has each code; of a merged record, the one it has become."""
    query = select(customers.c.account, customers.c.customer, customers.c.merged_into)
    rows = connection.execute(query.where(among(connection, customers.c.account, accounts))).all()
    became = as_merged(connection, {row.merged_into for row in rows if row.merged_into is not None})
    now = {row.account: row.merged_into or row.customer for row in rows}
    return {account: became.get(customer, customer) for account, customer in now.items()}


def _reach(connection: Connection, table: Table, column: str, addresses: Iterable[str]) -> Reach:
    reach = Reach()
    query = select(table.c[column], table.c.customer, table.c.shared)
    for address, customer, is_shared in connection.execute(query.where(among(connection, table.c[column], addresses))):
        reach.add(address, customer, is_shared=bool(is_shared))
    return reach


def free_accounts(connection: Connection, count: int) -> list[str]:
    """Return codes that nobody has: not the next ones, so that they tell nobody how many customers there are."""
    found: set[str] = set()
    first = 10 ** (ACCOUNT_DIGITS - 1)
    while len(found) < count:
        tried = {str(first + secrets.randbelow(9 * first)) for _ in range(count - len(found))}
        found |= tried - _accounts(connection, tried).keys()
    return list(found)
