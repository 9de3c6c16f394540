"""A day of traffic on the real engine, under a virtual clock.

The engine decides; what is here only plays the switch, the callers and the agents: offers are answered after a while,
callers leave when their patience ends, agents come and go by their shifts. Nothing is drawn here: arrivals come with
their patience and their work, so the same day can be run under different rules.
"""

from acd.simulation.day import Arrival, Day, Shift
from acd.simulation.world import WorkOf, simulate

__all__ = ["Arrival", "Day", "Shift", "WorkOf", "simulate"]
