"""What the IVR needs from outside, as protocols; the field's adapters stand behind them."""

from collections.abc import Sequence
from typing import Protocol

from ivr.fields import Fields, FieldValue


class CallControl(Protocol):
    """One call, as the IVR session steers it.

    Every method takes the order and returns at once; none waits for the switch and none raises for what the
    switch may answer. What becomes of an order comes back as a fact through ``IvrSession.put``.
    Orders are carried out in the sequence in which they are given.
    """

    def enter_node(self, node: str, budget: float) -> None:
        """Note the flow position on the call, and renew its guard to `budget` seconds plus a margin."""

    def play(self, step: int, files: Sequence[str]) -> None:
        """Play sound files one after the other: absolute paths without extension.

        Answered by one `PromptsFinished` or `PromptsFailed` of this step.
        """

    def stop(self, step: int) -> None:
        """Stop playing that step's files now; nothing happens when they are over already."""

    def record_answer(self, key: str, value: FieldValue, *, sensitive: bool, keyed: bool) -> None:
        """Keep a value with the interaction; `keyed` by the caller, or found by the flow.

        A sensitive one is kept only in memory, never stored or shown.
        """

    def enqueue(self, queue: str, attributes: Fields) -> None:
        """Hand the caller over to the queue, with what was gathered. The session's last order."""

    def hang_up(self, cause: int) -> None:
        """Clear the call with a Q.850 cause. The session's last order."""


class DataLookup(Protocol):
    """Where flows ask for data: customers, orders, a firm's own systems."""

    async def look_up(self, name: str, arguments: Fields) -> Fields:
        """Answer the named question; an empty mapping means "no such record".

        Raises:
            LookupUnavailable: There is no such question, or the source cannot answer now.
        """


class SpeechSynthesizer(Protocol):
    """Text to a sound file."""

    async def synthesize(self, text: str, language: str) -> str:
        """Return the sound file of `text` spoken in `language`: an absolute path without extension.

        Raises:
            SynthesisFailed: No file could be made in time.
        """
