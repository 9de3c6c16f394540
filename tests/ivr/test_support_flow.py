"""The shipped support line, walked by simulated callers. Also an example of how to test a flow."""

import pytest

from ivr import commands
from ivr.fields import Fields
from ivr.simulation import Act, Hear, Leave, Listen, Press, ScriptError, Wait, simulate
from tests.ivr.flows import shipped_flow

FLOW = shipped_flow("support")
CALLER: Fields = {"caller_number": "+4930123", "dialled_number": "5550100"}
LEE: Fields = {"customer": "c-7", "name": "Lee", "account": "123456", "tier": "vip"}


def by_account(asked: Fields) -> Fields:
    return LEE if asked["account"] == "123456" else {}


def by_number(asked: Fields) -> Fields:
    return LEE if asked["number"] == "+4930123" else {}


def test_a_caller_keys_the_account_and_the_reason() -> None:
    call = simulate(
        FLOW,
        [
            Hear("key in your account number"),
            Listen(),
            Press("123456#"),
            Hear("For billing"),
            Press("1"),
            Hear("Thank"),
        ],
        fields=CALLER,
        answers={"customer_by_number": lambda _: {}, "customer_by_account": by_account},
    )
    assert call.last == commands.Enqueue(
        queue="billing",
        attributes={
            "caller_number": "+4930123",
            "customer": "c-7",
            "name": "Lee",
            "account": "123456",
            "account_number": "123456",
            "tier": "vip",
            "reason": "billing",
        },
    )


def test_a_known_number_needs_one_key_only_and_nothing_of_the_record_is_spoken() -> None:
    call = simulate(
        FLOW,
        [Hear("We recognise"), Press("#"), Hear("For billing"), Press("3")],
        fields=CALLER,
        answers={"customer_by_number": by_number},
    )
    assert call.queue == "sales"
    assert isinstance(call.last, commands.Enqueue)
    assert call.last.attributes["tier"] == "vip"
    assert not any("Lee" in text or "one two three" in text for text in call.said)


def test_mandarin_by_the_star_key() -> None:
    call = simulate(
        FLOW,
        [Hear("中文"), Press("*"), Hear("请输入您的账号"), Press("1#"), Hear("四到八位"), Press("99999#"),
         Hear("找不到账号 九 九 九 九 九"), Hear("账单"), Press("2"), Hear("谢谢")],
        fields=CALLER,
        answers={"customer_by_number": lambda _: {}, "customer_by_account": by_account},
    )  # fmt: skip
    assert call.queue == "technical"
    assert call.fields["language"] == "cmn"
    assert call.fields["tier"] == "standard"


def test_a_caller_who_keys_everything_at_once_is_not_asked_what_is_keyed_already() -> None:
    call = simulate(
        FLOW,
        [Press("123456#1")],
        fields=CALLER,
        answers={"customer_by_number": lambda _: {}, "customer_by_account": by_account},
    )
    assert call.queue == "billing"
    assert not any("key in" in text for text in call.said)
    assert call.keys.used == 8


@pytest.mark.parametrize(
    ("script", "queue"),
    [
        ([], "general"),
        ([Hear("key in"), Press("12#"), Press("5*"), Press("A")], "general"),
        ([Hear("key in"), Press("#"), Press("9"), Press("8"), Press("7")], "general"),
        ([Hear("key in"), Press("7" * 40)], "general"),
        ([Hear("key in"), Press("1" * 1_000)], "billing"),
        ([Hear("key in"), Press("ABCD*#" * 20)], "general"),
    ],
)
def test_who_keys_nothing_or_nonsense_reaches_a_person_within_two_minutes(script: list[Act], queue: str) -> None:
    call = simulate(FLOW, script, fields=CALLER)
    assert call.queue == queue
    assert call.keys.pressed == call.keys.used + call.keys.dropped
    assert call.at < 120 + sum(len(act.keys) * 0.2 for act in script if isinstance(act, Press))


@pytest.mark.parametrize("node", [*FLOW.nodes])
def test_a_caller_can_hang_up_at_every_node(node: str) -> None:
    call = simulate(FLOW, [Wait(0.01), Leave(), Press("1")], fields={**CALLER, **LEE}, resumed_at_node=node)
    assert node in call.path
    if call.last is not None:
        assert isinstance(call.last, commands.Enqueue)  # the node took no time
    else:
        assert call.keys.dropped == 1


@pytest.mark.parametrize("node", [*FLOW.nodes])
def test_a_call_that_is_taken_up_again_at_any_node_reaches_a_person(node: str) -> None:
    call = simulate(FLOW, [], fields=CALLER, resumed_at_node=node)
    assert isinstance(call.last, commands.Enqueue)


def test_a_caller_whose_server_dies_is_taken_over_by_the_switch_within_a_minute() -> None:
    call = simulate(FLOW, [], fields=CALLER)
    waits = [order.budget for _, order in call.decisions if isinstance(order, commands.EnterNode)]
    assert max(waits) < 60


def test_a_script_that_waits_for_words_nobody_says_fails() -> None:
    with pytest.raises(ScriptError, match="'weather' is not said"):
        simulate(FLOW, [Hear("weather")], fields=CALLER)
