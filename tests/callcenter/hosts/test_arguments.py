"""What may be told to a host."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.hosts.arguments import check_arguments
from callcenter.hosts.model import Argument, HostFailed, Trouble
from ivr.fields import FieldValue

ACCOUNT = Argument(pattern=re.compile("[0-9]{4,8}"))
KINDS = {
    "text": ACCOUNT,
    "integer": Argument(type="integer", least=0, most=100),
    "number": Argument(type="number", least=-1.5, most=10),
    "decimal": Argument(type="decimal", least=0.01, most=1_000, decimals=2),
    "boolean": Argument(type="boolean"),
}


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("text", "0042", "0042"),
        ("text", 4711, "4711"),
        ("integer", 7, 7),
        ("integer", "007", 7),
        ("integer", 7.0, 7),
        ("number", "2.50", 2.5),
        ("number", 2, 2),
        ("decimal", 12, "12.00"),
        ("decimal", "12.5", "12.50"),
        ("decimal", 0.1, "0.10"),
        ("decimal", 19.99, "19.99"),
        ("boolean", True, True),
    ],
)
def test_a_value_is_told_as_its_kind_is(kind: str, value: FieldValue, told: FieldValue) -> None:
    checked = check_arguments({"a": KINDS[kind]}, {"a": value})["a"]
    assert (checked, type(checked)) == (told, type(told))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "123"),
        ("text", "1234\n"),
        ("text", "1234' OR '1'='1"),
        ("text", "../../1234"),
        ("text", "1" * 10_000),
        ("text", True),
        ("text", 1234.0),
        ("integer", 101),
        ("integer", -1),
        ("integer", 1.5),
        ("integer", "seven"),
        ("integer", True),
        ("number", float("nan")),
        ("number", float("inf")),
        ("number", "1e400"),
        ("number", "9" * 500),
        ("decimal", 0),
        ("decimal", "12.345"),
        ("decimal", "1000.01"),
        ("boolean", "true"),
        ("boolean", 1),
    ],
)
def test_what_does_not_look_right_is_told_to_nobody(kind: str, value: FieldValue) -> None:
    with pytest.raises(HostFailed) as failed:
        check_arguments({"a": KINDS[kind]}, {"a": value})
    assert failed.value.trouble is Trouble.BAD_ARGUMENT
    assert failed.value.nothing_happened
    assert str(value) not in str(failed.value) or value in {0, 1}


def test_missing_and_unexpected_arguments_are_refused_and_optional_ones_may_be_unknown() -> None:
    optional = Argument(pattern=re.compile(".*"), optional=True)
    assert check_arguments({"a": ACCOUNT, "b": optional}, {"a": "1234", "b": None}) == {"a": "1234"}
    for given_ in ({}, {"a": None}, {"a": "1234", "c": "x"}):
        with pytest.raises(HostFailed):
            check_arguments({"a": ACCOUNT, "b": optional}, given_)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    value=st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.from_regex(r"[-+0-9._eE]{1,12}"),
)
def test_whatever_a_caller_keys_or_a_field_holds_is_told_right_or_not_at_all(kind: str, value: FieldValue) -> None:
    try:
        told = check_arguments({"a": KINDS[kind]}, {"a": value})["a"]
    except HostFailed:
        return
    match told:
        case bool():
            assert kind == "boolean"
        case str():
            assert re.fullmatch("[0-9]{4,8}" if kind == "text" else r"[0-9]{1,4}\.[0-9]{2}", told)
        case _:
            assert kind in {"integer", "number"}
            assert -1.5 <= float(told or 0) <= 100
