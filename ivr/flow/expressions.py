"""Conditions and computed values of a flow, in the Common Expression Language (CEL, https://cel.dev).

An expression sees the flow's fields by name; one that is not known yet is null. The only importer of the CEL
library in this engine.
"""

import re
from dataclasses import dataclass, field

import cel

from ivr.fields import Fields, FieldValue

MAX_LENGTH = 1_000
"""The longest expression, in characters."""

MAX_NESTING = 40
"""The deepest nesting of brackets; the library's parser is recursive."""

MAX_LOOPS = 2
"""How many loops over lists an expression may have: each one within another multiplies the time it takes."""

FUNCTIONS = frozenset(
    """
    bytes contains double duration dyn endsWith getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours
    getMilliseconds getMinutes getMonth getSeconds int matches of size startsWith string timestamp type uint
    """.split()  # noqa: SIM905 - a list of names reads better as text
)
"""What may be called; the library notices an unknown function only when a call comes to it."""

_LOOP = re.compile(r"\.\s*(all|exists|exists_one|existsOne|filter|map)\s*\(")

# Every failure of an evaluation is one of these: wrong types, division by zero, overflow, an unknown name,
# a missing key, a pattern that is no regular expression.
_EVALUATION_FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class ExpressionError(ValueError):
    """An expression that cannot be read, or whose evaluation failed; the message says which."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; equal to another of the same source."""

    source: str
    _program: cel.Program = field(repr=False, compare=False)
    _names: tuple[str, ...] = field(repr=False, compare=False)

    def evaluate(self, fields: Fields) -> FieldValue:
        """Return the value for these fields; every field the expression names must be in them, null if unknown.

        Raises:
            ExpressionError: The evaluation failed, or its result is no single value.
        """
        try:
            # Only what is asked for: the library copies every value it is given.
            result = self._program.execute({name: fields[name] for name in self._names if name in fields})
        except _EVALUATION_FAILURES as failure:
            # The library's message may quote values, which are the caller's: only the kind of failure is told.
            raise ExpressionError(f"{self.source}: {type(failure).__name__}") from None
        if result is None or isinstance(result, str | int | float):  # bool is an int
            return result
        raise ExpressionError(f"{self.source}: gives a {type(result).__name__}, not a single value")

    def holds(self, fields: Fields) -> bool:
        """Return whether a condition is true for these fields.

        Raises:
            ExpressionError: The evaluation failed, or its result is neither true nor false.
        """
        result = self.evaluate(fields)
        if isinstance(result, bool):
            return result
        raise ExpressionError(f"{self.source}: is no condition, it gives a {type(result).__name__}")

    def names(self) -> frozenset[str]:
        """Return the fields the expression asks for (names bound by list macros among them)."""
        return frozenset(self._names)


def compile_expression(source: str) -> Expression:
    """Compile an expression.

    Raises:
        ExpressionError: Its syntax is wrong, it calls a function that there is not, or it is too long or too deep.
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters")
    if sum(map(source.count, "([{")) > MAX_NESTING:
        raise ExpressionError(f"an expression has at most {MAX_NESTING} brackets")
    if len(_LOOP.findall(source)) > MAX_LOOPS:
        raise ExpressionError(f"an expression has at most {MAX_LOOPS} loops over lists")
    try:
        program = cel.compile(source)
    except _EVALUATION_FAILURES as failure:
        first_line = str(failure).splitlines()[0]
        raise ExpressionError(first_line) from None
    unknown = [name for name in program.functions() if name.isidentifier() and name not in FUNCTIONS]
    if unknown:
        raise ExpressionError(f"there is no function {unknown[0]}")
    return Expression(source, program, tuple(program.variables()))
