"""What the IVR needs from outside, as protocols; the field's adapters stand behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr import commands
from ivr.events import Opening, Verdict
from ivr.fields import Fields, FieldValue


class CallControl(Protocol):
    """One call, as the IVR session steers it.

    Every method takes the order and returns at once; none waits for the switch and none raises for what the
    switch may answer. What becomes of an order comes back as a fact through ``IvrSession.put``.
    Orders are carried out in the sequence in which they are given.
    """

    def enter_node(self, node: str, budget: float) -> None:
        """Note the flow position on the call, and renew its guard to `budget` seconds plus a margin."""

    def leave_node(self, node: str, exit_name: str, *, asked_person: bool) -> None:
        """Note by which exit the call left a node (see `ivr.commands.LeaveNode`)."""

    def play(self, step: int, files: Sequence[str]) -> None:
        """Play sound files one after the other: absolute paths without extension.

        Answered by one `PromptsFinished` or `PromptsFailed` of this step.
        """

    def stop(self, step: int) -> None:
        """Stop playing that step's files now; nothing happens when they are over already."""

    def play_music(self, seconds: float) -> None:
        """Let the waiting caller hear music; unless a key is pressed, nothing else is wanted for `seconds`."""

    def record(self, order: commands.Record) -> None:
        """Sound the tone and record. Answered by one `Recorded` or `RecordingFailed` of its step."""

    def stop_recording(self, step: int) -> None:
        """End that step's recording; it is answered by `Recorded`."""

    def keep_recording(self, order: commands.KeepRecording) -> None:
        """Hand that step's recording to its mailbox; see the command for one that is still running."""

    def drop_recording(self, step: int) -> None:
        """Delete that step's recording."""

    def request_callback(self, order: commands.RequestCallback) -> None:
        """Note a callback. Answered by one `CallbackTaken`, `CallbackRefused` or `CallbackFailed` of its step."""

    def transfer(self, order: commands.Transfer) -> None:
        """Hand the caller over. Answered by `TransferFailed` of its step, or by `CallerGone`."""

    def record_answer(self, key: str, value: FieldValue, *, sensitive: bool, keyed: bool) -> None:
        """Keep a value with the interaction; `keyed` by the caller, or found by the flow.

        A sensitive one comes without its value. One whose key has a dot in it is kept for
        resuming and shown to nobody.
        """

    def enqueue(self, order: commands.Enqueue) -> None:
        """Hand the caller over to the queue, with what was gathered. The session's last order."""

    def go_on_waiting(self) -> None:
        """The treatment is over: let the caller hear music until he is served. The session's last order."""

    def hang_up(self, cause: int) -> None:
        """Clear the call with a Q.850 cause. The session's last order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOutcome:
    """What a host system answered an act: it has done it, or will not; with values such as a receipt or a reason."""

    done: bool
    fields: Fields = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityOutcome:
    """What a host system says of a PIN; of a right one, with values such as the customer's name."""

    verdict: Verdict
    fields: Fields = field(default_factory=dict, repr=False)


class HostSystems(Protocol):
    """Where flows ask for data and have things done: customers, orders, a firm's own systems.

    Every call is given up by the session when its node's time is over (it is cancelled); an adapter's own time-outs
    are shorter.
    """

    async def look_up(self, host: str | None, name: str, arguments: Fields) -> Fields:
        """Answer the named question; an empty mapping means "no such record".

        Raises:
            LookupUnavailable: There is no such host or question, or the source cannot answer now.
            TimeoutError: It did not answer in time.
        """

    async def act(self, host: str, name: str, arguments: Fields, *, key: str) -> ActOutcome:
        """Do the named act. An act that comes again with the same key is done once, and answered as the first time.

        Raises:
            ActFailed: It was not done, for certain; or (`unknown`) nobody can say whether it was.
        """

    async def check_identity(self, host: str, name: str, arguments: Fields, *, secret: str) -> IdentityOutcome:
        """Judge a PIN. The secret goes to the host and to nobody else: no log, no message, no trace.

        Raises:
            LookupUnavailable: There is no such host or check, or it cannot answer now.
        """


class Calendars(Protocol):
    """The house's opening hours."""

    def opening(self, calendar: str) -> Opening:
        """Say how the named calendar is now.

        Raises:
            LookupUnavailable: There is no such calendar.
        """


class SpeechSynthesizer(Protocol):
    """Text to a sound file."""

    async def synthesize(self, text: str, language: str) -> str:
        """Return the sound file of `text` spoken in `language`: an absolute path without extension.

        Raises:
            SynthesisFailed: No file could be made in time.
        """


class SpeechRecognizer(Protocol):
    """The ears of one call. A platform without them gives the session none, and flows ask for keys."""

    def listen(self, step: int, phrases: Mapping[str, tuple[str, ...]], language: str, timeout: float) -> None:
        """Listen, from now on, for one of these phrases; they are given for each answer, by its name.

        Reported through ``IvrSession.put``: `SpeechBegan` at most once, and one `Heard` or `ListeningFailed`.
        """

    def stop(self, step: int) -> None:
        """Nobody waits for that step any more."""
