"""Why this agent: the compact trace that goes with every offer."""

from __future__ import annotations

from collections.abc import Mapping

from acd.model import DecisionTrace, Exclusion

BEST = 5
"""How many candidates a trace names."""


def excluded(counts: Mapping[Exclusion, int], lacking: int) -> tuple[tuple[Exclusion, int], ...]:
    """How many agents were out, per reason: ``counts`` of those who suffice, ``lacking`` who do not.

    Counted after the offer was made, so the agent who got it is left out of those who have one.
    """
    found = []
    if lacking:
        found.append((Exclusion.LACKS_SKILL, lacking))
    for reason, count in counts.items():
        others = count - 1 if reason is Exclusion.HAS_OFFER else count
        if others:
            found.append((reason, others))
    return tuple(found)


def explained(decision: DecisionTrace) -> str:
    """The trace as one sentence for people."""
    out = ", ".join(f"{count} {reason}" for reason, count in decision.excluded)
    return (
        f"{decision.best[0].who if decision.best else 'nobody'} by {decision.rule} ({decision.occasion}) "
        f"after {decision.waited:.0f} s in step {decision.step}; who suffice: {decision.eligible}"
        + (f"; not considered: {out}" if out else "")
    )
