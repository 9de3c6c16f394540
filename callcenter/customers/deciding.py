"""Rows of a file, decided one after the other: a new record, a change of a known one, skipped, or refused. Pure.

What is known of the records beforehand is given for a whole batch (`Known`); later rows see what earlier ones made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from callcenter.api.customers import CustomerFields, MasterPlan
from callcenter.api.transfer import DuplicateRule, ImportPlan, RowProblem
from callcenter.customers.changes import Flat, flatten
from callcenter.customers.importing import ReadRow, as_fields, merged, missing, row_problem, shared
from callcenter.customers.record import Reached
from callcenter.customers.written import Written, written

Action: TypeAlias = Literal["create", "update", "skip", "refuse"]


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record as it stands."""

    version: int
    record: CustomerFields | Written

    def flat(self) -> Flat:
        """Return the record's fields, flat."""
        return self.record.flat() if isinstance(self.record, Written) else flatten(self.record)


@dataclass(slots=True)
class Reach:
    """Who has each number, or each mail address: everybody, and the one who does not share it."""

    having: dict[str, set[str]] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)

    def add(self, address: str, customer: str, *, is_shared: bool) -> None:
        """Note that a customer has it."""
        self.having.setdefault(address, set()).add(customer)
        if not is_shared:
            self.owner[address] = customer


@dataclass(slots=True)
class Known:
    """What the records have of what a batch of rows speaks of."""

    accounts: dict[str, str] = field(default_factory=dict)
    numbers: Reach = field(default_factory=Reach)
    mails: Reach = field(default_factory=Reach)
    records: dict[str, KnownRecord] = field(default_factory=dict)
    agents: frozenset[str] = frozenset()

    def learn(self, taken: Taken) -> None:
        """Note what is being written."""
        self.accounts[taken.record.account] = taken.customer
        self.records[taken.customer] = KnownRecord(taken.version, taken.record)
        for reach, addresses in ((self.numbers, taken.record.numbers), (self.mails, taken.record.mails)):
            for one in addresses:
                reach.add(one.address, taken.customer, is_shared=one.shared)


@dataclass(slots=True)
class Taken:
    """A record that the batch makes (`before` is none) or changes. `line` is the first that did."""

    customer: str
    record: Written
    version: int
    before: Flat | None
    line: int


@dataclass(slots=True)
class Decided:
    """What is to be written, by customer, and what became of the rows."""

    taken: dict[str, Taken] = field(default_factory=dict)
    refused: list[tuple[ReadRow, Sequence[RowProblem]]] = field(default_factory=list)
    created: int = 0
    updated: int = 0
    skipped: int = 0


class Decider:
    """Decides rows in their order. `new_id` gives ids, `free_account` codes that nobody has."""

    def __init__(
        self,
        plan: ImportPlan,
        master: MasterPlan,
        known: Known,
        *,
        new_id: Callable[[], str],
        free_account: Callable[[], str],
    ) -> None:
        self._plan = plan
        self._master = master
        self._known = known
        self._new_id = new_id
        self._free_account = free_account
        self.decided = Decided()

    def take(self, row: ReadRow) -> Action:
        """Decide one row; return what becomes of it."""
        if row.record is None:
            return self._refuse(row, row.problems)
        owner = row.record.columns["owner"]
        if owner is not None and owner not in self._known.agents:
            return self._refuse(row, [row_problem(row.line, "owner", "unknown_agent")])
        rule = self._plan.duplicates
        found = () if rule is DuplicateRule.CREATE else self._meant(row)
        if len(found) > 1 or (found and rule is DuplicateRule.REFUSE):
            return self._refuse(row, [row_problem(row.line, "", "ambiguous" if len(found) > 1 else "exists")])
        if found and rule is DuplicateRule.SKIP:
            self.decided.skipped += 1
            return "skip"
        return self._update(row, found[0]) if found else self._create(row)

    def match(self, row: ReadRow) -> str | None:
        """Return the one known record that a row means; none: none, or not one."""
        found = self._meant(row) if row.record is not None else ()
        return found[0] if len(found) == 1 else None

    # -- which record is meant ----------------------------------------------------------------------------------

    def _meant(self, row: ReadRow) -> tuple[str, ...]:
        """Return the records that the row means: the first way of matching that finds any decides."""
        for way in self._plan.match_by:
            found = tuple(self._by(way, row))
            if found:
                return found
        return ()

    def _by(self, way: str, row: ReadRow) -> Iterable[str]:
        assert row.record is not None  # noqa: S101 -- refused before
        if way == "account":
            customer = self._known.accounts.get(str(row.changes.get("account") or ""))
            return () if customer is None else (customer,)
        reach, addresses = (
            (self._known.numbers, row.record.numbers) if way == "number" else (self._known.mails, row.record.mails)
        )
        found: dict[str, None] = {}
        for one in addresses:
            owner = reach.owner.get(one.address)
            found |= dict.fromkeys([owner] if owner is not None else sorted(reach.having.get(one.address, ())))
        return found

    # -- what becomes of it -------------------------------------------------------------------------------------

    def _create(self, row: ReadRow) -> Action:
        assert row.record is not None  # noqa: S101 -- refused before
        needed = missing(row, self._master)
        if needed:
            return self._refuse(row, needed)
        account = str(row.changes.get("account") or "")
        if account in self._known.accounts:
            return self._refuse(row, [row_problem(row.line, "account", "account_taken")])
        record = row.record if account else row.record.with_account(self._free_account())
        customer = self._new_id()
        owned = self._owned(row, customer, record)
        if isinstance(owned, list):
            return self._refuse(row, owned)
        self._write(Taken(customer=customer, record=owned, version=1, before=None, line=row.line))
        self.decided.created += 1
        return "create"

    def _update(self, row: ReadRow, customer: str) -> Action:
        pending = self.decided.taken.get(customer)
        current = self._known.records[customer].flat()
        after = merged(current, row.changes, self._plan.duplicates)
        if after == current:
            self.decided.skipped += 1
            return "skip"
        fields = as_fields(after)
        if fields is None:
            return self._refuse(row, [row_problem(row.line, "", "bad_value")])
        owned = self._owned(row, customer, written(fields))
        if isinstance(owned, list):
            return self._refuse(row, owned)
        if pending is not None:
            self._write(replace(pending, record=owned))
        else:
            version = self._known.records[customer].version + 1
            self._write(Taken(customer=customer, record=owned, version=version, before=current, line=row.line))
        self.decided.updated += 1
        return "update"

    def _refuse(self, row: ReadRow, problems: Sequence[RowProblem]) -> Action:
        self.decided.refused.append((row, problems))
        return "refuse"

    def _owned(self, row: ReadRow, customer: str, record: Written) -> Written | list[RowProblem]:
        """Return the record as it may be stored: what somebody else has is shared, or the row is refused."""
        numbers = _others(self._known.numbers, customer, record.numbers)
        mails = _others(self._known.mails, customer, record.mails)
        if not numbers and not mails:
            return record
        if self._plan.shared_numbers:
            return written(shared(record.fields, numbers | mails))
        return [
            *(row_problem(row.line, number, "number_taken") for number in sorted(numbers)),
            *(row_problem(row.line, mail, "mail_taken") for mail in sorted(mails)),
        ]

    def _write(self, taken: Taken) -> None:
        self.decided.taken[taken.customer] = taken
        self._known.learn(taken)


def _others(reach: Reach, customer: str, addresses: Iterable[Reached]) -> frozenset[str]:
    """Return the addresses that would be this customer's alone, and are another's alone already."""
    return frozenset(
        one.address for one in addresses if not one.shared and reach.owner.get(one.address, customer) != customer
    )
