"""What callers hear and may do while they wait: a flow that runs beside the queue (its treatment).

The engine knows nothing of it. The caller is in the IVR with his place written on the channel, so that the guard of
every step leads into the room, and from there into the switch's own queue if we are dead. An offer that rings takes
him out of it at once; a treatment that has ended, or whose guard had to act, is not begun again.
"""

from __future__ import annotations

import acd.model
from callcenter.domain import commands
from callcenter.domain.call import CallState
from callcenter.domain.ids import QueueName
from callcenter.server.contact import Contact, Stage
from callcenter.server.effects import StartIvr, StopIvr, TellPlace
from callcenter.server.floor import Floor


class Treatments:
    """Waiting callers → sessions of their queue's treatment."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def wait(self, contact: Contact) -> None:
        """See that the caller, who waits and is not being rung for, is where he should wait."""
        if contact.queue is None:
            return
        if self.flow(contact) is None:
            self._to_room(contact, contact.queue)
        elif contact.call.state is CallState.IVR:
            self._begin(contact, contact.queue)
        else:
            self._floor.command(commands.ReturnToIvr(call=contact.call_id))

    def flow(self, contact: Contact) -> str | None:
        """Return the treatment that the caller is still to have: his own, else his queue's."""
        if contact.treatment_over:
            return None
        return contact.treatment or self._floor.plan(contact.queue).treatment

    def end(self, contact: Contact, *, for_good: bool = False) -> None:
        """The caller is being rung for, or served, or elsewhere: his session is over."""
        contact.treatment_over |= for_good
        if contact.treated is not None:
            contact.treated = None
            self._floor.emit(StopIvr(call=contact.call_id, session=contact.session))

    def tell_place(self, contact: Contact) -> None:
        """Tell the session where the caller stands, and how long it will take if anybody can say."""
        interaction = acd.model.InteractionId(contact.interaction)
        position = self._floor.engine.position(interaction)
        estimate = self._floor.engine.remaining_wait(interaction)
        self._floor.emit(
            TellPlace(
                call=contact.call_id,
                session=contact.session,
                position=position.place if position is not None else None,
                expected_wait=estimate.seconds if estimate is not None else None,
            )
        )

    def _begin(self, contact: Contact, queue: QueueName) -> None:
        flow = self.flow(contact)
        if flow is None or contact.treated is not None or contact.stage is not Stage.WAITING:
            return
        contact.treated = flow
        contact.session += 1
        self._floor.command(
            commands.MarkPlace(
                call=contact.call_id,
                queue=queue,
                enqueued_at=contact.enqueued_epoch,
                sequence=contact.sequence,
                epoch=self._floor.epoch,
            )
        )
        self._floor.emit(
            StartIvr(
                call=contact.call_id,
                interaction=contact.interaction,
                session=contact.session,
                flow=flow,
                node=None,
                fields={
                    "caller_number": contact.calling_number,
                    "dialled_number": contact.called_number,
                    **contact.gathered,
                },
            )
        )
        self.tell_place(contact)

    def _to_room(self, contact: Contact, queue: QueueName) -> None:
        self._floor.command(
            commands.QueueCall(
                call=contact.call_id,
                queue=queue,
                enqueued_at=contact.enqueued_epoch,
                sequence=contact.sequence,
                epoch=self._floor.epoch,
            )
        )
