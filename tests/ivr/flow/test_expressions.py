"""Conditions and computed values."""

import pytest

from ivr.fields import Fields, FieldValue
from ivr.flow.expressions import MAX_LENGTH, ExpressionError, compile_expression

FIELDS: Fields = {"tier": "vip", "age": 40, "name": None}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ('tier == "vip"', True),
        ("age > 40 || age == 40", True),
        ("name != null && name > 3", False),
        ('tier in ["gold", "vip"]', True),
        ('tier + "_queue"', "vip_queue"),
        ("age / 7", 5),
        ('name == null ? "unknown" : name', "unknown"),
        ("name", None),
    ],
)
def test_an_expression_gives_a_value(source: str, value: FieldValue) -> None:
    assert compile_expression(source).evaluate(FIELDS) == value


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("age / 0", "ZeroDivisionError"),
        ("name > 3", "TypeError"),
        ("age * 1.5", "TypeError"),  # CEL never mixes whole and fractional numbers
        ("nobody == 1", "RuntimeError"),
        ("[1, 2]", "not a single value"),
        ("9223372036854775807 + 1", "Error"),
    ],
)
def test_a_failing_expression_says_what_failed_but_no_value(source: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=why) as failed:
        compile_expression(source).evaluate(FIELDS)
    assert "vip" not in str(failed.value)


def test_a_condition_must_be_true_or_false() -> None:
    assert compile_expression("age == 40").holds(FIELDS) is True
    with pytest.raises(ExpressionError, match="no condition"):
        compile_expression("age").holds(FIELDS)


@pytest.mark.parametrize("source", ["age +", "", "(" * 41 + "1" + ")" * 41, "1" + "+1" * MAX_LENGTH, "a ? b"])
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(source)


def test_expressions_are_equal_by_source_and_know_their_fields() -> None:
    assert compile_expression("age > 1") == compile_expression("age > 1")
    assert compile_expression("age > 1") != compile_expression("age > 2")
    assert compile_expression("age > 1 && tier == name").names() == {"age", "tier", "name"}
