"""Values come to one form, what cannot be is named by field and code, and two edits become one where they can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callcenter.api.customers import Change, CustomField, CustomFieldKind, FieldChoice, MasterPlan
from callcenter.api.shapes import Words
from callcenter.customers.changes import differences, flatten, joined, three_way, unflatten
from callcenter.customers.custom_fields import custom_value
from callcenter.customers.edits import Checked, checked, flatten_blank, new_record
from callcenter.customers.reconciling import reconcile
from callcenter.customers.record import new_fields

LABEL = Words(en="x", zh="x")


def field(kind: CustomFieldKind, **values: object) -> CustomField:
    made = CustomField(
        name="own",
        label=LABEL,
        kind=kind,
        required=False,
        max_length=10,
        least=None,
        most=None,
        choices=(FieldChoice(name="red", label=LABEL),) if kind is CustomFieldKind.CHOICE else (),
        on_card=False,
        routing=False,
    )
    return made.model_copy(update=values)


def plan(*fields: CustomField, territories: tuple[str, ...] = ()) -> MasterPlan:
    return MasterPlan(
        custom_fields=fields,
        territories=tuple(FieldChoice(name=name, label=LABEL) for name in territories),
        hidden={},
        currency="USD",
        country="US",
    )


CURRENT = flatten(new_fields(name="Ben", account="1"))


def codes(result: Checked) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in result.problems]


def test_numbers_mails_and_texts_come_to_one_form() -> None:
    result = checked(
        CURRENT,
        {
            "name": "  王小明 ",
            "numbers": [{"number": "(202) 555-0123", "label": "work", "shared": False}],
            "mails": [{"mail": "Ben@Example.ORG", "label": "", "shared": False}],
        },
        plan(),
    )
    assert result.problems == ()
    assert result.fields is not None
    assert result.fields.name == "王小明"
    assert result.fields.numbers[0].number == "+12025550123"
    assert result.fields.mails[0].mail == "ben@example.org"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ""}, ("name", "required")),
        ({"name": "x" * 201}, ("name", "too_long")),
        ({"name": None}, ("name", "bad_value")),
        ({"name": "a\x00b"}, ("name", "bad_text")),
        ({"remark": "\ud800"}, ("remark", "bad_text")),
        ({"account": ""}, ("account", "required")),
        ({"numbers": [{"number": "call me", "label": "work", "shared": False}]}, ("numbers.0.number", "bad_number")),
        ({"numbers": [{"number": "+1２０２", "label": "work", "shared": False}]}, ("numbers.0.number", "bad_number")),
        ({"numbers": [{"number": "2025550123", "shared": True}]}, ("numbers.0.label", "required")),
        ({"numbers": "2025550123"}, ("numbers", "bad_value")),
        ({"mails": [{"mail": "nobody", "label": "", "shared": False}]}, ("mails.0.mail", "bad_mail")),
        ({"tier": "platinum"}, ("tier", "not_a_choice")),
        ({"birthday": "2026-02-30"}, ("birthday", "bad_day")),
        ({"website": "javascript:alert(1)"}, ("website", "bad_link")),
        ({"preferences": {"best_from": "25:00"}}, ("preferences.best_from", "bad_time")),
        ({"preferences": {"best_from": "18:00", "best_until": "24:00"}}, ("preferences.best_until", "bad_time")),
        ({"preferences": True}, ("preferences", "bad_value")),
        ({"payment_terms_days": 9_999}, ("payment_terms_days", "out_of_range")),
        ({"nonsense": 1}, ("nonsense", "unknown_field")),
        ({"custom.nonsense": 1}, ("custom.nonsense", "unknown_field")),
        ({"customer": "c9"}, ("customer", "unknown_field")),
        ({"territory": "mars"}, ("territory", "not_a_choice")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(changes: dict[str, JsonValue], expected: tuple[str, str]) -> None:
    result = checked(CURRENT, changes, plan(territories=("east",)))
    assert codes(result) == [expected]
    assert result.fields is None


def test_a_best_time_ends_after_it_begins() -> None:
    wrong: JsonValue = {"best_from": "18:00", "best_until": "09:00"}
    assert codes(checked(CURRENT, {"preferences": wrong}, plan())) == [("preferences.best_until", "before_beginning")]


def test_the_same_number_twice_and_too_many() -> None:
    one: JsonValue = {"number": "2025550123", "label": "work", "shared": False}
    assert codes(checked(CURRENT, {"numbers": [one, one]}, plan())) == [("numbers.1.number", "twice")]
    assert codes(checked(CURRENT, {"numbers": [one] * 500}, plan())) == [("numbers", "too_many")]


def test_hidden_fields_are_refused_nested_ones_too() -> None:
    result = checked(
        CURRENT, {"credit_limit": 1, "preferences.no_calls": True}, plan(), ("credit_limit", "preferences")
    )
    assert codes(result) == [("credit_limit", "hidden"), ("preferences.no_calls", "hidden")]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (CustomFieldKind.TEXT, "x" * 10, ("x" * 10, "")),
        (CustomFieldKind.TEXT, "x" * 11, ("x" * 11, "too_long")),
        (CustomFieldKind.INTEGER, "42", (42, "")),
        (CustomFieldKind.INTEGER, "4.2", ("4.2", "bad_value")),
        (CustomFieldKind.INTEGER, True, (True, "bad_value")),
        (CustomFieldKind.DECIMAL, "12.50", ("12.50", "")),
        (CustomFieldKind.DECIMAL, "NaN", ("NaN", "bad_value")),
        (CustomFieldKind.DECIMAL, "1e9999999", ("1e9999999", "out_of_range")),
        (CustomFieldKind.DAY, "2026-02-29", ("2026-02-29", "bad_day")),
        (CustomFieldKind.FLAG, True, (True, "")),
        (CustomFieldKind.FLAG, "yes", ("yes", "bad_value")),
        (CustomFieldKind.CHOICE, "red", ("red", "")),
        (CustomFieldKind.CHOICE, "blue", ("blue", "not_a_choice")),
        (CustomFieldKind.NUMBER, "202-555-0123", ("+12025550123", "")),
        (CustomFieldKind.MAIL, "A@B.c", ("a@b.c", "")),
        (CustomFieldKind.LINK, "ftp://x", ("ftp://x", "bad_link")),
        (CustomFieldKind.TEXT, ["a"], (["a"], "bad_value")),
        (CustomFieldKind.TEXT, "", (None, "")),
    ],
)
def test_custom_fields(kind: CustomFieldKind, value: JsonValue, expected: tuple[JsonValue, str]) -> None:
    assert custom_value(field(kind, most=1000), value, "US") == expected


def test_a_required_custom_field_is_missed_in_a_new_record_and_when_it_is_emptied() -> None:
    own = plan(field(CustomFieldKind.TEXT, required=True))
    assert codes(new_record({"name": "Ben"}, own, account="1")) == [("custom.own", "required")]
    assert codes(checked({**CURRENT, "custom.own": "x"}, {"custom.own": ""}, own)) == [("custom.own", "required")]
    assert checked(CURRENT, {"remark": "an old record without it is still edited"}, own).fields is not None


def test_a_new_record_takes_the_code_it_is_given() -> None:
    given = new_record({"name": "Ben"}, plan(), account="77")
    chosen = new_record({"name": "Ben", "account": "5"}, plan(), account="77")
    assert given.fields is not None
    assert chosen.fields is not None
    assert (given.fields.account, chosen.fields.account) == ("77", "5")


def test_flat_and_back_is_the_same_and_nothing_differs_from_itself() -> None:
    fields = new_fields(name="Ben", account="1", custom={"a": 1, "b": [1, 2]}, aliases=("x",))
    assert type(fields).model_validate(unflatten(flatten(fields))) == fields
    assert differences(flatten(fields), flatten(fields)) == []
    assert flatten_blank()["name"] == ""


# -- lists and conflicts ----------------------------------------------------------------------------------------


def test_both_lists_joined_keep_the_firsts_items() -> None:
    one: list[JsonValue] = [{"number": "+1", "label": "work"}]
    other: list[JsonValue] = [{"number": "+1", "label": "home"}, {"number": "+2", "label": "home"}]
    assert joined("numbers", one, other) == [one[0], other[1]]


def test_three_way_takes_each_sides_changes_and_gives_up_on_the_same_item() -> None:
    assert three_way("aliases", ["a", "b"], ["a", "c"], ["b", "d"]) == ["c", "d"]
    sides: list[JsonValue] = [[{"number": "+1", "label": label}] for label in ("x", "y", "z")]
    base, theirs, mine = sides
    assert three_way("numbers", base, theirs, mine) is None
    assert three_way("numbers", base, theirs, base) == theirs
    assert three_way("numbers", base, [], mine) is None  # removed by one, changed by the other


names = st.lists(st.sampled_from("abcdef"), unique=True)


@given(names, names, names)
def test_three_way_loses_no_addition_and_brings_back_no_removal(
    base: list[str], theirs: list[str], mine: list[str]
) -> None:
    result = three_way("aliases", list(base), list(theirs), list(mine))
    assert result is not None
    for name in "abcdef":
        changed = [side for side in (name in theirs, name in mine) if side != (name in base)]
        assert (name in result) == (changed[0] if changed else name in base)


def test_reconcile_reports_who_was_there_before() -> None:
    def change(field: str, before: JsonValue, after: JsonValue) -> Change:
        return Change(
            change=1, at=5, by="bo", by_name="Bo", via="desktop", version=2, field=field, before=before, after=after
        )

    since = [change("tier", "standard", "gold"), change("tier", "gold", "vip")]
    done = reconcile({"tier": "vip", "remark": ""}, {"tier": "gold", "remark": "x"}, since)
    (conflict,) = done.conflicts
    assert (conflict.base, conflict.theirs, conflict.mine, conflict.by_name) == ("standard", "vip", "gold", "Bo")
    assert done.changes == {"remark": "x"}
