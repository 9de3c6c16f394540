"""Titles are understood, cells mean what people meant, and what an export wrote is read in again."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from callcenter.api.customers import Address, AddressLabel, CustomField, CustomFieldKind, FieldChoice, MasterPlan
from callcenter.api.shapes import Words
from callcenter.customers.columns_of_files import targets, values_of
from callcenter.customers.export_rows import cells, columns, harmless
from callcenter.customers.importing import columns_of, read_row
from callcenter.customers.record import new_fields
from callcenter.customers.titles import suggested, titles_once
from callcenter.customers.written import written

RED = (FieldChoice(name="red", label=Words(en="Red one", zh="红")),)


def custom(name: str, kind: CustomFieldKind, **values: object) -> CustomField:
    made = CustomField(
        name=name,
        label=Words(en=name.title(), zh=name),
        kind=kind,
        required=False,
        max_length=50,
        least=None,
        most=None,
        choices=(FieldChoice(name="red", label=Words(en="Red one", zh="红")),)
        if kind is CustomFieldKind.CHOICE
        else (),
        on_card=False,
        routing=False,
    )
    return made.model_copy(update=values)


PLAN = MasterPlan(
    custom_fields=(
        custom("vehicle", CustomFieldKind.TEXT),
        custom("since", CustomFieldKind.DAY),
        custom("asked", CustomFieldKind.FLAG),
        custom("colour", CustomFieldKind.CHOICE),
    ),
    territories=(),
    hidden={},
    currency="USD",
    country="US",
)


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("Name", "name"),
        (" Customer  Name ", "name"),
        ("姓名", "name"),
        ("客户编号", "account"),
        ("E-Mail", "mails"),
        ("手机", "numbers.mobile"),
        ("credit_limit", "credit_limit"),
        ("Credit Limit", "credit_limit"),
        ("addresses.billing.city", "addresses.billing.city"),
        ("Vehicle", "custom.vehicle"),
        ("custom.vehicle", "custom.vehicle"),
        ("Shoe size", None),
        ("", None),
    ],
)
def test_titles_are_understood(title: str, target: str | None) -> None:
    assert suggested(title, PLAN) == target


def test_every_target_is_suggested_for_itself() -> None:
    assert [suggested(target, PLAN) for target in targets(PLAN)] == list(targets(PLAN))


@pytest.mark.parametrize(
    ("target", "text", "value"),
    [
        ("kind", "公司", "company"),
        ("tier", "VIP", "vip"),
        ("tier", "金牌", "gold"),
        ("language", "Chinese", "zh"),
        ("credit_limit", "$1,234.50", 123_450),
        ("credit_limit", "5000", 500_000),
        ("payment_terms_days", "30 days", 30),
        ("birthday", "2026/3/9", "2026-03-09"),
        ("birthday", "2026年3月9日", "2026-03-09"),
        ("preferences.no_calls", "Yes", True),
        ("preferences.no_calls", "否", False),
        ("custom.asked", "x", True),
        ("custom.since", "2026.12.1", "2026-12-01"),
        ("custom.colour", "red ONE", "red"),
        ("aliases", "Benny; B. Ode", ["Benny", "B. Ode"]),
        ("owner", "Ana", "ana"),
        ("name", "'=odd name", "=odd name"),
    ],
)
def test_cells_mean_what_people_meant(target: str, text: str, value: JsonValue) -> None:
    values, refused = values_of({target: text}, PLAN)
    assert (values.get(target), refused) == (value, [])


@pytest.mark.parametrize(
    ("target", "text", "code"),
    [
        ("name", "=cmd|' /C calc'!A0", "formula"),
        ("remark", "@SUM(1)", "formula"),
        ("birthday", "03/04/2026", "bad_day"),
        ("credit_limit", "1.234,50", "bad_amount"),
        ("credit_limit", "12.345", "bad_amount"),
        ("preferences.no_mail", "perhaps", "bad_value"),
        ("payment_terms_days", "net", "bad_value"),
        ("numbers.work", ";".join("2" * 40), None),
        ("numbers.work", ";".join(str(n) for n in range(40)), "too_many"),
    ],
)
def test_cells_that_cannot_be_read(target: str, text: str, code: str | None) -> None:
    _, refused = values_of({target: text}, PLAN)
    assert refused == ([(target, code)] if code else [])


def test_several_columns_make_one_list() -> None:
    values, _ = values_of({"numbers.mobile": "+1 1; +1 2", "numbers.work": "+1 3", "mails": "a@b.c|d@e.f"}, PLAN)
    assert [entry["label"] for entry in values["numbers"]] == ["mobile", "mobile", "work"]  # type: ignore[index,union-attr,call-overload]
    assert len(values["mails"]) == 2  # type: ignore[arg-type]


def test_titles_once() -> None:
    assert titles_once(["A", "A", " ", "A"]) == ("A", "A (2)", "#3", "A (3)")


HERE = Address(
    label=AddressLabel.POSTAL, street="Ring 1", extra="", postal_code="1", city="Bonn", region="", country="DE"
)

# -- out and in again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("|calc", "'|calc"),
        ("+12025550123", "+12025550123"),
        ("-12.5", "-12.5"),
        ("张伟", "张伟"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: str, written: str) -> None:
    assert harmless(cell) == written


def test_what_an_export_wrote_is_read_in_again() -> None:
    fields = new_fields(
        name="=Acme & Söhne",
        account="4711",
        kind="company",
        aliases=("Acme", "A&S"),
        numbers=(
            {"number": "+12025550101", "label": "work", "shared": False},
            {"number": "+12025550102", "label": "work", "shared": False},
        ),
        mails=({"mail": "a@b.org", "label": "", "shared": False},),
        addresses=(HERE,),
        contacts=(
            {"contact": "1", "name": "Li", "role": "Buyer", "language": "zh",
             "numbers": ({"number": "+8613800000001", "label": "work", "shared": False},), "mails": (), "remark": ""},
        ),
        credit_limit=123_450,
        currency="EUR",
        payment_terms_days=30,
        language="de",
        tier="gold",
        birthday="1990-01-02",
        remark="-5 % from now on\nsecond line",
        custom={"vehicle": "@home", "asked": True, "colour": "red", "since": "2026-01-02"},
    )  # fmt: skip
    names = columns(PLAN, ())
    as_texts = [harmless(cell) for cell in cells(fields, names, PLAN)]
    row = read_row(2, as_texts, columns_of(names, {name: name for name in names}), PLAN)
    assert row.problems == ()
    assert row.record == written(fields)


def test_hidden_fields_have_no_column() -> None:
    names = columns(PLAN, ("credit_limit", "contacts", "custom.vehicle", "preferences"))
    assert {"credit_limit", "contact.name", "custom.vehicle", "preferences.no_calls"}.isdisjoint(names)
    assert {"name", "custom.colour"} <= set(names)
