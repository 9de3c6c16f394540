"""Callers' scripts as files: read, played, compared; what is not as expected is told in the author's words."""

import textwrap

import pytest

from ivr.errors import FlowError
from ivr.simulation.rehearsal import Rehearsal, rehearse
from ivr.simulation.script import read_scripts
from tests.ivr.flows import TREATMENT_HEAD, shipped_flow, small_flow

BANK = small_flow(
    """
    begin:
      type: hours
      calendar: office
      open: pin
      closed: mail
    pin:
      type: authenticate
      host: bank
      name: pin
      prompt: { en: Your PIN. }
      meanwhile: { en: One moment. }
      refused: { say: [{ en: Wrong. }] }
      no_input: { say: [{ en: Nothing. }] }
      next: topic
    topic:
      type: ask
      prompt: { en: Pay or talk? }
      answers:
        pay: { keys: ["1"], phrases: { en: [pay] }, next: amount }
        talk: { keys: ["2"], phrases: { en: [talk to somebody] }, next: office }
    RETRIES
    amount:
      type: collect
      prompt: { en: How much? }
      store: amount
      max_digits: 5
      check: { kind: amount, decimals: 0 }
      next: pay
    RETRIES
    pay:
      type: act
      host: bank
      name: pay
      arguments: { amount: { expression: amount } }
      answers: [receipt]
      done: bye
      refused: topic
      late: person
    bye: { type: hang_up, prompt: { en: "Receipt {receipt:spell}." } }
    office: { type: transfer, number: head_office }
    mail:
      type: voicemail
      mailbox: sales
      greeting: { en: We are closed. }
      next: end
    end: { type: hang_up }
    """
)


def play(body: str, flow: object = None) -> Rehearsal:
    text = "flow: small\ntests:\n- name: it\n" + textwrap.indent(textwrap.dedent(body), "  ")
    (script,) = read_scripts(text, source="t.yaml")
    return rehearse(script, flow or BANK)  # type: ignore[arg-type]


OPEN = "given: { calendars: { office: open }, checks: { bank.pin: accepted }, acts: { bank.pay: OUTCOME }, OTHER }\n"


def in_office(when: str, expect: str, *, outcome: str = "{ done: { receipt: AB1 } }", other: str = "") -> Rehearsal:
    given = OPEN.replace("OUTCOME", outcome).replace(", OTHER", f", {other}" if other else "")
    return play(f"{given}when: [{when}]\nexpect: {expect}\n")


PAY = 'hear: Your PIN, press: "4711", hear: Pay or talk, press: "1", hear: How much, press: "250#"'
PAID = ", ".join(f"{{ {deed} }}" for deed in PAY.split(", "))


def test_a_payment_from_the_pin_to_the_receipt() -> None:
    played = in_office(
        PAID,
        "{ hang_up: 16, said: [One moment, Receipt], acts: [{ bank.pay: { amount: 250 } }], fields: { amount: 250, "
        "receipt: AB1, authentication: pin }, path: [begin, pin, bye], not_path: [mail], within: 60, troubles: false }",
    )
    assert played.failures == ()
    assert "4711" in "".join(moment.what for moment in played.call.moments)  # what the caller did: his script says so


@pytest.mark.parametrize(
    ("expect", "failure"),
    [
        ("{ queue: sales }", "queue sales: the flow has hung up with cause 16"),
        ("{ hang_up: 31 }", "hang_up 31: the flow has hung up with cause 16"),
        ("{ hang_up: false }", "hang_up False: the flow has hung up with cause 16"),
        ("{ left: true }", "left: the flow has hung up with cause 16"),
        ("{ transfer: head_office }", "transfer head_office: the flow has hung up with cause 16"),
        ("{ node: person }", "node person: the call is at bye"),
        ("{ path: [bye, pin] }", "path: pin is not there"),
        ("{ not_path: [pin] }", "not_path: the call was at pin"),
        ("{ said: [Receipt, One moment] }", "said 'One moment': it was not, or not in this order"),
        ("{ not_said: Receipt }", "not_said 'Receipt': it was"),
        ("{ fields: { amount: '250' } }", "fields.amount '250': it is 250"),
        ("{ fields: { receipt: null } }", "fields.receipt None: it is 'AB1'"),
        ("{ acts: [] }", "acts []: they are ['bank.pay']"),
        ("{ acts: [{ bank.pay: { amount: 1 } }] }", "acts: amount 1: it is 250"),
        ("{ callback: '5' }", "callback 5: none was asked for"),
        ("{ message: sales }", "message sales: none was left there"),
        ("{ within: 1 }", "within 1 s: it took"),
        ("{ troubles: true }", "troubles: there were none"),
    ],
)
def test_what_is_not_as_expected_is_told(expect: str, failure: str) -> None:
    (told,) = in_office(PAID, expect).failures
    assert failure in told


def test_silence_a_refusal_and_an_act_that_nobody_knows_of() -> None:
    assert in_office("", "{ queue: general }").failures == ()
    again = in_office(
        PAID + ', { hear: Pay or talk }, { press: "1" }, { press: "100#" }',
        "{ hang_up: 16, acts: [bank.pay, bank.pay], fields: { receipt: R } }",
        outcome="[{ refused: {} }, { done: { receipt: R } }]",
    )
    assert again.failures == ()
    late = in_office(PAID, "{ queue: general, acts: [bank.pay], troubles: true }", outcome="late")
    assert late.failures == ()


def test_a_phrase_where_somebody_listens_and_a_transfer() -> None:
    spoken = in_office(
        '{ press: "4711" }, { hear: Pay or talk }, { say: Talk to somebody }',
        "{ transfer: head_office }",
        other="speech: true",
    )
    assert spoken.failures == ()
    busy = in_office(
        '{ press: "4711" }, { hear: Pay or talk }, { press: "2" }', "{ queue: general }", other="transfer: busy"
    )
    assert busy.failures == ()


@pytest.mark.parametrize(
    ("deeds", "expect"),
    [
        ("{ speak: 9 }", "{ message: sales, hang_up: 16 }"),
        ("{ speak: 9 }, hang_up", "{ message: sales, left: true }"),
        ("{ wait: 1 }, hang_up", "{ left: true }"),
        ("{ wait: 9 }", "{ hang_up: 16 }"),
    ],
)
def test_a_message_after_hours(deeds: str, expect: str) -> None:
    closed = "given: { calendars: { office: closed } }\n"
    assert play(f"{closed}when: [{{ hear: closed }}, listen, {deeds}]\nexpect: {expect}\n").failures == ()


def test_what_is_so_in_between_is_looked_at_in_between() -> None:
    played = in_office('{ hear: PIN }, { expect: { node: pin } }, { press: "4711" }, { expect: { node: begin } }', "{}")
    (told,) = played.failures
    assert told.startswith("line 5: node begin: the call is at")


def test_words_that_never_come_end_the_script_with_their_line() -> None:
    (told,) = in_office("{ hear: weather }", "{ queue: general }").failures
    assert told == "line 5: 'weather' is not said; the call is at 'person'"


def test_a_treatment_is_told_of_the_callers_place() -> None:
    flow = small_flow(
        """
        begin: { type: play, prompt: { en: "Number {position}." }, next: music }
        music: { type: wait, seconds: 20, keys: { "1": back }, next: begin }
        back: { type: callback, number: { expression: caller_number }, taken: bye, refused: music }
        bye: { type: hang_up }
        """,
        head=TREATMENT_HEAD,
    )
    played = play(
        'fields: { caller_number: "5", position: 4 }\n'
        'when: [{ hear: Number 4 }, { place: { position: 2 } }, { hear: Number 2 }, { wait: 9 }, { press: "1" }]\n'
        'expect: { callback: "5", hang_up: 16 }\n',
        flow,
    )
    assert played.failures == ()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("when: [{ press: 5x }]", "t.yaml:4: tests.0.when.0"),
        ("when: [{ press: '5', wait: 2 }]", "a step is one of"),
        ("when: [dance]", "t.yaml:4"),
        ("given: { lookups: { x: maybe } }", "an outcome is one of found, not_found, failed, late"),
        ("given: { acts: { x: { done: {}, refused: {} } } }", "an outcome is one of done, refused"),
        ("expect: { end: well }", "Extra inputs"),
        ("anchor: &a 1", "anchors"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_with_its_line(body: str, complaint: str) -> None:
    with pytest.raises(FlowError) as refused:
        play(body + "\n")
    assert complaint in str(refused.value)


def test_the_shipped_line_by_a_script() -> None:
    played = play(
        'fields: { caller_number: "1" }\ngiven: { lookups: { customer_by_number: not_found } }\n'
        'when: [{ hear: key in your account }, { press: "123456#" }, { hear: For billing }, { press: "1" }]\n'
        "expect: { queue: billing, attributes: { account_number: '123456', customer: null } }\n",
        shipped_flow("support"),
    )
    assert played.failures == ()
