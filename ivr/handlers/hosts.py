"""Lookup, act, hours, callback: somebody who is not the caller is asked, and the caller waits."""

import hashlib

from ivr import commands, events
from ivr.dialogue import Dialogue, Going, Phase
from ivr.events import Event, Opening
from ivr.fields import Fields
from ivr.flow import nodes
from ivr.flow.expressions import Expression
from ivr.prompts.prompt import Utterance

_CALENDAR_TIMEOUT = 1.0
_CALLBACK_TIMEOUT = 5.0

Asking = nodes.Lookup | nodes.Act | nodes.Hours | nodes.Callback


def enter_lookup(d: Dialogue, node: nodes.Lookup, now: float) -> Going:
    """Ask a data source."""
    arguments = d.values(node.arguments)
    step = _wait(d, node, node.timeout, now)
    d.do(commands.LookUp(step=step, host=node.host, name=node.name, arguments=arguments, timeout=node.timeout))
    _meanwhile(d, node, now)
    return None


def enter_act(d: Dialogue, node: nodes.Act, now: float) -> Going:
    """Have a host system do something."""
    arguments = d.values(node.arguments)
    key = _act_key(d, node, arguments)
    step = _wait(d, node, node.timeout, now)
    d.do(commands.Act(step=step, host=node.host, name=node.name, arguments=arguments, key=key, timeout=node.timeout))
    _meanwhile(d, node, now)
    return None


def enter_hours(d: Dialogue, node: nodes.Hours, now: float) -> Going:
    """Ask a calendar."""
    step = _wait(d, node, _CALENDAR_TIMEOUT, now)
    d.do(commands.ReadCalendar(step=step, calendar=node.calendar))
    return None


def enter_callback(d: Dialogue, node: nodes.Callback, now: float) -> Going:
    """Ask for a callback."""
    number = d.value(node.number)
    if number is None or isinstance(number, bool | float) or not str(number).strip():
        d.trouble("there is no number to call back")
        return d.leave("refused", node.refused)
    attributes = d.attributes(node.attributes)
    step = _wait(d, node, _CALLBACK_TIMEOUT, now)
    d.do(
        commands.RequestCallback(
            step=step, number=str(number), queue=node.queue, attributes=attributes, timeout=_CALLBACK_TIMEOUT
        )
    )
    return None


def told(d: Dialogue, answer: Event) -> Going:
    """An answer has come: go on with it, but never cut off what is being said."""
    node = d.node
    if not isinstance(node, Asking):
        return None
    d.question = None
    if d.playing is not None:
        d.held = answer
        d.deadline = d.playing_until
        return None
    d.held = None
    return _go_on(d, node, answer)


def prompts_over(d: Dialogue, node: Asking) -> Going:
    """What was said meanwhile is over."""
    if d.held is None:
        return None
    answer, d.held = d.held, None
    return _go_on(d, node, answer)


def time_over(d: Dialogue, node: Asking) -> Going:
    """No answer in time; or the switch does not report the end of what was said."""
    if d.held is not None:
        d.trouble("the switch did not report the end of the prompts")
        d.hush()
        return prompts_over(d, node)
    return told(d, _no_answer(d, node))


def _wait(d: Dialogue, node: Asking, timeout: float, now: float) -> int:
    """Begin to wait for an answer; return the step it will name."""
    d.phase = Phase.LOOKING_UP
    d.deadline = now + timeout
    step = d.ask()
    words = _words(d, node)
    d.announce(max(timeout, d.longest(words)) if words else timeout)
    return step


def _meanwhile(d: Dialogue, node: Asking, now: float) -> None:
    if words := _words(d, node):
        d.play(words, now, d.longest(words))


def _words(d: Dialogue, node: Asking) -> tuple[Utterance, ...]:
    if d.gone or isinstance(node, nodes.Hours | nodes.Callback) or node.meanwhile is None:
        return ()
    return d.utterances([node.meanwhile])


def _no_answer(d: Dialogue, node: Asking) -> Event:
    step = d.question or 0
    match node:
        case nodes.Lookup(timeout=timeout):
            return events.LookupFailed(step=step, why=f"no answer within {timeout:g} s", late=True)
        case nodes.Act(timeout=timeout):
            return events.ActFailed(step=step, why=f"no answer within {timeout:g} s", unknown=True)
        case nodes.Hours():
            return events.CalendarFailed(step=step, why="no answer in time")
        case nodes.Callback():
            return events.CallbackFailed(step=step, why="no answer in time")


def _go_on(d: Dialogue, node: Asking, answer: Event) -> Going:  # noqa: C901, PLR0911, PLR0912 (one case an answer)
    match node, answer:
        case nodes.Lookup(), events.LookupAnswered(fields=fields):
            if not fields:
                return d.leave("not_found", node.not_found)
            d.store_answer(fields, node.answers)
            return d.leave("found", node.found)
        case nodes.Lookup(), events.LookupFailed(why=why, late=late):
            d.trouble(f"lookup {node.name!r} failed: {why}")
            return d.leave("late", node.late) if late else d.leave("failed", node.failed)
        case nodes.Act(), events.ActAnswered(done=done, fields=fields):
            d.count_act()
            d.store_answer(fields, node.answers)
            return d.leave("done", node.done) if done else d.leave("refused", node.refused)
        case nodes.Act(), events.ActFailed(why=why, unknown=unknown):
            d.trouble(f"act {node.name!r} failed: {why}")
            if unknown:
                return d.leave("late", node.late)
            d.count_act()
            return d.leave("failed", node.failed)
        case nodes.Hours(), events.CalendarRead(opening=Opening.OPEN):
            return d.leave("open", node.open)
        case nodes.Hours(), events.CalendarRead(opening=Opening.CLOSED):
            return d.leave("closed", node.closed)
        case nodes.Hours(), events.CalendarRead(opening=Opening.HOLIDAY):
            return d.leave("holiday", node.holiday)
        case nodes.Hours(), events.CalendarFailed(why=why):
            d.trouble(f"calendar {node.calendar!r}: {why}")
            return d.leave("failed", node.failed)
        case nodes.Callback(), events.CallbackTaken():
            return d.leave("taken", node.taken)
        case nodes.Callback(), events.CallbackRefused():
            return d.leave("refused", node.refused)
        case nodes.Callback(), events.CallbackFailed(why=why):
            d.trouble(f"callback: {why}")
            return d.leave("failed", node.failed)
        case _:
            d.trouble("an answer to another question")
            return d.give_up()


def _act_key(d: Dialogue, node: nodes.Act, arguments: Fields) -> str:
    """Return the idempotency key: the same while nobody knows what became of the same act with the same arguments.

    Sensitive arguments are left out: whoever sees a key must not be able to try out what gives it.
    """
    secret = d.frame.flow.sensitive_fields
    open_arguments = {
        name: value
        for name, value in sorted(arguments.items())
        if not (isinstance(source := node.arguments[name], Expression) and source.names() & secret)
    }
    digest = hashlib.sha256(repr(open_arguments).encode("utf-8", errors="replace")).hexdigest()[:16]
    return f"{d.place}.{d.acts_done()}.{digest}"
