"""Callers who are called back: promised, waiting without a line, called when it is their turn, on the line again.

The engine keeps the place and says when to call; here is the call. A promise is a note on the contact as long as the
caller is there: who stays until he is served needs none, who hangs up is in the queue without a line
(`Stage.CALLBACK`). A call that ended with the switch, or could not be made because it was down, is made once more and
counts as none.
"""

from __future__ import annotations

from collections.abc import Callable

import acd.commands
import acd.events
import acd.model
from callcenter.domain import commands, events
from callcenter.domain.call import Call, CallState
from callcenter.domain.cause import Cause
from callcenter.domain.dial_plan import CALLBACK, Dialable, DialRefusal, NumberClass
from callcenter.domain.ids import CallId, InteractionId, QueueName, callback_call
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server import facts
from callcenter.server.contact import Contact, Promise, Stage
from callcenter.server.effects import TellCallback
from callcenter.server.entries import entry
from callcenter.server.floor import Floor
from callcenter.server.live import Live
from callcenter.server.parts import Parts
from callcenter.server.treatments import Treatments

SHOWS_WITHIN = 5.0  # seconds after which a call that was ordered must be in a snapshot of the switch

ASKED_AGAIN = "asked again"  # why a promise is given up: there is a later one for the same number
WITHDRAWN = "withdrawn"  # why a promise is given up: a supervisor has done so
NOT_REACHED = acd.commands.DropReason.NOT_REACHED.value


class Callbacks:
    """Promises → events, calls, and the engine's knowledge of them. `tell` is how the engine is told."""

    def __init__(
        self,
        floor: Floor,
        *,
        live: Live,
        parts: Parts,
        treatments: Treatments,
        tell: Callable[[acd.events.Event, Moment], object],
    ) -> None:
        self._floor = floor
        self._live = live
        self._parts = parts
        self._treatments = treatments
        self._tell = tell

    # -- promised ------------------------------------------------------------------------------------------------------

    def promise(self, contact: Contact, order: facts.CallbackWanted, now: Moment) -> None:
        """Promise a call to the caller of a flow, or refuse it; his session is told."""
        number = self._number(contact, order)
        if isinstance(number, Dialable):
            queue = self._floor.plan(QueueName(order.queue) if order.queue else contact.queue)
            until = now.after(queue.callbacks.expires_after)
            contact.promise = Promise(number=number.number, queue=queue.name, since=now, until=until)
            contact.handed_on = {**contact.handed_on, **order.attributes}
            self._floor.write(
                contact,
                EventKind.CALLBACK_PROMISED,
                now,
                number=number.number,
                queue=queue.name,
                until=until.utc.timestamp(),
            )
        refused = number if isinstance(number, str) else None
        self._floor.emit(TellCallback(call=order.call, session=order.session, step=order.step, refused=refused))

    def _number(self, contact: Contact, order: facts.CallbackWanted) -> Dialable | str:
        """Return what may be dialled, or why there will be no call."""
        if not self._floor.calls_out:
            return "no calls are made to numbers here"
        if order.queue is not None and order.queue not in self._floor.catalogue.queues:
            return f"there is no queue {order.queue}"
        if contact.offer is not None:
            return "an agent is being rung"
        return self._dialable(order.number)

    def _dialable(self, number: str) -> Dialable | str:
        """Ask the dial plan. Nobody is called back at an emergency number, though everybody may dial one."""
        match self._floor.catalogue.dialling.plan.check(number, CALLBACK):
            case DialRefusal() as refusal:
                return refusal.value
            case Dialable(number_class=NumberClass.EMERGENCY):
                return DialRefusal.CLASS.value
            case Dialable() as dialable:
                return dialable

    def begin(self, contact: Contact, promise: Promise, now: Moment, *, pause: float = 0.0) -> None:
        """The caller has hung up and keeps his place, which is written. The next call is made after `pause` seconds."""
        contact.stage = Stage.CALLBACK
        contact.call.state = CallState.CLEARED
        self._take_place_of_earlier(contact, promise, now)
        if not promise.waits:
            promise.waits = True
            since = contact.enqueued_at or now
            self._floor.write(
                contact,
                EventKind.CALLBACK_WAITS,
                now,
                queue=contact.queue,
                since=since.utc.timestamp(),
                head_start=contact.head_start,
            )
        self._enter(contact, promise, now, pause=pause)

    def _take_place_of_earlier(self, contact: Contact, promise: Promise, now: Moment) -> None:
        """Who asks once more for the same number is called once: for the later reason, at the earlier place."""
        for other in list(self._floor.contacts.values()):
            earlier = other.promise
            same = other is not contact and other.stage is Stage.CALLBACK and other.queue == contact.queue
            if not same or earlier is None or earlier.number != promise.number or earlier.call is not None:
                continue
            if other.rank < contact.rank:
                contact.enqueued_at, contact.head_start = other.enqueued_at, other.head_start
            self._leave_line(other, now)
            self._drop(other, ASKED_AGAIN, now)

    def _enter(
        self, contact: Contact, promise: Promise, now: Moment, *, pause: float = 0.0, calling: bool = False
    ) -> None:
        rule = self._floor.plan(contact.queue).callbacks
        terms = acd.events.CallbackTerms(
            expires_after=max(0.0, promise.until.monotonic - now.monotonic),
            attempts=rule.attempts,
            retry_after=rule.retry_after,
            made=promise.calls,
            pause=pause,
            calling=calling,
        )
        self._tell(entry(contact, self._floor, now, callback=terms), now)
        self._changed(contact)

    # -- called --------------------------------------------------------------------------------------------------------

    def release(self, decision: acd.commands.ReleaseCallback, now: Moment) -> None:
        """It is his turn: call him, or as soon as the switch is there."""
        contact = self._floor.contacts.get(InteractionId(decision.interaction))
        if contact is not None and contact.promise is not None:
            contact.promise.released = True
            self._call(contact, contact.promise, now)

    def switch_is_back(self, now: Moment) -> None:
        """Call those whose turn has come while nobody could be called."""
        for contact in list(self._floor.contacts.values()):
            promise = contact.promise
            if contact.stage is Stage.CALLBACK and promise is not None and promise.released and promise.call is None:
                self._call(contact, promise, now)

    def _call(self, contact: Contact, promise: Promise, now: Moment) -> None:
        if not self._floor.switch_up or contact.queue is None:
            return
        number = self._dialable(promise.number)  # the house's rules may be others than when it was promised
        if isinstance(number, str):
            self._leave_line(contact, now)
            self._drop(contact, number, now)
            return
        promise.call, promise.called_at = callback_call(contact.interaction, contact.seq + 1), now
        promise.calls += 1
        self._floor.write(contact, EventKind.CALLBACK_CALLED, now, attempt=promise.calls, call=promise.call)
        self._is_called_by(contact, promise.call)
        plan = self._floor.plan(contact.queue)
        self._floor.command(
            commands.CallBack(
                call=promise.call,
                number=number.number,
                caller_id=plan.caller_id or self._floor.catalogue.dialling.plan.caller_id,
                interaction=contact.interaction,
                queue=contact.queue,
                enqueued_at=contact.enqueued_epoch,
                sequence=contact.sequence,
                epoch=self._floor.epoch,
            )
        )
        self._changed(contact)

    def _is_called_by(self, contact: Contact, call: CallId) -> None:
        contact.call = Call(call)
        self._floor.by_call[call] = contact

    def settles(self, contact: Contact, now: Moment) -> bool:
        """Tell whether he was called so shortly ago that a snapshot need not show it yet."""
        promise = contact.promise
        called_at = promise.called_at if contact.stage is Stage.CALLBACK and promise is not None else None
        return called_at is not None and now.monotonic < called_at.monotonic + SHOWS_WITHIN

    def follow(self, contact: Contact, event: events.CallEvent, now: Moment, *, lost: bool = False) -> bool:
        """Take one fact about a customer who is called back; return whether it says no more than that.

        `lost`: the switch failed, and with it the call; nobody can say what would have become of it.
        """
        match event:
            case events.Delivered(device=None):
                return True
            case events.CallCleared():
                self.failed(contact, event.cause, now, counts=not lost)
                return True
            case events.Queued():
                self.reached(contact, now)
                self._tell_reached(contact, now)
                if contact.offer is None and contact.treatment is not None and not event.fallback:
                    self._treatments.wait(contact)
                return not event.fallback
            case events.IvrEntered() | events.Delivered() | events.Established() | events.Held():
                self.reached(contact, now)  # we have not seen him answer
                self._tell_reached(contact, now)
                return False
            case _:
                return True

    def reached(self, contact: Contact, now: Moment) -> None:
        """The customer has answered: he waits for an agent like any other, at his old place.

        What his queue has for those who wait is not for him: he is greeted, and hears music.
        """
        promise, contact.promise = contact.promise, None
        contact.called_back = True
        contact.treatment = self._floor.plan(contact.queue).callbacks.greeting
        contact.treatment_over = contact.treatment is None
        contact.entered_at = now
        contact.stage, contact.call.state = Stage.WAITING, CallState.QUEUED
        attempt = promise.calls if promise is not None else 1
        self._floor.write(
            contact,
            EventKind.CALLBACK_REACHED,
            now,
            attempt=attempt,
            queue=contact.queue,
            greeting=contact.treatment,
        )

    def _tell_reached(self, contact: Contact, now: Moment) -> None:
        self._tell(acd.events.CallbackAnswered(interaction=acd.model.InteractionId(contact.interaction)), now)
        self._changed(contact)

    def failed(self, contact: Contact, cause: Cause, now: Moment, *, counts: bool = True) -> None:
        """Nobody answered. The engine decides whether, and when, he is called once more."""
        promise = contact.promise
        if promise is None or promise.call is None:
            return
        self._not_answered(contact, promise, cause, now, counts=counts)
        if counts:
            promise.released = False
            self._tell(acd.events.CallbackUnanswered(interaction=acd.model.InteractionId(contact.interaction)), now)

    def _not_answered(
        self, contact: Contact, promise: Promise, cause: Cause, now: Moment, *, counts: bool = True
    ) -> None:
        self._floor.forget_call(contact)
        contact.call.state = CallState.CLEARED
        promise.call = None
        self._floor.write(
            contact, EventKind.CALLBACK_FAILED, now, attempt=promise.calls, cause=cause.value, counts=counts
        )
        if counts:
            promise.failed = cause
        else:
            promise.calls -= 1
        self._changed(contact)

    def refused(self, contact: Contact, now: Moment) -> None:
        """The switch did not take the order to call; with the link lost, that says nothing of the customer."""
        if contact.promise is not None:
            self.failed(contact, Cause.UNREACHABLE, now, counts=self._floor.switch_up)

    # -- given up ------------------------------------------------------------------------------------------------------

    def dropped(self, decision: acd.commands.DropCallback, now: Moment) -> None:
        """The engine has given the promise up; who is being called just now is not."""
        contact = self._floor.contacts.get(InteractionId(decision.interaction))
        if contact is not None and contact.promise is not None:
            self._drop(contact, decision.why.value, now)

    def withdraw(self, contact: Contact, by: str, now: Moment) -> None:
        """A supervisor gives the promise up. The customer waits to be called, and is not being called now."""
        self._leave_line(contact, now)
        self._drop(contact, WITHDRAWN, now, by=by)

    def _leave_line(self, contact: Contact, now: Moment) -> None:
        self._tell(acd.events.InteractionAbandoned(interaction=acd.model.InteractionId(contact.interaction)), now)

    def _drop(self, contact: Contact, why: str, now: Moment, *, by: str | None = None) -> None:
        promise, contact.promise = contact.promise, None
        if promise is not None and promise.call is not None:
            self._floor.command(commands.ClearCall(call=promise.call, cause=Cause.NORMAL_CLEARING))
        self._floor.forget_call(contact)
        contact.call.state, contact.stage = CallState.CLEARED, Stage.AFTER_IVR
        self._floor.write(contact, EventKind.CALLBACK_DROPPED, now, queue=contact.queue, why=why, by=by)
        outcome = "asked_again" if why == ASKED_AGAIN else "not_reached"
        cause = Cause.NO_ANSWER if why == NOT_REACHED else Cause.UNKNOWN
        self._floor.write(contact, EventKind.ENDED, now, outcome=outcome, cause=cause.value)
        self._changed(contact)
        self._parts.close_if_over(contact, now)

    # -- after a restart -----------------------------------------------------------------------------------------------

    def restore(self, contact: Contact, promise: Promise, now: Moment) -> None:
        """A promise that outlived us, with nobody being called: a call that was being made counts, and is over."""
        rule = self._floor.plan(contact.queue).callbacks
        if promise.call is not None:
            contact.call = Call(promise.call)
            self._not_answered(contact, promise, Cause.UNKNOWN, now)
        last = promise.called_at
        pause = max(0.0, last.monotonic + rule.retry_after - now.monotonic) if last is not None else 0.0
        if promise.calls >= rule.attempts:
            self._drop(contact, NOT_REACHED, now)
        else:
            self.begin(contact, promise, now, pause=pause)

    def adopt(self, contact: Contact, promise: Promise, call: CallId, now: Moment) -> None:
        """A customer was found being called: his telephone goes on ringing."""
        promise.call, promise.called_at, promise.released = call, promise.called_at or now, True
        promise.calls, promise.waits = max(1, promise.calls), True
        contact.stage = Stage.CALLBACK
        self._is_called_by(contact, call)
        self._enter(contact, promise, now, calling=True)

    def _changed(self, contact: Contact) -> None:
        if contact.queue is not None:
            self._live.queue_changed(contact.queue)
