"""A call that writes down what is asked of it, and plays sound files in the time of its event loop."""

import asyncio
from collections.abc import Callable, Sequence

from ivr import commands, events
from ivr.events import Event
from ivr.fields import FieldValue


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
        self._recording: dict[int, float] = {}
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

    def leave_node(self, node: str, exit_name: str, *, asked_person: bool) -> None:
        self.orders.append(("leave_node", node, exit_name, asked_person))

    def play_music(self, seconds: float) -> None:
        self.orders.append(("play_music", seconds))

    def record(self, order: commands.Record) -> None:
        self.orders.append(("record", order.step, order.mailbox))
        self._recording[order.step] = asyncio.get_running_loop().time()

    def stop_recording(self, step: int) -> None:
        self.orders.append(("stop_recording", step))
        seconds = asyncio.get_running_loop().time() - self._recording[step]
        self.tell(events.Recorded(step=step, seconds=seconds))

    def keep_recording(self, order: commands.KeepRecording) -> None:
        self.orders.append(("keep_recording", order.step, order.shortest, dict(order.attributes)))

    def drop_recording(self, step: int) -> None:
        self.orders.append(("drop_recording", step))

    def request_callback(self, order: commands.RequestCallback) -> None:
        self.orders.append(("request_callback", order.number, order.queue))
        self.tell(events.CallbackTaken(step=order.step))

    def transfer(self, order: commands.Transfer) -> None:
        self.orders.append(("transfer", order.to, order.name))
        self.tell(events.TransferFailed(step=order.step, why=events.TransferFailure.BUSY))

    def enqueue(self, order: commands.Enqueue) -> None:
        self.orders.append(("enqueue", order.queue, dict(order.attributes)))

    def go_on_waiting(self) -> None:
        self.orders.append(("go_on_waiting",))

    def hang_up(self, cause: int) -> None:
        self.orders.append(("hang_up", cause))

    def of(self, kind: str) -> list[tuple[object, ...]]:
        """Return the orders of one kind, without its name."""
        return [order[1:] for order in self.orders if order[0] == kind]

    def _report(self, step: int, event: Event) -> None:
        del self._playing[step]
        self.tell(event)
