"""What a page may ask for, as a request to the CTI server. Pure; who asks is always the one who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_desktop.live import frames
from callcenter.api import calls, messages
from callcenter.api.routing import ExplainRouting
from callcenter.api.shapes import Message

Forwarded = (
    frames.SetStateCommand
    | frames.SignOffCommand
    | frames.SaveNoteCommand
    | frames.CompleteContactCommand
    | frames.ExtendWrapUpCommand
    | frames.CallCommand
)

REQUESTS: Mapping[type[Message], Callable[..., messages.Request]] = {
    frames.SetStateCommand: messages.SetState,
    frames.SignOffCommand: messages.SignOff,
    frames.SaveNoteCommand: messages.SaveNote,
    frames.CompleteContactCommand: messages.CompleteContact,
    frames.ExtendWrapUpCommand: messages.ExtendWrapUp,
    frames.RejectCommand: calls.RejectCall,
    frames.HoldCommand: calls.HoldCall,
    frames.RetrieveCommand: calls.RetrieveCall,
    frames.ConsultCommand: calls.ConsultationCall,
    frames.AlternateCommand: calls.AlternateCall,
    frames.ReconnectCommand: calls.ReconnectCall,
    frames.TransferCommand: calls.TransferCall,
    frames.ConferenceCommand: calls.ConferenceCall,
    frames.TransferToCommand: calls.SingleStepTransferCall,
    frames.ClearCommand: calls.ClearConnection,
    frames.DigitsCommand: calls.GenerateDigits,
    frames.MakeCallCommand: calls.MakeCall,
    frames.ReportQualityCommand: calls.ReportQuality,
    frames.SearchDirectoryCommand: calls.SearchDirectory,
}
"""Each command and the request that carries it out: the same fields, but for the type, and the agent who asks."""


def to_request(command: Forwarded, agent: str) -> messages.Request:
    """Return the request that carries out `command` for `agent`: a page cannot speak for anybody else."""
    fields = {name: getattr(command, name) for name in type(command).model_fields if name != "type"}
    return REQUESTS[type(command)](agent=agent, **fields)


def to_supervisors_request(command: frames.SupervisorCommand, person: str) -> messages.Request:
    """Return the request that carries out a supervisor's `command`, under the name of `person`."""
    match command:
        case frames.ForceStateCommand(agent=agent, state=state, reason=reason):
            return messages.ForceState(by=person, agent=agent, state=state, reason=reason)
        case frames.ClearContactCommand(agent=agent, interaction=interaction):
            return messages.ClearContact(by=person, agent=agent, interaction=interaction)
        case frames.DropPromiseCommand(interaction=interaction):
            return messages.DropPromise(by=person, interaction=interaction)
        case frames.ExplainCommand(interaction=interaction):
            return ExplainRouting(interaction=interaction)
