"""How Python's garbage collector is set in the processes that somebody waits for."""

from __future__ import annotations

import gc


def calm_collector() -> None:
    """Keep the garbage collector from holding up a pop or a decision; to be called when everything is loaded.

    A full collection that walks all modules and checkers takes tens of milliseconds; they live as long as the process
    and are left out. What is left behind later has no cycles to speak of, so collections may be rare.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
