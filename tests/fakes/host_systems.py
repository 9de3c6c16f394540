"""Host systems with prepared answers, slow or failing on request."""

import asyncio
from collections.abc import Mapping, Sequence

from ivr.errors import ActFailed, LookupUnavailable
from ivr.events import Verdict
from ivr.fields import Fields
from ivr.ports import ActOutcome, IdentityOutcome


class FakeHostSystems:
    """Answers each question by its name, whatever host is asked; a question without an answer fails.

    Args:
        answers: What each question is answered with; an empty one means that there is no such record.
        acts: What each act comes to; one that is missing is certainly not done.
        pins: The right PIN of each account (the argument `account`).
        seconds: How long each answer takes.
    """

    def __init__(
        self,
        answers: Mapping[str, Fields] | None = None,
        *,
        acts: Mapping[str, ActOutcome | ActFailed] | None = None,
        pins: Mapping[str, str] | None = None,
        seconds: float = 0.0,
    ) -> None:
        self._answers = answers or {}
        self._acts = acts or {}
        self._pins = pins or {}
        self._seconds = seconds
        self.asked: list[tuple[str, Fields]] = []
        self.done: dict[str, ActOutcome] = {}
        """What was done, by the acts' keys."""

    async def look_up(self, host: str | None, name: str, arguments: Fields) -> Fields:
        self.asked.append((name, dict(arguments)))
        await asyncio.sleep(self._seconds)
        if name not in self._answers:
            raise LookupUnavailable("the source is down", retryable=True)
        return self._answers[name]

    async def act(self, host: str, name: str, arguments: Fields, *, key: str) -> ActOutcome:
        self.asked.append((name, dict(arguments)))
        if key in self.done:
            return self.done[key]
        outcome = self._acts.get(name)
        if isinstance(outcome, ActOutcome):
            self.done[key] = outcome  # done at once; it is the answer that takes its time
        await asyncio.sleep(self._seconds)
        if outcome is None:
            raise ActFailed("there is no such act", retryable=False, unknown=False)
        if isinstance(outcome, ActFailed):
            raise outcome
        return outcome

    async def check_identity(self, host: str, name: str, arguments: Fields, *, secret: str) -> IdentityOutcome:
        await asyncio.sleep(self._seconds)
        right = self._pins.get(str(arguments.get("account")))
        return IdentityOutcome(verdict=Verdict.ACCEPTED if secret == right else Verdict.REFUSED)

    def questions(self) -> Sequence[str]:
        """The names of what was asked and ordered, in order."""
        return [name for name, _ in self.asked]
