"""What becomes of a caller whom his queue gives away: he waits in another one, or a flow takes him on."""

from __future__ import annotations

import acd.commands
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.ids import InteractionId, QueueName
from callcenter.domain.interaction import EventKind
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, Stage
from callcenter.server.floor import Floor
from callcenter.server.live import Live

AT_ONCE = 5.0  # seconds: who is given away sooner than this after he came has not waited, he goes round
MOST_AT_ONCE = 3  # so often in a row; then he hears the spoken end instead of the same flow for ever


class Overflows:
    """Overflow decisions of the engine → contact, events, commands."""

    def __init__(self, floor: Floor, live: Live) -> None:
        self._floor = floor
        self._live = live

    def move(self, decision: acd.commands.MoveInteraction, now: Moment) -> None:
        """The caller waits in another queue from now on, with the time he has waited. He notices nothing."""
        contact = self._floor.contacts[InteractionId(decision.interaction)]
        queue = QueueName(decision.to)
        contact.came_from, contact.queue, contact.entered_at = QueueName(decision.queue), queue, now
        self._floor.write(contact, EventKind.MOVED, now, queue=decision.queue, to=decision.to, why=decision.why.value)
        if contact.call.state is CallState.QUEUED:  # else the place is written when he gets there
            self._floor.command(
                commands.MarkPlace(
                    call=contact.call_id,
                    queue=queue,
                    enqueued_at=contact.enqueued_epoch,
                    sequence=contact.sequence,
                    epoch=self._floor.epoch,
                )
            )
        self._live.queue_changed(QueueName(decision.queue))
        self._live.queue_changed(queue)

    def divert(self, decision: acd.commands.DivertInteraction, now: Moment) -> None:
        """The caller waits no more: back into the IVR, where the flow of that name takes him on.

        His place stays on the channel: if we die now, the switch's own queue serves him in the old order.
        """
        contact = self._floor.contacts[InteractionId(decision.interaction)]
        entered = contact.entered_at or contact.enqueued_at or now
        contact.rounds = contact.rounds + 1 if now.monotonic - entered.monotonic < AT_ONCE else 1
        contact.flow, contact.node = decision.name, None
        self._floor.write(
            contact,
            EventKind.OVERFLOWED,
            now,
            queue=decision.queue,
            to=decision.to.value,
            flow=decision.name,
            why=decision.why.value,
        )
        self._live.queue_changed(QueueName(decision.queue))
        if contact.rounds > MOST_AT_ONCE:
            self.say_goodbye(contact)
        else:
            contact.stage = Stage.ARRIVED
            self._floor.command(commands.ReturnToIvr(call=contact.call_id))

    def say_goodbye(self, contact: Contact) -> None:
        """Nothing more can be done for the caller: he hears the spoken end, and the call is over."""
        contact.stage = Stage.FALLBACK
        self._floor.command(commands.SpeakEnd(call=contact.call_id))
