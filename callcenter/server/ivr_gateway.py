"""Runs IVR sessions, and is their door to the call: what a session orders becomes a fact for the writer.

So there is one commander of every channel: the writer lets an order pass only while the call is in this session's
hands. Look-ups alone go past it, because they only read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from callcenter.api.messages import CustomerCard
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import CallId, InteractionId
from callcenter.ports import Customers, Flows, PlayOutcome, PublishedFlow
from callcenter.server import facts
from callcenter.server.effects import StartIvr
from callcenter.server.facts import IvrOrder
from callcenter.server.ivr_hosts import CallHosts
from ivr import commands, events
from ivr import session as sessions
from ivr.fields import FieldValue
from ivr.ports import Calendars, CallControl, HostSystems, SpeechSynthesizer

SOURCES_HAVE_ANSWERED = 2.0  # seconds: longer than host systems usually have to answer a question

_log = structlog.get_logger(__name__)


class _Control(CallControl):
    """One call as its session steers it."""

    def __init__(self, put: Callable[[IvrOrder], None], start: StartIvr, published: PublishedFlow) -> None:
        self._put = put
        self._call = start.call
        self._session = start.session
        self._published = published
        self.tell: Callable[[events.Event], None] = lambda _event: None

    def enter_node(self, node: str, budget: float) -> None:
        self._put(
            facts.NodeEntered(
                call=self._call,
                session=self._session,
                flow=self._published.flow.name,
                version=self._published.version,
                node=node,
                budget=budget,
            )
        )

    def leave_node(self, node: str, exit_name: str, *, asked_person: bool) -> None:
        self._put(
            facts.NodeLeft(
                call=self._call,
                session=self._session,
                flow=self._published.flow.name,
                version=self._published.version,
                node=node,
                exit=exit_name,
                asked_person=asked_person,
            )
        )

    def play(self, step: int, files: Sequence[str]) -> None:
        self._put(facts.PlayWanted(call=self._call, session=self._session, step=step, files=tuple(files)))

    def stop(self, step: int) -> None:
        self._put(facts.SilenceWanted(call=self._call, session=self._session, step=step))

    def record_answer(self, key: str, value: FieldValue, *, sensitive: bool, keyed: bool) -> None:
        self._put(
            facts.AnswerGathered(
                call=self._call, session=self._session, key=key, value=value, sensitive=sensitive, keyed=keyed
            )
        )

    def enqueue(self, order: commands.Enqueue) -> None:
        self._put(
            facts.QueueWanted(
                call=self._call,
                session=self._session,
                queue=order.queue,
                attributes=dict(order.attributes),
                needs=dict(order.requirements),
                preferred_agent=order.preferred_agent,
                preferred_for=order.preferred_for,
                head_start=order.head_start,
                treatment=order.treatment,
                survey=order.survey,
            )
        )

    def play_music(self, seconds: float) -> None:  # noqa: ARG002 -- the interpreter itself ends it
        self._put(facts.MusicWanted(call=self._call, session=self._session))

    def record(self, order: commands.Record) -> None:
        self._put(
            facts.RecordingWanted(
                call=self._call,
                session=self._session,
                step=order.step,
                mailbox=order.mailbox,
                longest=order.longest,
                silence=order.silence,
                end_keys=order.end_keys,
                shortest=order.shortest,
            )
        )

    def stop_recording(self, step: int) -> None:
        pass  # the switch listens to the keys that end it, and reports its end

    def keep_recording(self, order: commands.KeepRecording) -> None:
        self._put(facts.RecordingKept(call=self._call, session=self._session, step=order.step))

    def drop_recording(self, step: int) -> None:
        self._put(facts.RecordingUnwanted(call=self._call, session=self._session, step=step))

    def request_callback(self, order: commands.RequestCallback) -> None:
        self._put(
            facts.CallbackWanted(
                call=self._call,
                session=self._session,
                step=order.step,
                number=order.number,
                queue=order.queue,
                attributes=dict(order.attributes),
            )
        )

    def transfer(self, order: commands.Transfer) -> None:
        self._put(
            facts.TransferWanted(
                call=self._call,
                session=self._session,
                step=order.step,
                to=order.to,
                name=order.name,
                timeout=order.timeout,
                attributes=dict(order.attributes),
            )
        )

    def go_on_waiting(self) -> None:
        self._put(facts.WaitOnWanted(call=self._call, session=self._session))

    def hang_up(self, cause: int) -> None:
        self._put(facts.HangUpWanted(call=self._call, session=self._session, cause=cause))


@dataclass(slots=True)
class _Running:
    number: int
    session: sessions.IvrSession


class IvrGateway:
    """All sessions of this CTI server, by call."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        put: Callable[[IvrOrder | facts.CustomerRead], None],
        flows: Flows,
        synthesizer: SpeechSynthesizer,
        customers: Customers,
        hosts: HostSystems,
        calendars: Calendars,
        recordings: str,
        country: str,
    ) -> None:
        self._tasks = tasks
        self._put = put
        self._flows = flows
        self._synthesizer = synthesizer
        self._customers = customers
        self._hosts = hosts
        self._calendars = calendars
        self._recordings = recordings
        self._country = country
        self._running: dict[CallId, _Running] = {}

    def start(self, start: StartIvr) -> None:
        """Begin a session; one that still runs on the call ends."""
        earlier = self._running.pop(start.call, None)
        if earlier is not None:
            earlier.session.put(events.CallerGone())
        published = self._flows.find(start.flow, start.version)
        if published is None:  # the configuration has changed since the call was sent there
            why = f"there is no flow {start.flow}"
            self._put(facts.SessionFailed(call=start.call, session=start.session, why=why))
            return
        control = _Control(self._put, start, published)
        session = sessions.IvrSession(
            flow=published.flow,
            started=events.Started(call=start.call, resumed_at_node=start.node, fields=dict(start.fields)),
            control=control,
            hosts=CallHosts(
                self._hosts,
                self._customers,
                put=self._put,
                complete=self._complete_later,
                start=start,
                country=self._country,
            ),
            calendars=self._calendars,
            synthesizer=self._synthesizer,
            recordings=self._recordings,
        )
        control.tell = session.put
        self._running[start.call] = _Running(start.session, session)
        self._tasks.create_task(self._run(start.call, start.session, session))

    def stop(self, call: CallId, session: int, *, hung_up: bool) -> None:
        """The call is out of its session's hands; a flow whose caller has hung up runs its hang-up exits."""
        running = self._running.pop(call, None)
        if running is not None:
            running.session.put(events.CallerGone(hung_up=hung_up))
        else:
            self._put(facts.SessionEnded(call=call, session=session))

    def digit(self, call: CallId, digit: str) -> None:
        """The caller pressed a key."""
        running = self._running.get(call)
        if running is not None:
            running.session.put(events.DigitPressed(digit=digit))

    def played(self, call: CallId, session: int, step: int, outcome: PlayOutcome) -> None:
        """Prompts were heard, stopped or failed."""
        running = self._running.get(call)
        if running is None or running.number != session:
            return
        if outcome is PlayOutcome.FAILED:
            running.session.put(events.PromptsFailed(step=step, why="not played"))
        else:
            running.session.put(events.PromptsFinished(step=step))

    def place(self, call: CallId, session: int, position: int | None, expected_wait: float | None) -> None:
        """Where the waiting caller stands now."""
        running = self._running.get(call)
        if running is not None and running.number == session:
            running.session.put(events.PlaceChanged(position=position, expected_wait=expected_wait))

    def called_back(self, call: CallId, session: int, step: int, refused: str | None) -> None:
        """The caller will be called back, or why he will not be."""
        running = self._running.get(call)
        if running is None or running.number != session:
            return
        if refused is None:
            running.session.put(events.CallbackTaken(step=step))
        else:
            running.session.put(events.CallbackRefused(step=step, why=refused))

    def not_taken(self, call: CallId, session: int, step: int, why: str) -> None:
        """Nobody has taken the caller over, who is here again."""
        running = self._running.get(call)
        if running is not None and running.number == session:
            running.session.put(events.TransferFailed(step=step, why=events.TransferFailure(why)))

    def recorded(self, call: CallId, session: int, step: int, seconds: float | None) -> None:
        """A recording is over, and holds so many seconds; none: nothing could be recorded."""
        running = self._running.get(call)
        if running is None or running.number != session:
            return
        if seconds is None:
            running.session.put(events.RecordingFailed(step=step, why="not recorded"))
        else:
            running.session.put(events.Recorded(step=step, seconds=seconds))

    def _complete_later(self, interaction: InteractionId, card: CustomerCard) -> None:
        """Read a card again that lacked what a source had not said in time: its answer may have come meanwhile."""
        self._tasks.create_task(self._completed(interaction, card), name="completing a card")

    async def _completed(self, interaction: InteractionId, card: CustomerCard) -> None:
        await asyncio.sleep(SOURCES_HAVE_ANSWERED)
        try:
            found = await self._customers.by_account(card.account)
        except ExternalFailure:
            return  # the pop stays as it is
        except Exception:  # noqa: BLE001 -- bulkhead: one card
            _log.exception("card_not_completed")
            return
        if found is not None and len(found.partial) < len(card.partial):
            self._put(facts.CustomerRead(interaction=interaction, card=found))

    async def read_customer(self, interaction: InteractionId, account: str) -> None:
        """Tell the writer about the customer with this account. Raises `ExternalFailure`."""
        card = await self._customers.by_account(account)
        if card is not None:
            self._put(facts.CustomerRead(interaction=interaction, card=card))

    async def _run(self, call: CallId, number: int, session: sessions.IvrSession) -> None:
        outcome = await session.run()
        running = self._running.get(call)
        if running is not None and running.session is session:
            del self._running[call]
        if isinstance(outcome, sessions.SessionFailed):
            self._put(facts.SessionFailed(call=call, session=number, why=outcome.why))
        self._put(facts.SessionEnded(call=call, session=number))
