"""What exists in Asterisk now: live calls with what their channels say, and registered devices.

A customer's channel is one in a context of callers; or the one whom an agent called, whom that agent's channel names as
such (`CC_PEER`). Whose leg a channel is, and whom an agent has called beside, stands on the legs in the same way. Who
talks is read from bridges.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from callcenter.asterisk import actions, places
from callcenter.asterisk.connection import AmiConnection
from callcenter.asterisk.messages import AmiEvent, ChannelStatus, DeviceState, Hangup, HangupRequest
from callcenter.domain.events import LiveCall, LiveParty, PartyPlace, Place, SwitchSnapshot
from callcenter.domain.ids import (
    INTEGER,
    CallId,
    ConnectionId,
    DeviceName,
    InteractionId,
    QueueName,
    is_callback_call,
    is_configured_name,
    is_interaction_id,
    is_own_call,
)

_UP = 6  # of a channel's states: answered
REMEMBERED_ENDS = 1_000
"""Of how many channels it is remembered that they end; a channel needs some milliseconds from the wish to its end."""

_OUT_OF_SERVICE = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})


class Ending:
    """The channels that somebody wants gone, or that are gone: Asterisk lists them for some milliseconds more.

    What has been told to be over must not come alive again in a list: whoever believed it would give a caller back to
    a telephone that has been put down.
    """

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def handle(self, event: AmiEvent) -> None:
        """Take one message as it comes."""
        if isinstance(event, Hangup | HangupRequest):
            self._ids[event.uniqueid] = None
            if len(self._ids) > REMEMBERED_ENDS:
                self._ids.popitem(last=False)

    def so_far(self) -> frozenset[str]:
        """Return those known by now: whoever takes later messages in their order wants to know of no others."""
        return frozenset(self._ids)

    def __contains__(self, uniqueid: object) -> bool:
        return uniqueid in self._ids


async def read_snapshot(connection: AmiConnection, ending: Container[str]) -> tuple[SwitchSnapshot, dict[str, str]]:
    """Read everything in one round trip, but for the channels that are `ending`; and the bridge of each channel.

    Raises `ExternalFailure`.
    """
    channels, devices = await connection.request(
        actions.channel_list(places.RECOVERY_VARIABLES), actions.DEVICE_STATE_LIST, deadline=15.0
    )
    there = [item for item in channels.items if isinstance(item, ChannelStatus) and item.uniqueid not in ending]
    snapshot = SwitchSnapshot(
        calls=live_calls(there),
        in_service=devices_in_service(item for item in devices.items if isinstance(item, DeviceState)),
    )
    return snapshot, {one.uniqueid: one.bridge for one in there if one.bridge}


def devices_in_service(states: Iterable[DeviceState]) -> frozenset[DeviceName]:
    """Return the devices that can be reached."""
    named = ((places.device_of_interface(state.device), state.state) for state in states)
    return frozenset(device for device, state in named if device is not None and state not in _OUT_OF_SERVICE)


def live_calls(channels: list[ChannelStatus]) -> tuple[LiveCall, ...]:
    """Tell callers from legs, and where each caller stands.

    A caller between two places (on the way into the IVR, say) is `MOVING`: the dialplan says of itself, within a
    moment, where that caller arrives. One who has just come and is no interaction of ours yet is left out: the
    dialplan introduces him. An agent's phone off the hook that has no customer is a call of its own.
    """
    return tuple(_Floor(channels).calls())


@dataclass(slots=True)
class _Floor:
    channels: list[ChannelStatus]

    def calls(self) -> Iterable[LiveCall]:
        customers = [one for one in self.channels if self._is_customer(one)]
        served = set()
        for customer in customers:
            legs = self._legs_of(customer)
            place = _place(customer, legs)
            leg = _leg(customer, place, legs) if place is not None else None
            served |= {one.uniqueid for one in legs} | {customer.uniqueid}
            if place is not None:
                party = self._party_of(leg, customer) if leg is not None else None
                yield _live_call(customer, place, leg, party)
        for agent in self.channels:
            if agent.uniqueid not in served and self._makes_calls(agent):
                yield _live_call(agent, Place.DIALLING, agent, self._party_of(agent, None))

    def _is_customer(self, channel: ChannelStatus) -> bool:
        if channel.context in places.CALLER_CONTEXTS and channel.application != "AppDial":
            return True
        if is_callback_call(channel.uniqueid):
            return True
        return any(
            is_own_call(one.uniqueid) and one.variables.get("CC_PEER") == channel.uniqueid for one in self.channels
        )

    def _legs_of(self, customer: ChannelStatus) -> list[ChannelStatus]:
        """Return the legs that are this customer's, not those whom a leg has called beside."""
        own = [one for one in self.channels if one.uniqueid != customer.uniqueid and not self._is_customer(one)]
        named = [one for one in own if one.variables.get("CC_PEER") == customer.uniqueid]
        ringing = [one for one in own if "CC_PEER" not in one.variables and one.linkedid == customer.linkedid]
        return named + [one for one in ringing if one not in named and not self._is_called_beside(one)]

    def _is_called_beside(self, leg: ChannelStatus) -> bool:
        """Tell whether a leg that has not answered was called by an agent, not by the customer's channel."""
        agents = [one for one in self.channels if one.linkedid == leg.linkedid and one.uniqueid != leg.uniqueid]
        return any(one.context in (places.CONSULT, places.OUT) and one.application == "Dial" for one in agents)

    def _makes_calls(self, channel: ChannelStatus) -> bool:
        own = is_own_call(channel.uniqueid) or channel.context in (
            places.DESK,
            places.CONSULT,
            places.SWAP,
            places.JOIN,
        )
        return own and places.device_of_channel(channel.channel) is not None

    def _party_of(self, agent: ChannelStatus, customer: ChannelStatus | None) -> LiveParty | None:
        """Return whom an agent's leg has called beside."""
        named = agent.variables.get("CC_PARTY"), agent.variables.get("CC_HEIR")
        for one in self.channels:
            if one.uniqueid == agent.uniqueid or (customer is not None and one.uniqueid == customer.uniqueid):
                continue
            called = one.variables.get("CC_PEER") == agent.uniqueid or one.uniqueid in named
            rings = "CC_PEER" not in one.variables and one.linkedid == agent.linkedid and self._is_called_beside(one)
            if called or rings:
                device = places.device_of_channel(one.channel)
                return LiveParty(
                    connection=ConnectionId(one.uniqueid), device=device, place=_party_place(one, agent, customer)
                )
        return None


def _party_place(party: ChannelStatus, agent: ChannelStatus, customer: ChannelStatus | None) -> PartyPlace:
    if not party.bridge:
        return PartyPlace.HELD if party.context == places.ASIDE else PartyPlace.ALERTING
    if customer is not None and party.bridge == customer.bridge:
        return PartyPlace.JOINED
    return PartyPlace.TALKING if party.bridge == agent.bridge else PartyPlace.HELD


def _place(caller: ChannelStatus, legs: list[ChannelStatus]) -> Place | None:  # noqa: PLR0911 -- one line a place
    if caller.bridge and any(leg.bridge == caller.bridge for leg in legs):
        return Place.TALKING
    if is_callback_call(caller.uniqueid) and caller.state != _UP:
        return Place.CALLED_BACK
    if caller.bridge and not legs:  # his agent has just hung up: in a moment the dialplan says where he goes
        return Place.MOVING
    match caller.context, caller.application:
        case (_, "Queue"):
            return Place.FALLBACK_QUEUE
        case (places.IVR, "AGI"):
            return Place.IVR
        case (places.SURVEY, "AGI"):
            return Place.SURVEY
        case (places.ROOM, _):
            return Place.WAITING
        case (places.DIAL | places.FORWARD, _):
            return Place.ALERTING
        case (places.HOLD, _):
            return Place.HELD
        case (places.SORRY | places.TALKED | places.SURVEY, _):
            return Place.ENDING
        case _:
            return Place.MOVING if is_interaction_id(caller.variables.get("CC_ID", "")) else None


def _leg(caller: ChannelStatus, place: Place, legs: list[ChannelStatus]) -> ChannelStatus | None:
    match place:
        case Place.TALKING:
            here = [leg for leg in legs if leg.bridge == caller.bridge]
            # In a conference both are the customer's; the agent is the one who has an heir.
            return next((leg for leg in here if "CC_HEIR" in leg.variables), here[0])
        case Place.ALERTING:
            return next((leg for leg in legs if not leg.bridge), None)
        case Place.HELD:
            return next(iter(legs), None)
        case _:
            return None


def _live_call(caller: ChannelStatus, place: Place, leg: ChannelStatus | None, party: LiveParty | None) -> LiveCall:
    variables = caller.variables
    device = places.device_of_channel(leg.channel) if leg is not None else None
    if leg is None and place is Place.ALERTING and caller.context == places.DIAL:
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
        party=party,
    )


def _name(text: str | None) -> str | None:
    return text if text is not None and is_configured_name(text) else None


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and INTEGER.fullmatch(text) else None
