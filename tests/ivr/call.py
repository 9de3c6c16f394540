"""An interpreter with the time and the decisions of its call, told what happens fact by fact."""

from typing import TypeVar

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.events import Event
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.interpreter import FlowInterpreter

Order = TypeVar("Order")


class Call:
    """One call. What a method returns are the decisions it led to, without the reports of exits (see `exits`)."""

    def __init__(
        self,
        flow: Flow,
        *,
        fields: Fields | None = None,
        resumed_at_node: str | None = None,
        listens: bool = False,
    ) -> None:
        self.interpreter = FlowInterpreter(flow)
        self.now = 100.0
        self.all: list[Command] = []
        self.tell(events.Started(call="c1", fields=fields or {}, resumed_at_node=resumed_at_node, listens=listens))

    # What happens

    def tell(self, event: Event) -> list[Command]:
        return self._note(self.interpreter.handle(event, self.now))

    def press(self, keys: str) -> list[Command]:
        return [order for key in keys for order in self.tell(events.DigitPressed(digit=key))]

    def finish(self) -> list[Command]:
        """Let the prompts that are playing end."""
        return self.tell(events.PromptsFinished(step=self.step))

    def expire(self) -> list[Command]:
        """Let time pass until the next deadline."""
        deadline = self.interpreter.next_deadline()
        assert deadline is not None
        assert self.interpreter.handle_timer(deadline - 0.001) == []
        self.now = deadline
        return self._note(self.interpreter.handle_timer(deadline))

    def wait(self, seconds: float) -> list[Command]:
        """Let time pass."""
        until, orders = self.now + seconds, list[Command]()
        while (deadline := self.interpreter.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            orders += self._note(self.interpreter.handle_timer(self.now))
        self.now = until
        return orders

    # What is ordered

    def last(self, kind: type[Order]) -> Order:
        """The last order of a kind."""
        return self.every(kind)[-1]

    def every(self, kind: type[Order]) -> list[Order]:
        """All orders of a kind."""
        return [order for order in self.all if isinstance(order, kind)]

    @property
    def step(self) -> int:
        """The last step that somebody is to answer."""
        return max(order.step for order in self.all if isinstance(order, commands.PlayPrompts | commands.LookUp))

    @property
    def said(self) -> list[list[str]]:
        return [[utterance.text for utterance in order.utterances] for order in self.every(commands.PlayPrompts)]

    @property
    def place(self) -> str:
        return self.interpreter.node

    def ended(self) -> bool:
        return self.interpreter.phase is Phase.ENDED

    @property
    def ending(self) -> Command:
        """The flow's last decision."""
        return self.all[-1]

    @property
    def exits(self) -> list[str]:
        """By which exits nodes were left: ``place>exit``, with an exclamation mark if a person was asked for."""
        return [f"{order.node}>{order.exit}" + "!" * order.asked_person for order in self.every(commands.LeaveNode)]

    def answers(self) -> dict[str, object]:
        return {order.key: order.value for order in self.every(commands.RecordAnswer)}

    def troubles(self) -> list[str]:
        return [order.what for order in self.every(commands.ReportTrouble)]

    def _note(self, orders: list[Command]) -> list[Command]:
        self.all += orders
        return [order for order in orders if not isinstance(order, commands.LeaveNode)]
