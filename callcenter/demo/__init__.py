"""Simulated callers, for a newcomer with only a browser and for tests under load. Not part of a live installation."""
