"""Skills-based routing engine: pure, deterministic, no I/O."""
