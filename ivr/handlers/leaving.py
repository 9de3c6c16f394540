"""Enqueue, transfer, and waiting in a queue."""

import math

from ivr import commands, events
from ivr.dialogue import PLAYING_MARGIN, Dialogue, Going, Phase
from ivr.flow import nodes
from ivr.flow.expressions import Expression

_MAX_HEAD_START = 86_400.0
_MAX_PUT_BACK = -3_600.0


def enqueue(d: Dialogue, node: nodes.Enqueue) -> Going:
    """Let the caller wait for an agent."""
    d.do(commands.LeaveNode(node=d.place, exit="enqueue"))
    d.end(
        commands.Enqueue(
            queue=_queue(d, node),
            attributes=d.attributes(node.attributes),
            requirements=_requirements(d, node),
            preferred_agent=_name(d, node.preferred_agent),
            preferred_for=node.preferred_for,
            head_start=_head_start(d, node),
            treatment=node.treatment,
            survey=_name(d, node.survey),
        )
    )
    return None


def enter_wait(d: Dialogue, node: nodes.Wait, now: float) -> Going:
    """Music, unless a key was pressed already."""
    d.phase = Phase.HOLDING
    target = use_keys(d, node)
    if target is not None:
        return target
    d.deadline = now + node.seconds
    d.announce(node.seconds)
    d.do(commands.PlayMusic(seconds=node.seconds))
    return None


def use_keys(d: Dialogue, node: nodes.Wait) -> Going:
    """Take an offered key; others mean nothing here."""
    while d.keys:
        key, _ = d.keys.take()
        if key in node.keys:
            return d.leave(f"keys.{key}", node.keys[key], by_key=True)
    return None


def place_changed(d: Dialogue, event: events.PlaceChanged) -> None:
    """The caller stands elsewhere in the queue. Not kept: who takes the call up again is told anew."""
    fields = d.frames[0].fields
    wait = event.expected_wait
    minutes = None if wait is None else max(1, math.ceil(wait / 60))
    for name, value in (("position", event.position), ("expected_wait", wait), ("expected_minutes", minutes)):
        if name in fields:
            fields[name] = value


def enter_transfer(d: Dialogue, node: nodes.Transfer, now: float) -> Going:
    """Hand the caller over."""
    name = _name(d, node.name)
    if name is None:
        d.trouble(f"transfer names no {node.to}")
        return d.leave("failed", node.failed)
    attributes = d.attributes(node.attributes)
    d.phase = Phase.LEAVING
    d.deadline = now + node.timeout + PLAYING_MARGIN
    d.announce(node.timeout + 2 * PLAYING_MARGIN)
    step = d.ask()
    d.do(commands.Transfer(step=step, to=node.to, name=name, timeout=node.timeout, attributes=attributes))
    return None


def transfer_failed(d: Dialogue, why: events.TransferFailure) -> Going:
    """Nobody took the caller over."""
    node = d.node
    if not isinstance(node, nodes.Transfer):
        return None
    d.question = None
    match why:
        case events.TransferFailure.BUSY:
            return d.leave("busy", node.busy)
        case events.TransferFailure.UNANSWERED:
            return d.leave("unanswered", node.unanswered)
        case events.TransferFailure.FAILED:
            return d.leave("failed", node.failed)


def _queue(d: Dialogue, node: nodes.Enqueue) -> str:
    queue = d.value(node.queue)
    known = d.frame.flow.queues
    if isinstance(queue, str) and queue and (known is None or queue in known):
        return queue
    if isinstance(node.queue, Expression):
        d.trouble(f"{node.queue.source}: names no queue")
    return node.otherwise


def _requirements(d: Dialogue, node: nodes.Enqueue) -> dict[str, int]:
    required: dict[str, int] = {}
    for skill, value in node.requirements.items():
        level = d.value(value)
        if isinstance(level, int) and not isinstance(level, bool) and 1 <= level <= 10:
            required[skill] = level
        elif level is not None:
            d.trouble(f"requirements.{skill}: gives no proficiency from 1 to 10")
    return required


def _head_start(d: Dialogue, node: nodes.Enqueue) -> float | None:
    seconds = d.value(node.head_start)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        d.trouble("head_start: gives no number of seconds")
        return None
    return float(min(max(seconds, _MAX_PUT_BACK), _MAX_HEAD_START))


def _name(d: Dialogue, value: nodes.Value) -> str | None:
    name = d.value(value)
    return name if isinstance(name, str) and name else None
