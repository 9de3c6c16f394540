"""Failures of the IVR.

IvrError
├── FlowError            a flow file cannot be used; names file, line and node of every problem
└── ExternalFailure      something outside failed; `retryable` says whether another try may help
    ├── LookupUnavailable
    ├── ActFailed        `unknown`: it may have been done
    └── SynthesisFailed
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowProblem:
    """One thing that is wrong with a flow, and where: the file, its line (from 1) and the node, if it is in one."""

    source: str
    line: int
    node: str | None
    what: str

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}"
        return f"{where}: node {self.node!r}: {self.what}" if self.node else f"{where}: {self.what}"


class IvrError(Exception):
    """Root of the IVR's own failures."""


class FlowError(IvrError):
    """A flow that cannot be used; all its problems are listed."""

    def __init__(self, problems: Sequence[FlowProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class ExternalFailure(IvrError):
    """Something outside failed; `retryable` says whether another try may help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class LookupUnavailable(ExternalFailure):
    """A data source could not answer."""


class ActFailed(ExternalFailure):
    """A host system did not do an act; or (`unknown`) nobody can say whether it did."""

    def __init__(self, message: str, *, retryable: bool, unknown: bool) -> None:
        super().__init__(message, retryable=retryable)
        self.unknown = unknown


class SynthesisFailed(ExternalFailure):
    """No sound file could be made of a text."""
