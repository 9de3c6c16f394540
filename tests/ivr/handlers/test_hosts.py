"""Asking and ordering host systems: every kind of answer has its exit, late and double ones change nothing."""

import pytest

from ivr import commands, events
from ivr.events import Event, Opening
from ivr.fields import Fields
from tests.ivr.call import Call
from tests.ivr.flows import TREATMENT_HEAD, small_flow

LOOKUP = """
begin:
  type: lookup
  host: bank
  name: balance
  arguments: { account: { expression: caller_number } }
  answers: { sum: balance, cur: currency }
  timeout: 3
  MEANWHILE
  found: good
  not_found: nobody
  failed: broken
  late: slow
good: { type: enqueue, queue: sales }
nobody: { type: enqueue, queue: sales }
broken: { type: enqueue, queue: sales }
slow: { type: enqueue, queue: sales }
"""
ACT = """
begin:
  type: act
  host: bank
  name: pay
  arguments: { amount: { expression: amount }, card: { expression: card } }
  answers: { receipt: receipt }
  timeout: 4
  done: good
  refused: no_money
  failed: broken
  late: slow
good: { type: enqueue, queue: sales, attributes: [receipt] }
no_money: { type: menu, prompt: { en: Another amount? }, choices: { "1": { next: less } } }
broken: { type: menu, prompt: { en: Try again? }, choices: { "1": { next: begin } } }
slow: { type: menu, prompt: { en: Try again? }, choices: { "1": { next: begin }, "2": { next: less } } }
less: { type: set, fields: { amount: 5 }, next: begin }
"""


def pay(*, fields: Fields | None = None, resumed_at_node: str | None = None) -> Call:
    retries = "no_input: { say: [{ en: H. }] }, no_match: { say: [{ en: H. }] }"
    nodes = ACT.replace("type: menu,", f"type: menu, {retries},")
    collect = (
        f"card: {{ type: collect, prompt: {{ en: Card. }}, store: card, sensitive: true, max_digits: 4, {retries}, "
        "next: begin }\n"
    )
    head = (
        "version: 1\nname: small\nlanguages: [en]\ninputs: [caller_number, amount]\nstart: card\nperson: person\n"
        "nodes:\n  person: { type: enqueue, queue: general, attributes: [caller_number] }\n"
    )
    return Call(
        small_flow(nodes + collect, head=head), fields=fields or {"amount": 20}, resumed_at_node=resumed_at_node
    )


def look(*, meanwhile: bool = False) -> Call:
    words = "meanwhile: { en: One moment. }" if meanwhile else ""
    return Call(small_flow(LOOKUP.replace("MEANWHILE", words)), fields={"caller_number": "5"})


@pytest.mark.parametrize(
    ("answer", "exit_name"),
    [
        (events.LookupAnswered(step=1, fields={"sum": 5.5}), "found"),
        (events.LookupAnswered(step=1, fields={}), "not_found"),
        (events.LookupFailed(step=1, why="500"), "failed"),
        (events.LookupFailed(step=1, why="slow", late=True), "late"),
        (None, "late"),
    ],
)
def test_a_question_leaves_by_its_answers_exit_whatever_comes_later(answer: Event | None, exit_name: str) -> None:
    call = look()
    assert call.last(commands.LookUp) == commands.LookUp(
        step=1, host="bank", name="balance", arguments={"account": "5"}, timeout=3
    )
    if answer is None:
        call.expire()
    else:
        call.tell(answer)
    assert call.exits[0] == f"begin>{exit_name}"
    assert call.ended()
    assert call.tell(events.LookupAnswered(step=1, fields={"sum": 1})) == []


def test_an_answer_becomes_fields_by_its_own_names_and_garbage_does_not() -> None:
    call = look()
    call.tell(
        events.LookupAnswered(
            step=1,
            fields={"sum": 5.5, "cur": {"code": "EUR"}, "other": 1},  # type: ignore[dict-item]  # as a host may answer
        )
    )
    assert call.answers() == {"balance": 5.5}


def test_what_is_said_meanwhile_is_heard_to_its_end() -> None:
    call = look(meanwhile=True)
    assert call.said == [["One moment."]]
    assert call.tell(events.LookupAnswered(step=1, fields={"sum": 5.5})) == []
    call.finish()
    assert call.exits[0] == "begin>found"


def test_keys_pressed_meanwhile_are_kept() -> None:
    call = look(meanwhile=True)
    assert call.press("12") == []
    assert call.interpreter.keys.waiting == 2


def test_an_answer_after_what_was_said_is_used_at_once_and_none_at_the_deadline() -> None:
    call = look(meanwhile=True)
    call.finish()
    call.tell(events.LookupAnswered(step=1, fields={"sum": 5.5}))
    assert call.exits[0] == "begin>found"
    call = look(meanwhile=True)
    call.finish()
    call.expire()
    assert call.exits[0] == "begin>late"


def test_the_end_of_what_is_said_meanwhile_need_not_be_reported() -> None:
    call = look(meanwhile=True)
    call.tell(events.LookupAnswered(step=1, fields={"sum": 5.5}))
    assert commands.StopPlaying(step=2) in call.expire()
    assert call.exits[0] == "begin>found"


# --- acts ---------------------------------------------------------------------------------------------------------


def order(call: Call) -> commands.Act:
    return call.last(commands.Act)


def test_an_act_is_ordered_with_a_key_and_its_receipt_is_passed_on() -> None:
    call = pay()
    call.press("4711")
    assert order(call).arguments == {"amount": 20, "card": "4711"}
    assert "4711" not in order(call).key
    call.tell(events.ActAnswered(step=order(call).step, done=True, fields={"receipt": "R7"}))
    assert call.ending == commands.Enqueue(queue="sales", attributes={"receipt": "R7"})


def test_the_key_is_the_same_until_the_outcome_is_known_and_then_another() -> None:
    call = pay()
    call.press("4711")
    first = order(call).key
    call.expire()
    assert call.exits[-1] == "begin>late"
    call.press("1")
    assert order(call).key == first  # nobody knows yet whether it was done
    call.tell(events.ActFailed(step=order(call).step, why="500", unknown=True))
    call.press("1")
    assert order(call).key == first
    call.tell(events.ActFailed(step=order(call).step, why="refused connection", unknown=False))
    call.press("1")
    assert order(call).key != first  # that one was certainly not done; this is another
    call.tell(events.ActAnswered(step=order(call).step, done=False, fields={}))
    assert call.exits[-1] == "begin>refused"


def test_another_amount_is_another_act_even_if_nobody_knows_of_the_first() -> None:
    call = pay()
    call.press("4711")
    first = order(call).key
    call.expire()
    call.press("2")
    assert order(call).arguments["amount"] == 5
    assert order(call).key != first


def test_an_act_that_was_interrupted_is_ordered_again_with_its_key() -> None:
    call = pay()
    call.press("4711")
    first = order(call).key
    again = pay(fields={"amount": 20, **_kept(call)}, resumed_at_node="begin")
    assert again.said == [["Card."]]  # the number was kept nowhere: it is asked for again, once
    again.press("4711")
    assert order(again).key == first


def test_an_act_that_was_done_before_the_interruption_is_another_act_after_it() -> None:
    call = pay()
    call.press("4711")
    first = order(call).key
    call.tell(events.ActAnswered(step=order(call).step, done=False, fields={}))
    again = pay(fields={"amount": 20, **_kept(call)}, resumed_at_node="no_money")
    again.press("1")
    again.press("4711")
    assert order(again).key.split(".")[1] == "1"
    assert order(again).key != first


def test_an_act_is_seen_to_its_end_when_the_caller_hangs_up_meanwhile() -> None:
    call = pay()
    call.press("4711")
    call.tell(events.CallerGone(hung_up=True))
    assert not call.ended()
    call.tell(events.ActAnswered(step=order(call).step, done=True, fields={"receipt": "R7"}))
    assert call.ended()
    assert call.answers()["receipt"] == "R7"
    assert call.exits[-2:] == ["begin>hang_up", "begin>done"]


def test_after_a_hang_up_an_act_is_waited_for_as_long_as_before_and_no_longer() -> None:
    call = pay()
    call.press("4711")
    begun = call.now
    call.wait(1)
    call.tell(events.CallerGone(hung_up=True))
    call.expire()
    assert call.ended()
    assert call.now == begun + 4
    assert call.every(commands.Enqueue) == []


def _kept(call: Call) -> Fields:
    return {answer.key: answer.value for answer in call.every(commands.RecordAnswer) if not answer.sensitive}


# --- calendars and callbacks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "exit_name", "queue"),
    [
        (events.CalendarRead(step=1, opening=Opening.OPEN), "open", "sales"),
        (events.CalendarRead(step=1, opening=Opening.CLOSED), "closed", "billing"),
        (events.CalendarRead(step=1, opening=Opening.HOLIDAY), "holiday", "billing"),
        (events.CalendarFailed(step=1, why="unknown"), "failed", "sales"),
        (None, "failed", "sales"),
    ],
)
def test_opening_hours(answer: Event | None, exit_name: str, queue: str) -> None:
    """Without a holiday exit a holiday is closed; a calendar that cannot be read sends nobody away."""
    call = Call(
        small_flow(
            """
            begin: { type: hours, calendar: office, open: there, closed: away }
            there: { type: enqueue, queue: sales }
            away: { type: enqueue, queue: billing }
            """
        )
    )
    assert call.last(commands.ReadCalendar).calendar == "office"
    if answer is None:
        call.expire()
    else:
        call.tell(answer)
    assert call.exits[0] == f"begin>{exit_name}"
    assert call.ending == commands.Enqueue(queue=queue, attributes={})


CALLBACK = """
begin: { type: callback, number: { expression: caller_number }, attributes: [caller_number], taken: bye, refused: on }
bye: { type: return }
on: { type: return }
"""


@pytest.mark.parametrize(
    ("answer", "exit_name"),
    [
        (events.CallbackTaken(step=1), "taken"),
        (events.CallbackRefused(step=1, why="premium rate"), "refused"),
        (events.CallbackFailed(step=1, why="down"), "failed"),
        (None, "failed"),
    ],
)
def test_a_callback(answer: Event | None, exit_name: str) -> None:
    call = Call(small_flow(CALLBACK, head=TREATMENT_HEAD), fields={"caller_number": "+4930123"})
    asked = call.last(commands.RequestCallback)
    assert (asked.number, asked.queue, asked.attributes) == ("+4930123", None, {"caller_number": "+4930123"})
    if answer is None:
        call.expire()
    else:
        call.tell(answer)
    assert call.exits[0] == f"begin>{exit_name}"


def test_without_a_number_no_callback_is_asked_for() -> None:
    call = Call(small_flow(CALLBACK, head=TREATMENT_HEAD))
    assert call.every(commands.RequestCallback) == []
    assert call.exits[0] == "begin>refused"
