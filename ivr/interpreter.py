"""The flow interpreter: one call's way through a flow. Facts in, decisions out, time as an argument.

What it is doing is one of ten phases; what a fact does in a phase is decided in `FlowInterpreter.handle`:

=============  ============================  ==============================  ====================  ====================
phase          a key                         prompts finished / failed       an answer             the deadline
=============  ============================  ==============================  ====================  ====================
WAITING        kept                          –                               –                     –
SPEAKING       ends the prompt, then used    go on / see `_prompts_failed`   words: used           as prompts finished
LISTENING      used                          –                               words: used           no input, entry over
LOOKING_UP     kept                          go on with a held answer        go on by its exit     as no answer
JUDGING        kept                          noted                           held                  the verdict is told
RECORDING      ends the message, or dropped  –                               the message is over   the message is over
HOLDING        used if offered               –                               –                     go on
LEAVING        kept                          –                               go on by its exit     as failed
FAREWELL       kept                          hang up                         –                     hang up
ENDED          dropped                       –                               –                     –
=============  ============================  ==============================  ====================  ====================

No caller stays: every phase has a deadline, the call as a whole has one (`Flow.longest`; a treatment lasts as long as
the caller waits), and after `MAX_NODES` nodes, or `MAX_NODES_AT_ONCE` of them in no time, the flow's last resort takes
over: its `person` node, further waiting, or a hang-up.

What happens at the nodes is in `ivr.handlers`, a module a family of them; the state is `ivr.dialogue.Dialogue`.
"""

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Dialogue, Going, Phase
from ivr.events import Event
from ivr.fields import Fields
from ivr.flow import nodes
from ivr.flow.flow import Flow, FlowKind
from ivr.flow.nodes import LAST_RESORT
from ivr.handlers import asking, control, hosts, identity, leaving, recording, speaking
from ivr.keys import KeyCount

MAX_NODES = 2_000
MAX_NODES_AT_ONCE = 100

AFTER_HANG_UP = 10.0
"""Seconds for what a flow still looks up or orders when the caller has gone."""

_NORMAL_CLEARING = 16  # ITU-T Q.850


class FlowInterpreter:
    """Leads one call through one flow.

    Every call of `handle` and `handle_timer` returns the decisions that follow, to be carried out in order.
    `Enqueue`, `GoOnWaiting` or `HangUp` is the last decision of a flow; after it nothing changes. After `CallerGone`
    only a flow's hang-up exits are followed, and nothing is said.
    """

    def __init__(self, flow: Flow) -> None:
        self._call = Dialogue(flow)
        self._nodes_at_once = 0

    # What happens

    def handle(self, event: Event, now: float) -> list[Command]:  # noqa: C901, PLR0912 (one case a kind of fact)
        """Take a fact that came in at `now` (monotonic seconds) and return what is to be done."""
        self._begin()
        call = self._call
        match event:
            case events.Started():
                self._started(event, now)
            case events.CallerGone():
                self._caller_gone(event, now)
            case events.DigitPressed(digit=digit):
                self._digit_pressed(digit, now)
            case events.PromptsFinished(step=step) if step == call.playing:
                self._prompts_finished(now)
            case events.PromptsFailed(step=step, why=why) if step == call.playing:
                self._prompts_failed(why, now)
            case events.SpeechBegan(step=step) if step == call.listening:
                self._go(asking.speech_began(call, now), now)
            case events.Heard(step=step) if step == call.listening:
                self._go(asking.heard(call, event, now), now)
            case events.ListeningFailed(step=step, why=why) if step == call.listening:
                asking.listening_failed(call, why)
            case events.Recorded(step=step) | events.RecordingFailed(step=step) if step == call.recording:
                self._go(recording.over(call, event, now), now)
            case events.IdentityChecked(step=step) | events.IdentityCheckFailed(step=step) if step == call.question:
                identity.judged(call, event)
            case (
                events.LookupAnswered(step=step) | events.LookupFailed(step=step)
                | events.ActAnswered(step=step) | events.ActFailed(step=step)
                | events.CalendarRead(step=step) | events.CalendarFailed(step=step)
                | events.CallbackTaken(step=step) | events.CallbackRefused(step=step) | events.CallbackFailed(step=step)
            ) if step == call.question:  # fmt: skip
                self._go(hosts.told(call, event), now)
            case events.TransferFailed(step=step, why=failure) if step == call.question:
                self._go(leaving.transfer_failed(call, failure), now)
            case events.PlaceChanged():
                leaving.place_changed(call, event)
            case (
                events.PromptsFinished() | events.PromptsFailed() | events.SpeechBegan() | events.Heard()
                | events.ListeningFailed() | events.Recorded() | events.RecordingFailed()
                | events.IdentityChecked() | events.IdentityCheckFailed()
                | events.LookupAnswered() | events.LookupFailed() | events.ActAnswered() | events.ActFailed()
                | events.CalendarRead() | events.CalendarFailed()
                | events.CallbackTaken() | events.CallbackRefused() | events.CallbackFailed() | events.TransferFailed()
            ):  # fmt: skip
                pass  # of an earlier step: too late to matter
        return call.out

    def next_deadline(self) -> float | None:
        """Return when `handle_timer` must be called, in the time of `handle`; None if nothing is awaited."""
        deadline, latest = self._call.deadline, self._call.latest
        if deadline is None or latest is None:
            return latest if deadline is None else deadline
        return min(deadline, latest)

    def handle_timer(self, now: float) -> list[Command]:
        """Take note that it is `now`; before the next deadline nothing happens."""
        self._begin()
        call = self._call
        if call.latest is not None and now >= call.latest:
            self._much_too_long(now)
        elif call.deadline is not None and now >= call.deadline:
            self._too_long(now)
        return call.out

    # What is known

    @property
    def phase(self) -> Phase:
        """What the interpreter is doing."""
        return self._call.phase

    @property
    def node(self) -> str:
        """The place the call is at, or was at when the flow ended."""
        return self._call.place

    @property
    def path(self) -> tuple[str, ...]:
        """The places the call has been at, in order."""
        return tuple(self._call.path)

    @property
    def fields(self) -> Fields:
        """What the flow knows so far, without what is known within its modules; sensitive values are among it."""
        return {name: value for name, value in self._call.frames[0].fields.items() if value is not None}

    @property
    def keys(self) -> KeyCount:
        """What became of the keys the caller pressed."""
        return self._call.keys.count()

    # Facts

    def _started(self, event: events.Started, now: float) -> None:
        call = self._call
        if call.phase is not Phase.WAITING:
            return
        if call.flow.kind is not FlowKind.TREATMENT:
            call.latest = now + call.flow.longest
        call.listens = event.listens
        call.restore(event.fields)
        begin = call.flow.start
        if event.resumed_at_node is not None:
            begin = call.return_to(event.resumed_at_node, event.fields)
        self._go(begin, now)

    def _caller_gone(self, event: events.CallerGone, now: float) -> None:
        call = self._call
        if call.phase is Phase.ENDED or call.gone:
            return
        begun, call.gone = call.phase is not Phase.WAITING, True
        call.keys.drop_all()
        if not event.hung_up or not begun:
            if call.phase is Phase.LEAVING:
                call.do(commands.LeaveNode(node=call.place, exit="transferred"))
            call.end()
            return
        call.do(commands.LeaveNode(node=call.place, exit="hang_up"))
        call.playing = call.listening = None
        call.latest = now + AFTER_HANG_UP
        match call.phase, call.node:
            case Phase.LOOKING_UP, nodes.Act():
                # What has been ordered will have an outcome, which is to be kept: it is waited for as long as ever.
                call.hang_up_waits = True
                call.latest = None
                if call.held is not None:
                    self._prompts_over(now)
            case _, nodes.Voicemail() as node:
                recording.caller_gone(call, node)
                self._go(self._after_hang_up(), now)
            case _:
                self._go(self._after_hang_up(), now)

    def _after_hang_up(self) -> Going:
        """Return the node that follows a hang-up: the innermost flow that has one says so. None ends the flow."""
        call = self._call
        while (target := call.frame.flow.after_hang_up(call.frame.node)) is None:
            if len(call.frames) == 1:
                call.end()
                return None
            call.back()
        return target

    def _digit_pressed(self, digit: str, now: float) -> None:
        call = self._call
        if call.phase is Phase.ENDED or call.gone or digit not in nodes.KEYS or len(digit) != 1:
            call.keys.drop()
            return
        if not call.keys.press(digit, now):
            return
        match call.phase, call.node:
            case Phase.SPEAKING, node if _interruptible(node):
                call.hush()
                self._prompts_over(now)
            case Phase.LISTENING | Phase.RECORDING, nodes.Voicemail() as node:
                self._go(recording.use_keys(call, node, now), now)
            case Phase.LISTENING, node if isinstance(node, nodes.InputNode):
                self._go(asking.use_keys(call, node, now), now)
            case Phase.HOLDING, nodes.Wait() as node:
                self._go(leaving.use_keys(call, node), now)
            case _:
                pass  # kept

    def _prompts_finished(self, now: float) -> None:
        self._call.playing = None
        self._prompts_over(now)

    def _prompts_over(self, now: float) -> None:
        call = self._call
        match call.phase, call.node:
            case Phase.SPEAKING, nodes.Play(next=target):
                self._go(call.leave("next", target), now)
            case Phase.SPEAKING, nodes.Voicemail() as node:
                self._go(recording.prompts_over(call, node, now), now)
            case Phase.SPEAKING, node if isinstance(node, nodes.InputNode):
                self._go(asking.prompts_over(call, node, now), now)
            case Phase.LOOKING_UP, nodes.Lookup() | nodes.Act() as node:
                self._go(hosts.prompts_over(call, node), now)
            case Phase.FAREWELL, nodes.HangUp(cause=cause):
                self._go(speaking.hang_up(call, cause), now)
            case _:
                pass

    def _prompts_failed(self, why: str, now: float) -> None:
        call = self._call
        call.playing = None
        call.trouble(f"prompts failed: {why}")
        match call.phase, call.node:
            case Phase.SPEAKING, nodes.Voicemail() as node:
                self._go(recording.prompts_failed(call, node), now)
            case Phase.SPEAKING, node if isinstance(node, nodes.InputNode):
                self._go(asking.prompts_failed(call, node), now)
            case _:
                self._prompts_over(now)

    def _too_long(self, now: float) -> None:
        call = self._call
        match call.phase, call.node:
            case Phase.SPEAKING | Phase.FAREWELL, _:
                call.trouble("the switch did not report the end of the prompts")
                call.hush()
                self._prompts_over(now)
            case Phase.LISTENING | Phase.RECORDING, nodes.Voicemail() as node:
                self._go(recording.time_over(call, node), now)
            case Phase.LISTENING, node if isinstance(node, nodes.InputNode):
                self._go(asking.time_over(call, node, now), now)
            case Phase.LOOKING_UP, nodes.Lookup() | nodes.Act() | nodes.Hours() | nodes.Callback() as node:
                self._go(hosts.time_over(call, node), now)
            case Phase.JUDGING, nodes.Authenticate() as node:
                self._go(asking.verdict_due(call, node, now), now)
            case Phase.HOLDING, nodes.Wait(next=target):
                self._go(call.leave("next", target), now)
            case Phase.LEAVING, nodes.Transfer():
                call.trouble("nothing was heard of the transfer")
                self._go(leaving.transfer_failed(call, events.TransferFailure.FAILED), now)
            case _:
                call.deadline = None

    # Nodes

    def _go(self, going: Going, now: float) -> None:
        """Go on at a node, and through all that take no time."""
        call = self._call
        if call.hang_up_waits and going is not None:
            call.hang_up_waits = False
            call.latest = now + AFTER_HANG_UP
            going = self._after_hang_up()
        while going is not None:
            self._nodes_at_once += 1
            if self._nodes_at_once > MAX_NODES_AT_ONCE or len(call.path) >= MAX_NODES:
                if going not in {LAST_RESORT, call.flow.person}:
                    call.trouble("the flow goes round in circles")
                going = LAST_RESORT
            if going == LAST_RESORT:
                going = self._last_resort()
                if going is None:
                    return
            going = self._enter(going, now)

    def _enter(self, name: str, now: float) -> Going:  # noqa: C901, PLR0911, PLR0912 (one case a kind of node)
        """Enter a node; return the one that follows at once, or None if this one takes time or ends the flow."""
        call = self._call
        call.arrive(name)
        call.path.append(call.place)
        call.deadline = None
        node = call.node
        if call.frame.lost and (again := control.collect_again(call, node)) is not None:
            return again
        if call.gone and not isinstance(node, nodes.NEEDS_NO_CALLER):
            call.end()
            return None
        match node:
            case nodes.Branch():
                return control.branch(call, node)
            case nodes.Set():
                return control.set_fields(call, node)
            case nodes.Subflow():
                return control.subflow(call, node)
            case nodes.Return():
                return control.leave_module(call, node)
            case nodes.Play():
                return speaking.enter_play(call, node, now)
            case nodes.HangUp():
                return speaking.enter_hang_up(call, node, now)
            case nodes.Menu() | nodes.Collect() | nodes.Ask() | nodes.Language():
                return asking.enter(call, node, now)
            case nodes.Authenticate():
                if call.trials >= identity.MAX_TRIALS:
                    return call.leave("refused.then", node.refused.exit)
                return asking.enter(call, node, now)
            case nodes.Lookup():
                return hosts.enter_lookup(call, node, now)
            case nodes.Act():
                return hosts.enter_act(call, node, now)
            case nodes.Hours():
                return hosts.enter_hours(call, node, now)
            case nodes.Callback():
                return hosts.enter_callback(call, node, now)
            case nodes.Voicemail():
                return recording.enter(call, node, now)
            case nodes.Wait():
                return leaving.enter_wait(call, node, now)
            case nodes.Transfer():
                return leaving.enter_transfer(call, node, now)
            case nodes.Enqueue():
                return leaving.enqueue(call, node)

    def _much_too_long(self, now: float) -> None:
        """Leave the flow by its last way out."""
        call = self._call
        call.latest = None
        if call.gone:
            call.end()
            return
        call.trouble(f"the caller has been in the flow for {call.flow.longest:g} s")
        call.hush()
        call.stop_listening()
        self._go(call.give_up(), now)

    def _last_resort(self) -> Going:
        """Leave all modules; return the node to go on at, or None: the flow has ended."""
        call = self._call
        call.unwind()
        if call.gone:
            call.end()
            return None
        match call.flow.kind:
            case FlowKind.TREATMENT:
                call.end(commands.GoOnWaiting())
                return None
            case FlowKind.SURVEY | FlowKind.MODULE:
                call.end(commands.HangUp(cause=_NORMAL_CLEARING))
                return None
            case FlowKind.CALL:
                return call.flow.person

    def _begin(self) -> None:
        self._call.out = []
        self._nodes_at_once = 0


def _interruptible(node: nodes.Node) -> bool:
    """Tell whether a key ends what the node says."""
    match node:
        case nodes.Play() | nodes.Menu() | nodes.Collect() | nodes.Ask():
            return node.interruptible
        case nodes.Language() | nodes.Authenticate() | nodes.Voicemail():
            return True
        case _:
            return False
