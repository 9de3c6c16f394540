"""Facts as a test takes them: waited for one by one, told as a list."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from typing import TypeVar

from callcenter.domain.events import DeviceEvent, LinkEvent, SwitchEvent
from callcenter.ports import EventSink

Fact = TypeVar("Fact", bound=SwitchEvent)


class Facts(EventSink):
    """An `EventSink` that remembers everything, and can be waited on."""

    def __init__(self) -> None:
        self.all: list[SwitchEvent] = []
        self._read = 0
        self._news = asyncio.Event()

    def put(self, event: SwitchEvent) -> None:
        self.all.append(event)
        self._news.set()

    async def next(self, kind: type[Fact], *, within: float = 5.0) -> Fact:
        """Return the next fact of this kind, leaving out those before it. Raises `TimeoutError`, saying what came."""
        fact = await self._next((kind,), within)
        assert isinstance(fact, kind)
        return fact

    async def _next(self, kinds: tuple[type[object], ...], within: float) -> SwitchEvent:
        try:
            async with asyncio.timeout(within):
                while True:
                    while self._read < len(self.all):
                        fact = self.all[self._read]
                        self._read += 1
                        if isinstance(fact, kinds):
                            return fact
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            wanted = " or ".join(kind.__name__ for kind in kinds)
            raise TimeoutError(f"no {wanted}; facts so far: {self.all}") from error

    async def each(self, *kinds: type[SwitchEvent], within: float = 5.0) -> list[SwitchEvent]:
        """Return the next fact of each of these kinds, in whatever order they come. Raises `TimeoutError`."""
        found: dict[type[SwitchEvent], SwitchEvent] = {}
        while len(found) < len(kinds):
            missing = tuple(kind for kind in kinds if kind not in found)
            fact = await self._next(missing, within)
            found[type(fact)] = fact
        return [found[kind] for kind in kinds]

    def count(self, kind: type[SwitchEvent]) -> int:
        """Return how many facts of this kind came."""
        return sum(isinstance(fact, kind) for fact in self.all)


def story(facts: Iterable[SwitchEvent]) -> list[str]:
    """Tell the facts about calls, one a line, with ids replaced by what they are: ``call 1``, ``leg 2``."""
    names: dict[str, str] = {}

    def named(field: str, value: object) -> str:
        if field in ("call", "connection"):
            kind = "call" if field == "call" else "leg"
            number = 1 + sum(name.startswith(kind) for name in names.values())
            return names.setdefault(str(value), f"{kind} {number}")
        return str(value)

    return [
        type(fact).__name__
        + ": "
        + ", ".join(
            f"{field.name}={named(field.name, getattr(fact, field.name))}" for field in dataclasses.fields(fact)
        )
        for fact in facts
        if not isinstance(fact, DeviceEvent | LinkEvent)
    ]
