"""CSTA's services about talks as AMI actions: which channel goes to which of our contexts. Pure.

Each is one step of the dialplan for each channel; a talk of two is taken apart by one `Redirect` for both, so that
neither finds himself alone where being alone means goodbye.
"""

from __future__ import annotations

from callcenter.asterisk import actions, places
from callcenter.asterisk.actions import Action
from callcenter.domain.commands import (
    AlternateCall,
    ConferenceCall,
    ConsultationCall,
    ControlCommand,
    Destination,
    GenerateDigits,
    HoldCall,
    JoinParty,
    MakeCall,
    NameHeir,
    ReconnectCall,
    RetrieveCall,
    TransferCall,
)

OWN_PHONE_SECONDS = 20
"""How long an agent's own phone rings for a call that he makes."""

_NORMAL = 16  # Q.850: normal call clearing


def translate(command: ControlCommand) -> list[Action]:  # noqa: PLR0911 -- one line a service
    """Return the actions that carry out one service, to be sent in one write."""
    match command:
        case HoldCall():
            return [actions.redirect_both(command.call, places.HOLD, command.connection, places.DESK)]
        case RetrieveCall():
            return [
                actions.set_variable(command.connection, "CC_PEER", command.call),
                actions.redirect(command.connection, places.JOIN),
            ]
        case ConsultationCall():
            return _consultation(command)
        case AlternateCall():
            return _alternation(command)
        case ReconnectCall():
            return [
                actions.set_variable(command.connection, "CC_PEER", command.call),
                actions.redirect(command.connection, places.JOIN),
                *([actions.hang_up(command.party, _NORMAL)] if command.party is not None else []),
            ]
        case TransferCall():
            return _transfer(command)
        case ConferenceCall():
            return _conference(command)
        case JoinParty():
            return [
                actions.set_variable(command.party, "CC_PEER", command.call),
                actions.redirect(command.party, places.JOIN),
            ]
        case NameHeir():
            return [actions.set_variable(command.connection, "CC_HEIR", command.heir)]
        case MakeCall():
            return [
                actions.originate(
                    places.interface(command.device),
                    places.OUT,
                    command.to.extension,
                    channel=command.connection,
                    seconds=OWN_PHONE_SECONDS,
                    variables={"CC_ID": command.interaction, **_destination(command.to)},
                )
            ]
        case GenerateDigits():
            return [actions.press_key(command.connection, digit) for digit in command.digits]


def _consultation(command: ConsultationCall) -> list[Action]:
    extension = command.to.extension
    return [
        actions.set_variable(command.connection, "CC_PEER", command.call),
        *write(command.connection, command.to),
        actions.redirect_both(command.call, places.HOLD, command.connection, places.CONSULT, extension)
        if command.hold
        else actions.redirect(command.connection, places.CONSULT, extension),
    ]


def _alternation(command: AlternateCall) -> list[Action]:
    if command.to_customer:
        return [
            actions.set_variable(command.connection, "CC_PARTY", command.party),
            actions.redirect_both(command.party, places.ASIDE, command.connection, places.JOIN),
        ]
    return [
        actions.set_variable(command.connection, "CC_PARTY", command.party),
        actions.redirect_both(command.call, places.HOLD, command.connection, places.SWAP),
    ]


def _transfer(command: TransferCall) -> list[Action]:
    """The party takes the customer. That leaves the agent's leg alone, and alone means goodbye.

    To hang it up would be a race: were it won, the talk would be over, and the customer sent away; were it lost, there
    would be nobody to hang up. That it must not wait for another word of the agent, nor say that its party has gone, it
    knows by its heir.
    """
    takes = [
        actions.set_variable(command.party, "CC_PEER", command.call),
        actions.redirect(command.party, places.JOIN),
    ]
    return (
        [actions.set_variable(command.connection, "CC_HEIR", command.party), *takes] if command.customer_held else takes
    )


def _conference(command: ConferenceCall) -> list[Action]:
    """The one who is held joins. From now on the party is the customer's as well, and the agent's heir."""
    belongs = [
        actions.set_variable(command.party, "CC_PEER", command.call),
        actions.set_variable(command.connection, "CC_HEIR", command.party),
    ]
    if command.customer_held:
        return [*belongs, actions.redirect(command.call, places.ADD)]
    return [
        *belongs,
        actions.set_variable(command.party, "CC_PARTY", command.connection),
        actions.redirect(command.party, places.ADD_PARTY),
    ]


def _destination(to: Destination) -> dict[str, str]:
    if to.device is not None:
        return {"CC_AGENT": str(to.device)}
    return {"CC_CALLERID": to.caller_id} if to.caller_id else {}


def write(channel: str, to: Destination) -> list[Action]:
    """Write on a channel whom it is about to call."""
    return [actions.set_variable(channel, name, value) for name, value in _destination(to).items()]
