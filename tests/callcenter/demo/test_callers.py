"""What simulated callers key leads where it should."""

import random

import pytest

from callcenter.demo.callers import SimulatedCaller, bank_errand, support_errand
from callcenter.demo.sound import Keys, Pause, sound
from ivr.commands import RequestCallback
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.flow.loader import load_flows
from ivr.simulation.caller import Press, SimulatedCall, Wait, simulate
from ivr.simulation.world import Reply, ScriptedWorld
from tests.ivr.flows import HOUSE, ROOT, shipped_flow
from tests.ivr.test_bank_flow import FLOW as BANK

ALICE = SimulatedCaller(number="+12025550100", name="Alice Adams", account="40001")
CHEN = SimulatedCaller(number="+12025550104", name="Min Chen", account="40053", language="zh")
STRANGER = SimulatedCaller(number="anonymous", name="Anonymous")
WAITING = load_flows(
    {
        name: (ROOT / "config" / "flows" / name).read_text("utf-8")
        for name in ("waiting.yaml", "modules/callback_number.yaml")
    },
    house=HOUSE,
)["waiting"]
ANSWER: Fields = {
    "checking": "1.00",
    "savings": "2.00",
    "currency": "USD",
    "bill": 7,
    "amount": "3.00",
    "due": "2026-12-04",
}


def called(flow: Flow, keyed: tuple[Keys | Pause, ...], pin: str = "") -> SimulatedCall:
    class Bank(ScriptedWorld):
        def check(self, name: str, arguments: object, secret: str) -> Reply:
            return Reply(outcome="accepted" if secret == pin else "refused", fields={"currency": "USD"})

    found = [Reply(outcome="found", fields={**ANSWER, "rate": "1.1"})]
    world = Bank(
        lookups=dict.fromkeys(("bank.balance", "bank.bill", "bank.rate"), found),
        acts={"bank.pay_bill": [Reply(outcome="done", fields={"receipt": "12", "checking": "1.00"})]},
    )
    return simulate(flow, script(keyed), world=world)


def script(keyed: tuple[Keys | Pause, ...]) -> list[Press | Wait]:
    acts = (Press(part.keys) if isinstance(part, Keys) else Wait(part.seconds) for part in keyed)
    return [one for one in acts if one != Press("")]


def errands(caller: SimulatedCaller) -> list[tuple[Keys | Pause, ...]]:
    return [support_errand(caller, random.Random(seed)) for seed in range(40)]


@pytest.mark.parametrize(("caller", "pin", "language"), [(ALICE, "1000", "en"), (CHEN, "3500", "cmn")])
def test_customers_of_the_bank_get_what_they_want(caller: SimulatedCaller, pin: str, language: str) -> None:
    queues = set()
    for seed in range(40):
        call = called(BANK, bank_errand(caller, random.Random(seed)), pin)
        queues.add(call.queue)
        assert call.fields["language"] == language
        if "ask_account" in call.path:
            assert call.fields["authentication"] == "pin"
            assert {"say_balance", "say_paid"} & set(call.path)
    assert queues == {"general", "cards"}


def test_callers_of_the_support_line_reach_their_queue() -> None:
    call = called(shipped_flow("support"), support_errand(ALICE, random.Random(1)))
    assert call.queue in {"billing", "technical", "sales", "general"}


@pytest.mark.parametrize(("caller", "language"), [(ALICE, "en"), (CHEN, "cmn")])
def test_whoever_waits_for_technical_help_too_long_is_promised_a_call(caller: SimulatedCaller, language: str) -> None:
    asked = [errand for errand in errands(caller) if errand[3] == Keys(keys="2")]
    assert asked
    for errand in asked:
        fields: Fields = {"caller_number": caller.number, "language": language, "position": 3, "expected_minutes": 4}
        call = simulate(WAITING, script((Pause(seconds=4), *errand[4:-1])), fields=fields)  # four seconds of thanks
        (promised,) = call.every(RequestCallback)
        assert promised.number == caller.number
    assert all(len(errand) == 5 for errand in errands(STRANGER)), "nobody knows a number of his"


def test_what_is_keyed_becomes_a_sound_of_its_length() -> None:
    keyed = bank_errand(ALICE, random.Random(2))
    seconds = sum(part.seconds if isinstance(part, Pause) else 0.2 * len(part.keys) for part in keyed)
    assert len(sound(keyed)) == pytest.approx(8_000 * seconds, abs=10)
