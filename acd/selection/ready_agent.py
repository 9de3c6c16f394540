"""What a strategy may look at: the agent, and two figures that stand still while the agent is ready."""

from __future__ import annotations

from typing import Protocol

from acd.model import Agent


class ReadyAgent(Protocol):
    """An agent who can be offered something.

    ``ready_since`` is monotonic seconds; ``worked`` the seconds spent on interactions and wrap-up, less what
    the others had worked when this agent came.
    """

    @property
    def profile(self) -> Agent:
        """Skills and group."""

    @property
    def ready_since(self) -> float:
        """When the agent became ready."""

    @property
    def worked(self) -> float:
        """Seconds of work so far, comparable between agents."""
