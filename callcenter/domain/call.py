"""The mirror of one call in the switch: where it stands, and which events may follow.

The law is `LAW`, one table. A fact that does not fit has happened all the same: the mirror takes the state that the
fact proves and tells that it did not fit, so that the caller of `Call.apply` asks the switch for a snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from callcenter.domain import events
from callcenter.domain.ids import CallId


class CallState(StrEnum):
    """Where the caller is (the CSTA connection states of the whole call, named by the other side)."""

    OFFERED = "offered"  # reached a number, nobody has answered yet
    IVR = "ivr"  # connected to us
    QUEUED = "queued"  # in the waiting room, or on the way back to it
    ALERTING = "alerting"  # an agent's device rings
    CONNECTED = "connected"  # talking
    HELD = "held"  # hears music by the agent's wish; the agent may have gone meanwhile
    RELEASED = "released"  # the agent has left; the switch clears the caller or takes him back to the room
    FALLBACK = "fallback"  # in the switch's own queue
    CLEARED = "cleared"


_S = CallState

LAW: dict[tuple[CallState, type[events.CallEvent]], CallState] = {
    (_S.OFFERED, events.IvrEntered): _S.IVR,
    (_S.OFFERED, events.Queued): _S.QUEUED,
    (_S.OFFERED, events.CallCleared): _S.CLEARED,
    (_S.IVR, events.IvrEntered): _S.IVR,
    (_S.IVR, events.IvrLeft): _S.IVR,
    (_S.IVR, events.DigitPressed): _S.IVR,
    (_S.IVR, events.Queued): _S.QUEUED,
    (_S.IVR, events.Delivered): _S.ALERTING,
    (_S.IVR, events.Failed): _S.QUEUED,
    (_S.IVR, events.CallCleared): _S.CLEARED,
    (_S.QUEUED, events.IvrEntered): _S.IVR,
    (_S.QUEUED, events.IvrLeft): _S.QUEUED,
    (_S.QUEUED, events.DigitPressed): _S.QUEUED,
    (_S.QUEUED, events.Queued): _S.QUEUED,
    (_S.QUEUED, events.Delivered): _S.ALERTING,
    (_S.QUEUED, events.Failed): _S.QUEUED,
    (_S.QUEUED, events.CallCleared): _S.CLEARED,
    (_S.ALERTING, events.DigitPressed): _S.ALERTING,
    (_S.ALERTING, events.IvrLeft): _S.ALERTING,
    (_S.ALERTING, events.Queued): _S.QUEUED,
    (_S.ALERTING, events.Delivered): _S.ALERTING,
    (_S.ALERTING, events.Established): _S.CONNECTED,
    (_S.ALERTING, events.Failed): _S.QUEUED,
    (_S.ALERTING, events.CallCleared): _S.CLEARED,
    (_S.CONNECTED, events.DigitPressed): _S.CONNECTED,
    (_S.CONNECTED, events.ConnectionCleared): _S.RELEASED,
    (_S.CONNECTED, events.Held): _S.HELD,
    (_S.CONNECTED, events.Conferenced): _S.CONNECTED,
    (_S.CONNECTED, events.Transferred): _S.CONNECTED,
    (_S.CONNECTED, events.CallCleared): _S.CLEARED,
    (_S.HELD, events.DigitPressed): _S.HELD,
    (_S.HELD, events.Retrieved): _S.CONNECTED,
    (_S.HELD, events.Conferenced): _S.CONNECTED,
    (_S.HELD, events.Transferred): _S.CONNECTED,
    (_S.HELD, events.ConnectionCleared): _S.HELD,
    (_S.HELD, events.Queued): _S.QUEUED,
    (_S.HELD, events.Delivered): _S.ALERTING,
    (_S.HELD, events.CallCleared): _S.CLEARED,
    (_S.RELEASED, events.DigitPressed): _S.RELEASED,
    (_S.RELEASED, events.IvrEntered): _S.IVR,
    (_S.RELEASED, events.Queued): _S.QUEUED,
    (_S.RELEASED, events.Delivered): _S.ALERTING,
    (_S.RELEASED, events.CallCleared): _S.CLEARED,
    (_S.FALLBACK, events.DigitPressed): _S.FALLBACK,
    (_S.FALLBACK, events.Queued): _S.QUEUED,
    (_S.FALLBACK, events.Delivered): _S.FALLBACK,
    (_S.FALLBACK, events.Failed): _S.FALLBACK,
    (_S.FALLBACK, events.Established): _S.CONNECTED,
    (_S.FALLBACK, events.CallCleared): _S.CLEARED,
}

_PROVEN: dict[type[events.CallEvent], CallState] = {
    events.IvrEntered: _S.IVR,
    events.Queued: _S.QUEUED,
    events.Delivered: _S.ALERTING,
    events.Established: _S.CONNECTED,
    events.ConnectionCleared: _S.RELEASED,
    events.Held: _S.HELD,
    events.Retrieved: _S.CONNECTED,
    events.Conferenced: _S.CONNECTED,
    events.Transferred: _S.CONNECTED,
    events.CallCleared: _S.CLEARED,
}
"""The state an event proves when the table does not know it in the present state."""


@dataclass(slots=True)
class Call:
    """One call, mirrored. Only `apply` changes it."""

    call: CallId
    state: CallState = CallState.OFFERED

    def apply(self, event: events.CallEvent) -> bool:
        """Take one event; return whether it was legal here. A cleared call stays cleared."""
        if self.state is CallState.CLEARED:
            return False
        if isinstance(event, events.Queued) and event.fallback:
            self.state = CallState.FALLBACK
            return True
        known = LAW.get((self.state, type(event)))
        self.state = known or _PROVEN.get(type(event), self.state)
        return known is not None
