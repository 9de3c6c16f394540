"""Columns of a file and fields of a record: which goes where, and what a cell's text means. Pure.

A target is a field of the record (``name``), a part of one (``preferences.no_calls``, ``custom.vehicle``), or an item
of a list by its label: ``numbers.mobile``, ``mails``, ``addresses.postal.city``, ``contact.name`` (of the first contact
person). The same names head the columns of exports, so that an export can be read in again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from callcenter.api.customers import AddressLabel, CustomField, CustomFieldKind, MasterPlan, NumberLabel
from callcenter.customers.spoken import decimals_of

ADDRESS_PARTS = ("street", "extra", "postal_code", "city", "region", "country")
CONTACT_PARTS = ("name", "role", "language", "number", "mail", "remark")
PREFERENCES = ("no_calls", "no_mail", "no_post", "medium", "best_from", "best_until", "time_zone")
PLAIN = (
    "account",
    "kind",
    "name",
    "given_name",
    "family_name",
    "salutation",
    "name_reading",
    "aliases",
    "language",
    "tier",
    "credit_limit",
    "currency",
    "payment_terms_days",
    "payment_record",
    "tax_number",
    "website",
    "industry",
    "birthday",
    "owner",
    "territory",
    "source",
    "remark",
)
MOST_IN_A_CELL = 20

_SEPARATORS = re.compile(r"[;|\n]")
_GUARD = re.compile(r"'(?=[=+\-@\t\r])")


class CellRefused(Exception):
    """A cell that cannot be read; `code` is one of `customers.problems`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def targets(plan: MasterPlan) -> tuple[str, ...]:
    """Return every target there is, in the order of an export."""
    return (
        *PLAIN,
        *(f"numbers.{label.value}" for label in NumberLabel),
        "mails",
        *(f"addresses.{label.value}.{part}" for label in AddressLabel for part in ADDRESS_PARTS),
        *(f"contact.{part}" for part in CONTACT_PARTS),
        *(f"preferences.{name}" for name in PREFERENCES),
        *(f"custom.{field.name}" for field in plan.custom_fields),
    )


# -- what a cell means ------------------------------------------------------------------------------------------


def values_of(cells: Mapping[str, str], plan: MasterPlan) -> tuple[dict[str, JsonValue], list[tuple[str, str]]]:
    """Return the fields that cells (by target) give, empty cells none; and (target, code) of cells that cannot be read.

    A formula is refused: what it would compute is not known here, and what it says is not what it shows.
    """
    values: dict[str, JsonValue] = {}
    refused: list[tuple[str, str]] = []
    lists: dict[str, list[JsonValue]] = {}
    addresses: dict[str, dict[str, JsonValue]] = {}
    contact: dict[str, str] = {}
    for target, raw in cells.items():
        text = _GUARD.sub("", raw, count=1).strip() if raw.startswith("'") else raw.strip()
        if not text:
            continue
        if raw.lstrip().startswith(("=", "@")):
            refused.append((target, "formula"))
            continue
        outer, _, rest = target.partition(".")
        try:
            if outer == "numbers":
                lists.setdefault("numbers", []).extend(_entries(text, "number", rest))
            elif outer == "mails":
                lists.setdefault("mails", []).extend(_entries(text, "mail", ""))
            elif outer == "addresses":
                label, _, part = rest.partition(".")
                addresses.setdefault(label, {})[part] = text.upper() if part == "country" else text
            elif outer == "contact":
                contact[rest] = text
            else:
                values[target] = _value(target, text, plan, cells)
        except CellRefused as refusal:
            refused.append((target, refusal.code))
    values |= lists
    if addresses:
        blank: dict[str, JsonValue] = dict.fromkeys(ADDRESS_PARTS, "")
        values["addresses"] = [{"label": label, **blank, **parts} for label, parts in addresses.items()]
    if contact:
        values["contacts"] = [_contact(contact)]
    return values, refused


def _entries(text: str, key: str, label: str) -> list[JsonValue]:
    parts = dict.fromkeys(part.strip() for part in _SEPARATORS.split(text) if part.strip())
    if len(parts) > MOST_IN_A_CELL:
        raise CellRefused("too_many")
    return [{key: part, "label": label, "shared": False} for part in parts]


def _contact(parts: Mapping[str, str]) -> JsonValue:
    return {
        "contact": "1",
        "name": parts.get("name") or parts.get("mail") or parts.get("number") or "?",
        "role": parts.get("role", ""),
        "language": parts.get("language", ""),
        "numbers": _entries(parts.get("number", ""), "number", NumberLabel.WORK.value),
        "mails": _entries(parts.get("mail", ""), "mail", ""),
        "remark": parts.get("remark", ""),
    }


_YES = frozenset({"yes", "y", "true", "1", "x", "是", "对", "有", "✓"})
_NO = frozenset({"no", "n", "false", "0", "-", "否", "不", "无"})
_WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "kind": {"person": ("individual", "个人"), "company": ("business", "firm", "公司", "企业", "单位")},
    "tier": {"standard": ("normal", "普通"), "gold": ("金牌", "金"), "vip": ("贵宾",)},
    "language": {"en": ("english", "英语", "英文"), "zh": ("chinese", "mandarin", "中文", "汉语")},
    "payment_record": {"unknown": ("未知",), "prompt": ("准时",), "late": ("延迟",), "poor": ("较差",)},
}
_MEANING = {
    target: {word: value for value, words in values.items() for word in (value, *words)}
    for target, values in _WORDS.items()
}


def _value(target: str, text: str, plan: MasterPlan, cells: Mapping[str, str]) -> JsonValue:
    if target in _MEANING:
        return _MEANING[target].get(text.casefold(), text.casefold())
    if target in _READERS:
        return _READERS[target](text)
    if target == "credit_limit":
        return _units(text, cells.get("currency", "").strip().upper() or plan.currency)
    if target.startswith("custom."):
        for field in plan.custom_fields:
            if target == f"custom.{field.name}":
                return _custom(field, text)
    return text


def _custom(field: CustomField, text: str) -> JsonValue:
    match field.kind:
        case CustomFieldKind.FLAG:
            return _flag(text)
        case CustomFieldKind.DAY:
            return _day(text)
        case CustomFieldKind.CHOICE:
            names = {words.casefold(): one.name for one in field.choices for words in (one.label.en, one.label.zh)}
            return names.get(text.casefold(), text)
        case _:
            return text


def _flag(text: str) -> bool:
    plain = text.casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise CellRefused("bad_value")


_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ].*)?")


def _day(text: str) -> str:
    """Read a day whose order is plain. 03/04/2026 is March in one country and April in another: refused."""
    match = _DAY.fullmatch(text)
    if match is None:
        raise CellRefused("bad_day")
    year, month, day = match.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")


def _units(text: str, currency: str) -> int:
    plain = text.replace(" ", "").removesuffix(currency).removeprefix(currency).strip("$€£¥")
    if not _AMOUNT.fullmatch(plain):
        raise CellRefused("bad_amount")
    whole, _, rest = plain.replace(",", "").partition(".")
    decimals = decimals_of(currency)
    if len(rest.rstrip("0")) > decimals or len(whole) > 15:
        raise CellRefused("bad_amount")
    return int(whole + rest[:decimals].ljust(decimals, "0"))


def _whole(text: str) -> int:
    match = re.fullmatch(r"(\d{1,4})(?:\.0+)?(?: ?(?:days?|天|日))?", text)
    if match is None:
        raise CellRefused("bad_value")
    return int(match.group(1))


def _names(text: str) -> list[JsonValue]:
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()][:MOST_IN_A_CELL]


_READERS: Mapping[str, Callable[[str], JsonValue]] = {
    "aliases": _names,
    "birthday": _day,
    "currency": str.upper,
    "payment_terms_days": _whole,
    "owner": str.lower,
    **{f"preferences.{name}": _flag for name in ("no_calls", "no_mail", "no_post")},
}
