"""Sub-flows: what goes in, what comes out, how a call within one is taken up again; and what follows a hang-up."""

import pytest

from ivr import commands, events
from ivr.fields import Fields
from tests.ivr.call import Call
from tests.ivr.flows import HEAD, small_flow

VERIFY = """
inputs: [account]
sensitive: [code]
outputs: [grade]
exits: [verified, refused]
nodes:
begin:
  type: collect
  prompt: { en: "Code for {account:digits}." }
  store: code
  sensitive: true
  max_digits: 3
  next: ask
  attempts: 2
  no_input: { say: [{ en: Nothing. }] }
  no_match: { say: [{ en: Nothing. }], then: no }
ask:
  type: lookup
  name: code
  arguments: { account: { expression: account }, code: { expression: code } }
  answers: [grade]
  found: yes_
  not_found: no
  failed: no
yes_: { type: return, exit: verified }
no: { type: return, exit: refused }
"""
FLOW = """
begin:
  type: subflow
  module: verify
  inputs: { account: { expression: caller_number } }
  outputs: { grade: rank }
  exits: { verified: queue, refused: begin_again }
begin_again: { type: menu, prompt: { en: Again? }, choices: { "1": { next: begin } }, RETRY }
queue: { type: enqueue, queue: sales, attributes: [rank] }
""".replace("RETRY", "no_input: { say: [{ en: N. }] }, no_match: { say: [{ en: N. }] }")


def verified(*, fields: Fields | None = None, resumed_at_node: str | None = None) -> Call:
    flow = small_flow(FLOW, modules={"verify": VERIFY})
    return Call(flow, fields={"caller_number": "42", **(fields or {})}, resumed_at_node=resumed_at_node)


def kept(call: Call) -> Fields:
    return {answer.key: answer.value for answer in call.every(commands.RecordAnswer) if not answer.sensitive}


def test_a_module_has_its_own_fields_and_gives_back_its_outputs() -> None:
    call = verified()
    assert call.last(commands.EnterNode).node == "begin-begin"
    assert call.said == [["Code for four two."]]
    call.press("777")
    assert call.last(commands.LookUp).arguments == {"account": "42", "code": "777"}
    call.tell(events.LookupAnswered(step=call.step, fields={"grade": "gold"}))
    assert call.ending == commands.Enqueue(queue="sales", attributes={"rank": "gold"})
    assert call.answers() == {"begin.account": "42", "begin.code": None, "begin.grade": "gold", "rank": "gold"}
    assert [answer.key for answer in call.every(commands.RecordAnswer) if answer.sensitive] == ["begin.code"]
    assert call.exits == [
        "begin-begin>next", "begin-ask>found", "begin-yes_>verified", "begin>exits.verified", "queue>enqueue",
    ]  # fmt: skip


def test_a_module_that_is_run_again_knows_nothing_of_the_run_before() -> None:
    call = verified()
    call.press("777")
    call.tell(events.LookupAnswered(step=call.step, fields={}))
    assert call.place == "begin_again"
    call.press("1")
    assert call.place == "begin-begin"
    assert call.answers()["begin.code"] is None


def test_a_call_within_a_module_is_taken_up_again_there() -> None:
    call = verified()
    again = verified(fields=kept(call), resumed_at_node=call.place)
    assert again.said == [["Code for four two."]]
    again.press("777")
    again.tell(events.LookupAnswered(step=again.step, fields={"grade": "gold"}))
    assert again.ending == commands.Enqueue(queue="sales", attributes={"rank": "gold"})


def test_a_secret_that_an_interruption_took_is_asked_for_again_once() -> None:
    call = verified()
    call.press("777")
    again = verified(fields=kept(call), resumed_at_node=call.place)
    assert again.place == "begin-begin"
    again.press("777")
    assert again.last(commands.LookUp).arguments == {"account": "42", "code": "777"}


def test_a_secret_that_was_handed_in_is_asked_for_by_whoever_handed_it_in() -> None:
    inner = (
        "inputs: [code]\nsensitive: [code]\nnodes:\n"
        + """
    begin: { type: lookup, name: x, arguments: { c: { expression: code } }, answers: [], found: r, failed: r }
    r: { type: return }
    """
    )
    outer = """
    begin: { type: collect, prompt: { en: Code. }, store: pin, sensitive: true, max_digits: 2, next: use, RETRY }
    use: { type: subflow, module: inner, inputs: { code: { expression: pin } }, next: person }
    """.replace("RETRY", "no_input: { say: [{ en: N. }] }, no_match: { say: [{ en: N. }] }")
    flow = small_flow(outer, modules={"inner": inner})
    call = Call(flow)
    call.press("12")
    assert call.place == "use-begin"
    again = Call(flow, fields=kept(call), resumed_at_node="use-begin")
    assert again.place == "begin"
    again.press("12")
    assert again.last(commands.LookUp).arguments == {"c": "12"}


@pytest.mark.parametrize(
    ("place", "node"),
    [
        ("begin-gone", "begin-begin"),
        ("gone-begin", "begin-begin"),
        ("queue-x", "queue"),
        ("a-b-c-d", "begin-begin"),
    ],
)
def test_a_place_that_is_no_more_is_taken_up_as_near_as_can_be(place: str, node: str) -> None:
    """What the module has lost begins the module anew, what is no module any more that node, anything else the flow."""
    call = verified(resumed_at_node=place)
    assert call.place == node
    assert call.troubles() == ["the call was at a node that the flow does not have; it begins anew"]


def test_who_cannot_be_helped_within_a_module_reaches_the_flows_person() -> None:
    call = verified()
    for _ in range(2):
        call.finish()
        call.expire()
    assert call.ending == commands.Enqueue(queue="general", attributes={"caller_number": "42"})
    assert call.exits == ["begin-begin>no_input.then", "person>enqueue"]


def test_modules_within_modules() -> None:
    inner = "nodes:\nbegin: { type: play, prompt: { en: Deep. }, next: r }\nr: { type: return }\n"
    outer = "nodes:\nbegin: { type: subflow, module: inner, next: r }\nr: { type: return }\n"
    flow = small_flow(
        "begin: { type: subflow, module: outer, next: person }\n", modules={"outer": outer, "inner": inner}
    )
    call = Call(flow)
    assert call.place == "begin-begin-begin"
    call.finish()
    assert call.ended()
    again = Call(flow, resumed_at_node="begin-begin-begin")
    again.finish()
    assert again.ended()


def test_the_language_is_shared_by_all() -> None:
    inner = "nodes:\nbegin: { type: set, fields: { language: cmn }, next: r }\nr: { type: return }\n"
    flow = small_flow("begin: { type: subflow, module: inner, next: person }\n", modules={"inner": inner})
    call = Call(flow)
    assert call.interpreter.fields["language"] == "cmn"
    assert call.answers() == {"language": "cmn"}


# --- after a hang-up ----------------------------------------------------------------------------------------------

RESERVED = """
begin:
  type: menu
  prompt: { en: "Press 1 to confirm." }
  hang_up: release
  choices: { "1": { next: person } }
RETRIES
release: { type: set, fields: { outcome: left }, next: tell }
tell: { type: act, host: shop, name: release, arguments: { why: { expression: outcome } }, done: say, failed: say }
say: { type: play, prompt: { en: Nobody hears this. }, next: person }
"""


def test_after_a_hang_up_hosts_may_still_be_ordered_and_nothing_is_said() -> None:
    call = Call(small_flow(RESERVED))
    call.tell(events.CallerGone(hung_up=True))
    act = call.last(commands.Act)
    assert act.arguments == {"why": "left"}
    assert call.press("1") == []
    assert call.tell(events.CallerGone(hung_up=True)) == []
    call.tell(events.ActAnswered(step=act.step, done=True, fields={}))
    assert call.ended()
    assert call.said == [["Press 1 to confirm."]]
    assert call.exits[0] == "begin>hang_up"


def test_who_is_taken_over_has_not_hung_up() -> None:
    call = Call(small_flow(RESERVED))
    assert call.tell(events.CallerGone()) == []
    assert call.every(commands.Act) == []


def test_what_follows_a_hang_up_is_over_in_time() -> None:
    call = Call(small_flow(RESERVED))
    call.tell(events.CallerGone(hung_up=True))
    call.wait(10)
    assert call.ended()


def test_a_hang_up_within_a_module_is_looked_for_outwards() -> None:
    inner = "nodes:\nbegin: { type: play, prompt: { en: Deep. }, next: r }\nr: { type: return }\n"
    flow = small_flow(
        "begin: { type: subflow, module: inner, next: person }\nnoted: { type: set, fields: { x: 1 }, next: person }\n",
        head=HEAD.replace("start: begin", "start: begin\nhang_up: noted"),
        modules={"inner": inner},
    )
    call = Call(flow)
    call.tell(events.CallerGone(hung_up=True))
    assert call.answers() == {"x": 1}
    assert call.ended()
