"""Host systems as one call asks them."""

import pytest

from callcenter.domain.ids import CallId, InteractionId
from callcenter.server.effects import StartIvr
from callcenter.server.facts import CustomerIdentified, IvrOrder
from callcenter.server.ivr_hosts import CallHosts
from ivr.errors import LookupUnavailable
from ivr.events import Verdict
from ivr.ports import ActOutcome
from tests.fakes.customers import FakeCustomers
from tests.fakes.host_systems import FakeHostSystems
from tests.support.floor import CARLA


def call(number: int, house: FakeHostSystems, orders: list[IvrOrder]) -> CallHosts:
    start = StartIvr(
        call=CallId(f"{number}.1"),
        interaction=InteractionId(f"00000000-0000-7000-8000-00000000000{number}"),
        session=1,
        flow="bank",
        node=None,
        fields={},
    )
    return CallHosts(
        house, FakeCustomers(CARLA), put=orders.append, complete=lambda *_: None, start=start, country="DE"
    )


async def test_a_question_without_a_host_is_about_customers_and_the_writer_is_told() -> None:
    orders: list[IvrOrder] = []
    hosts = call(1, FakeHostSystems({"customer_by_account": {"name": "somebody else"}}), orders)
    found = await hosts.look_up(None, "customer_by_account", {"account": CARLA.account})
    assert found["customer"] == CARLA.customer
    assert [type(order) for order in orders] == [CustomerIdentified]
    with pytest.raises(LookupUnavailable, match="no look-up"):
        await hosts.look_up(None, "balance", {})


async def test_everything_else_goes_to_the_house() -> None:
    house = FakeHostSystems({"balance": {"balance": 7}}, pins={"4711": "1234"})
    hosts = call(1, house, [])
    assert await hosts.look_up("bank", "balance", {}) == {"balance": 7}
    right = await hosts.check_identity("bank", "pin", {"account": "4711"}, secret="1234")
    assert right.verdict is Verdict.ACCEPTED


async def test_an_act_has_the_same_key_when_its_call_is_taken_up_again_and_another_in_another_call() -> None:
    house = FakeHostSystems(acts={"pay": ActOutcome(done=True)})
    for number, key in ((1, "pay:1"), (1, "pay:1"), (1, "pay:2"), (2, "pay:1")):
        await call(number, house, []).act("bank", "pay", {}, key=key)
    assert len(house.done) == 3
