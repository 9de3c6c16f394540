"""The flow interpreter: one call's way through a flow. Facts in, decisions out, time as an argument.

What it is doing is one of six phases; what a fact does in a phase is decided in `FlowInterpreter.handle`:

=============  ============================  ================================  =======================
phase          a key                         prompts finished / failed         the deadline
=============  ============================  ================================  =======================
WAITING        kept                          –                                 –
SPEAKING       ends the prompt, then used    go on / see `_prompts_failed`     as prompts finished
LISTENING      used                          –                                 no input, or entry over
LOOKING_UP     kept                          –                                 as lookup failed
FAREWELL       kept                          hang up                           hang up
ENDED          dropped                       –                                 –
=============  ============================  ================================  =======================

No caller stays: every phase has a deadline, the call as a whole has one (`Flow.longest`), and after
`MAX_NODES` nodes, or `MAX_NODES_AT_ONCE` of them in no time, the flow's `person` node takes over.
"""

from enum import Enum, auto

from ivr import commands, events
from ivr.commands import Command
from ivr.events import Event
from ivr.fields import Fields, FieldValue
from ivr.flow import nodes
from ivr.flow.expressions import Expression, ExpressionError
from ivr.flow.flow import Flow
from ivr.flow.nodes import LANGUAGE_FIELD
from ivr.keys import KeyBuffer, KeyCount
from ivr.prompts.prompt import Prompt, Utterance

MAX_NODES = 2_000
MAX_NODES_AT_ONCE = 100

_PLAYING_MARGIN = 4.0
"""Seconds granted, over the prompts' longest length, for synthesising them and for reporting their end."""

_LONGEST_ANSWER = 1_000
"""Characters kept of a text that a data source answers."""


class Phase(Enum):
    """What the interpreter is doing."""

    WAITING = auto()
    SPEAKING = auto()
    LISTENING = auto()
    LOOKING_UP = auto()
    FAREWELL = auto()
    ENDED = auto()


class FlowInterpreter:
    """Leads one call through one flow.

    Every call of `handle` and `handle_timer` returns the decisions that follow, to be carried out in order.
    `Enqueue` or `HangUp` is the last decision of a flow; after it, and after `CallerGone`, nothing changes.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._fields: dict[str, FieldValue] = dict.fromkeys(flow.known_fields)
        self._last_resort = flow.last_resort()
        self._sensitive = flow.sensitive_fields
        self._keys = KeyBuffer()
        self._phase = Phase.WAITING
        self._name = flow.start  # of the node the call is at
        self._path: list[str] = []
        self._nodes_at_once = 0
        self._step = 0
        self._attempt = 1
        self._entry = ""
        self._entry_until = 0.0
        self._deadline: float | None = None
        self._latest: float | None = None
        self._out: list[Command] = []

    # What happens

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take a fact that came in at `now` (monotonic seconds) and return what is to be done."""
        self._begin()
        match event:
            case events.Started():
                self._started(event, now)
            case events.CallerGone():
                self._end()
            case events.DigitPressed(digit=digit):
                self._digit_pressed(digit, now)
            case events.PromptsFinished(step=step) if step == self._step:
                self._prompts_finished(now)
            case events.PromptsFailed(step=step, why=why) if step == self._step:
                self._prompts_failed(why, now)
            case events.LookupAnswered(step=step, fields=fields) if step == self._step:
                self._lookup_answered(fields, now)
            case events.LookupFailed(step=step, why=why) if step == self._step:
                self._lookup_failed(why, now)
            case events.PromptsFinished() | events.PromptsFailed() | events.LookupAnswered() | events.LookupFailed():
                pass  # of an earlier step: too late to matter
            case _:
                pass  # answers what is not ordered yet
        return self._out

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` must be called, in the time of `handle`; None if nothing is awaited."""
        if self._deadline is None or self._latest is None:
            return self._latest
        return min(self._deadline, self._latest)

    def handle_timer(self, now: float) -> list[Command]:
        """Take note that it is `now`; before the next deadline nothing happens."""
        self._begin()
        if self._latest is not None and now >= self._latest:
            self._latest = None
            self._trouble(f"the caller has been in the flow for {self._flow.longest:g} s")
            self._give_up(now)
        elif self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._too_long(now)
        return self._out

    # What is known

    @property
    def phase(self) -> Phase:
        """What the interpreter is doing."""
        return self._phase

    @property
    def node(self) -> str:
        """The node the call is at, or was at when the flow ended."""
        return self._name

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes the call has been at, in order."""
        return tuple(self._path)

    @property
    def fields(self) -> Fields:
        """What is known so far; sensitive values are among it."""
        return {name: value for name, value in self._fields.items() if value is not None}

    @property
    def keys(self) -> KeyCount:
        """What became of the keys the caller pressed."""
        return self._keys.count()

    # Facts

    def _started(self, event: events.Started, now: float) -> None:
        if self._phase is not Phase.WAITING:
            return
        self._latest = now + self._flow.longest
        for name, value in event.fields.items():
            if name in self._fields and _is_field_value(value):
                self._fields[name] = value
        begin = self._flow.start
        if event.resumed_at_node is not None:
            if event.resumed_at_node in self._flow.nodes:
                begin = event.resumed_at_node
            else:
                self._trouble("the call was at a node that the flow does not have; it begins anew")
        self._go(begin, now)

    def _digit_pressed(self, digit: str, now: float) -> None:
        if self._phase is Phase.ENDED or digit not in nodes.KEYS or len(digit) != 1:
            self._keys.drop()
            return
        if not self._keys.press(digit, now):
            return
        match self._phase:
            case Phase.SPEAKING:
                node = self._flow.nodes[self._name]
                if isinstance(node, nodes.Play | nodes.Menu | nodes.Collect) and node.interruptible:
                    self._do(commands.StopPlaying(step=self._step))
                    self._prompts_finished(now)
            case Phase.LISTENING:
                self._use_keys(now)
            case Phase.WAITING | Phase.LOOKING_UP | Phase.FAREWELL:
                pass  # kept

    def _prompts_finished(self, now: float) -> None:
        node = self._flow.nodes[self._name]
        match self._phase, node:
            case Phase.SPEAKING, nodes.Play(next=target):
                self._go(target, now)
            case Phase.SPEAKING, nodes.Menu() | nodes.Collect():
                self._listen(node, now)
            case Phase.FAREWELL, nodes.HangUp(cause=cause):
                self._end(commands.HangUp(cause=cause))
            case _:
                pass  # reported twice

    def _prompts_failed(self, why: str, now: float) -> None:
        if self._phase not in {Phase.SPEAKING, Phase.FAREWELL}:
            return
        self._trouble(f"prompts failed: {why}")
        if isinstance(self._flow.nodes[self._name], nodes.Menu | nodes.Collect):
            # Who hears no question cannot answer it: waiting for a key would be silence.
            self._give_up(now)
        else:
            self._prompts_finished(now)

    def _lookup_answered(self, answer: Fields, now: float) -> None:
        node = self._flow.nodes[self._name]
        if self._phase is not Phase.LOOKING_UP or not isinstance(node, nodes.Lookup):
            return
        if not answer:
            self._go(node.not_found, now)
            return
        for theirs, ours in node.answers.items():
            value = answer.get(theirs)
            if isinstance(value, str):
                value = value[:_LONGEST_ANSWER]
            if value is not None and _is_field_value(value):
                self._store(ours, value)
        self._go(node.found, now)

    def _lookup_failed(self, why: str, now: float) -> None:
        node = self._flow.nodes[self._name]
        if self._phase is Phase.LOOKING_UP and isinstance(node, nodes.Lookup):
            self._trouble(f"lookup {node.name!r} failed: {why}")
            self._go(node.failed, now)

    def _too_long(self, now: float) -> None:
        node = self._flow.nodes[self._name]
        match self._phase, node:
            case ((Phase.SPEAKING | Phase.FAREWELL), _):
                self._trouble("the switch did not report the end of the prompts")
                self._do(commands.StopPlaying(step=self._step))
                self._prompts_finished(now)
            case Phase.LOOKING_UP, nodes.Lookup(timeout=timeout):
                self._lookup_failed(f"no answer within {timeout:g} s", now)
            case Phase.LISTENING, nodes.Collect() if self._entry:
                self._entry_over(node, now)
            case Phase.LISTENING, nodes.Menu() | nodes.Collect():
                self._try_again(node, node.no_input, now)
            case _:
                pass

    # Nodes

    def _go(self, name: str, now: float) -> None:
        """Go on at a node, and through all that take no time."""
        following: str | None = name
        while following is not None:
            self._nodes_at_once += 1
            if self._nodes_at_once > MAX_NODES_AT_ONCE or len(self._path) >= MAX_NODES:
                if following != self._last_resort:
                    self._trouble("the flow goes round in circles")
                following = self._last_resort
            following = self._enter(following, now)

    def _enter(self, name: str, now: float) -> str | None:
        """Enter a node; return the one that follows at once, or None if this one takes time or ends the flow."""
        self._name = name
        self._path.append(name)
        self._deadline = None
        node = self._flow.nodes[name]
        match node:
            case nodes.Branch():
                return self._choose_branch(node)
            case nodes.Set():
                for field, value in node.fields.items():
                    self._store(field, self._value(value))
                return node.next
            case nodes.Play():
                if node.interruptible and self._keys:
                    return node.next  # the caller has keyed ahead and knows what would be said
                self._speak(Phase.SPEAKING, [node.prompt], now, language=node.language)
            case nodes.Menu() | nodes.Collect():
                self._attempt = 1
                self._ask(node, [node.prompt], now)
            case nodes.Lookup():
                self._look_up(node, now)
            case nodes.Enqueue():
                self._enqueue(node)
            case nodes.HangUp(prompt=farewell, cause=cause):
                if farewell is None:
                    self._end(commands.HangUp(cause=cause))
                else:
                    self._speak(Phase.FAREWELL, [farewell], now)
            case _:
                self._trouble("this kind of node is not interpreted yet")
                return self._last_resort
        return None

    def _choose_branch(self, node: nodes.Branch) -> str:
        for case in node.cases:
            try:
                if case.when.holds(self._fields):
                    return case.next
            except ExpressionError as error:
                self._trouble(f"condition failed: {error}")
        return node.otherwise

    def _look_up(self, node: nodes.Lookup, now: float) -> None:
        arguments = {name: self._value(value) for name, value in node.arguments.items()}
        self._step += 1
        self._phase = Phase.LOOKING_UP
        self._deadline = now + node.timeout
        self._do(commands.EnterNode(node=self._name, budget=node.timeout))
        self._do(
            commands.LookUp(step=self._step, host=node.host, name=node.name, arguments=arguments, timeout=node.timeout)
        )

    def _enqueue(self, node: nodes.Enqueue) -> None:
        queue = self._value(node.queue)
        known = self._flow.queues
        if not isinstance(queue, str) or not queue or (known is not None and queue not in known):
            if isinstance(node.queue, Expression):
                self._trouble(f"{node.queue.source}: names no queue")
            queue = node.otherwise
        attributes = {name: self._fields[name] for name in node.attributes if self._fields.get(name) is not None}
        self._end(commands.Enqueue(queue=queue, attributes=attributes))

    # Speaking and listening

    def _speak(self, phase: Phase, said: list[Prompt], now: float, *, language: str | None = None) -> None:
        utterances = tuple(utterance for prompt in said for utterance in self._utterances(prompt, language))
        budget = self._longest(utterances)
        self._step += 1
        self._phase = phase
        self._deadline = now + budget
        node = self._flow.nodes[self._name]
        if isinstance(node, nodes.Menu):
            budget += node.timeout
        elif isinstance(node, nodes.Collect):
            budget += node.first_timeout + node.entry_timeout
        self._do(commands.EnterNode(node=self._name, budget=budget))
        self._do(commands.PlayPrompts(step=self._step, utterances=utterances))

    def _ask(self, node: nodes.Menu | nodes.Collect, said: list[Prompt], now: float) -> None:
        """Put the question, unless the answer was keyed ahead."""
        self._entry = ""
        if not (self._keys and node.interruptible):
            self._speak(Phase.SPEAKING, said, now)
            return
        self._step += 1
        budget = node.timeout if isinstance(node, nodes.Menu) else node.entry_timeout
        self._do(commands.EnterNode(node=self._name, budget=budget))
        self._listen(node, now)

    def _listen(self, node: nodes.Menu | nodes.Collect, now: float) -> None:
        self._phase = Phase.LISTENING
        self._deadline = now + (node.timeout if isinstance(node, nodes.Menu) else node.first_timeout)
        self._use_keys(now)

    def _use_keys(self, now: float) -> None:
        node = self._flow.nodes[self._name]
        if isinstance(node, nodes.Menu) and self._keys:
            key, _ = self._keys.take()
            choice = node.choices.get(key)
            if choice is None:
                self._try_again(node, node.no_match, now)
                return
            if node.store is not None:
                self._store(node.store, choice.value, keyed=True)
            self._go(choice.next, now)
        elif isinstance(node, nodes.Collect):
            self._collect(node, now)

    def _collect(self, node: nodes.Collect, now: float) -> None:
        while self._keys:
            key, pressed_at = self._keys.take()
            if not self._entry and key in node.shortcuts:
                self._go(node.shortcuts[key], now)
                return
            if key == node.terminator:
                self._entry_over(node, now)
                return
            if not key.isdecimal():
                self._try_again(node, node.no_match, now)
                return
            if not self._entry:
                self._entry_until = now + node.entry_timeout
            self._entry += key
            if len(self._entry) == node.max_digits:
                if node.terminator is not None:
                    self._keys.drop_trailing(node.terminator, pressed_at + node.digit_timeout)
                self._entry_over(node, now)
                return
        if self._entry:
            self._deadline = min(now + node.digit_timeout, self._entry_until)

    def _entry_over(self, node: nodes.Collect, now: float) -> None:
        if len(self._entry) < node.min_digits:
            self._try_again(node, node.no_match, now)
            return
        digits, self._entry = self._entry, ""
        self._store(node.store, digits, keyed=True)
        self._go(node.next, now)

    def _try_again(self, node: nodes.Menu | nodes.Collect, retry: nodes.Retry, now: float) -> None:
        """Ask once more, in other words; after the last attempt go where people are."""
        # What is left of an entry that was not understood is no answer to anything that follows.
        self._keys.drop_all()
        self._entry = ""
        if self._attempt >= node.attempts:
            self._go(retry.exit, now)
            return
        wording = retry.wordings[min(self._attempt, len(retry.wordings)) - 1]
        self._attempt += 1
        self._ask(node, [wording, node.prompt], now)

    def _utterances(self, prompt: Prompt, language: str | None) -> tuple[Utterance, ...]:
        chosen = language or self._fields.get(LANGUAGE_FIELD)
        if not isinstance(chosen, str) or chosen not in prompt.texts:
            chosen = self._flow.languages[0]
        return prompt.utterances(chosen, self._fields)

    def _longest(self, utterances: tuple[Utterance, ...]) -> float:
        return sum(map(self._flow.catalog.longest_seconds, utterances)) + _PLAYING_MARGIN

    # Fields and decisions

    def _value(self, value: nodes.Value) -> FieldValue:
        if not isinstance(value, Expression):
            return value
        try:
            return value.evaluate(self._fields)
        except ExpressionError as error:
            self._trouble(f"expression failed: {error}")
            return None

    def _store(self, name: str, value: FieldValue, *, keyed: bool = False) -> None:
        self._fields[name] = value
        secret = name in self._sensitive
        self._do(commands.RecordAnswer(key=name, value=value, sensitive=secret, keyed=keyed))

    def _give_up(self, now: float) -> None:
        """Leave the flow by its last way out: to a person."""
        if self._phase in {Phase.SPEAKING, Phase.FAREWELL}:
            self._do(commands.StopPlaying(step=self._step))
        self._go(self._last_resort, now)

    def _end(self, last: Command | None = None) -> None:
        if self._phase is Phase.ENDED:
            return
        self._phase = Phase.ENDED
        self._deadline = self._latest = None
        self._keys.drop_all()
        if last is not None:
            self._do(last)

    def _trouble(self, what: str) -> None:
        self._do(commands.ReportTrouble(node=self._name, what=what))

    def _do(self, command: Command) -> None:
        self._out.append(command)

    def _begin(self) -> None:
        self._out = []
        self._nodes_at_once = 0


def _is_field_value(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)  # bool is an int
