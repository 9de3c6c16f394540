"""A call that writes down what is asked of it, and plays sound files in the time of its event loop."""

import asyncio
from collections.abc import Callable, Sequence

from ivr import events
from ivr.events import Event
from ivr.fields import Fields, FieldValue


class FakeCallControl:
    """One call. Give it ``IvrSession.put`` as `tell`, and it reports the end of what it plays.

    Args:
        seconds: How long each file plays.
        missing: Files the switch does not find.
    """

    def __init__(self, *, seconds: float = 1.0, missing: Sequence[str] = ()) -> None:
        self._seconds = seconds
        self._missing = frozenset(missing)
        self._playing: dict[int, asyncio.TimerHandle] = {}
        self.tell: Callable[[Event], None] = lambda _event: None
        self.orders: list[tuple[object, ...]] = []

    def enter_node(self, node: str, budget: float) -> None:
        self.orders.append(("enter_node", node, budget))

    def play(self, step: int, files: Sequence[str]) -> None:
        self.orders.append(("play", step, *files))
        loop = asyncio.get_running_loop()
        if self._missing.isdisjoint(files):
            over: Event = events.PromptsFinished(step=step)
            self._playing[step] = loop.call_later(self._seconds * len(files), self._report, step, over)
        else:
            failed: Event = events.PromptsFailed(step=step, why="no such file")
            self._playing[step] = loop.call_later(0, self._report, step, failed)

    def stop(self, step: int) -> None:
        self.orders.append(("stop", step))
        if step in self._playing:
            self._playing[step].cancel()
            self._report(step, events.PromptsFinished(step=step))

    def record_answer(self, key: str, value: FieldValue, *, sensitive: bool, keyed: bool) -> None:
        self.orders.append(("record_answer", key, value, sensitive))

    def enqueue(self, queue: str, attributes: Fields) -> None:
        self.orders.append(("enqueue", queue, dict(attributes)))

    def hang_up(self, cause: int) -> None:
        self.orders.append(("hang_up", cause))

    def of(self, kind: str) -> list[tuple[object, ...]]:
        """Return the orders of one kind, without its name."""
        return [order[1:] for order in self.orders if order[0] == kind]

    def _report(self, step: int, event: Event) -> None:
        del self._playing[step]
        self.tell(event)
