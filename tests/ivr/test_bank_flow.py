"""The shipped telephone bank, walked by the scripts that stand beside it and by whoever else may call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.hosts.reading import load_hosts
from ivr import commands
from ivr.fields import Fields
from ivr.flow.flow import Flow
from ivr.flow.house import House
from ivr.flow.loader import load_flow
from ivr.simulation.caller import Hear, Leave, Press, Wait, simulate
from ivr.simulation.rehearsal import rehearse
from ivr.simulation.script import Script, read_scripts
from ivr.simulation.world import Reply, ScriptedWorld
from tests.ivr.flows import ROOT

CONFIG = ROOT / "config"
SCRIPTS = CONFIG / "flows" / "tests" / "bank.yaml"


def bank_flow() -> Flow:
    """Return the flow, checked against the shipped host system."""
    path = CONFIG / "flows" / "bank.yaml"
    hosts = {name: frozenset(host.operations) for name, host in load_hosts(CONFIG).items()}
    house = House(queues=frozenset({"general", "cards"}), hosts=hosts)
    return load_flow(path.read_text(encoding="utf-8"), source=path.name, house=house)


FLOW = bank_flow()
ACTS = ("transfer", "pay_bill", "block_card")
KNOWN: Fields = {"account": "40001", "authentication": "pin", "language": "en", "bill_kind": "gas", "currency": "USD"}
"""What is known of a call that is taken up again."""


@pytest.mark.parametrize(
    "script", read_scripts(SCRIPTS.read_text(encoding="utf-8"), source=SCRIPTS.name), ids=lambda script: script.name
)
def test_every_script_beside_the_flow_goes_as_it_says(script: Script) -> None:
    assert rehearse(script, FLOW).failures == ()


@pytest.mark.parametrize("node", [*FLOW.nodes])
def test_a_caller_can_hang_up_at_every_node(node: str) -> None:
    call = simulate(FLOW, [Wait(0.01), Leave(), Press("1")], fields=KNOWN, resumed_at_node=node)
    assert node in call.path
    assert call.last is None or isinstance(call.last, commands.Enqueue)


@pytest.mark.parametrize("node", [*FLOW.nodes])
def test_a_call_that_is_taken_up_again_at_any_node_reaches_a_person(node: str) -> None:
    call = simulate(FLOW, [], fields=KNOWN, resumed_at_node=node)
    assert call.queue in {"general", "cards"}


@given(
    keys=st.lists(st.text("0123456789*#ABCD", min_size=1, max_size=30), max_size=12),
    outcomes=st.lists(st.sampled_from(["found", "not_found", "failed", "late"]), min_size=3, max_size=3),
    acts=st.sampled_from(["done", "refused", "failed", "late"]),
    checks=st.sampled_from(["accepted", "refused", "locked", "failed", "late"]),
)
def test_whatever_is_keyed_and_whatever_the_bank_does_a_person_is_reached(
    keys: list[str], outcomes: list[str], acts: str, checks: str
) -> None:
    fields: Fields = {
        "checking": "1.00",
        "savings": "2.00",
        "currency": "USD",
        "bill": 7,
        "amount": "3.00",
        "rate": "1",
    }
    questions = ("bank.balance", "bank.bill", "bank.rate")
    world = ScriptedWorld(
        lookups={name: [Reply(outcome=one, fields=fields)] for name, one in zip(questions, outcomes, strict=True)},
        acts={f"bank.{name}": [Reply(outcome=acts, fields={"receipt": "1"})] for name in ACTS},
        checks={"bank.pin": [Reply(outcome=checks, fields={"currency": "USD"})]},
    )
    script = [deed for pressed in keys for deed in (Press(pressed), Wait(7.0))]
    call = simulate(FLOW, script, world=world)
    assert call.queue in {"general", "cards"}
    assert call.keys.pressed == call.keys.used + call.keys.dropped
    assert len(call.every(commands.CheckIdentity)) <= 3
    ordered = [(order.name, order.key) for order in call.every(commands.Act)]
    assert len(ordered) == len(set(ordered)), "an act was ordered twice with one key in one go"
    if checks != "accepted":
        assert not ordered
        assert not [order for order in call.every(commands.LookUp) if order.name in {"balance", "bill"}]


def test_the_pin_is_in_nothing_but_the_question_to_the_bank() -> None:
    call = simulate(
        FLOW,
        [
            Press("1"),
            Hear("For your balance"),
            Press("1"),
            Hear("account"),
            Press("40001#"),
            Hear("PIN"),
            Press("86420#"),
        ],
        world=ScriptedWorld(checks={"bank.pin": [Reply(outcome="accepted", fields={"currency": "USD"})]}),
    )
    (check,) = call.every(commands.CheckIdentity)
    assert check.secret == "86420"
    others = [order for _, order in call.decisions if order is not check]
    assert "86420" not in repr([call.fields, call.said, call.decisions])
    assert not [order for order in others if isinstance(order, commands.RecordAnswer) and order.value == "86420"]
