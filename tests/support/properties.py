"""How many examples a property is tried with: all of them, or a tenth of them while somebody works (`--fast`)."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100
"""What hypothesis tries by default; a profile's figure is read as a share of it."""


def examples(number: int) -> int:
    """Return how many of `number` examples to try under the profile in force, at least five."""
    return max(5, number * settings().max_examples // _USUAL)
