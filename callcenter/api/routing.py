"""What the routing engine decided and why, for those who run the floor: requests and what they are answered with."""

from __future__ import annotations

from typing import Literal

from callcenter.api.shapes import Message, Uuid, Words


class ComparedCandidate(Message):
    """One of those who were compared when an offer was made; a smaller score is better."""

    name: str
    score: str


class RoutingAccount(Message):
    """Why something is as it is, in sentences; of an offer also whom it was decided between, best first."""

    title: Words
    lines: tuple[Words, ...]
    candidates: tuple[ComparedCandidate, ...]


class ExplainRouting(Message):
    """Why does this caller wait, or why was he offered to whom he was?"""

    type: Literal["explain_routing"] = "explain_routing"
    interaction: Uuid


class RoutingExplained(Message):
    """The answer: of a caller who waits, and of the last offer that was made of him, as far as there is either."""

    type: Literal["routing_explained"] = "routing_explained"
    waiting: RoutingAccount | None
    offer: RoutingAccount | None
