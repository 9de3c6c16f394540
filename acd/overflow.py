"""When a queue gives an interaction away, and where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from acd.errors import ConfigurationError
from acd.model import Overflow, OverflowCause, OverflowTo, Queue, QueueName


def applicable(
    queue: Queue,
    *,
    arriving: bool,
    waited: float,
    others: int,
    logged_on: int,
    expected_wait: Callable[[], float | None],
) -> Overflow | None:
    """The first overflow of the queue that applies, or None.

    ``waited`` seconds in this queue, with ``others`` in it; ``logged_on`` agents suffice, ready or not.
    Length and expected wait concern those who arrive: who has been accepted is not sent away for them.
    """
    for overflow in queue.overflows:
        applies = False
        match overflow.cause:
            case OverflowCause.WAITED:
                applies = waited >= overflow.limit
            case OverflowCause.LENGTH:
                applies = arriving and others >= overflow.limit
            case OverflowCause.NOBODY_LOGGED_ON:
                applies = logged_on == 0
            case OverflowCause.EXPECTED_WAIT:
                expected = expected_wait() if arriving else None
                applies = expected is not None and expected > overflow.limit
        if applies:
            return overflow
    return None


def check(queues: Mapping[QueueName, Queue]) -> None:
    """Refuse overflows to queues that do not exist, and circles in which interactions would run.

    Raises:
        ConfigurationError: names the queue, and the circle.
    """
    for queue in queues.values():
        for number, overflow in enumerate(queue.overflows):
            if overflow.to is OverflowTo.QUEUE and overflow.name not in queues:
                reason = f"overflows: there is no queue {overflow.name!r}"
                raise ConfigurationError(f"queue {queue.name}", reason, ("overflows", number, "name"))
    for name in queues:
        _walk(queues, name, ())


def _walk(queues: Mapping[QueueName, Queue], name: QueueName, path: tuple[QueueName, ...]) -> None:
    if name in path:
        circle = " → ".join((*path[path.index(name) :], name))
        raise ConfigurationError(f"queue {name}", f"overflows run in a circle: {circle}", ("overflows",))
    for target in _targets(queues[name]):
        _walk(queues, target, (*path, name))


def _targets(queue: Queue) -> list[QueueName]:
    return [QueueName(each.name) for each in queue.overflows if each.to is OverflowTo.QUEUE]
