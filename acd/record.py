"""How events, commands and traces are declared: values of named fields, never changed once made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make ``cls`` a dataclass with slots and keywords, equal by its fields, frozen for whoever checks types.

    At run time nothing forbids to set a field: forbidding it makes Python set each one through
    ``object.__setattr__`` when the value is made, four times the cost of the whole object, and the engine makes three
    of these with every decision.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
