"""One rule language behind two doors: what a flow's author and a routing rule's author write means the same."""

from __future__ import annotations

import pytest

from acd.errors import ConfigurationError
from acd.rules import compiled
from ivr.flow.expressions import ExpressionError, compile_expression

KNOWN: dict[str, str | int | float | bool] = {"tier": "vip", "balance": -20, "language": "zh", "returning": True}


@pytest.mark.parametrize(
    ("condition", "meaning"),
    [
        ("tier == 'vip'", True),
        ("tier != 'vip'", False),
        ("balance < 0 && returning", True),
        ("balance < 0 || unknown == 'x'", True),
        ("language in ['zh', 'en']", True),
        ("unknown == null", True),
        ("tier.startsWith('v')", True),
        ("['a', 'vip'].exists(name, name == tier)", True),
        ("balance < 'text'", None),
        ("1 / 0 == 1", None),
        ("balance", None),
        ("unknown > 3", None),
    ],
)
def test_a_condition_means_the_same_to_both_engines(condition: str, meaning: bool | None) -> None:
    """True, false, or cannot be said (None): wrong types, division by zero, no condition."""
    assert compiled(condition, where="rule").holds(KNOWN) is meaning
    expression = compile_expression(condition)
    fields = {name: KNOWN.get(name) for name in expression.names()}
    if meaning is None:
        with pytest.raises(ExpressionError):
            expression.holds(fields)
    else:
        assert expression.holds(fields) is meaning


LOOPS = "[1, 2].all(a, [1, 2].exists(b, [1, 2].map(c, c).size() > 1))"
"""Three loops; five of them over sixty values each would take minutes."""


@pytest.mark.parametrize("text", ["tier ==", "a b", "x" * 1_001, "(" * 41 + "1" + ")" * 41, LOOPS, "weather(tier)"])
def test_what_one_engine_refuses_to_read_the_other_refuses_too(text: str) -> None:
    """Bad syntax, too long, too deep, too many loops, a function that there is not."""
    with pytest.raises(ConfigurationError):
        compiled(text, where="rule")
    with pytest.raises(ExpressionError):
        compile_expression(text)
