"""Skills-based routing engine: told facts, it answers with decisions. No I/O, no clock, no randomness.

What it is told is in :mod:`acd.events`, what it decides in :mod:`acd.commands`, the values of both in
:mod:`acd.model`; plain rows become values in :mod:`acd.config`.
"""

from acd.engine import RoutingEngine
from acd.errors import AcdError, ConfigurationError
from acd.state import Oddity

__all__ = ["AcdError", "ConfigurationError", "Oddity", "RoutingEngine"]
