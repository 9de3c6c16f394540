"""Rules over attributes: who counts as a VIP, what an interaction needs beside its queue's requirements.

A condition is written in the Common Expression Language (CEL, https://cel.dev) and sees the attributes of an
interaction by name, and ``queue``; a name that has no value is null. The only importer of the CEL library in
this engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import cel

from acd.errors import ConfigurationError
from acd.model import ANY_AGENT, AllOf, AttributeValue, PreferredAgent, QueueName, Requirement

MAX_LENGTH = 1_000
"""The longest condition, in characters."""

MAX_NESTING = 40
"""The deepest nesting of brackets; the library's parser is recursive."""

MAX_LOOPS = 2
"""How many loops over lists a condition may have: each one within another multiplies the time it takes."""

FUNCTIONS = frozenset(
    """
    bytes contains double duration dyn endsWith getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear getHours
    getMilliseconds getMinutes getMonth getSeconds int matches of size startsWith string timestamp type uint
    """.split()  # noqa: SIM905 - a list of names reads better as text
)
"""Those a condition may call, operators aside. Another one would be missed only when somebody calls the centre."""

_LOOP = re.compile(r"\.\s*(all|exists|exists_one|existsOne|filter|map)\s*\(")
_SYNTAX_ERROR = re.compile(r"ERROR: <input>:1:(\d+): (?:Syntax error: )?([^\n]*?)(?: expecting \{[^\n]*)?(?:\n|$)")

# Every failure of an evaluation is one of these: wrong types, division by zero, overflow, an unknown name,
# a missing key, a pattern that is no regular expression.
_EVALUATION_FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; equal to another of the same source."""

    source: str
    _program: cel.Program = field(repr=False, compare=False)
    _names: tuple[str, ...] = field(repr=False, compare=False)

    def holds(self, attributes: Mapping[str, AttributeValue]) -> bool | None:
        """Whether it is true of these attributes; None when it cannot be said (wrong types, no condition)."""
        try:
            result = self._program.execute({name: attributes.get(name) for name in self._names})
        except _EVALUATION_FAILURES:
            return None
        return result if isinstance(result, bool) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where ``when`` holds, the interaction gets all of this; several rules add up.

    ``head_start``      seconds (negative: put back)
    ``prefers_expert``  the most proficient ready agent
    ``requirements``    in addition to the queue's and its own
    ``preferred``       the agent it should reach if possible, unless it came with one; of several rules the first's
    """

    name: str
    when: Condition
    head_start: float = 0.0
    prefers_expert: bool = False
    requirements: Requirement = ANY_AGENT
    preferred: PreferredAgent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What all rules together give an interaction; ``applied`` and ``failed`` are names of rules."""

    head_start: float = 0.0
    prefers_expert: bool = False
    requirements: Requirement = ANY_AGENT
    preferred: PreferredAgent | None = None
    applied: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


NO_EFFECT = Effect()


def compiled(source: str, *, where: str, path: tuple[str | int, ...] = ()) -> Condition:
    """Compile a condition; ``where`` names the row in errors, ``path`` leads to it there.

    Raises:
        ConfigurationError: its syntax is wrong, it calls a function that there is not, or is too long or too deep.
    """
    if len(source) > MAX_LENGTH or sum(map(source.count, "([{")) > MAX_NESTING:
        reason = f"a condition has at most {MAX_LENGTH} characters and {MAX_NESTING} brackets"
        raise ConfigurationError(where, reason, path)
    if len(_LOOP.findall(source)) > MAX_LOOPS:
        raise ConfigurationError(where, f"a condition has at most {MAX_LOOPS} loops over lists", path)
    try:
        program = cel.compile(source)
    except _EVALUATION_FAILURES as failure:
        raise ConfigurationError(where, _reason(failure), path) from None
    unknown = [name for name in program.functions() if name.isidentifier() and name not in FUNCTIONS]
    if unknown:
        raise ConfigurationError(where, f"there is no function {unknown[0]}", path)
    return Condition(source, program, tuple(program.variables()))


def _reason(failure: Exception) -> str:
    """The library's message in few words: it draws a picture of the place, and lists all that might stand there."""
    found = _SYNTAX_ERROR.search(str(failure))
    return f"does not compile, at character {found[1]}: {found[2]}" if found else str(failure).splitlines()[0]


def effect_of(rules: Iterable[Rule], queue: QueueName, attributes: Mapping[str, AttributeValue]) -> Effect:
    """Apply the rules to an interaction that comes to this queue with these attributes."""
    seen: dict[str, AttributeValue] = {**attributes, "queue": queue}
    head_start = 0.0
    prefers_expert = False
    requirements: list[Requirement] = []
    preferred: PreferredAgent | None = None
    applied: list[str] = []
    failed: list[str] = []
    for rule in rules:
        match rule.when.holds(seen):
            case True:
                applied.append(rule.name)
                head_start += rule.head_start
                prefers_expert = prefers_expert or rule.prefers_expert
                preferred = preferred or rule.preferred
                if rule.requirements != ANY_AGENT:
                    requirements.append(rule.requirements)
            case None:
                failed.append(rule.name)
            case _:
                pass
    return Effect(
        head_start=head_start,
        prefers_expert=prefers_expert,
        requirements=AllOf(parts=tuple(requirements)),
        preferred=preferred,
        applied=tuple(applied),
        failed=tuple(failed),
    )
