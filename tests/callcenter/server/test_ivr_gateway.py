"""Sessions of calls: started, spoken to, ended; their orders are facts, and who they found is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from callcenter.domain.ids import CallId, InteractionId
from callcenter.ports import PlayOutcome
from callcenter.server import facts
from callcenter.server.effects import StartIvr
from callcenter.server.facts import IvrOrder
from callcenter.server.house_calendars import HouseCalendars
from callcenter.server.ivr_gateway import IvrGateway
from ivr.flow.house import House
from ivr.flow.loader import load_flow
from tests.fakes.clock import FakeClock
from tests.fakes.customers import FakeCustomers
from tests.fakes.flows import FakeFlows
from tests.fakes.host_systems import FakeHostSystems
from tests.fakes.speech import FakeSpeechSynthesizer
from tests.ivr.virtual_time import run
from tests.support.floor import CARLA
from tests.support.whole_server import SUPPORT

CALL = CallId("1.1")
HOUSE = House(queues=frozenset({"billing", "general"}))
INTERACTION = InteractionId("00000000-0000-7000-8000-000000000001")
LOOK_UP = """
version: 1
name: {flow}
languages: [en]
inputs: [caller_number, dialled_number]
start: know
person: queue
nodes:
  know:
    type: lookup
    name: {name}
    arguments: {{ number: {{ expression: caller_number }} }}
    answers: [name]
    found: queue
    not_found: queue
    failed: queue
  queue: {{ type: enqueue, queue: billing }}
"""


PROMISE = """
version: 1
name: promise
languages: [en]
inputs: [caller_number, dialled_number]
start: ask
person: queue
nodes:
  ask:
    type: callback
    number: { expression: caller_number }
    queue: billing
    attributes: [caller_number]
    taken: bye
    refused: queue
  bye: { type: hang_up }
  queue: { type: enqueue, queue: billing }
"""


HAND_OVER = """
version: 1
name: hand_over
languages: [en]
inputs: [caller_number, dialled_number]
start: to_owner
person: queue
nodes:
  to_owner:
    type: transfer
    agent: ana
    timeout: 20
    attributes: [caller_number]
    busy: queue
    unanswered: bye
    failed: queue
  bye: { type: hang_up }
  queue: { type: enqueue, queue: billing }
"""


@dataclass
class Sessions:
    gateway: IvrGateway
    orders: list[IvrOrder | facts.CustomerRead]
    customers: FakeCustomers
    flows: FakeFlows

    def start(
        self,
        session: int = 1,
        *,
        flow: str = "support",
        version: int | None = None,
        node: str | None = None,
        number: str = "",
    ) -> None:
        self.gateway.start(
            StartIvr(
                call=CALL,
                interaction=INTERACTION,
                session=session,
                flow=flow,
                version=version,
                node=node,
                fields={"caller_number": number},
            )
        )

    def of(self, kind: type[IvrOrder | facts.CustomerRead]) -> list[IvrOrder | facts.CustomerRead]:
        return [order for order in self.orders if isinstance(order, kind)]


@asynccontextmanager
async def sessions() -> AsyncIterator[Sessions]:
    """Give a gateway with the support flow and two that only look up; all sessions end on leaving."""
    orders: list[IvrOrder | facts.CustomerRead] = []
    customers = FakeCustomers(CARLA)
    flows = FakeFlows(
        load_flow(SUPPORT, source="s", house=HOUSE),
        load_flow(LOOK_UP.format(flow="by_number", name="customer_by_number"), source="n", house=HOUSE),
        load_flow(LOOK_UP.format(flow="unheard_of", name="the_weather"), source="w", house=HOUSE),
        load_flow(PROMISE, source="p", house=HOUSE),
        load_flow(HAND_OVER, source="h", house=HOUSE),
    )
    async with asyncio.TaskGroup() as tasks:
        gateway = IvrGateway(
            tasks=tasks,
            put=orders.append,
            flows=flows,
            synthesizer=FakeSpeechSynthesizer(),
            customers=customers,
            hosts=FakeHostSystems(),
            calendars=HouseCalendars(dict, FakeClock().utc),
            recordings="/recordings",
            country="DE",
        )
        yield Sessions(gateway, orders, customers, flows)
        gateway.stop(CALL, 1, hung_up=False)


def test_a_session_orders_and_is_told_what_came_of_it() -> None:
    """Prompt, keys, look-up, queue: every order carries the number of its session."""

    async def main() -> None:
        async with sessions() as own:
            own.start(3)
            await asyncio.sleep(0.1)
            (play,) = own.of(facts.PlayWanted)
            assert isinstance(play, facts.PlayWanted)
            own.gateway.played(CALL, 3, play.step, PlayOutcome.FINISHED)
            for digit in "4711#":
                own.gateway.digit(CALL, digit)
            await asyncio.sleep(0.1)
            assert {order.session for order in own.orders if not isinstance(order, facts.CustomerRead)} == {3}
            assert own.of(facts.CustomerIdentified) == [
                facts.CustomerIdentified(call=CALL, session=3, card=CARLA, by="account")
            ]
            (queued,) = own.of(facts.QueueWanted)
            assert isinstance(queued, facts.QueueWanted)
            assert queued.queue == "billing"

    run(main())


def test_a_key_silences_the_prompt() -> None:
    """The order to stop names the step that plays."""

    async def main() -> None:
        async with sessions() as own:
            own.start()
            await asyncio.sleep(0.1)
            own.gateway.digit(CALL, "4")
            await asyncio.sleep(0.1)
            (play,), (silence,) = own.of(facts.PlayWanted), own.of(facts.SilenceWanted)
            assert isinstance(play, facts.PlayWanted)
            assert isinstance(silence, facts.SilenceWanted)
            assert play.step == silence.step

    run(main())


def test_a_prompt_that_fails_does_not_stop_the_flow() -> None:
    """The question counts as asked: keys are taken."""

    async def main() -> None:
        async with sessions() as own:
            own.start()
            await asyncio.sleep(0.1)
            own.gateway.played(CALL, 1, 1, PlayOutcome.FAILED)
            for digit in "4711#":
                own.gateway.digit(CALL, digit)
            await asyncio.sleep(0.1)
            assert len(own.of(facts.QueueWanted)) == 1

    run(main())


def test_what_an_older_session_played_is_not_the_new_ones() -> None:
    """The late end of an earlier prompt must not end the present one."""

    async def main() -> None:
        async with sessions() as own:
            own.start(1)
            await asyncio.sleep(0.1)
            own.start(2)
            await asyncio.sleep(0.1)
            own.orders.clear()
            own.gateway.played(CALL, 1, 1, PlayOutcome.FINISHED)
            await asyncio.sleep(30.0)
            assert own.of(facts.QueueWanted) == []

    run(main())


def test_a_session_that_was_stopped_is_silent() -> None:
    """The call is in other hands: no order follows, whatever the clock says."""

    async def main() -> None:
        async with sessions() as own:
            own.start()
            await asyncio.sleep(0.1)
            own.gateway.stop(CALL, 1, hung_up=False)
            await asyncio.sleep(0.1)
            own.orders.clear()
            own.gateway.digit(CALL, "1")
            own.gateway.stop(CALL, 1, hung_up=False)
            await asyncio.sleep(60.0)
            # Whoever asks for a session that is over is told so: an interaction may wait for that to close.
            assert own.orders == [facts.SessionEnded(call=CALL, session=1)]

    run(main())


def test_a_session_may_begin_at_a_node() -> None:
    """Taken up where an earlier life had come to."""

    async def main() -> None:
        async with sessions() as own:
            own.start(node="general_queue")
            await asyncio.sleep(0.1)
            (queued,) = own.of(facts.QueueWanted)
            assert isinstance(queued, facts.QueueWanted)
            assert queued.queue == "general"

    run(main())


def test_a_node_that_is_no_more_does_not_lose_the_caller() -> None:
    """The flow was changed between two lives: the caller goes on, or to a person."""

    async def main() -> None:
        async with sessions() as own:
            own.start(node="was_here_yesterday")
            await asyncio.sleep(0.5)
            assert own.of(facts.PlayWanted) or own.of(facts.QueueWanted) or own.of(facts.SessionFailed)

    run(main())


def test_a_customer_is_found_by_his_number_in_any_notation() -> None:
    """The network may leave the country out; the record has E.164."""

    async def main() -> None:
        async with sessions() as own:
            own.start(flow="by_number", number="030123456")
            await asyncio.sleep(0.1)
            (found,) = own.of(facts.CustomerIdentified)
            assert isinstance(found, facts.CustomerIdentified)
            assert (found.card, found.by) == (CARLA, "number")

    run(main())


def test_what_a_source_says_too_late_completes_the_card() -> None:
    """The pop comes in time, marked as partial; two seconds later it is whole, or stays as it is."""
    late = CARLA.model_copy(update={"partial": ("crm",)})

    async def main() -> None:
        for now in (CARLA, late, None):
            async with sessions() as own:
                own.customers.cards = [late]
                own.start(flow="by_number", number="+4930123456")
                await asyncio.sleep(0.1)
                (found,) = own.of(facts.CustomerIdentified)
                assert isinstance(found, facts.CustomerIdentified)
                assert found.card == late
                own.customers.cards = [now] if now is not None else []
                await asyncio.sleep(3)
                whole = [facts.CustomerRead(interaction=INTERACTION, card=CARLA)] if now is CARLA else []
                assert own.of(facts.CustomerRead) == whole

    run(main())


def test_a_card_that_cannot_be_completed_ends_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a fault of ours in it."""

    async def main() -> None:
        async with sessions() as own:
            own.customers.cards = [CARLA.model_copy(update={"partial": ("crm",)})]
            own.start(flow="by_number", number="+4930123456")
            await asyncio.sleep(0.1)
            monkeypatch.setattr(own.customers, "cards", None)
            await asyncio.sleep(3)
            assert own.of(facts.CustomerRead) == []

    run(main())


def test_an_anonymous_caller_is_nobody() -> None:
    """No number, no look-up, no customer."""

    async def main() -> None:
        async with sessions() as own:
            own.start(flow="by_number", number="anonymous")
            await asyncio.sleep(0.1)
            assert own.of(facts.CustomerIdentified) == []
            assert len(own.of(facts.QueueWanted)) == 1

    run(main())


def test_a_source_that_is_down_and_a_question_that_nobody_knows_go_on() -> None:
    """The flow takes its own way for failures."""

    async def main() -> None:
        for flow in ("by_number", "unheard_of"):
            async with sessions() as own:
                own.customers.broken = "down"
                own.start(flow=flow, number="+4930123456")
                await asyncio.sleep(0.1)
                assert len(own.of(facts.QueueWanted)) == 1

    run(main())


def test_a_card_that_is_read_again_is_told_with_its_interaction() -> None:
    """An account that nobody has (any more) is nothing to tell."""

    async def main() -> None:
        interaction = InteractionId("00000000-0000-7000-8000-000000000001")
        async with sessions() as own:
            await own.gateway.read_customer(interaction, CARLA.account)
            await own.gateway.read_customer(interaction, "0000")
            assert own.orders == [facts.CustomerRead(interaction=interaction, card=CARLA)]

    run(main())


def test_a_call_is_taken_up_in_the_version_it_was_in() -> None:
    """A new version takes new calls only; what a call enters is told with its version."""

    async def main() -> None:
        async with sessions() as own:
            own.flows.publish(load_flow(SUPPORT.replace("Please key in", "Key in"), source="s2", house=HOUSE))
            own.start(1)
            await asyncio.sleep(0.1)
            own.start(2, version=1)
            await asyncio.sleep(0.1)
            entered = own.of(facts.NodeEntered)
            assert [(one.session, one.version) for one in entered if isinstance(one, facts.NodeEntered)] == [
                (1, 2),
                (2, 1),
            ]

    run(main())


@pytest.mark.parametrize(
    ("refused", "leads_to"), [(None, facts.HangUpWanted), ("country_not_allowed", facts.QueueWanted)]
)
def test_a_callback_is_asked_for_and_the_flow_goes_on_by_the_answer(
    refused: str | None, leads_to: type[IvrOrder]
) -> None:
    """An answer for a session that is over, or to a call that is none of ours, changes nothing."""

    async def main() -> None:
        async with sessions() as own:
            own.start(4, flow="promise", number="+12025550123")
            await asyncio.sleep(0.1)
            (wanted,) = own.of(facts.CallbackWanted)
            assert isinstance(wanted, facts.CallbackWanted)
            assert (wanted.number, wanted.queue) == ("+12025550123", "billing")
            assert wanted.attributes == {"caller_number": "+12025550123"}
            own.gateway.called_back(CALL, 3, wanted.step, refused)
            own.gateway.called_back(CallId("9.9"), 4, wanted.step, refused)
            await asyncio.sleep(0.1)
            assert own.of(leads_to) == []
            own.gateway.called_back(CALL, 4, wanted.step, refused)
            await asyncio.sleep(0.1)
            assert len(own.of(leads_to)) == 1

    run(main())


@pytest.mark.parametrize(
    ("why", "leads_to"),
    [("busy", facts.QueueWanted), ("unanswered", facts.HangUpWanted), ("failed", facts.QueueWanted)],
)
def test_a_transfer_is_ordered_and_the_flow_goes_on_if_nobody_takes_the_caller(
    why: str, leads_to: type[IvrOrder]
) -> None:
    async def main() -> None:
        async with sessions() as own:
            own.start(2, flow="hand_over", number="+12025550123")
            await asyncio.sleep(0.1)
            (wanted,) = own.of(facts.TransferWanted)
            assert isinstance(wanted, facts.TransferWanted)
            assert (wanted.to, wanted.name, wanted.timeout) == ("agent", "ana", 20)
            assert wanted.attributes == {"caller_number": "+12025550123"}
            own.gateway.not_taken(CALL, 1, wanted.step, why)
            own.gateway.not_taken(CallId("9.9"), 2, wanted.step, why)
            await asyncio.sleep(0.1)
            assert own.of(leads_to) == []
            own.gateway.not_taken(CALL, 2, wanted.step, why)
            await asyncio.sleep(0.1)
            assert len(own.of(leads_to)) == 1

    run(main())


def test_a_transfer_that_succeeds_is_the_end_and_the_exit_is_told() -> None:
    async def main() -> None:
        async with sessions() as own:
            own.start(2, flow="hand_over")
            await asyncio.sleep(0.1)
            own.gateway.stop(CALL, 2, hung_up=False)
            await asyncio.sleep(0.1)
            (left,) = own.of(facts.NodeLeft)
            assert isinstance(left, facts.NodeLeft)
            assert (left.node, left.exit) == ("to_owner", "transferred")
            assert own.of(facts.SessionEnded)

    run(main())
