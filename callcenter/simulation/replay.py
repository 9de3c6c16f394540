"""A log of the engine, told again: what it decided, whether it does so again, and what that was worth to callers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from acd.commands import DivertInteraction, OfferInteraction
from acd.events import InteractionAbandoned, InteractionQueued, OfferAccepted
from acd.log import Replayed, replay
from acd.metrics import Outcome, ServiceLevel, summarise
from acd.model import AgentId, InteractionId, OfferId, QueueName

TARGET = 20.0
"""Seconds of the service level that is stated."""

SHOWN = 5
"""So many differences are shown."""


def replayed(lines: Iterable[str]) -> tuple[str, bool]:
    """Tell a log to the engine; return a report for people, and whether all was decided as then.

    Raises `acd.log.LogError`.
    """
    story = _Story()
    different: list[Replayed] = []
    kinds: Counter[str] = Counter()
    count = 0
    for line in replay(lines):
        count += 1
        kinds.update(type(command).__name__ for command in line.commands)
        story.follow(line)
        if not line.same:
            different.append(line)
    parts = [
        f"{count} lines over {story.hours:.1f} hours: {', '.join(f'{n} {kind}' for kind, n in kinds.most_common())}",
        story.summary(),
        "every decision is the same" if not different else f"{len(different)} lines were decided otherwise:",
    ]
    parts += [
        f"  line {line.line}, at {line.at:.3f}: then {list(line.recorded)}, now {list(line.decided)}"
        for line in different[:SHOWN]
    ]
    return "\n".join(parts) + "\n", not different


class _Story:
    """What became of the interactions, as far as the log tells."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._last = 0.0
        self._waiting: dict[InteractionId, tuple[QueueName, float]] = {}
        self._offers: dict[OfferId, tuple[InteractionId, AgentId]] = {}
        self._outcomes: list[Outcome] = []

    @property
    def hours(self) -> float:
        """How long the log is."""
        return (self._last - self._first) / 3600.0 if self._first is not None else 0.0

    def follow(self, line: Replayed) -> None:
        """One line more."""
        at = line.at
        if self._first is None:
            self._first = at
        self._last = max(self._last, at) if at == at else self._last  # noqa: PLR0124 - a bad time is nan
        match line.event:
            case InteractionQueued():
                self._waiting.setdefault(line.event.interaction, (line.event.queue, line.event.enqueued_at))
            case InteractionAbandoned():
                self._over(line.event.interaction, None)
            case OfferAccepted():
                interaction, agent = self._offers.get(line.event.offer, (None, None))
                if interaction is not None:
                    self._over(interaction, agent)
            case _:
                pass
        for command in line.commands:
            match command:
                case OfferInteraction():
                    self._offers[command.offer] = (command.interaction, command.agent)
                case DivertInteraction():
                    self._over(command.interaction, None, diverted=True)
                case _:
                    pass

    def summary(self) -> str:
        """The numbers of what is over, in one line."""
        numbers = summarise(self._outcomes, within=TARGET)
        return (
            f"{numbers.offered} interactions: {numbers.answered} answered, {numbers.abandoned} abandoned, "
            f"{numbers.diverted} led on, {len(self._waiting)} still waiting; "
            f"{ServiceLevel.SHORT_ABANDONS_IGNORED} in {TARGET:g} s {100 * numbers.service_level:.1f} %, "
            f"ASA {numbers.speed_of_answer:.1f} s, longest wait {numbers.longest_wait:.0f} s"
        )

    def _over(self, interaction: InteractionId, agent: AgentId | None, *, diverted: bool = False) -> None:
        waiting = self._waiting.pop(interaction, None)
        if waiting is not None:
            queue, since = waiting
            self._outcomes.append(
                Outcome(
                    interaction=interaction,
                    queue=queue,
                    label="",
                    arrived=since,
                    wait=self._last - since,
                    agent=agent,
                    diverted=diverted,
                )
            )
