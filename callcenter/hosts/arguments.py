"""What a host is told, checked before it is: every value is what the operation says of it, or nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from callcenter.hosts.model import LONGEST_ARGUMENT, Argument, HostFailed, Trouble
from ivr.fields import Fields, FieldValue


def check_arguments(expected: Mapping[str, Argument], given: Fields) -> dict[str, FieldValue]:
    """Return the arguments as the host is to get them; unknown optional ones are left out.

    Raises `HostFailed` (bad argument): one is missing, not expected, or does not look right.
    """
    if not given.keys() <= expected.keys():
        raise HostFailed(Trouble.BAD_ARGUMENT)
    checked: dict[str, FieldValue] = {}
    for name, argument in expected.items():
        value = given.get(name)
        if value is not None:
            checked[name] = _checked(argument, value)
        elif not argument.optional:
            raise HostFailed(Trouble.BAD_ARGUMENT)
    return checked


def _checked(argument: Argument, value: FieldValue) -> FieldValue:
    if argument.type == "boolean":
        if isinstance(value, bool):
            return value
    elif argument.type == "text":
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if len(text) <= LONGEST_ARGUMENT and argument.pattern is not None and argument.pattern.fullmatch(text):
            return text
    elif (number := _number(value)) is not None and _is_within(argument, number):
        match argument.type:
            case "integer" if number == int(number):
                return int(number)
            case "number":
                return int(number) if number == int(number) else float(number)
            case "decimal" if number == (rounded := round(number, argument.decimals)):
                return f"{rounded:.{argument.decimals}f}"
            case _:
                pass
    raise HostFailed(Trouble.BAD_ARGUMENT)


def _number(value: FieldValue) -> Decimal | None:
    if isinstance(value, bool) or value is None or len(str(value)) > 30:
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**18 else None


def _is_within(argument: Argument, number: Decimal) -> bool:
    least, most = argument.least, argument.most
    return (least is None or number >= Decimal(str(least))) and (most is None or number <= Decimal(str(most)))
