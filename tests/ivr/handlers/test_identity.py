"""The PIN: kept nowhere, three trials a call, the same words and times for right and wrong."""

import pytest

from ivr import commands, events
from ivr.commands import Command
from ivr.events import Event, Verdict
from ivr.fields import Fields
from tests.ivr.call import Call
from tests.ivr.flows import small_flow

PIN = """
begin:
  type: authenticate
  host: bank
  name: pin
  arguments: { account: { expression: caller_number } }
  prompt: { en: Your PIN. }
  meanwhile: { en: One moment please. }
  verdict_after: 2
  timeout: 4
  attempts: ATTEMPTS
  answers: { name: customer_name }
  next: known
  no_input: { say: [{ en: Nothing heard. }] }
  refused: { say: [{ en: That was not the PIN. }, { en: Once more. }], then: strange }
  locked: shut
  failed: broken
known: { type: enqueue, queue: sales, attributes: [authentication, customer_name] }
strange: { type: menu, prompt: { en: Press 1 to try again. }, choices: { "1": { next: begin } } }
shut: { type: enqueue, queue: billing }
broken: { type: enqueue, queue: technical }
"""
RETRIES = "no_input: { say: [{ en: H. }] }, no_match: { say: [{ en: H. }] }"


def call_with_pin(*, attempts: int = 3, fields: Fields | None = None, resumed_at_node: str | None = None) -> Call:
    flow = small_flow(PIN.replace("ATTEMPTS", str(attempts)).replace("type: menu,", f"type: menu, {RETRIES},"))
    return Call(flow, fields={"caller_number": "5", **(fields or {})}, resumed_at_node=resumed_at_node)


def judged(call: Call, verdict: Verdict) -> Event:
    return events.IdentityChecked(step=call.last(commands.CheckIdentity).step, verdict=verdict)


def key_in(call: Call, pin: str, verdict: Verdict | None) -> list[tuple[float, Command]]:
    """Key in a PIN, have it judged at once, and return everything up to the verdict with its time."""
    begin = call.now
    orders = [(0.0, order) for order in call.press(pin)]
    if verdict is not None:
        orders += [(0.0, order) for order in call.tell(judged(call, verdict))]
    orders += [(call.now - begin, order) for order in call.finish()]
    while call.interpreter.node == "begin" and call.interpreter.phase.name == "JUDGING":
        orders += [(call.now - begin, order) for order in call.expire()]
    return orders


def test_a_right_pin_opens_the_way_and_is_in_no_field_record_or_repr() -> None:
    call = call_with_pin()
    call.press("4711")
    asked = call.last(commands.CheckIdentity)
    assert (asked.secret, asked.arguments) == ("4711", {"account": "5"})
    call.tell(events.IdentityChecked(step=asked.step, verdict=Verdict.ACCEPTED, fields={"name": "Lee"}))
    call.finish()
    call.expire()
    assert call.ending == commands.Enqueue(queue="sales", attributes={"authentication": "pin", "customer_name": "Lee"})
    assert "4711" not in repr(call.all)
    assert "4711" not in repr(call.interpreter.fields)
    assert all(order.value != "4711" for order in call.every(commands.RecordAnswer))


def test_until_the_verdict_right_wrong_and_short_sound_and_last_the_same() -> None:
    """The same words at the same times; only the order to the host, which nobody hears, is missing for a short one."""
    heard = []
    for pin, verdict in (("4711", Verdict.ACCEPTED), ("0000", Verdict.REFUSED), ("1#", None), ("12*", None)):
        call = call_with_pin(attempts=1)
        orders = key_in(call, pin, verdict)
        said = [
            (at, order.utterances if isinstance(order, commands.PlayPrompts) else order)
            for at, order in orders
            if isinstance(order, commands.PlayPrompts | commands.StopPlaying)
        ]
        heard.append((said[:2], orders[-1][0]))
    assert all(one == heard[0] for one in heard)
    assert heard[0][1] == 2.0


@pytest.mark.parametrize(("delay", "told_after"), [(0.1, 2.0), (1.9, 2.0), (2.1, 4.0), (3.9, 4.0)])
def test_the_time_the_host_takes_is_not_to_be_heard(delay: float, told_after: float) -> None:
    call = call_with_pin()
    begin = call.now
    call.press("4711")
    call.finish()
    call.wait(delay)
    call.tell(judged(call, Verdict.ACCEPTED))
    while not call.ended():
        call.expire()
    assert call.now - begin == pytest.approx(told_after)


def test_three_wrong_pins_are_all_a_call_may_try_wherever() -> None:
    call = call_with_pin(attempts=2)
    key_in(call, "1111", Verdict.REFUSED)
    assert call.said[-1] == ["That was not the PIN.", "Your PIN."]
    key_in(call, "2222", Verdict.REFUSED)
    assert call.place == "strange"
    call.press("1")
    assert call.said[-1] == ["Your PIN."]
    key_in(call, "3333", Verdict.REFUSED)
    assert call.place == "strange"
    call.press("1")
    assert call.place == "strange"  # not even asked any more
    assert len(call.every(commands.CheckIdentity)) == 3


def test_an_interruption_gives_no_more_trials() -> None:
    call = call_with_pin()
    key_in(call, "1111", Verdict.REFUSED)
    call.press("2222")
    kept = {answer.key: answer.value for answer in call.every(commands.RecordAnswer)}
    again = call_with_pin(fields=kept, resumed_at_node="begin")
    key_in(again, "3333", Verdict.REFUSED)
    assert again.place == "strange"


@pytest.mark.parametrize(
    ("answer", "queue"),
    [("locked", "billing"), ("failed", "technical"), (None, "technical")],
)
def test_a_lock_and_a_host_that_cannot_say(answer: str | None, queue: str) -> None:
    call = call_with_pin()
    call.press("4711")
    call.finish()
    if answer == "locked":
        call.tell(judged(call, Verdict.LOCKED))
    elif answer == "failed":
        call.tell(events.IdentityCheckFailed(step=call.last(commands.CheckIdentity).step, why="down"))
    while not call.ended():
        call.expire()
    assert call.ending == commands.Enqueue(queue=queue, attributes={})


def test_a_verdict_that_comes_twice_or_late_changes_nothing() -> None:
    call = call_with_pin()
    call.press("4711")
    call.finish()
    step = call.last(commands.CheckIdentity).step
    call.tell(events.IdentityChecked(step=step, verdict=Verdict.REFUSED))
    call.tell(events.IdentityChecked(step=step, verdict=Verdict.ACCEPTED))
    call.expire()
    assert call.said[-1][0] == "That was not the PIN."
    assert call.tell(events.IdentityChecked(step=step, verdict=Verdict.ACCEPTED)) == []
    assert "authentication" not in call.answers()


def test_the_words_before_the_verdict_are_heard_to_their_end() -> None:
    call = call_with_pin()
    call.press("4711")
    call.tell(judged(call, Verdict.ACCEPTED))
    call.expire()
    assert call.interpreter.phase.name == "JUDGING"  # still speaking
    call.finish()
    call.expire()
    assert call.ended()
    assert call.now == 104.0


def test_silence_is_no_trial() -> None:
    call = call_with_pin()
    for _ in range(3):
        call.finish()
        call.expire()
    assert call.ending == commands.Enqueue(queue="general", attributes={"caller_number": "5"})
    assert call.interpreter.keys.pressed == 0
