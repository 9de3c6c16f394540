"""What an agent has chosen, told apart from what he is observed to do."""

from __future__ import annotations

import acd.commands
import acd.model


def chosen(state: acd.commands.ReportAgentState | None) -> dict[str, str] | None:
    """Return what the agent has chosen, observed work aside: what a restart restores; None when logged off.

    A phone that cannot be reached is observed as well: who chose to be ready is ready again when it comes back.
    """
    if state is None:
        return None
    if state.pending is not None:
        choice, reason = state.pending, state.pending_reason
    elif state.reason == acd.model.PHONE_UNREACHABLE:
        choice, reason = acd.model.AgentState.READY, acd.model.NO_REASON
    else:
        choice, reason = state.state, state.reason
    return {"state": choice.value, "reason": str(reason)}


def chose_ready(state: acd.commands.ReportAgentState | None) -> bool:
    """Tell whether the agent wants calls, whatever he does now."""
    return (chosen(state) or {}).get("state") == acd.model.AgentState.READY.value
