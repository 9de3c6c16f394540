"""What is checked of overflows when queues are loaded; when they apply is :mod:`acd.placement`'s business."""

from __future__ import annotations

from collections.abc import Mapping

from acd.errors import ConfigurationError
from acd.model import OverflowTo, Queue, QueueName


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
