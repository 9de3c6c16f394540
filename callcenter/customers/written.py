"""A record as it is written: its columns, and what it is found by. Pure.

Made once, where there is time for it: of the rows of a file, in the process that reads it and not in the one that keeps
others from writing meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from callcenter.api.customers import CustomerFields
from callcenter.customers.changes import flat_of
from callcenter.customers.duplicates import keys_of
from callcenter.customers.record import Reached, mails_of, numbers_of, words_of_record


@dataclass(frozen=True, slots=True)
class Written:
    """`columns` are the fields as JSON has them, by name, and `words`; `keys` are those of `customers.duplicates`."""

    columns: dict[str, Any]
    numbers: tuple[Reached, ...]
    mails: tuple[Reached, ...]
    keys: tuple[str, ...]

    @property
    def account(self) -> str:
        """The customer's code."""
        return str(self.columns["account"])

    @property
    def fields(self) -> CustomerFields:
        """The record; checked again."""
        return CustomerFields.model_validate({name: self.columns[name] for name in CustomerFields.model_fields})

    def flat(self) -> dict[str, Any]:
        """Return the record's fields flat, as history has them."""
        return flat_of({name: value for name, value in self.columns.items() if name != "words"})

    def with_account(self, account: str) -> Written:
        """Return the record with a code given out by us: digits, and so one word."""
        words = f"{self.columns['words']} {account}".strip()
        return replace(self, columns={**self.columns, "account": account, "words": words})


def written(fields: CustomerFields, columns: Mapping[str, Any] | None = None) -> Written:
    """Return a record as it is written; `columns`: its fields as JSON has them, if somebody has made them already."""
    return Written(
        columns={**(columns or fields.model_dump(mode="json")), "words": words_of_record(fields)},
        numbers=tuple(numbers_of(fields)),
        mails=tuple(mails_of(fields)),
        keys=tuple(sorted(keys_of(fields))),
    )


def all_written(records: Iterable[tuple[str, CustomerFields]]) -> dict[str, Written]:
    """Return records as they are written, by customer."""
    return {customer: written(fields) for customer, fields in records}
