"""What a call's flow gathers: named scalar values, such as an account number or a customer's tier."""

from collections.abc import Mapping
from typing import TypeAlias

FieldValue: TypeAlias = str | int | float | bool | None
"""One gathered value; None is "not known". Scalars only: fields travel to a journal, a screen and conditions."""

Fields: TypeAlias = Mapping[str, FieldValue]
"""Gathered values by field name."""
