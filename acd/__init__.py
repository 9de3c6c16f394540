"""Skills-based routing engine: told facts, it answers with decisions. No I/O, no clock, no randomness.

Events are in :mod:`acd.events`, decisions in :mod:`acd.commands`, values in :mod:`acd.model`.
"""
