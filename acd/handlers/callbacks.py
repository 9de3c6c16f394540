"""Facts about callbacks: asked for, answered, not answered, and when time moves them on.

What a promise is and when it may be kept stands in :mod:`acd.callbacks`.
"""

from __future__ import annotations

from math import inf

from acd.callbacks import PACE, Callback
from acd.commands import DropCallback, DropReason, ReleaseCallback
from acd.events import CallbackAnswered, CallbackRequested, CallbackTerms, CallbackUnanswered
from acd.model import InteractionId, Occasion
from acd.placement import leave, place
from acd.state import PACING, EngineState
from acd.waiting import Waiting


def requested(state: EngineState, event: CallbackRequested) -> None:
    """The customer hangs up and keeps the place."""
    waiting = state.assignment.waiting.get(event.interaction)
    if waiting is None or waiting.offer is not None or waiting.called_back:
        state.odd(event, "no such interaction waits unoffered")
        return
    terms = CallbackTerms(expires_after=event.expires_after, attempts=event.attempts, retry_after=event.retry_after)
    if not possible(terms):
        state.odd(event, "these are no terms for calling back")
        return
    state.assignment.take_out(waiting)
    state.waits.left(waiting.interaction, state.now)
    state.due.clear(("place", waiting.interaction, ""))
    promised(state, waiting, terms)


def possible(terms: CallbackTerms) -> bool:
    """Whether a promise can be kept on these terms."""
    seconds = (terms.expires_after, terms.retry_after, terms.pause)
    calls = terms.attempts >= 1 and terms.made >= 0 and (terms.made >= 1 or not terms.calling)
    return calls and all(0.0 <= one < inf for one in seconds)


def promised(state: EngineState, waiting: Waiting, terms: CallbackTerms) -> None:
    """The interaction, in no line, is to be called back when it is its turn."""
    waiting.called_back = True
    callback = Callback(
        waiting=waiting,
        expires_at=state.now + terms.expires_after,
        attempts=terms.attempts,
        retry_after=terms.retry_after,
        attempt=terms.made,
        released=terms.calling,
    )
    state.callbacks.add(callback, state.now + terms.pause if terms.pause else None)
    state.due.set(("callback", waiting.interaction, ""), callback.expires_at)
    state.due.set(PACING, state.now)


def answered(state: EngineState, event: CallbackAnswered) -> None:
    """The customer is on the line again, an interaction like any other."""
    callback = _released(state, event)
    if callback is not None:
        state.callbacks.close(event.interaction)
        state.due.clear(("callback", event.interaction, ""))
        callback.waiting.called_back = False
        callback.waiting.on_line_since = state.now
        place(state, callback.waiting, Occasion.CALLBACK_ANSWERED)


def unanswered(state: EngineState, event: CallbackUnanswered) -> None:
    """The customer was not reached: once more after a pause, unless this was the last attempt."""
    callback = _released(state, event)
    if callback is None:
        return
    if callback.attempt >= callback.attempts:
        _drop(state, callback.waiting, DropReason.NOT_REACHED)
    else:
        state.callbacks.try_again(callback, state.now)


def expired(state: EngineState, interaction: InteractionId) -> None:
    """The time within which to call back is over."""
    _drop(state, state.assignment.waiting[interaction], DropReason.EXPIRED)


def pace(state: EngineState) -> None:
    """Release the callbacks for which agents are soon free, and look again in a moment."""
    for callback in state.callbacks.release(state.assignment, state.now):
        waiting = callback.waiting
        state.out.append(
            ReleaseCallback(interaction=waiting.interaction, queue=waiting.queue.name, attempt=callback.attempt)
        )
    if state.callbacks:
        state.due.set(PACING, state.now + PACE)


def _released(state: EngineState, event: CallbackAnswered | CallbackUnanswered) -> Callback | None:
    callback = state.callbacks.get(event.interaction)
    if callback is None or not callback.released:
        state.odd(event, "nobody is being called back for this interaction")
        return None
    return callback


def _drop(state: EngineState, waiting: Waiting, why: DropReason) -> None:
    leave(state, waiting)
    state.out.append(DropCallback(interaction=waiting.interaction, queue=waiting.queue.name, why=why))
