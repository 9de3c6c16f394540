"""One call in the IVR: carries facts to the interpreter and its decisions to the ports, in one task.

Speech is prepared and host systems are asked beside that task, each with a time-out, so that a key or a hang-up is
taken note of at once, and a slow synthesiser or host never keeps a caller. An act that was ordered is seen to its end,
also when the caller has gone: cancelling it half-way would leave nobody knowing what was done.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from ivr import commands, events
from ivr.commands import Command
from ivr.dialogue import Phase
from ivr.errors import ActFailed, LookupUnavailable, SynthesisFailed
from ivr.events import Event
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.interpreter import FlowInterpreter
from ivr.ports import Calendars, CallControl, HostSystems, SpeechRecognizer, SpeechSynthesizer
from ivr.prompts.prompt import Utterance

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    node: str
    """The flow node where the session ended."""
    path: tuple[str, ...]
    """All nodes the call has been at, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued(_Ended):
    """The caller was handed over to a queue (`CallControl.enqueue` was called)."""

    queue: str
    attributes: Fields = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitsOn(_Ended):
    """The treatment is over and the caller waits on (`CallControl.go_on_waiting` was called)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp(_Ended):
    """The flow cleared the call (`CallControl.hang_up` was called)."""

    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerLeft(_Ended):
    """The caller hung up, or the call was taken out of the IVR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFailed(_Ended):
    """The session broke; nothing was ordered for the caller, who must be put into a queue now.

    Attributes:
        why: The kind of failure.
        fields: What was known of the call, sensitive values left out.
    """

    why: str
    fields: Fields = field(repr=False)


SessionOutcome: TypeAlias = Enqueued | WaitsOn | HungUp | CallerLeft | SessionFailed


class IvrSession:
    """One call's way through a flow.

    Args:
        flow: The flow to run.
        started: How the call begins: anew, or taken up again.
        control: The call.
        hosts: Where the flow's questions are answered and its acts are done.
        calendars: The house's opening hours.
        synthesizer: Speaks what no recording replaces.
        recognizer: The ears of this call; None where nobody listens. `started.listens` must agree.
        recordings: The directory of the flow's recordings, an absolute path.
        synthesis_timeout: Seconds for preparing the prompts of one step.
    """

    def __init__(
        self,
        *,
        flow: Flow,
        started: events.Started,
        control: CallControl,
        hosts: HostSystems,
        calendars: Calendars,
        synthesizer: SpeechSynthesizer,
        recognizer: SpeechRecognizer | None = None,
        recordings: str = "",
        synthesis_timeout: float = 3.0,
    ) -> None:
        self._flow = flow
        self._started = started
        self._control = control
        self._hosts = hosts
        self._calendars = calendars
        self._synthesizer = synthesizer
        self._recognizer = recognizer
        self._recordings = recordings
        self._synthesis_timeout = synthesis_timeout
        self._interpreter = FlowInterpreter(flow)
        # Unbounded, because facts are never dropped; a call produces no more of them than a caller has fingers.
        self._inbox: asyncio.Queue[tuple[Event, float]] = asyncio.Queue()
        self._side_jobs: dict[int, asyncio.Task[None]] = {}  # by step
        self._acts: set[int] = set()  # the steps of those that are acts
        self._over = False

    def put(self, event: Event) -> None:
        """Take a fact about the call; returns at once. What comes after the end is ignored."""
        if not self._over:
            self._inbox.put_nowait((event, asyncio.get_running_loop().time()))

    async def run(self) -> SessionOutcome:
        """Lead the call to the end of the flow. To be run once; never raises but when it is cancelled."""
        try:
            async with asyncio.TaskGroup() as side_jobs:
                outcome = await self._converse(side_jobs)
                self._over = True
                for step, job in self._side_jobs.items():
                    if step not in self._acts:
                        job.cancel()
        except Exception as failure:  # noqa: BLE001 (bulkhead: one broken session; its caller goes to a queue)
            while isinstance(failure, ExceptionGroup):
                failure = failure.exceptions[0]
            _log.exception("ivr_session_failed", flow=self._flow.name, node=self._interpreter.node)
            secret = self._flow.sensitive_fields
            known = self._interpreter.fields
            return SessionFailed(
                node=self._interpreter.node,
                path=self._interpreter.path,
                why=type(failure).__name__,
                fields={name: value for name, value in known.items() if name not in secret},
            )
        finally:
            self._over = True
        return outcome

    async def _converse(self, side_jobs: asyncio.TaskGroup) -> SessionOutcome:
        interpreter, clock = self._interpreter, asyncio.get_running_loop().time
        orders = interpreter.handle(self._started, clock())
        while True:
            for order in orders:
                if (outcome := self._carry_out(order, side_jobs)) is not None:
                    return outcome
            if interpreter.phase is Phase.ENDED:
                return CallerLeft(node=interpreter.node, path=interpreter.path)
            try:
                async with asyncio.timeout_at(interpreter.next_deadline()):
                    event, at = await self._inbox.get()
            except TimeoutError:
                orders = interpreter.handle_timer(clock())
            else:
                orders = interpreter.handle(event, at)

    def _carry_out(  # noqa: C901, PLR0912 (one case a kind of decision)
        self, order: Command, side_jobs: asyncio.TaskGroup
    ) -> SessionOutcome | None:
        control = self._control
        match order:
            case commands.EnterNode(node=entered, budget=budget):
                control.enter_node(entered, budget)
            case commands.LeaveNode(node=left, exit=exit_name, asked_person=asked_person):
                control.leave_node(left, exit_name, asked_person=asked_person)
            case commands.PlayPrompts(step=step, utterances=utterances):
                self._begin(step, self._play(step, utterances), side_jobs)
            case commands.StopPlaying(step=step):
                self._stop_playing(step)
            case commands.PlayMusic(seconds=seconds):
                control.play_music(seconds)
            case commands.Listen():
                self._listen(order)
            case commands.StopListening(step=step):
                if self._recognizer is not None:
                    self._recognizer.stop(step)
            case commands.Record():
                control.record(order)
            case commands.StopRecording(step=step):
                control.stop_recording(step)
            case commands.KeepRecording():
                control.keep_recording(order)
            case commands.DropRecording(step=step):
                control.drop_recording(step)
            case commands.LookUp(step=step):
                self._begin(step, self._look_up(order), side_jobs)
            case commands.Act(step=step):
                self._acts.add(step)
                self._begin(step, self._act(order), side_jobs)
            case commands.CheckIdentity(step=step):
                self._begin(step, self._check_identity(order), side_jobs)
            case commands.ReadCalendar():
                self._read_calendar(order)
            case commands.RequestCallback():
                control.request_callback(order)
            case commands.Transfer():
                control.transfer(order)
            case commands.RecordAnswer(key=key, value=value, sensitive=sensitive, keyed=keyed):
                control.record_answer(key, value, sensitive=sensitive, keyed=keyed)
            case commands.ReportTrouble(node=where, what=what):
                _log.warning("ivr_trouble", flow=self._flow.name, node=where, what=what)
            case commands.Enqueue() | commands.GoOnWaiting() | commands.HangUp():
                return self._end(order)
        return None

    def _end(self, order: commands.Ending) -> SessionOutcome:
        node, path = self._interpreter.node, self._interpreter.path
        match order:
            case commands.Enqueue(queue=queue, attributes=attributes):
                self._control.enqueue(order)
                return Enqueued(node=node, path=path, queue=queue, attributes=attributes)
            case commands.GoOnWaiting():
                self._control.go_on_waiting()
                return WaitsOn(node=node, path=path)
            case commands.HangUp(cause=cause):
                self._control.hang_up(cause)
                return HungUp(node=node, path=path, cause=cause)

    def _begin(self, step: int, job: Coroutine[None, None, None], side_jobs: asyncio.TaskGroup) -> None:
        task = side_jobs.create_task(job)
        self._side_jobs[step] = task
        task.add_done_callback(lambda _: self._side_jobs.pop(step, None))

    # Speaking and listening

    def _stop_playing(self, step: int) -> None:
        preparing = self._side_jobs.get(step)
        if preparing is not None and not preparing.done():
            preparing.cancel()  # nothing is heard yet, and now nothing will be
        else:
            self._control.stop(step)

    async def _play(self, step: int, utterances: tuple[Utterance, ...]) -> None:
        try:
            async with asyncio.timeout(self._synthesis_timeout):
                files = [await self._file(utterance) for utterance in utterances]
        except SynthesisFailed as failure:
            self.put(events.PromptsFailed(step=step, why=str(failure)))
        except TimeoutError:
            self.put(events.PromptsFailed(step=step, why="speech synthesis took too long"))
        else:
            if files:
                self._control.play(step, files)
            else:
                self.put(events.PromptsFinished(step=step))

    async def _file(self, utterance: Utterance) -> str:
        recording = self._flow.catalog.recording(utterance)
        if recording is not None:
            return f"{self._recordings}/{recording.file}"
        return await self._synthesizer.synthesize(utterance.text, utterance.language)

    def _listen(self, order: commands.Listen) -> None:
        if self._recognizer is None:
            self.put(events.ListeningFailed(step=order.step, why="this call has no ears"))
        else:
            self._recognizer.listen(order.step, order.phrases, order.language, order.timeout)

    # Asking others

    async def _look_up(self, question: commands.LookUp) -> None:
        try:
            async with asyncio.timeout(question.timeout):
                answer = await self._hosts.look_up(question.host, question.name, question.arguments)
        except LookupUnavailable as failure:
            self.put(events.LookupFailed(step=question.step, why=str(failure)))
        except TimeoutError:
            self.put(events.LookupFailed(step=question.step, why="no answer in time", late=True))
        else:
            self.put(events.LookupAnswered(step=question.step, fields=answer))

    async def _act(self, order: commands.Act) -> None:
        try:
            async with asyncio.timeout(order.timeout):
                outcome = await self._hosts.act(order.host, order.name, order.arguments, key=order.key)
        except ActFailed as failure:
            self.put(events.ActFailed(step=order.step, why=str(failure), unknown=failure.unknown))
        except TimeoutError:
            self.put(events.ActFailed(step=order.step, why="no answer in time", unknown=True))
        else:
            if self._over:
                _log.warning("act_answered_after_call", host=order.host, act=order.name, done=outcome.done)
            self.put(events.ActAnswered(step=order.step, done=outcome.done, fields=outcome.fields))

    async def _check_identity(self, order: commands.CheckIdentity) -> None:
        try:
            async with asyncio.timeout(order.timeout):
                outcome = await self._hosts.check_identity(order.host, order.name, order.arguments, secret=order.secret)
        except LookupUnavailable as failure:
            self.put(events.IdentityCheckFailed(step=order.step, why=str(failure)))
        except TimeoutError:
            self.put(events.IdentityCheckFailed(step=order.step, why="no answer in time"))
        else:
            self.put(events.IdentityChecked(step=order.step, verdict=outcome.verdict, fields=outcome.fields))

    def _read_calendar(self, order: commands.ReadCalendar) -> None:
        try:
            opening = self._calendars.opening(order.calendar)
        except LookupUnavailable as failure:
            self.put(events.CalendarFailed(step=order.step, why=str(failure)))
        else:
            self.put(events.CalendarRead(step=order.step, opening=opening))
