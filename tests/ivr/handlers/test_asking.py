"""Questions: what is understood as an answer, and what happens when nothing is."""

import pytest

from ivr import commands, events
from ivr.fields import FieldValue
from tests.ivr.call import Call
from tests.ivr.flows import HEAD, small_flow

ASK = """
begin:
  type: ask
  prompt: { en: "Billing, press 1. Sales, press 2." }
  spoken_prompt: { en: "Say billing or sales." }
  store: topic
  answers:
    billing: { keys: ["1", "4"], phrases: { en: [billing, my bill] }, next: billing }
    sales: { keys: ["2"], phrases: { en: [sales] }, value: buy, next: sales }
RETRIES
billing: { type: enqueue, queue: billing }
sales: { type: enqueue, queue: sales }
"""

BILINGUAL = HEAD.replace("languages: [en]", "languages: [en, cmn]")
LANGUAGE = """
begin:
  type: language
  choices:
    en: { key: "1", prompt: "For English, press 1." }
    cmn: { key: "2", prompt: "中文请按 2。" }
  next: hello
hello: { type: play, prompt: { en: Hello., cmn: 您好。 }, next: person }
"""


def collect(check: str, *, least: int = 1, most: int = 16) -> Call:
    return Call(
        small_flow(
            f"begin: {{ type: collect, prompt: {{ en: Your entry. }}, store: entry, min_digits: {least}, "
            f"max_digits: {most}, check: {check}, attempts: 2, next: queue, "
            "no_input: { say: [{ en: Nothing. }] }, no_match: { say: [{ en: Not that. }] } }\n"
            "queue: { type: enqueue, queue: sales, attributes: [entry] }\n"
        )
    )


@pytest.mark.parametrize(
    ("check", "keys", "value"),
    [
        ("{ kind: luhn }", "4539578763621486", "4539578763621486"),
        ("{ kind: luhn }", "18#", "18"),
        ("{ kind: date, form: ddmmyyyy }", "29022024#", "2024-02-29"),
        ("{ kind: date, form: mmyy }", "1227#", "2027-12"),
        ("{ kind: amount, decimals: 2 }", "12*5#", 12.5),
        ("{ kind: amount, decimals: 2 }", "100#", 100.0),
        ("{ kind: amount, decimals: 2 }", "*75#", 0.75),
        ("{ kind: amount, decimals: 0 }", "100#", 100),
        ("{ kind: range, least: 3, most: 20 }", "007#", 7),
        ("{ kind: pattern, patterns: [0XXXX, 1ZN] }", "192#", "192"),
    ],
)
def test_an_entry_that_passes_its_check_is_stored_as_what_it_is(check: str, keys: str, value: FieldValue) -> None:
    call = collect(check)
    call.press(keys)
    assert call.ending == commands.Enqueue(queue="sales", attributes={"entry": value})
    assert type(call.answers()["entry"]) is type(value)


@pytest.mark.parametrize(
    ("check", "keys"),
    [
        ("{ kind: luhn }", "4539578763621487"),
        ("{ kind: date, form: ddmmyyyy }", "30022024#"),
        ("{ kind: date, form: ddmmyyyy }", "290220#"),
        ("{ kind: date, form: yyyymmdd, earliest: '2026-01-01' }", "20251231#"),
        ("{ kind: date, form: mmyy, latest: '2030-12' }", "0131#"),
        ("{ kind: amount, decimals: 2 }", "1*234#"),
        ("{ kind: amount, decimals: 2 }", "1*2*3#"),
        ("{ kind: amount, decimals: 2 }", "*#"),
        ("{ kind: amount, decimals: 0 }", "1*"),
        ("{ kind: amount, decimals: 2, most: 500 }", "500*01#"),
        ("{ kind: range, least: 3, most: 20 }", "21#"),
        ("{ kind: range, least: 3, most: 20 }", "#"),
        ("{ kind: luhn }", "#"),
        ("{ kind: pattern, patterns: [0XXXX, 1ZN] }", "191#"),
        ("{ kind: pattern, patterns: [0XXXX, 1ZN] }", "102#"),
    ],
)
def test_an_entry_that_does_not_pass_is_asked_for_again(check: str, keys: str) -> None:
    call = collect(check)
    call.press(keys)
    assert call.said[-1] == ["Not that.", "Your entry."]
    call.press(keys)
    assert call.ending == commands.Enqueue(queue="general", attributes={})
    assert call.exits == ["begin>no_match.then", "person>enqueue"]


def test_a_thousand_digits_at_once_are_one_entry_and_a_full_buffer() -> None:
    call = collect("{ kind: luhn }")
    call.press("0" * 1_000)
    assert call.interpreter.keys.pressed == 1_000
    assert call.interpreter.keys.waiting == 0
    assert call.ended()


def test_what_was_keyed_ahead_is_forgotten_where_the_node_says_so() -> None:
    call = Call(
        small_flow(
            """
            begin: { type: play, prompt: { en: Hello. }, interruptible: false, next: agree }
            agree:
              type: menu
              flush: true
              prompt: { en: "Press 1 to pay." }
              choices: { "1": { next: person } }
            RETRIES
            """
        )
    )
    call.press("1")
    call.finish()
    assert call.place == "agree"
    assert call.said[-1] == ["Press 1 to pay."]
    assert call.interpreter.keys.dropped == 1
    call.press("1")
    assert call.exits[-2:] == ["agree>choices.1!", "person>enqueue"]


def test_a_question_is_answered_by_any_of_an_answers_keys() -> None:
    call = Call(small_flow(ASK))
    assert call.said == [["Billing, press 1. Sales, press 2."]]
    assert call.every(commands.Listen) == []
    call.press("4")
    assert call.answers()["topic"] == "billing"
    assert call.exits == ["begin>answers.billing!", "billing>enqueue"]


def test_a_question_is_answered_by_voice_where_somebody_listens() -> None:
    call = Call(small_flow(ASK), listens=True)
    assert call.said == [["Say billing or sales."]]
    listen = call.last(commands.Listen)
    assert listen.phrases == {"billing": ("billing", "my bill"), "sales": ("sales",)}
    assert call.tell(events.SpeechBegan(step=listen.step))[0] == commands.StopPlaying(step=1)
    call.tell(events.Heard(step=listen.step, answer="sales", confidence=0.9))
    assert call.answers()["topic"] == "buy"
    assert call.ending == commands.Enqueue(queue="sales", attributes={})


@pytest.mark.parametrize(("answer", "confidence"), [(None, 0.9), ("sales", 0.3), ("weather", 1.0)])
def test_what_is_not_understood_is_asked_again(answer: str | None, confidence: float) -> None:
    call = Call(small_flow(ASK), listens=True)
    call.tell(events.Heard(step=call.last(commands.Listen).step, answer=answer, confidence=confidence))
    assert call.said[-1] == ["Not understood.", "Say billing or sales."]
    assert len(call.every(commands.Listen)) == 2


def test_a_key_counts_where_somebody_listens_and_ends_the_listening() -> None:
    call = Call(small_flow(ASK), listens=True)
    listen = call.last(commands.Listen)
    assert commands.StopListening(step=listen.step) in call.press("2")
    assert call.tell(events.Heard(step=listen.step, answer="billing", confidence=1.0)) == []  # too late
    assert call.ending == commands.Enqueue(queue="sales", attributes={})


def test_silence_where_somebody_listens_is_no_input() -> None:
    call = Call(small_flow(ASK), listens=True)
    call.finish()
    assert commands.StopListening(step=2) in call.expire()
    assert call.said[-1][0] == "Nothing heard."


def test_without_ears_after_all_keys_still_count() -> None:
    call = Call(small_flow(ASK), listens=True)
    call.tell(events.ListeningFailed(step=call.last(commands.Listen).step, why="down"))
    call.press("1")
    assert call.ending == commands.Enqueue(queue="billing", attributes={})


def test_a_language_is_offered_in_its_own_words_and_chosen_by_key() -> None:
    call = Call(small_flow(LANGUAGE, head=BILINGUAL))
    assert [(one.text, one.language) for one in call.last(commands.PlayPrompts).utterances] == [
        ("For English, press 1.", "en"),
        ("中文请按 2。", "cmn"),
    ]
    call.press("2")
    assert call.said[-1] == ["您好。"]
    assert call.last(commands.RecordAnswer) == commands.RecordAnswer(
        key="language", value="cmn", sensitive=False, keyed=True
    )


@pytest.mark.parametrize("keys", ["", "9"])
def test_who_chooses_no_language_goes_on_in_the_first(keys: str) -> None:
    call = Call(small_flow(LANGUAGE, head=BILINGUAL))
    call.press(keys)
    if not keys:
        call.finish()
        call.expire()
    assert call.said[-1] == ["Hello."]
    assert call.answers()["language"] == "en"
