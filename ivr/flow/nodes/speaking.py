"""Nodes that say something."""

from dataclasses import dataclass

from ivr.prompts.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Say something and go on.

    Attributes:
        prompt: What to say.
        next: The node that follows.
        interruptible: A key ends the prompt (and is kept for the next input node); otherwise it is heard to the end.
        language: Speak this prompt in this language, whatever the caller's is ("for English press one").
        flush: Forget what was keyed ahead: who must hear this cannot have answered it yet.
    """

    prompt: Prompt
    next: str
    interruptible: bool = True
    language: str | None = None
    flush: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The flow's end: the caller's business is done. Says the prompt, if there is one, and clears the call.

    Attributes:
        prompt: The farewell.
        cause: Why, for the network: ITU-T Q.850, 16 is normal clearing.
    """

    prompt: Prompt | None
    cause: int
