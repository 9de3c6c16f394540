"""Operations that were ordered and do not show yet: one at a time per contact, and none for ever."""

from __future__ import annotations

from callcenter.api.calls import Operation
from callcenter.domain import events
from callcenter.domain.commands import SwitchCommand
from callcenter.domain.ids import CallId
from callcenter.domain.moment import Moment
from callcenter.server.contact import Contact, UnderWay
from callcenter.server.floor import Floor
from callcenter.server.pages import Pages

SETTLES_WITHIN = 2.0  # seconds after which an order must show

Awaited = tuple[type[events.CallEvent], CallId]
"""A fact that an order leads to, and whose it is."""


class Undertakings:
    """Orders → commands; facts, failures and the clock → their ends."""

    def __init__(self, floor: Floor, pages: Pages) -> None:
        self._floor = floor
        self._pages = pages

    def begin(
        self, contact: Contact, operation: Operation, command: SwitchCommand, awaited: set[Awaited], now: Moment
    ) -> None:
        """Order something of the switch; until the awaited facts have come it is under way."""
        contact.under_way = UnderWay(operation=operation, awaits=awaited, until=now.monotonic + SETTLES_WITHIN)
        self._floor.orders[contact.interaction] = contact
        self._floor.command(command)
        self._pages.refresh(contact)

    def seen(self, contact: Contact, event: events.CallEvent) -> None:
        """A fact about the contact has come: perhaps the one that was waited for."""
        under_way = contact.under_way
        if under_way is None:
            self._over(contact)
            return
        under_way.awaits.discard((type(event), event.call))
        if not under_way.awaits or isinstance(event, events.Failed | events.CallCleared):
            contact.under_way = None
            self._over(contact)

    def failed(self, contact: Contact, why: str, now: Moment) -> None:
        """The switch did not take a command about the contact: how it stands there is to be read back."""
        contact.under_way = None
        self._over(contact)
        self._floor.misfit(why, now)

    def next_deadline(self) -> float | None:
        """Return when the next order must have shown."""
        return min((one.under_way.until for one in self._floor.orders.values() if one.under_way), default=None)

    def time_passed(self, now: Moment) -> None:
        """Give up waiting for orders that do not show; the switch tells how the call stands."""
        for contact in list(self._floor.orders.values()):
            if contact.under_way is None:
                self._over(contact)
            elif contact.under_way.until <= now.monotonic:
                self.failed(contact, f"{contact.under_way.operation} does not show", now)

    def _over(self, contact: Contact) -> None:
        if self._floor.orders.pop(contact.interaction, None) is not None:
            self._pages.refresh(contact)
