"""Decisions of the flow interpreter, in the imperative.

They are to be carried out in the order given. Step numbers grow by one with every command that is answered by a fact;
the fact repeats the number, so that late answers are harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ivr.fields import Fields, FieldValue
from ivr.flow.nodes import TargetKind
from ivr.prompts.prompt import Utterance

# --- where the call is --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterNode:
    """A stretch of the flow begins that takes time: announce it, and renew the call's guard.

    Sent on entering a node that speaks, listens, waits or asks somebody, and again for every further attempt of
    an input node. Nodes that take no time are not announced.

    Attributes:
        node: The place: the node's name, after those of the sub-flow nodes it is in (``verify-ask_pin``). It is a
            configured name; a call interrupted now is taken up again here.
        budget: The longest this stretch may last, in seconds. A switch that hears nothing from us for longer
            may take the caller away from us.
    """

    node: str
    budget: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveNode:
    """The call leaves a node, of whatever kind: for reports of where callers go, give up and ask for a person.

    Attributes:
        node: The place.
        exit: By which exit, as it is called in the flow file (``choices.1``, ``no_input.then``, ``failed``);
            ``hang_up`` if the caller gave up there, ``last_resort`` if the flow gave the caller up (too long, too many
            nodes, no prompt could be played); the command's own name for a flow's end (``enqueue``, ``hang_up_by_us``).
        asked_person: The caller left it by a key that leads to a person without further questions.
    """

    node: str
    exit: str
    asked_person: bool = False


# --- speaking and listening ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayPrompts:
    """Say these, one after the other; answered by `PromptsFinished` or `PromptsFailed` of the same step."""

    step: int
    utterances: tuple[Utterance, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPlaying:
    """Fall silent at once: the prompts of that step are no longer wanted. No answer is awaited."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayMusic:
    """Let the waiting caller hear music; for `seconds` nothing else is said unless a key is pressed. Not answered."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Listen for one of these phrases; answered by `Heard` or `ListeningFailed` of the same step.

    Sent with the prompt, so that the caller's voice may interrupt it; given only where `Started.listens`.

    Attributes:
        step: The number the answer repeats.
        phrases: What may be said for each answer, by the answer's name.
        language: The language it is said in.
        timeout: Seconds of silence after the prompts after which nothing more is awaited.
    """

    step: int
    phrases: Mapping[str, tuple[str, ...]] = field(repr=False)
    language: str
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StopListening:
    """What is heard for that step is no longer wanted. No answer is awaited."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Sound the tone and record the caller; answered by `Recorded` or `RecordingFailed` of the same step.

    Attributes:
        step: The number the answer repeats.
        mailbox: Whose message it will be: a queue's name; None: of the queue the caller waits in.
        longest: Seconds after which it ends.
        silence: Seconds of silence that end it.
        end_keys: The keys that end it: the switch listens to them itself.
        shortest: A message of fewer seconds is none.
    """

    step: int
    mailbox: str | None
    longest: float
    silence: float
    end_keys: str
    shortest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording:
    """End that step's recording now; it is answered by `Recorded` all the same."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRecording:
    """That step's recording is a message: hand it to the mailbox. A flow may go on or end after it.

    Attributes:
        step: The number of the `Record` command.
        shortest: If it is still running (the caller has hung up): end it, and keep it only from so many seconds on.
        attributes: What is passed on with it.
    """

    step: int
    shortest: float
    attributes: Fields = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropRecording:
    """Nobody wants that step's recording: delete it."""

    step: int


# --- asking others ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Ask a data source; answered by `LookupAnswered` or `LookupFailed` of the same step.

    Attributes:
        step: The number the answer repeats.
        name: Which question of the data source.
        arguments: Its named arguments.
        timeout: Seconds after which the answer is no longer awaited.
        host: Which host system; None: the platform's own customers.
    """

    step: int
    name: str
    arguments: Fields = field(repr=False)
    timeout: float
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Have a host system do something, once; answered by `ActAnswered` or `ActFailed` of the same step.

    Attributes:
        step: The number the answer repeats.
        host: Which host system.
        name: Which act.
        arguments: Its named arguments.
        key: The act's idempotency key within this interaction: the same for the same act, however often it is sent.
        timeout: Seconds after which the answer is no longer awaited.
    """

    step: int
    host: str
    name: str
    arguments: Fields = field(repr=False)
    key: str
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIdentity:
    """Have a host system judge a PIN; answered by `IdentityChecked` or `IdentityCheckFailed` of the same step.

    Attributes:
        step: The number the answer repeats.
        host: Which host system.
        name: Which check.
        arguments: Whose PIN.
        secret: The PIN. To be handed to the host and to nobody else.
        timeout: Seconds after which the answer is no longer awaited.
    """

    step: int
    host: str
    name: str
    arguments: Fields = field(repr=False)
    secret: str = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCalendar:
    """Ask whether the house is open now; answered by `CalendarRead` or `CalendarFailed` of the same step."""

    step: int
    calendar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCallback:
    """Note that the caller is to be called back; answered by a fact about the callback of the same step.

    Attributes:
        step: The number the answer repeats.
        number: Where to call, as keyed or as the network told it: to be normalised and checked.
        queue: Whose agents call; None: the queue the caller waits in, at his place.
        attributes: What is passed on with it.
        timeout: Seconds after which the answer is no longer awaited.
    """

    step: int
    number: str = field(repr=False)
    queue: str | None
    attributes: Fields = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Hand the caller over; answered by `TransferFailed` of the same step, or by `CallerGone` if it succeeds.

    Attributes:
        step: The number the answer repeats.
        to: What kind of target.
        name: Its configured name.
        timeout: How many seconds it may ring.
        attributes: What is passed on.
    """

    step: int
    to: TargetKind
    name: str
    timeout: float
    attributes: Fields = field(repr=False)


# --- keeping ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """A field has a new value: keep it with the interaction, where a resumed call finds it again.

    Of a *sensitive* field (a card number) it is only told that it has a value, and not which: what nobody has, nobody
    can store, show or log. A *keyed* value was given by the caller; any other was looked up or set by the flow. A key
    with a dot in it is the flow's own bookkeeping (a field within a sub-flow, how often an act was done): to be kept
    for resuming, and shown to nobody.
    """

    key: str
    value: FieldValue = field(repr=False)
    sensitive: bool
    keyed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTrouble:
    """Something in the flow did not go as its author meant; the call goes on. For logs and reports."""

    node: str
    what: str


# --- a flow's last decision ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """The flow has ended: let the caller wait in this queue, and pass the attributes on.

    Attributes:
        queue: The queue's name.
        attributes: What is passed on.
        requirements: The least proficiency in each skill, besides what the queue asks for.
        preferred_agent: Who is asked first, by name.
        preferred_for: Seconds for which that agent is waited for.
        head_start: Seconds ahead of others who came at the same time; None: what the queue gives.
        treatment: The flow that runs while the caller waits; None: what the queue has.
        survey: The flow that runs when the agent has hung up.
    """

    queue: str
    attributes: Fields = field(repr=False)
    requirements: Mapping[str, int] = field(default_factory=dict)
    preferred_agent: str | None = None
    preferred_for: float = 20.0
    head_start: float | None = None
    treatment: str | None = None
    survey: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOnWaiting:
    """The treatment has ended: the caller stays in the queue and hears music until an agent answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The flow has ended, its business done: clear the call, with this cause (ITU-T Q.850; 16 is normal)."""

    cause: int


Ending: TypeAlias = Enqueue | GoOnWaiting | HangUp
"""A flow's last decision. A flow whose caller has gone ends without one."""

Command: TypeAlias = (
    EnterNode | LeaveNode | PlayPrompts | StopPlaying | PlayMusic | Listen | StopListening
    | Record | StopRecording | KeepRecording | DropRecording
    | LookUp | Act | CheckIdentity | ReadCalendar | RequestCallback | Transfer
    | RecordAnswer | ReportTrouble | Ending
)  # fmt: skip
