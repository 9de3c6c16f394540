"""A small PBX in memory: the model switch of the scenarios, as the port, with the people who use its telephones.

It keeps the dialplan's promises as the real one does: a silent CTI server loses callers from the IVR to the waiting
room and from there to the PBX's own queue, a ringing that ends without an answer brings the caller back, an agent
who hangs up ends the call. While the link is lost everything goes on, but nobody is told.

Time is the given clock's; after it has moved call `handle_timer`.
"""

from __future__ import annotations

from collections.abc import Callable

from callcenter.domain.cause import Cause
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.events import IvrLeft, SwitchConnected, SwitchDisconnected, SwitchEvent, SwitchSnapshot
from callcenter.domain.ids import CallId, DeviceName
from callcenter.ports import Clock, EventSink, Switch
from tests.support.model_pbx import CommandRefused, ModelPbx

GRACE = 2.0  # seconds without registration until a device is out of service
AUDIO_LIMIT = 5.0  # seconds without audio until a leg is cleared


class FakeSwitch(Switch):
    """The Switch port, and the people who use the telephones around it."""

    def __init__(self, sink: EventSink, clock: Clock, *, left_ivr: Callable[[CallId], None] = lambda _: None) -> None:
        self.commands: list[SwitchCommand] = []
        self.linked = True
        utc_offset = clock.utc().timestamp() - clock.monotonic()
        self.pbx = ModelPbx(now=clock.monotonic(), utc_offset=utc_offset, heartbeat=clock.utc().timestamp())
        self._sink = sink
        self._clock = clock
        self._left_ivr = left_ivr
        self._leaving: dict[DeviceName, float] = {}
        self._silent: dict[DeviceName, float] = {}

    # -- the port ------------------------------------------------------------------------------------------------

    async def carry_out(self, command: SwitchCommand) -> None:
        """Do it now. Raises `ExternalFailure`."""
        if not self.linked:
            raise ExternalFailure("link to the switch lost", retryable=True)
        self.commands.append(command)
        self.pbx.now = self._clock.monotonic()
        try:
            self.pbx.obey(command)
        except CommandRefused as refused:
            raise ExternalFailure("no such call or connection", retryable=False) from refused
        finally:
            self._tell()

    async def snapshot(self) -> SwitchSnapshot:
        """Say what there is. Raises `ExternalFailure`."""
        if not self.linked:
            raise ExternalFailure("link to the switch lost", retryable=True)
        return self.pbx.snapshot()

    # -- callers and numbers outside -------------------------------------------------------------------------------

    def call_arrives(self, called: str = "5550100", number: str = "+49301234567", name: str = "") -> CallId:
        """Somebody dials a published number."""
        call = self.pbx.arrive(called=called, number=number, name=name)
        self.pbx.enter(call)
        self._tell()
        return call

    def caller_presses(self, call: CallId, digits: str) -> None:
        """The caller presses keys."""
        for digit in digits:
            self.pbx.press(call, digit)
        self._tell()

    def caller_hangs_up(self, call: CallId) -> None:
        """The caller has enough."""
        self.pbx.hang_up(call)
        self._tell()

    def number_answers(self) -> None:
        """The number that rings is answered."""
        self.pbx.number_answers()
        self._tell()

    def number_rejects(self) -> None:
        """The number that rings is busy."""
        self.pbx.number_fails()
        self._tell()

    def number_hangs_up(self) -> None:
        """Whom an agent called outside has enough."""
        self.pbx.number_hangs_up()
        self._tell()

    # -- agents --------------------------------------------------------------------------------------------------

    def register(self, device: str) -> None:
        """A softphone comes (back) to life."""
        self._leaving.pop(DeviceName(device), None)
        self.pbx.register(DeviceName(device))
        self._tell()

    def unregister(self, device: str) -> None:
        """A softphone goes; it is told after a grace, for it may only be a reloaded page."""
        self._leaving[DeviceName(device)] = self._clock.monotonic() + GRACE

    def rings(self, device: str) -> CallId | None:
        """Return the call that rings at the device now."""
        line = self.pbx.ringing(DeviceName(device))
        return line.call if line is not None else None

    def agent_answers(self, device: str) -> None:
        """The agent picks up what rings."""
        self.pbx.answer(DeviceName(device))
        self._tell()

    def agent_rejects(self, device: str, cause: Cause = Cause.CALL_REJECTED) -> None:
        """The agent's phone refuses what rings."""
        self.pbx.reject(DeviceName(device), cause)
        self._tell()

    def agent_hangs_up(self, device: str) -> None:
        """The agent puts the phone down."""
        self.pbx.put_down(DeviceName(device))
        self._tell()

    def agent_vanishes(self, device: str) -> None:
        """The browser dies: no registration, no audio, no goodbye."""
        self.unregister(device)
        self._silent[DeviceName(device)] = self._clock.monotonic() + AUDIO_LIMIT

    # -- the link and the switch itself --------------------------------------------------------------------------

    def connect(self) -> None:
        """The link comes up (again)."""
        self.linked = True
        self.pbx.forget_what_was_told()
        self._sink.put(SwitchConnected(snapshot=self.pbx.snapshot()))
        self.pbx.reintroduce()
        self._tell()

    def lose_link(self) -> None:
        """The link is lost; calls go on."""
        self._sink.put(SwitchDisconnected(switch_stopped=False))
        self.linked = False

    def stop(self) -> None:
        """The switch stops: every call is gone, and every registration."""
        self._sink.put(SwitchDisconnected(switch_stopped=True))
        self.linked = False
        self.pbx.crash()

    def handle_timer(self) -> None:
        """Let happen whatever is due."""
        now = self._clock.monotonic()
        for device in [one for one, due in self._leaving.items() if due <= now]:
            del self._leaving[device]
            self.pbx.unregister(device)
        for device in [one for one, due in self._silent.items() if due <= now]:
            del self._silent[device]
            self.pbx.lose_leg(device)
        self.pbx.pass_time(now)
        self._tell()

    def _tell(self) -> None:
        while self.pbx.out:
            event: SwitchEvent = self.pbx.out.popleft()
            if isinstance(event, IvrLeft):
                self._left_ivr(event.call)
            if self.linked:
                self._sink.put(event)
