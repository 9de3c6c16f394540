"""What is taken from a host's answer, and what is not."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.hosts.answers import LONGEST_TEXT, at_path, read_fields, read_path
from callcenter.hosts.model import AnswerField, AnswerType, HostFailed, Trouble
from ivr.fields import FieldValue

JSON: Any = {"a": {"b": [{"c": 1}, {"c": 2}]}, "n": None, "$id": "x", "list": []}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[1].c", 2),
        ("a.b[0]", {"c": 1}),
        ("$id", "x"),
        ("", JSON),
        ("a.b[2].c", None),
        ("a.b.c", None),
        ("a[0]", None),
        ("list[0]", None),
        ("n.x", None),
        ("zzz", None),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, found: object) -> None:
    assert at_path(JSON, read_path(path)) == found


@pytest.mark.parametrize("path", [".a", "a..b", "a[", "a[x]", "a b", "a.", "[0]b", "a[-1]", "a['b']", "a.*"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        read_path(path)


@pytest.mark.parametrize(
    ("found", "kind", "field"),
    [
        ("x", "any", "x"),
        ("a\x00b\ud800", "text", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"),  # nothing could keep it
        (7, "any", 7),
        (True, "any", True),
        (Decimal("2.5"), "any", 2.5),
        (7, "text", "7"),
        (7, "number", 7),
        (2.5, "number", 2.5),
        (Decimal("7.1350"), "decimal", "7.1350"),
        (12, "decimal", "12"),
        ("12.50", "decimal", "12.50"),
        (date(2026, 11, 26), "text", "2026-11-26"),
        (datetime(2026, 11, 26, 9, 30, tzinfo=UTC), "any", "2026-11-26T09:30:00+00:00"),
        (False, "boolean", False),
    ],
)
def test_a_value_of_the_agreed_kind_becomes_a_field(found: object, kind: AnswerType, field: FieldValue) -> None:
    value = read_fields({"x": found}, {"f": AnswerField(path=("x",), type=kind)})["f"]
    assert (value, type(value)) == (field, type(field))


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ({}, "any"),
        ([1], "any"),
        ("7", "integer"),
        (7.5, "integer"),
        (True, "integer"),
        (1, "boolean"),
        ("x" * (LONGEST_TEXT + 1), "any"),
        (10**18, "integer"),
        (Decimal("1e999999999"), "decimal"),
        (Decimal("1e999999999"), "number"),
        (Decimal("1e-999999999"), "decimal"),
        (Decimal("NaN"), "number"),
        (float("nan"), "any"),
        ("1 or 1=1", "decimal"),
        (b"bytes", "any"),
    ],
)
def test_anything_else_is_garbage(found: object, kind: AnswerType) -> None:
    with pytest.raises(HostFailed) as failed:
        read_fields({"x": found}, {"f": AnswerField(path=("x",), type=kind)})
    assert failed.value.trouble is Trouble.GARBAGE


def test_what_must_be_there_and_is_not_is_garbage_too() -> None:
    wanted = {"a": AnswerField(path=("a",)), "b": AnswerField(path=("b",), optional=True)}
    assert read_fields({"a": 1, "b": None}, wanted) == {"a": 1}
    nothings: list[object] = [{}, {"a": None}, [], "a", None]
    for content in nothings:
        with pytest.raises(HostFailed):
            read_fields(content, wanted)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=10,
)


@given(_json, st.sampled_from(["a", "b.a", "a[0]", "b[1].a"]), st.sampled_from(["any", "text", "decimal", "number"]))
def test_whatever_a_host_answers_is_a_field_or_garbage(content: object, path: str, kind: AnswerType) -> None:
    answer: object = json.loads(json.dumps(content), parse_float=Decimal)
    try:
        (value,) = read_fields(answer, {"f": AnswerField(path=read_path(path), type=kind)}).values()
    except HostFailed:
        return
    assert isinstance(value, str | int | float)
