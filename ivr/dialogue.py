"""One call in a flow: where it is, what it knows, what it is doing, and the decisions made so far.

The state that the interpreter and its handlers share. Its methods are the verbs that handlers are written in; none of
them decides where the call goes next.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from ivr import commands
from ivr.commands import Command
from ivr.events import Event
from ivr.fields import Fields, FieldValue
from ivr.flow import nodes
from ivr.flow.expressions import Expression, ExpressionError
from ivr.flow.flow import PLACE_SEPARATOR, Flow, FlowKind
from ivr.flow.nodes import LANGUAGE_FIELD, LAST_RESORT, SHARED_FIELDS
from ivr.keys import KeyBuffer
from ivr.prompts.prompt import Prompt, Utterance

Going: TypeAlias = str | None
"""Where a handler sends the call: a node of the flow it is in, `LAST_RESORT`, or None: it stays, or has ended."""

PLAYING_MARGIN = 4.0
"""Seconds granted, over the prompts' longest length, for synthesising them and for reporting their end."""

_LONGEST_TEXT = 1_000
"""Characters kept of a text that a data source answers, or that a flow computes."""

_OWN_KEY = "."
"""What the keys of the interpreter's own bookkeeping begin with; no field's key does."""


class Phase(Enum):
    """What the call is doing."""

    WAITING = auto()  # not begun
    SPEAKING = auto()
    LISTENING = auto()
    LOOKING_UP = auto()  # somebody who is not the caller is asked
    JUDGING = auto()  # a PIN was keyed, and the verdict is not told yet
    RECORDING = auto()
    HOLDING = auto()  # music, in a queue
    LEAVING = auto()  # a transfer is under way
    FAREWELL = auto()
    ENDED = auto()


@dataclass(slots=True)
class Frame:
    """A flow that is being run: the one that answered, or a module within it."""

    flow: Flow
    prefix: str  # of its places: the names of the sub-flow nodes around it
    node: str = ""
    fields: dict[str, FieldValue] = field(default_factory=dict, repr=False)
    keyed: set[str] = field(default_factory=set)  # fields that the caller gave
    lost: set[str] = field(default_factory=set)  # sensitive fields that an interruption took

    def __post_init__(self) -> None:
        self.fields = dict.fromkeys(self.flow.known_fields)

    def key(self, name: str) -> str:
        """Return under which key a field's value is kept."""
        return f"{self.prefix[:-1]}.{name}" if self.prefix and name not in SHARED_FIELDS else name


class Dialogue:
    """The state of one call. Handlers change it; nobody else does."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.frame = Frame(flow, "", flow.start)
        self.frames = [self.frame]  # the innermost is the last
        self.place = flow.start  # where the call is, as a channel carries it
        self.node = flow.nodes[flow.start]
        self.phase = Phase.WAITING
        self.listens = False
        self.gone = False
        self.path: list[str] = []
        self.keys = KeyBuffer()
        self.out: list[Command] = []
        self.deadline: float | None = None
        self.latest: float | None = None
        self.trials = 0  # PINs that were keyed on this call
        self.hang_up_waits = False  # the caller has gone while an act was under way; what follows waits for its outcome
        # The steps that are under way
        self.playing: int | None = None
        self.playing_until = 0.0
        self.listening: int | None = None
        self.question: int | None = None
        self.recording: int | None = None
        self.held: Event | None = None  # an answer that waits until the prompt is over
        # Of an input node
        self.attempt = 1
        self.entry = ""
        self.entry_until = 0.0
        # Of a voicemail node
        self.recordings = 0
        self._step = 0
        self._kept: set[str] = set()  # the dotted keys that have a value
        self._acts: dict[str, int] = {}  # by place: how often the act there has come to an end

    # Where the call is

    def arrive(self, name: str) -> None:
        """Be at a node of the innermost flow."""
        frame = self.frame
        frame.node = name
        self.place = frame.prefix + name
        self.node = frame.flow.nodes[name]

    def leave(self, exit_name: str, target: str, *, by_key: bool = False) -> str:
        """Leave the node by an exit; return where it leads."""
        asked_person = by_key and self._leads_to_person(target)
        self.out.append(commands.LeaveNode(node=self.place, exit=exit_name, asked_person=asked_person))
        return target

    def give_up(self) -> str:
        """Leave the node because the flow cannot go on with this caller."""
        return self.leave("last_resort", LAST_RESORT)

    def call(self, module: Flow, inputs: Fields) -> str:
        """Enter a module; return its first node."""
        frame = Frame(module, self.place + PLACE_SEPARATOR)
        self.frames.append(frame)
        shared = {name: self.frame.fields.get(name) for name in SHARED_FIELDS}
        self.frame = frame
        frame.fields.update(shared)
        self._forget(frame)
        for name, value in inputs.items():
            self.store(name, value)
        return module.start

    def back(self) -> Frame:
        """Leave the module, for the flow that runs it; return the frame that is left."""
        left = self.frames.pop()
        self.frame = self.frames[-1]
        self.arrive(self.frame.node)
        return left

    def unwind(self) -> None:
        """Leave all modules."""
        del self.frames[1:]
        self.frame = self.frames[0]
        self.arrive(self.frame.node)

    def end(self, last: commands.Ending | None = None) -> None:
        """End the flow, with this decision as the last."""
        if self.phase is Phase.ENDED:
            return
        self.phase = Phase.ENDED
        self.deadline = self.latest = None
        self.playing = self.listening = self.question = self.recording = None
        self.keys.drop_all()
        if last is not None:
            self.do(last)

    # What is decided

    def do(self, command: Command) -> None:
        """Decide something."""
        self.out.append(command)

    def announce(self, budget: float) -> None:
        """Say where the call is, for at most `budget` seconds."""
        if not self.gone:
            self.out.append(commands.EnterNode(node=self.place, budget=budget))

    def trouble(self, what: str) -> None:
        """Report that something does not go as the flow's author meant."""
        self.do(commands.ReportTrouble(node=self.place, what=what))

    def next_step(self) -> int:
        """Return the number of the next command that will be answered."""
        self._step += 1
        return self._step

    def ask(self) -> int:
        """Return the number of a question that somebody who is not the caller will answer."""
        self.held = None
        self.question = step = self.next_step()
        return step

    # Speaking and listening

    def say(
        self, phase: Phase, said: Iterable[Prompt], now: float, *, then: float = 0.0, language: str | None = None
    ) -> None:
        """Speak prompts, in `phase`, at a node that takes at most `then` seconds more when they are over."""
        self.speak(phase, self.utterances(said, language), now, then=then)

    def speak(self, phase: Phase, utterances: tuple[Utterance, ...], now: float, *, then: float = 0.0) -> None:
        """As `say`, with what is already put into words."""
        longest = self.longest(utterances)
        self.phase = phase
        self.announce(longest + then)
        self.play(utterances, now, longest)
        self.deadline = self.playing_until

    def play(self, utterances: tuple[Utterance, ...], now: float, longest: float) -> None:
        """Have words played, and know when they are surely over."""
        step = self.playing = self.next_step()
        self.playing_until = now + longest
        self.do(commands.PlayPrompts(step=step, utterances=utterances))

    def hush(self) -> None:
        """Fall silent, if anything is played."""
        if self.playing is not None:
            self.do(commands.StopPlaying(step=self.playing))
            self.playing = None

    def stop_listening(self) -> None:
        """Close the ears, if they are open."""
        if self.listening is not None:
            self.do(commands.StopListening(step=self.listening))
            self.listening = None

    def utterances(self, said: Iterable[Prompt], language: str | None = None) -> tuple[Utterance, ...]:
        """Put prompts into words, in this language or the caller's."""
        fields = self.frame.fields
        chosen = language or self.language()
        words: tuple[Utterance, ...] = ()
        for prompt in said:
            words += prompt.utterances(chosen if chosen in prompt.texts else self.frame.flow.languages[0], fields)
        return words

    def longest(self, utterances: tuple[Utterance, ...]) -> float:
        """Return a time within which the words are surely over."""
        return sum(map(self.flow.catalog.longest_seconds, utterances), PLAYING_MARGIN)

    def language(self) -> str:
        """Return the language the caller is spoken to in."""
        chosen = self.frame.fields.get(LANGUAGE_FIELD)
        return chosen if isinstance(chosen, str) else self.flow.languages[0]

    # What is known

    def value(self, value: nodes.Value) -> FieldValue:
        """Return a value, computed if need be; null if that fails."""
        if not isinstance(value, Expression):
            return value
        try:
            found = value.evaluate(self.frame.fields)
        except ExpressionError as error:
            self.trouble(f"expression failed: {error}")
            return None
        # A flow that goes round and doubles a text each time would fill the memory.
        return found[:_LONGEST_TEXT] if isinstance(found, str) else found

    def values(self, named: Mapping[str, nodes.Value]) -> dict[str, FieldValue]:
        """Return named values, computed if need be."""
        return {name: self.value(value) for name, value in named.items()}

    def attributes(self, names: Iterable[str]) -> dict[str, FieldValue]:
        """Return those of these fields that have a value."""
        return {name: value for name in names if (value := self.frame.fields.get(name)) is not None}

    def store(self, name: str, value: FieldValue, *, keyed: bool = False) -> None:
        """Give a field of the innermost flow a value, and have it kept."""
        frame = self.frame
        for one in self.frames if name in SHARED_FIELDS else (frame,):
            one.fields[name] = value
        if keyed:
            frame.keyed.add(name)
        frame.lost.discard(name)
        secret = name in frame.flow.sensitive_fields
        self.keep(frame.key(name), None if secret else value, sensitive=secret, keyed=keyed or name in frame.keyed)

    def store_answer(self, answer: Fields, names: Mapping[str, str]) -> None:
        """Take over what somebody answered: theirs → ours; what is no single value, or null, is left out."""
        for theirs, ours in names.items():
            value = answer.get(theirs)
            if isinstance(value, str):
                value = value[:_LONGEST_TEXT]
            if value is not None and is_field_value(value):
                self.store(ours, value)

    def keep(self, key: str, value: FieldValue, *, sensitive: bool = False, keyed: bool = False) -> None:
        """Have a value kept with the interaction."""
        if "." in key:
            (self._kept.discard if value is None else self._kept.add)(key)
        self.do(commands.RecordAnswer(key=key, value=value, sensitive=sensitive, keyed=keyed))

    def count_trial(self) -> None:
        """One PIN more was keyed."""
        self.trials += 1
        self.keep(f"{_OWN_KEY}trials", self.trials)

    def acts_done(self) -> int:
        """Return how often the act at this place has come to a known end."""
        return self._acts.get(self.place, 0)

    def count_act(self) -> None:
        """The act at this place has come to a known end: the next one here is another."""
        self._acts[self.place] = self.acts_done() + 1
        self.keep(f"{_OWN_KEY}act.{self.place}", self.acts_done())

    # Taking up a call again

    def restore(self, given: Fields) -> None:
        """Take over what was given at the start: inputs and, of a call taken up again, everything kept."""
        self._take_over(self.frame, given)
        for key, value in given.items():
            if "." not in key or value is None:
                continue
            self._kept.add(key)
            if isinstance(value, int) and key == f"{_OWN_KEY}trials":
                self.trials = value
            elif isinstance(value, int) and key.startswith(f"{_OWN_KEY}act."):
                self._acts[key.removeprefix(f"{_OWN_KEY}act.")] = value

    def return_to(self, place: str, given: Fields) -> str:
        """Go back into the modules that the call was in; return the node to go on at: the place, or the last known."""
        *around, last = place.split(PLACE_SEPARATOR)
        self._lose_secrets(self.frame)
        for name in around:
            node = self.frame.flow.nodes.get(name)
            if not isinstance(node, nodes.Subflow):
                return self._unknown_place(name)
            self.arrive(name)
            frame = Frame(self.flow.modules[node.module], self.place + PLACE_SEPARATOR)
            self.frames.append(frame)
            self.frame = frame
            self._take_over(frame, given)
            self._lose_secrets(frame)
        return last if last in self.frame.flow.nodes else self._unknown_place(last)

    def _unknown_place(self, name: str) -> str:
        self.trouble("the call was at a node that the flow does not have; it begins anew")
        if name in self.frame.flow.nodes:
            return name
        if len(self.frames) == 1:
            return self.flow.start
        self.back()
        return self.frame.node

    def _leads_to_person(self, target: str) -> bool:
        if target == LAST_RESORT:
            return self.flow.kind is FlowKind.CALL
        return target in self.frame.flow.leads_to_person

    def _take_over(self, frame: Frame, given: Fields) -> None:
        for name in frame.fields:
            value = given.get(frame.key(name))
            if is_field_value(value):
                frame.fields[name] = value

    def _lose_secrets(self, frame: Frame) -> None:
        frame.lost = {name for name in frame.flow.sensitive_fields if frame.fields.get(name) is None}

    def _forget(self, frame: Frame) -> None:
        """What an earlier run of a module left behind is not this run's."""
        for key in sorted(key for key in self._kept if key.startswith(f"{frame.prefix[:-1]}.")):
            self.keep(key, None)


def is_field_value(value: object) -> bool:
    """Tell whether a value is one that a field may hold."""
    return value is None or isinstance(value, str | int | float)  # bool is an int
