"""Records as rows of a file: the columns an import reads, and cells that no spreadsheet takes for a formula. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from callcenter.api.customers import CustomerFields, MasterPlan
from callcenter.customers.columns_of_files import ADDRESS_PARTS, targets
from callcenter.customers.spoken import decimals_of

_STARTS_A_FORMULA = re.compile(r"\s*[=+\-@\t\r|%]")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def columns(plan: MasterPlan, hidden: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that somebody may see who may not see `hidden` fields."""
    return tuple(name for name in targets(plan) if is_seen(name, hidden))


def is_seen(column: str, hidden: Sequence[str]) -> bool:
    """Tell whether a column holds nothing of the fields that somebody may not see."""
    return not any(_is_of(column, one) for one in hidden)


def cells(fields: CustomerFields, wanted: Sequence[str], plan: MasterPlan) -> list[str]:
    """Return a record's cells for these columns."""
    values = _values(fields, plan)
    return [values.get(name, "") for name in wanted]


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not compute (CSV injection, CWE-1236): led by an apostrophe.

    Numbers are left alone, telephone numbers too: they compute to themselves. Reading the file in again takes the
    apostrophe off.
    """
    if _STARTS_A_FORMULA.match(cell) and not _PLAIN_NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _values(fields: CustomerFields, plan: MasterPlan) -> Mapping[str, str]:
    values = {
        name: _text(value)
        for name, value in fields.model_dump(
            mode="json", exclude={"numbers", "mails", "addresses", "contacts", "preferences", "custom", "aliases"}
        ).items()
    }
    values["aliases"] = "; ".join(fields.aliases)
    if fields.credit_limit is not None:
        values["credit_limit"] = _decimal(fields.credit_limit, decimals_of(fields.currency or plan.currency))
    for number in fields.numbers:
        key = f"numbers.{number.label.value}"
        values[key] = f"{values[key]}; {number.number}" if key in values else number.number
    values["mails"] = "; ".join(mail.mail for mail in fields.mails)
    for address in reversed(fields.addresses):  # of two with one label, the first is written
        values |= {f"addresses.{address.label.value}.{part}": getattr(address, part) for part in ADDRESS_PARTS}
    if fields.contacts:
        first = fields.contacts[0]
        values |= {
            "contact.name": first.name,
            "contact.role": first.role,
            "contact.language": first.language,
            "contact.number": "; ".join(number.number for number in first.numbers),
            "contact.mail": "; ".join(mail.mail for mail in first.mails),
            "contact.remark": first.remark,
        }
    values |= {
        f"preferences.{name}": _text(value) for name, value in fields.preferences.model_dump(mode="json").items()
    }
    return values | {f"custom.{name}": _text(value) for name, value in fields.custom.items()}


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _decimal(units: int, decimals: int) -> str:
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)


def _is_of(column: str, field: str) -> bool:
    return column == field or column.startswith(f"{field}.") or (field == "contacts" and column.startswith("contact."))
