"""What the CTI server needs from outside, said in its own words. Adapters and fakes stand behind these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from callcenter.api.messages import CustomerCard, Reply, Report, Request
from callcenter.domain.catalogue import Catalogue
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.events import SwitchEvent, SwitchSnapshot
from callcenter.domain.ids import AgentId, CallId, DeviceName, InteractionId
from callcenter.domain.interaction import InteractionEvent
from ivr.flow.flow import Flow


class Clock(Protocol):
    """Both times we use: monotonic seconds for durations, UTC for what outlives the process."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, comparable only within this process."""
        ...

    def utc(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class IdSource(Protocol):
    """Makes identifiers."""

    def interaction_id(self) -> InteractionId:
        """Return a fresh UUID (version 7: they sort by time)."""
        ...


class EventSink(Protocol):
    """How adapters hand facts in. Never blocks, never raises, keeps the order."""

    def put(self, event: SwitchEvent) -> None:
        """Take one fact."""
        ...


class Switch(Protocol):
    """The switch as a commander sees it."""

    async def carry_out(self, command: SwitchCommand) -> None:
        """Send one command and wait until the switch took it.

        Commands to one call are sent in the order of the calls to this method. Raises `ExternalFailure`; a call or
        connection that has gone meanwhile is a failure that is not retryable. Nothing is ever sent twice.
        """
        ...

    async def snapshot(self) -> SwitchSnapshot:
        """Read all live calls and registered devices back. Raises `ExternalFailure`."""
        ...


class PlayOutcome(StrEnum):
    """How playing ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class MediaControl(Protocol):
    """What a call that is in the IVR hears, and what is recorded of it. One thing at a time on a call."""

    async def play(self, call: CallId, files: Sequence[str]) -> PlayOutcome:
        """Play files (absolute, without extension) one after the other; return when done, stopped or failed.

        Never raises for a call that has gone: that is `PlayOutcome.FAILED`.
        """
        ...

    async def stop(self, call: CallId) -> None:
        """Stop what is playing at once; nothing playing is no error."""
        ...

    async def play_music(self, call: CallId) -> None:
        """Let the caller hear music until a prompt is played or the call leaves the IVR. Never raises."""
        ...

    async def record(self, call: CallId, file: str, *, longest: float, silence: float, end_keys: str) -> bool:
        """Sound a tone and record what the caller says into `file` (absolute; ``.wav``, 8 kHz, is added).

        Ends after `longest` seconds, after `silence` seconds without a voice, or by one of `end_keys`; return whether
        the recording ended in one of these ways. False when nothing could be recorded, or when the caller left: what
        was said until then is in the file. Never raises.
        """
        ...


class RecordingFiles(Protocol):
    """Where the switch puts what it records of callers. A file is known by its name, which the writer makes."""

    def path(self, file: str) -> str:
        """Return where the switch shall record this file: absolute, without extension."""
        ...

    async def seconds(self, file: str) -> float | None:
        """Return how long a recording is; none when there is none. Never raises for what the file holds."""
        ...

    async def delete(self, file: str) -> None:
        """Delete a recording; one that is not there is deleted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """An agent as the people's records know him: what the engine and the switch need."""

    agent: AgentId
    name: str
    device: DeviceName
    skills: Mapping[str, int]


class People(Protocol):
    """Who works here."""

    async def agents(self) -> Sequence[AgentRecord]:
        """Return every active agent. Raises `ExternalFailure`."""
        ...


class Customers(Protocol):
    """The customer master, as a call needs it: by number while it rings, by account when it was keyed."""

    async def by_number(self, number: str) -> CustomerCard | None:
        """Return the one customer who has this number (E.164), with the last interactions.

        None when nobody or more than one has it. Raises `ExternalFailure`.
        """
        ...

    async def by_account(self, account: str) -> CustomerCard | None:
        """Return the customer with this account number. Raises `ExternalFailure`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the journal still knows of one unfinished interaction after a restart: its events in order."""

    interaction: InteractionId
    events: tuple[InteractionEvent, ...]


class Journal(Protocol):
    """The local, durable, append-only store of what happened; drained to SQL later, exactly once by event id."""

    def append(self, event: InteractionEvent) -> None:
        """Take one event; returns at once. Events become durable in the order they were given."""
        ...

    async def durable(self) -> None:
        """Return when every event given before this call is on disk. Raises `ExternalFailure`."""
        ...

    async def unfinished(self) -> Sequence[Remembered]:
        """Return the interactions that have no closing event yet."""
        ...

    async def next_epoch(self) -> int:
        """Return a number greater than any returned before, durably."""
        ...

    def remember_agent(self, agent: AgentId, state: Mapping[str, str] | None) -> None:
        """Keep what an agent last chose (None: signed off), so that a restart restores it; returns at once."""
        ...

    async def agents(self) -> Mapping[AgentId, Mapping[str, str]]:
        """Return what each signed-on agent last chose."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFlow:
    """A flow as it was published, and under which number."""

    flow: Flow
    version: int


class Flows(Protocol):
    """The flows that calls run."""

    def find(self, name: str, version: int | None = None) -> PublishedFlow | None:
        """Return the live version, or that which a call was in (the live one if it is lost); None: there is no flow."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConfiguration:
    """A configuration that can be used; `notes` say what of the files does not take effect yet."""

    catalogue: Catalogue
    notes: tuple[str, ...] = ()


class Configuration(Protocol):
    """The configuration's files, and whoever holds a part of what was read from them."""

    async def read(self) -> FoundConfiguration:
        """Read and check all of it, and make ready what it needs. Raises `ConfigError` that lists every problem."""
        ...

    def taken(self, catalogue: Catalogue) -> None:
        """The writer decides by this one from now on."""
        ...


class EventBus(Protocol):
    """Reports to the desktops."""

    @property
    def seq(self) -> int:
        """The number of the newest report given; a snapshot made now is as of this one."""
        ...

    def publish(self, report: Report) -> None:
        """Queue one report; the order is kept. Never blocks, never raises: an outage shows as a gap in `seq`."""
        ...


class RequestSink(Protocol):
    """How the bus hands in what the desktops ask."""

    def put_request(self, request: Request, answer: Callable[[Reply], None]) -> None:
        """Take one request. Never blocks, never raises, keeps the order.

        `answer` is called once, now or later, from the same event loop. Who asked gives up after two seconds.
        """
        ...
