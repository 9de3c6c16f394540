"""Decisions are carried to the ports in order; what comes of them returns as facts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from callcenter.api.messages import (
    Done,
    LinkLive,
    LinkReport,
    Refused,
    Repair,
    RepairLive,
    RepairReport,
    Reply,
    SignOff,
    Snapshot,
    SnapshotWanted,
    StateSnapshot,
)
from callcenter.domain import commands
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.errors import ConfigError, ExternalFailure
from callcenter.domain.events import SwitchSnapshot
from callcenter.domain.ids import AgentId, CallId, InteractionId
from callcenter.domain.interaction import EventKind
from callcenter.ports import FoundConfiguration, PlayOutcome, Switch
from callcenter.server import effects
from callcenter.server.dispatch import Dispatch
from callcenter.server.facts import (
    CommandFailed,
    ConfigurationRead,
    ConfigurationRefused,
    Fact,
    RecordingMeasured,
    SwitchSeen,
)
from callcenter.server.house_calendars import HouseCalendars
from callcenter.server.inbox import Inbox
from callcenter.server.ivr_gateway import IvrGateway
from tests.fakes.bus import FakeEventBus
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.customers import FakeCustomers
from tests.fakes.flows import FakeFlows
from tests.fakes.host_systems import FakeHostSystems
from tests.fakes.journal import FakeJournal
from tests.fakes.media_control import FakeMediaControl
from tests.fakes.recording_files import FakeRecordingFiles
from tests.fakes.speech import FakeSpeechSynthesizer
from tests.support.floor import catalogue
from tests.support.interactions import Story

CALL = CallId("1.1")
INTERACTION = InteractionId("00000000-0000-7000-8000-000000000001")
BEAT = commands.Beat(epoch_seconds=1)
MARK = commands.MarkCall(call=CALL, interaction=InteractionId("i"), epoch=1)


class Wire(Switch):
    """Takes commands in the order they are sent; `refuses` says what becomes of a kind."""

    def __init__(self) -> None:
        self.sent: list[SwitchCommand] = []
        self.refuses: dict[type[SwitchCommand], Exception] = {}
        self.seen: SwitchSnapshot | Exception = SwitchSnapshot(calls=(), in_service=frozenset())

    async def carry_out(self, command: SwitchCommand) -> None:
        self.sent.append(command)
        await asyncio.sleep(0)
        refusal = self.refuses.get(type(command))
        if refusal is not None:
            raise refusal

    async def snapshot(self) -> SwitchSnapshot:
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen


class BrokenMedia(FakeMediaControl):
    """Breaks in a way that its port does not know."""

    async def play(self, call: CallId, files: Sequence[str]) -> PlayOutcome:
        raise ZeroDivisionError

    async def stop(self, call: CallId) -> None:
        raise ZeroDivisionError

    async def play_music(self, call: CallId) -> None:
        raise ZeroDivisionError

    async def record(self, call: CallId, file: str, *, longest: float, silence: float, end_keys: str) -> bool:
        raise ZeroDivisionError


class Sessions(IvrGateway):
    """Writes down what is passed to sessions, and runs none."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(
            tasks=tasks,
            put=lambda _: None,
            flows=FakeFlows(),
            synthesizer=FakeSpeechSynthesizer(),
            customers=FakeCustomers(),
            hosts=FakeHostSystems(),
            calendars=HouseCalendars(dict, FakeClock().utc),
            recordings="",
            country="DE",
        )
        self.passed: list[tuple[object, ...]] = []

    def start(self, start: effects.StartIvr) -> None:
        self.passed.append(("start", start.call))

    def stop(self, call: CallId, session: int, *, hung_up: bool) -> None:
        self.passed.append(("stop", call, session, hung_up))

    def recorded(self, call: CallId, session: int, step: int, seconds: float | None) -> None:
        self.passed.append(("recorded", call, session, step, seconds))

    def called_back(self, call: CallId, session: int, step: int, refused: str | None) -> None:
        self.passed.append(("called back", call, session, step, refused))

    def not_taken(self, call: CallId, session: int, step: int, why: str) -> None:
        self.passed.append(("not taken", call, session, step, why))

    def digit(self, call: CallId, digit: str) -> None:
        self.passed.append(("digit", call, digit))

    async def read_customer(self, interaction: InteractionId, account: str) -> None:
        self.passed.append(("read", interaction, account))
        raise ExternalFailure("down", retryable=True) if account == "4711" else ZeroDivisionError

    def played(self, call: CallId, session: int, step: int, outcome: PlayOutcome) -> None:
        self.passed.append(("played", call, session, step, outcome))


@dataclass
class Hands:
    dispatch: Dispatch
    inbox: Inbox
    switch: Wire
    journal: FakeJournal
    bus: FakeEventBus
    sessions: Sessions
    resynchronised: list[None] = field(default_factory=list)

    def facts(self) -> list[Fact]:
        taken = []
        while (entry := self.inbox.take()) is not None:
            taken.append(entry.fact)
        return taken


@asynccontextmanager
async def hands(
    media: FakeMediaControl | None = None,
    files: FakeRecordingFiles | None = None,
    configuration: FakeConfiguration | None = None,
) -> AsyncIterator[Hands]:
    """Give the writer's hands; what they have begun is finished on leaving."""
    async with asyncio.TaskGroup() as tasks:
        inbox, switch, journal, bus, sessions = Inbox(), Wire(), FakeJournal(), FakeEventBus(), Sessions(tasks)
        resynchronised: list[None] = []
        dispatch = Dispatch(
            tasks=tasks,
            inbox=inbox,
            switch=switch,
            media=media or BrokenMedia(),
            recordings=files or FakeRecordingFiles(),
            journal=journal,
            bus=bus,
            ivr=sessions,
            configuration=configuration or FakeConfiguration(),
            resynchronise=lambda: resynchronised.append(None),
        )
        yield Hands(dispatch, inbox, switch, journal, bus, sessions, resynchronised)


async def test_commands_reach_the_switch_in_the_order_of_the_decisions() -> None:
    """Though each waits for its own answer."""
    order: list[SwitchCommand] = [MARK, BEAT, commands.RecallCall(call=CALL), commands.ReturnToIvr(call=CALL)]
    async with hands() as own:
        own.dispatch.carry_out([effects.Command(command=one) for one in order])
    assert own.switch.sent == order


async def test_a_command_that_was_not_taken_becomes_a_fact() -> None:
    """Whatever was the matter, the writer is told, and nothing is sent again."""
    async with hands() as own:
        own.switch.refuses[commands.Beat] = ExternalFailure("link lost", retryable=True)
        own.switch.refuses[commands.MarkCall] = ZeroDivisionError()
        own.dispatch.carry_out([effects.Command(command=BEAT), effects.Command(command=MARK)])
    assert own.facts() == [
        CommandFailed(command=BEAT, why="link lost"),
        CommandFailed(command=MARK, why="unexpected"),
    ]
    assert own.switch.sent == [BEAT, MARK]


async def test_a_look_at_the_switch_becomes_a_fact_and_one_that_fails_is_none() -> None:
    async with hands() as own:
        own.dispatch.carry_out([effects.LookAtSwitch()])
    assert own.facts() == [SwitchSeen(snapshot=SwitchSnapshot(calls=(), in_service=frozenset()))]
    for failure in (ExternalFailure("link lost", retryable=True), ZeroDivisionError()):
        async with hands() as own:
            own.switch.seen = failure
            own.dispatch.carry_out([effects.LookAtSwitch()])
        assert own.facts() == []


async def test_a_repair_is_reported_and_stands_in_the_log() -> None:
    """Without anything of the customer."""
    live = RepairLive(at=1, repair=Repair.AGENT_FREED, agent="ana", interaction=INTERACTION, by=None)
    with capture_logs() as logged:
        async with hands() as own:
            own.dispatch.carry_out([effects.Tell(report=RepairReport(repair=live))])
    assert own.bus.reports == [RepairReport(repair=live)]
    assert [(one["event"], one["repair"], one["agent"]) for one in logged] == [("repaired", "agent_freed", "ana")]


async def test_records_reports_and_choices() -> None:
    """Each goes to its own port at once, in order."""
    story = Story()
    first, second = story.tell(EventKind.STARTED), story.tell(EventKind.CLOSED)
    report = LinkReport(link=LinkLive(switch_up=True, epoch=1))
    async with hands() as own:
        own.dispatch.carry_out(
            [
                effects.Record(event=first),
                effects.Tell(report=report),
                effects.Record(event=second),
                effects.RememberAgent(agent=AgentId("bo"), choice={"state": "ready"}),
                effects.Resynchronise(why="a test"),
            ]
        )
        assert own.journal.events == [first, second]
        assert own.bus.reports == [report]
        assert await own.journal.agents() == {"bo": {"state": "ready"}}
        assert len(own.resynchronised) == 1


async def test_a_snapshot_is_as_of_the_newest_report() -> None:
    """What was decided before it has been published, and its number says so."""
    given: list[Reply] = []
    state = StateSnapshot(
        epoch=1,
        seq=0,
        at=0,
        link=LinkLive(switch_up=True, epoch=1),
        agents=(),
        contacts={},
        queues=(),
        reasons=(),
    )
    report = LinkReport(link=LinkLive(switch_up=True, epoch=1))
    async with hands() as own:
        own.inbox.put_request(SnapshotWanted(), given.append)
        own.dispatch.carry_out(
            [effects.Tell(report=report), effects.Answer(request_id="r1", reply=Snapshot(snapshot=state))]
        )
    (reply,) = given
    assert isinstance(reply, Snapshot)
    assert reply.snapshot.seq == 1


async def test_a_lasting_answer_waits_for_the_disk() -> None:
    """Nobody is told that his note is saved before it is."""
    given: list[Reply] = []
    event = Story().tell(EventKind.NOTE_SAVED)
    async with hands() as own:
        own.inbox.put_request(SignOff(agent="bo"), given.append)
        own.dispatch.carry_out(
            [effects.Record(event=event), effects.Answer(request_id="r1", reply=Done(), when_durable=True)]
        )
        assert given == []
    assert given == [Done()]
    own.journal.crash()
    assert own.journal.events == [event]


async def test_a_disk_that_fails_is_an_answer_as_well() -> None:
    """The agent is told that it was not saved; the call goes on."""
    given: list[Reply] = []
    async with hands() as own:
        own.journal.broken = "disk full"
        own.inbox.put_request(SignOff(agent="bo"), given.append)
        own.dispatch.carry_out([effects.Answer(request_id="r1", reply=Done(), when_durable=True)])
    assert [reply.code for reply in given if isinstance(reply, Refused)] == ["not_durable"]


async def test_a_caller_is_promised_nothing_before_it_is_on_disk() -> None:
    event = Story().tell(EventKind.CALLBACK_PROMISED)
    told = effects.TellCallback(call=CALL, session=1, step=2, refused=None)
    async with hands() as own:
        own.dispatch.carry_out([effects.Record(event=event), told])
        assert own.sessions.passed == []
    own.journal.crash()
    assert own.journal.events == [event]
    assert own.sessions.passed == [("called back", CALL, 1, 2, None)]


async def test_a_promise_that_cannot_be_kept_on_disk_is_none() -> None:
    async with hands() as own:
        own.journal.broken = "disk full"
        own.dispatch.carry_out([effects.TellCallback(call=CALL, session=1, step=2, refused=None)])
    assert own.sessions.passed == [("called back", CALL, 1, 2, "it could not be saved")]


async def test_sessions_are_told_what_is_theirs() -> None:
    """Start, keys, stop."""
    start = effects.StartIvr(call=CALL, interaction=INTERACTION, session=1, flow="support", node=None, fields={})
    async with hands() as own:
        told = effects.TellTransfer(call=CALL, session=1, step=2, why="busy")
        digit = effects.PassDigit(call=CALL, digit="5")
        own.dispatch.carry_out([start, digit, told, effects.StopIvr(call=CALL, session=1)])
    assert own.sessions.passed == [
        ("start", CALL),
        ("digit", CALL, "5"),
        ("not taken", CALL, 1, 2, "busy"),
        ("stop", CALL, 1, False),
    ]


async def test_media_that_break_do_not_break_the_server() -> None:
    """A prompt that cannot be played is told as such, and one that cannot be stopped is let be."""
    async with hands() as own:
        own.dispatch.carry_out(
            [effects.Play(call=CALL, session=1, step=2, files=("/a",)), effects.StopPlaying(call=CALL)]
        )
    assert own.sessions.passed == [("played", CALL, 1, 2, PlayOutcome.FAILED)]


async def test_a_customer_who_cannot_be_read_breaks_nothing() -> None:
    """The page shows what is known of him; the server goes on."""
    async with hands() as own:
        for account in ("4711", "4712"):
            own.dispatch.carry_out([effects.ReadCustomer(interaction=InteractionId("i"), account=account)])
    assert own.sessions.passed == [("read", "i", "4711"), ("read", "i", "4712")]
    assert own.facts() == []


RECORDING = effects.RecordCaller(call=CALL, session=1, step=4, file="message", longest=60, silence=4, end_keys="#")


async def test_what_a_caller_leaves_is_measured_when_he_has_said_it() -> None:
    """The session is told how long it is; the writer too, when it asks."""
    files = FakeRecordingFiles()
    files.lengths["message"] = 7.5
    async with hands(FakeMediaControl(), files) as own:
        own.dispatch.carry_out([RECORDING, effects.MeasureRecording(interaction=INTERACTION, file="message")])
    assert own.sessions.passed == [("recorded", CALL, 1, 4, 7.5)]
    assert RecordingMeasured(interaction=INTERACTION, file="message", seconds=7.5) in own.facts()


async def test_a_caller_who_leaves_while_recorded_is_measured_when_the_switch_is_done() -> None:
    media, files = FakeMediaControl(at_once=False), FakeRecordingFiles()
    async with hands(media, files) as own:
        own.dispatch.carry_out([RECORDING])
        await asyncio.sleep(0)
        own.dispatch.carry_out([effects.MeasureRecording(interaction=INTERACTION, file="message")])
        await asyncio.sleep(0)
        files.lengths["message"] = 3.0  # the switch has closed the file
        media.fail(CALL)
    assert own.sessions.passed == [("recorded", CALL, 1, 4, None)]
    assert RecordingMeasured(interaction=INTERACTION, file="message", seconds=3.0) in own.facts()


async def test_a_recording_that_breaks_is_told_and_an_unwanted_one_is_deleted() -> None:
    files = FakeRecordingFiles()
    files.lengths["message"] = 9.0
    async with hands(files=files) as own:
        own.dispatch.carry_out([RECORDING, effects.DeleteRecording(file="message"), effects.PlayMusic(call=CALL)])
    assert own.sessions.passed == [("recorded", CALL, 1, 4, None)]
    assert files.deleted == ["message"]


async def test_a_configuration_that_was_read_becomes_a_fact_and_what_is_taken_is_passed_on() -> None:
    """Under the name of the request that waits for the answer."""
    house = catalogue()
    files = FakeConfiguration(FoundConfiguration(catalogue=house, notes=("hosts: later",)))
    async with hands(configuration=files) as own:
        own.dispatch.carry_out([effects.ReadConfiguration(request_id="r1")])
    assert own.facts() == [ConfigurationRead(request_id="r1", catalogue=house, notes=("hosts: later",))]
    own.dispatch.carry_out([effects.ConfigurationTaken(catalogue=house, changes=())])
    assert files.in_force == [house]


@pytest.mark.parametrize(
    ("failure", "problems"),
    [
        (ConfigError("a.yaml:3", "no such queue"), "a.yaml:3: no such queue"),
        (ZeroDivisionError(), "could not be read; see the CTI server's log"),
    ],
)
async def test_a_configuration_that_cannot_be_read_is_refused(failure: Exception, problems: str) -> None:
    """Whatever was the matter, who asked is told."""
    async with hands(configuration=FakeConfiguration(failure)) as own:
        own.dispatch.carry_out([effects.ReadConfiguration(request_id=None)])
    assert own.facts() == [ConfigurationRefused(request_id=None, problems=problems)]
