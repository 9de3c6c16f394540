"""What estimators of waits have learned, as plain data that outlives them."""

from __future__ import annotations

from dataclasses import dataclass

from acd.accuracy import Judged
from acd.model import QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWaitHistory:
    """What one queue has learned, as plain numbers; ``errors`` are the latest of each method."""

    queue: QueueName
    learned: tuple[float, ...]
    today: tuple[float, ...]
    drift: float
    errors: tuple[tuple[Judged, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitHistory:
    """What an estimator has learned, to be given to its successor. ``age`` is in seconds since the first answer."""

    age: float
    features: tuple[str, ...]
    learned: tuple[float, ...]
    queues: tuple[QueueWaitHistory, ...]
