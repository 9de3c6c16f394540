"""What the desktop reads and changes of customers, by noun. Each protocol is small; the real ones are in storage.

Every page has an opaque `cursor` for the next one, and a wrong cursor gives an empty page. Names and customers that do
not exist are no errors: the answer is none. When the records are away, every method raises (and the desktop answers
503).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from callcenter.api.card import Dealing, DealingKind, DealingPage
from callcenter.api.customers import (
    ChangePage,
    CustomerPage,
    CustomerRecord,
    DuplicatePage,
    Edit,
    EditOutcome,
    FieldProblem,
    MasterPlan,
    MatchPage,
    Merged,
    MergePreview,
    MergeRefused,
    MergeWanted,
    Relation,
    RelationKind,
    UnMerged,
)
from callcenter.api.records import Reader
from callcenter.api.timeline import InteractionDetail, NewInteraction, SearchPage, TimelineFilter, TimelinePage
from callcenter.api.transfer import (
    Erased,
    EraseRefused,
    FileFormat,
    FileRefused,
    HoldWanted,
    ImportPlan,
    ImportPreview,
    ImportStatus,
    PersonExport,
    RefusedPage,
    ReportPart,
)


class CustomerMaster(Protocol):
    """The customers' records: found, read, changed, joined."""

    # -- finding

    async def plan(self) -> MasterPlan:
        """Return what the house has configured: custom fields, territories, who may not see what."""
        ...

    async def find(self, text: str, *, cursor: str | None, limit: int) -> MatchPage:
        """Return customers by name, part of a name (Chinese too), account, number or mail; at most 100."""
        ...

    async def having_number(self, number: str, *, cursor: str | None, limit: int) -> MatchPage:
        """Return everybody who has this number (E.164), its owner first; a page of a number that 500 share."""
        ...

    # -- reading

    async def page(self, customer: str, reader: Reader) -> CustomerPage | None:
        """Return everything the customer's page shows first."""
        ...

    async def record(self, customer: str, reader: Reader) -> CustomerRecord | None:
        """Return the record as it stands; that of a merged customer too."""
        ...

    async def changes(self, customer: str, reader: Reader, *, cursor: str | None, limit: int) -> ChangePage:
        """Return who changed what, newest first; at most 100."""
        ...

    # -- changing

    async def create(self, values: Mapping[str, JsonValue], reader: Reader) -> EditOutcome:
        """Make a record of these fields; what is not given is blank. An account is given out when there is none."""
        ...

    async def edit(self, edit: Edit, reader: Reader) -> EditOutcome | None:
        """Change fields of a record; none: there is no such customer."""
        ...

    async def relate(self, customer: str, kind: RelationKind, other: str, reader: Reader) -> Relation | None:
        """Say how two customers belong together; none: one of them does not exist, or they are the same."""
        ...

    async def unrelate(self, relation: str, reader: Reader) -> bool:
        """Take a relation back; false: there is none."""
        ...

    # -- duplicates

    async def duplicates(self, customer: str | None, *, cursor: str | None, limit: int) -> DuplicatePage:
        """Return pairs that may be one customer, the likeliest first: of one customer, or of all."""
        ...

    async def keep_apart(self, one: str, other: str, reader: Reader) -> None:
        """Say that two are not the same: they are not suggested again."""
        ...

    async def merge_preview(self, survivor: str, merged: str, reader: Reader) -> MergePreview | None:
        """Return what a merge would make; none: one of them is not there, or was merged already."""
        ...

    async def merge(self, wanted: MergeWanted, reader: Reader) -> Merged | MergeRefused:
        """Make one customer of two."""
        ...

    async def un_merge(self, merge: str, reader: Reader) -> UnMerged | MergeRefused:
        """Undo a merge: the merged record is as it was, and gets back what was its own and what came for it since."""
        ...


class Timeline(Protocol):
    """Everything that happened, by customer or over all. Pages are as fast at the end as at the beginning."""

    async def of_customer(
        self, customer: str, wanted: TimelineFilter, *, cursor: str | None, limit: int
    ) -> TimelinePage:
        """Return a customer's interactions that pass the filter, newest first; at most 100."""
        ...

    async def search(self, wanted: TimelineFilter, *, cursor: str | None, limit: int) -> SearchPage:
        """Return anybody's interactions that pass the filter, newest first; at most 100."""
        ...

    async def interaction(self, interaction: str) -> InteractionDetail | None:
        """Return one interaction with its whole story."""
        ...

    async def add(self, new: NewInteraction) -> None:
        """Enter an interaction of another medium; the same one again changes nothing."""
        ...

    async def annotate(self, interaction: str, text: str, reader: Reader) -> InteractionDetail | None:
        """Add a note to an interaction that is over; none: there is none."""
        ...

    async def assign(self, interaction: str, customer: str | None, reader: Reader) -> bool:
        """Say whose interaction it was: of an unknown caller, or of somebody who rang from another's telephone."""
        ...


class Dealings(Protocol):
    """Orders, contracts, warranties, invoices, complaints, promises of a customer."""

    async def dealings(self, customer: str, kind: DealingKind | None, *, cursor: str | None, limit: int) -> DealingPage:
        """Return them, open ones first, then the newest; at most 100."""
        ...

    async def put(self, customer: str, dealing: Dealing, reader: Reader) -> FieldProblem | None:
        """Enter or change one; a problem: it cannot be, and nothing was changed."""
        ...

    async def settle(self, dealing: str, state: str, reader: Reader) -> Dealing | None:
        """Give one another state (a promise kept, a complaint resolved); none: there is no such dealing or state."""
        ...


class Imports(Protocol):
    """Customers from files. A file is one that the caller has put on this machine's disk."""

    async def preview(self, file: Path, plan: ImportPlan | None, reader: Reader) -> ImportPreview | FileRefused:
        """Return what the file looks like and what would become of its first rows; without a plan one is suggested."""
        ...

    async def start(self, file: Path, plan: ImportPlan, reader: Reader, *, name: str = "") -> ImportStatus:
        """Begin an import in a process of its own; it reports its progress in the records.

        `name` is what people call the file, where that is not its name on this machine.
        """
        ...

    async def status(self, id_: str) -> ImportStatus | None:
        """Return how far an import is."""
        ...

    async def imports(self, *, limit: int) -> Sequence[ImportStatus]:
        """Return the newest imports."""
        ...

    async def cancel(self, id_: str) -> bool:
        """Stop an import; what was taken in stays. False: it does not run."""
        ...

    async def refused(self, id_: str, reader: Reader, *, cursor: str | None, limit: int) -> RefusedPage:
        """Return the rows that were not taken in, by line; at most 1,000.

        Of somebody else's file, cells of fields that this reader may not see are blank.
        """
        ...

    async def report(self, id_: str, reader: Reader, *, cursor: str | None) -> ReportPart | None:
        """Return refused rows as a part of a CSV file, the titles in the first one; none: there is no such import."""
        ...

    async def undo(self, id_: str, reader: Reader) -> ImportStatus | None:
        """Begin to undo a whole import; what was changed since stays as it is and is counted. None: it cannot be."""
        ...


class Exports(Protocol):
    """Customers into files."""

    async def write(
        self,
        file: Path,
        format_: FileFormat,
        wanted: str,
        reader: Reader,
        *,
        told: Callable[[int], None] = lambda _: None,
    ) -> int | FileRefused:
        """Write every customer whom `wanted` finds (empty: all), with what the reader may see; return how many.

        `told` hears how many have been written so far.
        """
        ...


class Privacy(Protocol):
    """One person, everywhere: all stores that know him."""

    async def export(self, customer: str, reader: Reader) -> PersonExport | None:
        """Return everything that is kept about a customer; none: there is no such customer."""
        ...

    async def erase(self, customer: str, reader: Reader, *, reason: str) -> Erased | EraseRefused:
        """Erase a customer; what stays for the figures is nameless. Refused under a legal hold."""
        ...

    async def hold(self, customer: str, wanted: HoldWanted | None, reader: Reader) -> bool:
        """Put a customer under legal hold, or lift it; false: there is no such customer."""
        ...
