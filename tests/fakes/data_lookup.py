"""A data source with prepared answers, slow or failing on request."""

import asyncio
from collections.abc import Mapping

from ivr.errors import LookupUnavailable
from ivr.fields import Fields


class FakeDataLookup:
    """Answers each question by name; a question without an answer fails.

    Args:
        answers: What each question is answered with; an empty one means that there is no such record.
        seconds: How long each answer takes.
    """

    def __init__(self, answers: Mapping[str, Fields] | None = None, *, seconds: float = 0.0) -> None:
        self._answers = answers or {}
        self._seconds = seconds
        self.asked: list[tuple[str, Fields]] = []

    async def look_up(self, name: str, arguments: Fields) -> Fields:
        self.asked.append((name, dict(arguments)))
        await asyncio.sleep(self._seconds)
        if name not in self._answers:
            raise LookupUnavailable("the source is down", retryable=True)
        return self._answers[name]
