"""Host systems as one call's flow asks them: the house's own, and the platform's customers among them."""

from __future__ import annotations

from collections.abc import Callable

from callcenter.api.messages import CustomerCard
from callcenter.domain.errors import ExternalFailure
from callcenter.domain.ids import InteractionId
from callcenter.domain.phone_number import to_e164
from callcenter.ports import Customers
from callcenter.server import facts
from callcenter.server.effects import StartIvr
from callcenter.server.facts import IvrOrder
from ivr.errors import LookupUnavailable
from ivr.fields import Fields
from ivr.ports import ActOutcome, HostSystems, IdentityOutcome


class CallHosts(HostSystems):
    """What one call's session asks.

    A question without a host is about customers; whoever is found is told to the writer as well, with the card. The key
    of an act, unique within its interaction, becomes unique in the world: an act that is repeated because the call was
    taken up again, by us or by the next CTI server, has the same one.
    """

    def __init__(
        self,
        hosts: HostSystems,
        customers: Customers,
        *,
        put: Callable[[IvrOrder], None],
        complete: Callable[[InteractionId, CustomerCard], None],
        start: StartIvr,
        country: str,
    ) -> None:
        self._hosts = hosts
        self._customers = customers
        self._put = put
        self._complete = complete
        self._start = start
        self._country = country

    async def act(self, host: str, name: str, arguments: Fields, *, key: str) -> ActOutcome:
        """Do the named act; see the port."""
        return await self._hosts.act(host, name, arguments, key=f"{self._start.interaction}/{key}")

    async def check_identity(self, host: str, name: str, arguments: Fields, *, secret: str) -> IdentityOutcome:
        """Judge a PIN; see the port."""
        return await self._hosts.check_identity(host, name, arguments, secret=secret)

    async def look_up(self, host: str | None, name: str, arguments: Fields) -> Fields:
        """Answer the named question; see the port."""
        if host is not None:
            return await self._hosts.look_up(host, name, arguments)
        try:
            card, by = await self._customer(name, arguments)
        except ExternalFailure as failure:
            raise LookupUnavailable(str(failure), retryable=failure.retryable) from failure
        if card is None:
            return {}
        self._put(facts.CustomerIdentified(call=self._start.call, session=self._start.session, card=card, by=by))
        if card.partial:
            self._complete(self._start.interaction, card)
        return {
            "customer": card.customer,
            "name": card.name,
            "account": card.account,
            "tier": card.tier.value,
            "customer_language": card.language,
        }

    async def _customer(self, name: str, arguments: Fields) -> tuple[CustomerCard | None, str]:
        match name:
            case "customer_by_number":
                number = to_e164(str(arguments.get("number") or ""), self._country)
                return (await self._customers.by_number(number) if number else None), "number"
            case "customer_by_account":
                return await self._customers.by_account(str(arguments.get("account") or "")), "account"
            case _:
                raise LookupUnavailable(f"there is no look-up named {name}", retryable=False)
