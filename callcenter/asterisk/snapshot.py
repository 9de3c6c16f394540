"""What exists in Asterisk now: live calls with what their channels say, and registered devices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from callcenter.asterisk import actions, places
from callcenter.asterisk.connection import AmiConnection
from callcenter.asterisk.messages import ChannelStatus, DeviceState
from callcenter.domain.events import LiveCall, Place, SwitchSnapshot
from callcenter.domain.ids import (
    INTEGER,
    CallId,
    ConnectionId,
    DeviceName,
    InteractionId,
    QueueName,
    is_configured_name,
    is_interaction_id,
)

_OUT_OF_SERVICE = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})


async def read_snapshot(connection: AmiConnection) -> SwitchSnapshot:
    """Read everything in one round trip. Raises `ExternalFailure`."""
    channels, devices = await connection.request(
        actions.channel_list(places.RECOVERY_VARIABLES), actions.DEVICE_STATE_LIST, deadline=15.0
    )
    return SwitchSnapshot(
        calls=live_calls([item for item in channels.items if isinstance(item, ChannelStatus)]),
        in_service=devices_in_service(item for item in devices.items if isinstance(item, DeviceState)),
    )


def devices_in_service(states: Iterable[DeviceState]) -> frozenset[DeviceName]:
    """Return the devices that can be reached."""
    named = ((places.device_of_interface(state.device), state.state) for state in states)
    return frozenset(device for device, state in named if device is not None and state not in _OUT_OF_SERVICE)


def live_calls(channels: list[ChannelStatus]) -> tuple[LiveCall, ...]:
    """Tell callers from legs, and where each caller stands.

    A caller between two places (on the way into the IVR, say) is `MOVING`: the dialplan says of itself, within a
    moment, where that caller arrives. One who has just come and is no interaction of ours yet is left out: the
    dialplan introduces him.
    """
    legs = defaultdict(list)
    for channel in channels:
        if channel.context not in places.CALLER_CONTEXTS:
            legs[channel.linkedid].append(channel)
    return tuple(
        _live_call(caller, place, _leg(caller, place, legs[caller.linkedid]))
        for caller in channels
        if caller.context in places.CALLER_CONTEXTS and (place := _place(caller, legs[caller.linkedid])) is not None
    )


def _place(caller: ChannelStatus, legs: list[ChannelStatus]) -> Place | None:  # noqa: PLR0911 -- one line a place
    if caller.bridge and any(leg.bridge == caller.bridge for leg in legs):
        return Place.TALKING
    match caller.context, caller.application:
        case (_, "Queue"):
            return Place.FALLBACK_QUEUE
        case (places.IVR, "AGI"):
            return Place.IVR
        case (places.ROOM, _):
            return Place.WAITING
        case (places.DIAL, _):
            return Place.ALERTING
        case (places.SORRY | places.TALKED, _):
            return Place.ENDING
        case _:
            return Place.MOVING if is_interaction_id(caller.variables.get("CC_ID", "")) else None


def _leg(caller: ChannelStatus, place: Place, legs: list[ChannelStatus]) -> ChannelStatus | None:
    if place is Place.TALKING:
        return next((leg for leg in legs if leg.bridge == caller.bridge), None)
    if place is Place.ALERTING:
        return next((leg for leg in legs if not leg.bridge), None)
    return None


def _live_call(caller: ChannelStatus, place: Place, leg: ChannelStatus | None) -> LiveCall:
    variables = caller.variables
    device = places.device_of_channel(leg.channel) if leg is not None else None
    if device is None and place is Place.ALERTING:
        wanted = _name(variables.get("CC_AGENT"))
        device = DeviceName(wanted) if wanted is not None else None
    interaction, queue = variables.get("CC_ID", ""), _name(variables.get("CC_QUEUE"))
    return LiveCall(
        call=CallId(caller.uniqueid),
        place=place,
        called_number=caller.dnid,
        calling_number=caller.caller_number,
        calling_name=caller.caller_name,
        age=float(caller.seconds),
        interaction=InteractionId(interaction) if is_interaction_id(interaction) else None,
        queue=QueueName(queue) if queue is not None else None,
        enqueued_at=_integer(variables.get("CC_ENQUEUED")),
        sequence=_integer(variables.get("CC_SEQ")),
        epoch=_integer(variables.get("CC_EPOCH")),
        node=_name(variables.get("CC_NODE")),
        device=device,
        connection=ConnectionId(leg.uniqueid) if leg is not None else None,
    )


def _name(text: str | None) -> str | None:
    return text if text is not None and is_configured_name(text) else None


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and INTEGER.fullmatch(text) else None
