"""The Switch port on Asterisk: each CSTA service becomes AMI actions, sent in one write.

Variables go before the `Redirect` that makes them matter, in the same write and without waiting in between: Asterisk
works one session's actions off in their order. Nothing is ever sent a second time: those who asked decide what a
failure means.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable

from callcenter.asterisk import actions, control, places
from callcenter.asterisk.actions import Action
from callcenter.asterisk.connection import AmiConnection
from callcenter.asterisk.messages import QueueMember
from callcenter.asterisk.snapshot import read_snapshot
from callcenter.domain.cause import Cause
from callcenter.domain.commands import (
    Beat,
    CallBack,
    ClearCall,
    ClearConnection,
    DeflectCall,
    ForwardCall,
    MarkCall,
    MarkNode,
    MarkPlace,
    MarkSurvey,
    MirrorAgent,
    PrepareDeflection,
    QueueCall,
    RecallCall,
    ReturnToIvr,
    SingleStepTransfer,
    SpeakEnd,
    SwitchCommand,
)
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import SwitchSnapshot
from callcenter.domain.ids import CallId, DeviceName, QueueName

_Q850 = {
    Cause.NORMAL_CLEARING: 16,
    Cause.BUSY: 17,
    Cause.NO_ANSWER: 19,
    Cause.CALL_REJECTED: 21,
    Cause.UNREACHABLE: 3,
    Cause.MEDIA_LOST: 44,
    Cause.CALLER_CANCELLED: 16,
    Cause.CONGESTION: 42,
    Cause.SWITCH_FAILURE: 38,
    Cause.UNKNOWN: 16,
}


CUSTOMER_SECONDS = 30
"""How long a customer's telephone rings when we call back."""

REMEMBERED_CALLS = 5_000
"""Of how many calls it is remembered what was written on them; more is only written again."""


class AsteriskSwitch:
    """Carries out commands over the connection of the moment.

    `connection` returns that connection or raises `LinkDown`; so `carry_out` raises it before anything was sent.
    `ending` knows the channels that are about to go, or gone. By `trunk`, the name of its endpoint, customers are
    called back.
    """

    def __init__(
        self, connection: Callable[[], AmiConnection], *, trunk: str, ending: Container[str] = frozenset()
    ) -> None:
        self._connection = connection
        self._trunk = trunk
        self._ending = ending
        self._members: dict[DeviceName, dict[QueueName, _Membership]] = {}
        self._in_doubt: dict[DeviceName, set[QueueName]] = {}  # queues that a device may be a member of, or not
        self._written: OrderedDict[CallId, dict[str, str]] = OrderedDict()  # variables, on this connection

    async def carry_out(self, command: SwitchCommand) -> None:
        """Send one command and wait until Asterisk took it. Raises `ExternalFailure`.

        The write happens before this first suspends: calls of this method reach Asterisk in their order.
        """
        member_of = set(self._members.get(command.device, ())) if isinstance(command, MirrorAgent) else set()
        batch = self._translate(command)
        if batch:
            try:
                await self._connection().request(*batch)
            except ExternalFailure:
                self._written.clear()  # which of it was written nobody knows
                if isinstance(command, MirrorAgent):
                    member_of |= {member.queue for member in command.queues}
                    self._in_doubt.setdefault(command.device, set()).update(member_of)
                raise

    async def snapshot(self) -> SwitchSnapshot:
        """Read all live calls and registered devices back. Raises `ExternalFailure`."""
        snapshot, _ = await read_snapshot(self._connection(), self._ending)
        return snapshot

    def learn_members(self, members: Iterable[QueueMember]) -> None:
        """Take what Asterisk's queues know after a (re)connect, so that agents are mirrored by difference."""
        self._members.clear()
        self._in_doubt.clear()
        self._written.clear()
        for member in members:
            device = places.device_of_interface(member.interface)
            queue = places.queue_of_fallback(member.queue)
            if device is not None and queue is not None:
                self._members.setdefault(device, {})[queue] = (member.penalty, member.paused)

    # -- one case for each service -------------------------------------------------------------------------------

    def _translate(  # noqa: C901, PLR0911, PLR0912 -- one line a service
        self, command: SwitchCommand
    ) -> list[Action]:
        match command:
            case MarkCall():
                return [
                    actions.set_variable(command.call, "CC_ID", command.interaction),
                    actions.set_variable(command.call, "CC_EPOCH", str(command.epoch)),
                ]
            case MarkNode():
                return [
                    actions.set_variable(command.call, "TIMEOUT(absolute)", str(math.ceil(command.guard))),
                    actions.set_variable(command.call, "CC_NODE", command.node),
                ]
            case MarkSurvey():
                return [actions.set_variable(command.call, "CC_SURVEY", command.survey or actions.NO_SURVEY)]
            case QueueCall():
                return [*self._write(command), actions.redirect(command.call, places.ROOM)]
            case MarkPlace():
                return self._write(command)
            case PrepareDeflection():
                return self._write(command.deflection)
            case DeflectCall():
                return [*self._write(command), actions.redirect(command.call, places.DIAL)]
            case CallBack():
                return [self._call_back(command)]
            case RecallCall():
                return [actions.redirect(command.call, places.ROOM)]
            case ReturnToIvr():
                return [actions.redirect(command.call, places.IVR)]
            case SpeakEnd():
                return [actions.redirect(command.call, places.SORRY)]
            case ClearConnection():
                return [actions.hang_up(command.connection, _Q850[Cause.NORMAL_CLEARING])]
            case ClearCall():
                return [actions.hang_up(command.call, _Q850[command.cause])]
            case MirrorAgent():
                return self._mirror(command)
            case Beat():
                return [actions.set_global("CC_HEARTBEAT", str(command.epoch_seconds))]
            case ForwardCall():
                return [
                    *self._write(command),
                    *control.write(command.call, command.to),
                    actions.redirect(command.call, places.FORWARD, command.to.extension),
                ]
            case SingleStepTransfer():
                self._written.get(command.call, {}).pop("CC_AGENT", None)
                where = places.FORWARD if command.to.number is not None else places.DIAL
                return [
                    *control.write(command.call, command.to),
                    actions.redirect(command.call, where, command.to.extension),
                ]
            case _:
                return control.translate(command)

    def _write(self, command: QueueCall | MarkPlace | DeflectCall | ForwardCall) -> list[Action]:
        """Write the place in the queue, and the device to ring; only what is not there already."""
        wanted = {
            "CC_QUEUE": str(command.queue),
            "CC_ENQUEUED": str(command.enqueued_at),
            "CC_SEQ": str(command.sequence),
            "CC_EPOCH": str(command.epoch),
        }
        if isinstance(command, DeflectCall):
            wanted["CC_AGENT"] = str(command.device)
        known = self._written.setdefault(command.call, {})
        self._written.move_to_end(command.call)
        if len(self._written) > REMEMBERED_CALLS:
            self._written.popitem(last=False)
        fresh = {name: value for name, value in wanted.items() if known.get(name) != value}
        known |= fresh
        return [actions.set_variable(command.call, name, value) for name, value in fresh.items()]

    def _call_back(self, command: CallBack) -> Action:
        return actions.call_number(
            self._trunk,
            command.number,
            places.CALLBACK,
            channel=command.call,
            caller_id=command.caller_id,
            seconds=CUSTOMER_SECONDS,
            variables={
                "CC_ID": command.interaction,
                "CC_QUEUE": command.queue,
                "CC_ENQUEUED": str(command.enqueued_at),
                "CC_SEQ": str(command.sequence),
                "CC_EPOCH": str(command.epoch),
            },
        )

    def _mirror(self, command: MirrorAgent) -> list[Action]:
        """Say only what is different from what was said before; everything, if it is not known what came of that."""
        interface = places.interface(command.device)
        known = self._members.get(command.device, {})
        if command.device in self._in_doubt:
            in_doubt = sorted(self._in_doubt.pop(command.device) | known.keys())
            # Where it is no member, this is refused, and nobody minds.
            self._connection().post(*(actions.queue_remove(places.fallback_queue(one), interface) for one in in_doubt))
            known = {}
        wanted = {member.queue: (member.penalty, not command.ready) for member in command.queues}
        batch = [
            actions.queue_remove(places.fallback_queue(queue), interface) for queue in known if queue not in wanted
        ]
        for queue, (penalty, paused) in wanted.items():
            before = known.get(queue)
            if before is None:
                batch.append(actions.queue_add(places.fallback_queue(queue), interface, penalty=penalty, paused=paused))
            elif before[0] != penalty:
                batch.append(actions.queue_remove(places.fallback_queue(queue), interface))
                batch.append(actions.queue_add(places.fallback_queue(queue), interface, penalty=penalty, paused=paused))
            elif before[1] != paused:
                batch.append(actions.queue_pause(places.fallback_queue(queue), interface, paused=paused))
        self._members[command.device] = wanted
        return batch


_Membership = tuple[int, bool]
"""Penalty, and whether paused."""
