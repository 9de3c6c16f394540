"""What is expected of a simulated call, and what is told when it is not so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr import commands
from ivr.fields import FieldValue
from ivr.simulation.caller import SimulatedCall
from ivr.simulation.world import full_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is to be so. None: nobody cares.

    Attributes:
        queue: The queue the caller was handed over to.
        transfer: Whom the caller was transferred to.
        hang_up: The flow cleared the call; with this cause, if it is a number.
        left: The caller has hung up.
        waits: The treatment has ended and the caller waits on.
        node: The place the call is, or ended, at.
        path: Places it was at, in this order, others between them.
        not_path: Places it was not at.
        said: Words that were said, in this order.
        not_said: Words that were not said.
        fields: What is known; null: not known.
        attributes: What is passed on with the caller; null: not passed on.
        acts: What host systems were ordered, all of it, in this order: names, or names with some arguments.
        callback: The number that is to be called back.
        message: The mailbox that a message was left in; or whether one was left at all.
        within: Seconds after which the call is over at the latest.
        troubles: Something went wrong, or nothing.
    """

    queue: str | None = None
    transfer: str | None = None
    hang_up: int | bool | None = None
    left: bool | None = None
    waits: bool | None = None
    node: str | None = None
    path: Sequence[str] | None = None
    not_path: Sequence[str] | None = None
    said: Sequence[str] | None = None
    not_said: Sequence[str] | None = None
    fields: Mapping[str, FieldValue] | None = None
    attributes: Mapping[str, FieldValue] | None = None
    acts: Sequence[str | Mapping[str, Mapping[str, FieldValue]]] | None = None
    callback: str | None = None
    message: str | bool | None = None
    within: float | None = None
    troubles: bool | None = None

    def unmet(self, call: SimulatedCall) -> Iterator[str]:
        """Yield a sentence for everything that is not so."""
        yield from self._ending(call)
        yield from self._way(call)
        yield from self._words(call)
        yield from self._values(call)
        yield from self._others(call)
        if self.within is not None and call.at > self.within:
            yield f"within {self.within:g} s: it took {call.at:.1f} s"

    def _ending(self, call: SimulatedCall) -> Iterator[str]:
        end = _end(call)
        expected: dict[str, object] = {}
        if self.queue is not None:
            expected["queue"] = self.queue
        if self.transfer is not None:
            expected["transfer"] = self.transfer
        if self.left:
            expected["left"] = True
        if self.waits:
            expected["waits"] = True
        if self.hang_up is not None:
            cleared = isinstance(call.last, commands.HangUp)
            if cleared is (self.hang_up is False) or (
                not isinstance(self.hang_up, bool) and (end[0], end[1]) != ("hang_up", self.hang_up)
            ):
                yield f"hang_up {self.hang_up}: {_told(end)}"
        for kind, value in expected.items():
            if end != (kind, value):
                yield f"{kind} {value}: {_told(end)}" if value is not True else f"{kind}: {_told(end)}"

    def _way(self, call: SimulatedCall) -> Iterator[str]:
        if self.node is not None and call.node != self.node:
            yield f"node {self.node}: the call is at {call.node}"
        if self.path is not None:
            missing = _missing_in_order(self.path, call.path)
            if missing is not None:
                yield f"path: {missing} is not there, or not in this order; it was {' > '.join(call.path)}"
        for place in self.not_path or ():
            if place in call.path:
                yield f"not_path: the call was at {place}"

    def _words(self, call: SimulatedCall) -> Iterator[str]:
        begin = 0
        for words in self.said or ():
            found = next((number for number in range(begin, len(call.said)) if words in call.said[number]), None)
            if found is None:
                yield f"said {words!r}: it was not" + (", or not in this order" if _is_said(words, call) else "")
                break
            begin = found
        for words in self.not_said or ():
            if _is_said(words, call):
                yield f"not_said {words!r}: it was"

    def _values(self, call: SimulatedCall) -> Iterator[str]:
        given = call.last.attributes if isinstance(call.last, commands.Enqueue) else {}
        for kind, expected, known in (("fields", self.fields, call.fields), ("attributes", self.attributes, given)):
            for name, value in (expected or {}).items():
                if known.get(name) != value or type(known.get(name)) is not type(value):
                    yield f"{kind}.{name} {value!r}: it is {known.get(name)!r}"

    def _others(self, call: SimulatedCall) -> Iterator[str]:
        if self.acts is not None:
            ordered = call.every(commands.Act)
            names = [full_name(order.host, order.name) for order in ordered]
            wanted = [act if isinstance(act, str) else next(iter(act)) for act in self.acts]
            if names != wanted:
                yield f"acts {wanted}: they are {names}"
            else:
                for act, order in zip(self.acts, ordered, strict=True):
                    arguments = {} if isinstance(act, str) else next(iter(act.values()))
                    for name, value in arguments.items():
                        if order.arguments.get(name) != value:
                            yield f"acts: {name} {value!r}: it is {order.arguments.get(name)!r}"
        numbers = [order.number for order in call.every(commands.RequestCallback)]
        if self.callback is not None and self.callback not in numbers:
            yield f"callback {self.callback}: " + (f"it is {', '.join(numbers)}" if numbers else "none was asked for")
        left = _mailboxes(call)
        if isinstance(self.message, bool) and bool(left) is not self.message:
            yield f"message {self.message}: {'one' if left else 'none'} was left"
        elif isinstance(self.message, str) and self.message not in left:
            yield f"message {self.message}: none was left there"
        if self.troubles is not None:
            troubles = [order.what for order in call.every(commands.ReportTrouble)]
            if bool(troubles) is not self.troubles:
                yield f"troubles: {'; '.join(troubles)}" if troubles else "troubles: there were none"


def _end(call: SimulatedCall) -> tuple[str, object]:
    """Return how a call ended: what kind of end, and which."""
    match call.last:
        case commands.Enqueue(queue=queue):
            return "queue", queue
        case commands.HangUp(cause=cause):
            return "hang_up", cause
        case commands.GoOnWaiting():
            return "waits", True
        case None:
            exits = call.every(commands.LeaveNode)
            if exits and exits[-1].exit == "transferred":
                return "transfer", call.every(commands.Transfer)[-1].name
            if any(order.exit == "hang_up" for order in exits):
                return "left", True
            return "going on", True


def _told(end: tuple[str, object]) -> str:
    match end:
        case "queue", queue:
            return f"the caller is in queue {queue}"
        case "hang_up", cause:
            return f"the flow has hung up with cause {cause}"
        case "transfer", name:
            return f"the caller was transferred to {name}"
        case "left", _:
            return "the caller has hung up"
        case "waits", _:
            return "the caller waits on"
        case _:
            return "the call goes on"


def _mailboxes(call: SimulatedCall) -> set[str | None]:
    kept = {order.step for order in call.every(commands.KeepRecording)}
    return {order.mailbox for order in call.every(commands.Record) if order.step in kept}


def _missing_in_order(wanted: Sequence[str], there: Sequence[str]) -> str | None:
    begin = 0
    for place in wanted:
        try:
            begin = there.index(place, begin) + 1
        except ValueError:
            return place
    return None


def _is_said(words: str, call: SimulatedCall) -> bool:
    return any(words in text for text in call.said)
