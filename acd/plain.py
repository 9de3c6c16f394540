"""The engine's values as plain data (what JSON has), and back: for logs, and for what outlives a restart.

Records become tables of their fields without those that have their default; where a value may be of several kinds of
record, ``is`` names its kind; tuples become lists; numbers that JSON does not have become texts ("inf"). Reading is
strict. The only importer of the cattrs library.
"""

from __future__ import annotations

from enum import StrEnum
from math import isfinite
from typing import Any, TypeVar

import cattrs
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.strategies import configure_tagged_union

from acd.errors import AcdError, ConfigurationError
from acd.events import Event
from acd.model import AttributeValue, Medium, Requirement
from acd.rules import Condition, compiled

T = TypeVar("T")


class PlainError(AcdError):
    """Plain data is not what it is said to be; says where and why."""


def to_plain(value: object, kind: Any = None) -> Any:
    """The plain form of a value; ``kind`` is its type where that is a union (``Event``, ``Requirement``)."""
    return _CONVERTER.unstructure(value, kind)


def from_plain(plain: object, kind: type[T]) -> T:
    """The value of this type that has this plain form.

    Raises:
        PlainError: there is none.
    """
    found: T = _structured(plain, kind)
    return found


def event_from_plain(plain: object) -> Event:
    """The event that has this plain form.

    Raises:
        PlainError: there is none.
    """
    found: Event = _structured(plain, Event)
    return found


def _structured(plain: object, kind: Any) -> Any:
    try:
        return _CONVERTER.structure(plain, kind)
    except BaseValidationError as failure:
        raise PlainError("; ".join(cattrs.transform_error(failure, format_exception=_reason))) from None
    except (ConfigurationError, LookupError, TypeError, ValueError, AttributeError) as failure:
        raise PlainError(_reason(failure, None)) from None


def _reason(failure: BaseException, _: Any) -> str:
    """What is wrong, in words; where it is, the library adds."""
    match failure:
        case ForbiddenExtraKeysError():
            return f"unknown: {', '.join(sorted(failure.extra_fields))}"
        case KeyError():
            return f"missing or unknown: {failure}"
        case ConfigurationError():
            return failure.reason
        case _:
            return str(failure)


def _exactly(kind: type[Any]) -> Any:
    def read(plain: Any, _: type[Any]) -> Any:
        if type(plain) is not kind:
            raise TypeError(f"{kind.__name__} was expected, not {plain!r}")
        return plain

    return read


def _number(plain: Any, _: type[float]) -> float:
    if plain in ("inf", "-inf", "nan"):
        return float(plain)
    if type(plain) not in (int, float):
        raise TypeError(f"a number was expected, not {plain!r}")
    return float(plain)


def _attribute(plain: Any, _: Any) -> AttributeValue:
    if not isinstance(plain, str | int | float):
        raise TypeError(f"a text, a number or a truth value was expected, not {plain!r}")
    return plain


def _made() -> cattrs.Converter:
    converter = cattrs.Converter(omit_if_default=True, forbid_extra_keys=True)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(StrEnum, lambda plain, kind: kind(plain))  # which is nearer to them than str
    converter.register_structure_hook(float, _number)
    converter.register_unstructure_hook(float, lambda number: number if isfinite(number) else str(number))
    converter.register_unstructure_hook_func(
        lambda kind: kind == frozenset[Medium], sorted
    )  # JSON has no sets, and a log no chance order
    converter.register_structure_hook(AttributeValue, _attribute)
    converter.register_unstructure_hook(AttributeValue, lambda value: value)
    converter.register_structure_hook(Condition, lambda source, _: compiled(source, where="condition"))
    converter.register_unstructure_hook(Condition, lambda condition: condition.source)
    configure_tagged_union(Requirement, converter, tag_name="is")
    configure_tagged_union(Event, converter, tag_name="is")
    return converter


_CONVERTER = _made()
