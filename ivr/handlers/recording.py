"""Voicemail: greeting, tone, message, review."""

from ivr import commands, events
from ivr.dialogue import PLAYING_MARGIN, Dialogue, Going, Phase
from ivr.flow import nodes

_REVIEW_TIMEOUT = 5.0
_MAX_REVIEWS = 3
"""How often the question after a message is put, if the caller presses other keys than those offered."""


def enter(d: Dialogue, node: nodes.Voicemail, now: float) -> Going:
    """Greet; who keyed ahead has heard the greeting."""
    d.recordings, d.recording = 0, None
    d.attempt = 1
    if d.keys:
        return _record(d, node, now)
    d.say(Phase.SPEAKING, [node.greeting], now, then=node.longest)
    return None


def prompts_over(d: Dialogue, node: nodes.Voicemail, now: float) -> Going:
    """The greeting is over, or the question after a message."""
    if d.recording is None:
        return _record(d, node, now)
    d.phase = Phase.LISTENING
    d.deadline = now + _REVIEW_TIMEOUT
    return use_keys(d, node, now)


def prompts_failed(d: Dialogue, node: nodes.Voicemail) -> Going:
    """Without a greeting nobody knows what the tone means; without the question a message is simply kept."""
    return _keep(d, node) if d.recording is not None else d.leave("failed", node.failed)


def use_keys(d: Dialogue, node: nodes.Voicemail, now: float) -> Going:
    """A key ends the message, or says what becomes of it."""
    while d.keys:
        key, _ = d.keys.take()
        if d.phase is Phase.RECORDING:
            if key in node.end_keys:
                d.do(commands.StopRecording(step=_step(d)))
                d.deadline = now + PLAYING_MARGIN
                d.keys.drop_all()
        elif key == node.accept:
            return _keep(d, node)
        elif key == node.again and d.recordings <= node.again_at_most:
            d.do(commands.DropRecording(step=_step(d)))
            return _record(d, node, now)
        else:
            d.keys.drop_all()
            d.attempt += 1
            if d.attempt > _MAX_REVIEWS:
                return _keep(d, node)
            return _review(d, node, now)
    return None


def over(d: Dialogue, event: events.Recorded | events.RecordingFailed, now: float) -> Going:
    """The message is over, or nothing was recorded."""
    node = d.node
    if d.phase is not Phase.RECORDING or not isinstance(node, nodes.Voicemail):
        return None
    match event:
        case events.RecordingFailed(why=why):
            d.trouble(f"recording failed: {why}")
            return d.leave("failed", node.failed)
        case events.Recorded(seconds=seconds) if seconds < node.shortest:
            d.do(commands.DropRecording(step=_step(d)))
            return d.leave("empty", node.empty)
        case events.Recorded():
            return _review(d, node, now)


def time_over(d: Dialogue, node: nodes.Voicemail) -> Going:
    """Silence after a message keeps it; a recording whose end is not reported may hold one."""
    if d.phase is Phase.RECORDING:
        d.trouble("the switch did not report the end of the recording")
    return _keep(d, node)


def caller_gone(d: Dialogue, node: nodes.Voicemail) -> None:
    """Who hangs up at the tone has left a message, however he ended it."""
    if d.recording is not None:
        _order_to_keep(d, node)


def _record(d: Dialogue, node: nodes.Voicemail, now: float) -> Going:
    d.keys.drop_all()
    d.recordings += 1
    d.phase = Phase.RECORDING
    d.deadline = now + node.longest + PLAYING_MARGIN
    d.announce(node.longest + 2 * PLAYING_MARGIN)
    step = d.recording = d.next_step()
    d.do(
        commands.Record(
            step=step,
            mailbox=node.mailbox,
            longest=node.longest,
            silence=node.silence,
            end_keys=node.end_keys,
            shortest=node.shortest,
        )
    )
    return None


def _review(d: Dialogue, node: nodes.Voicemail, now: float) -> Going:
    if node.review is None:
        return _keep(d, node)
    d.say(Phase.SPEAKING, [node.review], now, then=_REVIEW_TIMEOUT)
    return None


def _keep(d: Dialogue, node: nodes.Voicemail) -> Going:
    _order_to_keep(d, node)
    return d.leave("next", node.next)


def _order_to_keep(d: Dialogue, node: nodes.Voicemail) -> None:
    attributes = d.attributes(node.attributes)
    d.do(commands.KeepRecording(step=_step(d), shortest=node.shortest, attributes=attributes))
    d.recording = None


def _step(d: Dialogue) -> int:
    return d.recording or 0
