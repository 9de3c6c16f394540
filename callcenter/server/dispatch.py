"""Carries decisions to the ports. What comes of them returns to the inbox as facts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from callcenter.api.messages import Refused, RepairReport, Report, Snapshot
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.errors import ConfigError, ExternalFailure
from callcenter.ports import Configuration, EventBus, Journal, MediaControl, PlayOutcome, RecordingFiles, Switch
from callcenter.server import effects
from callcenter.server.effects import Effect
from callcenter.server.facts import (
    CommandFailed,
    ConfigurationRead,
    ConfigurationRefused,
    RecordingMeasured,
    SwitchSeen,
)
from callcenter.server.inbox import Inbox
from callcenter.server.ivr_gateway import IvrGateway

HANG_UP_SETTLES = 0.3
"""Seconds until a recording that broke off is told to its session: if the caller hung up, that was told before."""

FILE_SETTLES = 5.0
"""Seconds after which the file of a recording whose caller has gone is as long as it will be."""

_log = structlog.get_logger(__name__)


class Dispatch:
    """The hands of the writer.

    `resynchronise` asks the switch's adapter for a new `SwitchConnected`, in order with the facts around it.
    """

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        inbox: Inbox,
        switch: Switch,
        media: MediaControl,
        recordings: RecordingFiles,
        journal: Journal,
        bus: EventBus,
        ivr: IvrGateway,
        configuration: Configuration,
        resynchronise: Callable[[], None],
    ) -> None:
        self._tasks = tasks
        self._inbox = inbox
        self._switch = switch
        self._media = media
        self._recordings = recordings
        self._being_recorded: dict[str, asyncio.Task[None]] = {}  # by file
        self._journal = journal
        self._bus = bus
        self._ivr = ivr
        self._configuration = configuration
        self._resynchronise = resynchronise

    def carry_out(self, decisions: list[Effect]) -> None:
        """Begin all of it, in order; never waits."""
        for decision in decisions:
            self._begin(decision)

    def _begin(self, effect: Effect) -> None:  # noqa: C901, PLR0912 -- one case per effect
        match effect:
            case effects.Command():
                self._tasks.create_task(self._command(effect.command))
            case effects.Record():
                self._journal.append(effect.event)
            case effects.Tell():
                self._tell(effect.report)
            case effects.Answer():
                self._answer(effect)
            case effects.StartIvr():
                self._ivr.start(effect)
            case effects.StopIvr():
                self._ivr.stop(effect.call, effect.session, hung_up=effect.hung_up)
            case effects.PassDigit():
                self._ivr.digit(effect.call, effect.digit)
            case effects.Play():
                self._tasks.create_task(self._play(effect))
            case effects.StopPlaying():
                self._tasks.create_task(self._stop(effect))
            case effects.TellPlace():
                self._ivr.place(effect.call, effect.session, effect.position, effect.expected_wait)
            case effects.TellCallback():
                self._tasks.create_task(self._tell_callback(effect))
            case effects.TellTransfer():
                self._ivr.not_taken(effect.call, effect.session, effect.step, effect.why)
            case effects.PlayMusic():
                self._tasks.create_task(self._play_music(effect))
            case effects.RecordCaller():
                recording = self._tasks.create_task(self._record(effect))
                self._being_recorded[effect.file] = recording
                recording.add_done_callback(lambda _: self._being_recorded.pop(effect.file, None))
            case effects.MeasureRecording():
                self._tasks.create_task(self._measure(effect))
            case effects.DeleteRecording():
                self._tasks.create_task(self._delete(effect))
            case effects.ReadCustomer():
                self._tasks.create_task(self._read_customer(effect))
            case effects.RememberAgent():
                self._journal.remember_agent(effect.agent, effect.choice)
            case effects.Resynchronise():
                self._resync(effect.why)
            case effects.LookAtSwitch():
                self._tasks.create_task(self._look())
            case effects.ReadConfiguration():
                self._tasks.create_task(self._read_configuration(effect.request_id))
            case effects.ConfigurationTaken():
                self._configuration.taken(effect.catalogue)
                _log.info("configuration_taken", changes=effect.changes)

    def _tell(self, report: Report) -> None:
        if isinstance(report, RepairReport):
            done = report.repair
            _log.warning("repaired", repair=done.repair, agent=done.agent, interaction=done.interaction, by=done.by)
        self._bus.publish(report)

    async def _look(self) -> None:
        try:
            self._inbox.put_fact(SwitchSeen(snapshot=await self._switch.snapshot()))
        except ExternalFailure as failure:
            _log.info("switch_not_seen", why=str(failure))
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("switch_not_seen")

    async def _command(self, command: SwitchCommand) -> None:
        try:
            await self._switch.carry_out(command)
        except ExternalFailure as failure:
            self._failed(command, str(failure))
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("command_failed", command=type(command).__name__)
            self._failed(command, "unexpected")

    def _failed(self, command: SwitchCommand, why: str) -> None:
        _log.info("command_not_taken", command=type(command).__name__, why=why)
        self._inbox.put_fact(CommandFailed(command=command, why=why))

    async def _play(self, play: effects.Play) -> None:
        try:
            outcome = await self._media.play(play.call, play.files)
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("prompt_failed")
            outcome = PlayOutcome.FAILED
        self._ivr.played(play.call, play.session, play.step, outcome)

    async def _stop(self, stop: effects.StopPlaying) -> None:
        try:
            await self._media.stop(stop.call)
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("prompt_not_stopped")

    async def _play_music(self, music: effects.PlayMusic) -> None:
        try:
            await self._media.play_music(music.call)
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("music_failed")

    async def _tell_callback(self, told: effects.TellCallback) -> None:
        """Promise nothing to a caller that a crash could make us forget."""
        refused = told.refused
        try:
            if refused is None:
                await self._journal.durable()
        except ExternalFailure as failure:
            _log.error("journal_not_durable", why=str(failure))
            refused = "it could not be saved"
        self._ivr.called_back(told.call, told.session, told.step, refused)

    async def _record(self, order: effects.RecordCaller) -> None:
        seconds: float | None = None
        try:
            over = await self._media.record(
                order.call,
                self._recordings.path(order.file),
                longest=order.longest,
                silence=order.silence,
                end_keys=order.end_keys,
            )
            if over:
                seconds = await self._recordings.seconds(order.file)
            else:
                await asyncio.sleep(HANG_UP_SETTLES)
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("recording_failed")
        self._ivr.recorded(order.call, order.session, order.step, seconds)

    async def _measure(self, order: effects.MeasureRecording) -> None:
        """A caller who hung up is told of before the switch has closed his file: wait for that, but not for ever."""
        seconds: float | None = None
        try:
            recording = self._being_recorded.get(order.file)
            if recording is not None:
                await asyncio.wait([recording], timeout=FILE_SETTLES)
            seconds = await self._recordings.seconds(order.file)
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("recording_not_measured")
        self._inbox.put_fact(RecordingMeasured(interaction=order.interaction, file=order.file, seconds=seconds))

    async def _delete(self, order: effects.DeleteRecording) -> None:
        try:
            await self._recordings.delete(order.file)
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("recording_not_deleted")

    async def _read_customer(self, wanted: effects.ReadCustomer) -> None:
        try:
            await self._ivr.read_customer(wanted.interaction, wanted.account)
        except ExternalFailure as failure:
            _log.warning("customer_not_read", why=str(failure))
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("customer_not_read")

    async def _read_configuration(self, request_id: str | None) -> None:
        fact: ConfigurationRead | ConfigurationRefused
        try:
            found = await self._configuration.read()
        except ConfigError as error:
            fact = ConfigurationRefused(request_id=request_id, problems=str(error))
        except Exception:  # noqa: BLE001 -- bulkhead: one dispatched command
            _log.exception("configuration_not_read")
            fact = ConfigurationRefused(request_id=request_id, problems="could not be read; see the CTI server's log")
        else:
            fact = ConfigurationRead(request_id=request_id, catalogue=found.catalogue, notes=found.notes)
        if isinstance(fact, ConfigurationRefused):
            _log.error("configuration_refused", why=fact.problems)
        self._inbox.put_fact(fact)

    def _answer(self, answer: effects.Answer) -> None:
        reply = answer.reply
        if isinstance(reply, Snapshot):
            reply = Snapshot(snapshot=reply.snapshot.model_copy(update={"seq": self._bus.seq}))
        if answer.when_durable:
            self._tasks.create_task(self._answer_when_durable(answer))
        else:
            self._inbox.answer(answer.request_id, reply)

    async def _answer_when_durable(self, answer: effects.Answer) -> None:
        try:
            await self._journal.durable()
        except ExternalFailure as failure:
            _log.error("journal_not_durable", why=str(failure))
            self._inbox.answer(answer.request_id, Refused(code="not_durable", message="could not be saved; try again"))
        else:
            self._inbox.answer(answer.request_id, answer.reply)

    def _resync(self, why: str) -> None:
        _log.warning("resynchronising", why=why)
        self._resynchronise()
