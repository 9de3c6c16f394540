"""The tree of refusals and failures.

::

    CallCenterError
    ├── RequestRefused         a person asked for something that cannot be; normal, not logged as an error
    ├── ExternalFailure        something outside us failed; says whether trying again may help
    └── ConfigError            a file or setting is wrong; says which file, which line, what to do
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why a request was refused (families of ECMA-269, 12.2.12: universal failures)."""

    OPERATION = "operation"  # the request itself makes no sense
    STATE = "state_incompatibility"  # not in this state
    RESOURCE = "resource_availability"  # what it needs is not there now
    SECURITY = "security"  # not allowed to this person


class CallCenterError(Exception):
    """Root of all our errors."""


class RequestRefused(CallCenterError):
    """A request that was understood and refused; `code` is stable and translated on the screen."""

    def __init__(self, refusal: Refusal, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.code = code
        self.message = message


class ExternalFailure(CallCenterError):
    """Something outside us failed: switch, database, speech, bus. `retryable` tells whether trying again may help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class ConfigError(CallCenterError):
    """A setting or file is wrong: `where` names file and, if known, line."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where
        self.message = message
