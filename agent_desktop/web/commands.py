"""What a page may ask for, as a request to the CTI server. Pure; the agent is always the one who is signed in."""

from __future__ import annotations

from agent_desktop.live import frames
from callcenter.api import messages

Forwarded = (
    frames.SetStateCommand
    | frames.SignOffCommand
    | frames.SaveNoteCommand
    | frames.CompleteContactCommand
    | frames.ExtendWrapUpCommand
)


def to_request(command: Forwarded, agent: str) -> messages.Request:
    """Return the request that carries out `command` for `agent`: a page cannot speak for anybody else."""
    match command:
        case frames.SetStateCommand(state=state, reason=reason):
            return messages.SetState(agent=agent, state=state, reason=reason)
        case frames.SignOffCommand():
            return messages.SignOff(agent=agent)
        case frames.SaveNoteCommand(interaction=interaction, note=note, disposition=disposition):
            return messages.SaveNote(agent=agent, interaction=interaction, note=note, disposition=disposition)
        case frames.CompleteContactCommand(interaction=interaction, note=note, disposition=disposition):
            return messages.CompleteContact(agent=agent, interaction=interaction, note=note, disposition=disposition)
        case frames.ExtendWrapUpCommand(interaction=interaction):
            return messages.ExtendWrapUp(agent=agent, interaction=interaction)
