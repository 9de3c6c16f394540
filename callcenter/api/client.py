"""How a desktop server speaks with the CTI server; the real one goes over Redis (`callcenter.bus.client`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from callcenter.api.messages import Outcome, ReportEnvelope, Request, StateSnapshot


class CtiUnavailable(Exception):
    """No reply in time: the CTI server or the way to it is down. The caller shows "stale" and tries again."""


class CtiClient(Protocol):
    """One desktop server's line to the CTI server."""

    def reports(self) -> AsyncIterator[ReportEnvelope | None]:
        """Yield reports in order as they come, for ever; `None` means: take a snapshot.

        The first item is None, once nothing can be missed any more; then one whenever reports were lost, the CTI
        server fell silent (then the snapshot fails: show "stale", keep asking) or another one took over.
        """
        ...

    async def snapshot(self) -> StateSnapshot:
        """Return everything there is to show. Raises `CtiUnavailable`."""
        ...

    async def request(self, request: Request) -> Outcome:
        """Ask; wait at most two seconds. Raises `CtiUnavailable`; then it is unknown whether it was done."""
        ...

    def offer_shown(self, offer: str) -> None:
        """Say that the pop of an offer was written to the agent's socket; returns at once, never raises."""
        ...
