"""Queues, transfers, treatments and surveys."""

import pytest

from ivr import commands, events
from ivr.events import TransferFailure
from ivr.fields import Fields
from tests.ivr.call import Call
from tests.ivr.flows import SURVEY_HEAD, TREATMENT_HEAD, small_flow

ENQUEUE = """
begin:
  type: enqueue
  queue: sales
  attributes: [caller_number]
  requirements: { english: 3, loans: { expression: level } }
  preferred_agent: { expression: owner }
  preferred_for: 45
  head_start: { expression: seconds }
  survey: { expression: survey }
"""
INPUTS = "[caller_number, level, owner, seconds, survey]"
HEAD = f"""\
version: 1
name: small
languages: [en]
inputs: {INPUTS}
start: begin
person: person
nodes:
  person: {{ type: enqueue, queue: general }}
"""


def enqueued(**fields: object) -> commands.Enqueue:
    call = Call(small_flow(ENQUEUE, head=HEAD), fields=fields)  # type: ignore[arg-type]  # also what no field may hold
    assert isinstance(call.ending, commands.Enqueue)
    return call.ending


def test_what_the_caller_needs_goes_with_him() -> None:
    assert enqueued(caller_number="5", level=7, owner="anna", seconds=120, survey="how_was_it") == commands.Enqueue(
        queue="sales",
        attributes={"caller_number": "5"},
        requirements={"english": 3, "loans": 7},
        preferred_agent="anna",
        preferred_for=45,
        head_start=120,
        survey="how_was_it",
    )


@pytest.mark.parametrize("level", [None, 0, 11, "high", True, 2.5])
def test_a_level_that_is_none_asks_for_nothing(level: object) -> None:
    assert enqueued(level=level).requirements == {"english": 3}


@pytest.mark.parametrize(
    ("seconds", "head_start"),
    [(None, None), ("soon", None), (True, None), (float("nan"), None), (1e9, 86_400.0), (-1e9, -3_600.0), (5, 5.0)],
)
def test_a_head_start_is_a_bounded_number_of_seconds(seconds: object, head_start: float | None) -> None:
    assert enqueued(seconds=seconds).head_start == head_start


def test_nobody_is_preferred_and_nothing_asked_afterwards_unless_named() -> None:
    queued = enqueued(owner="", survey=7)
    assert (queued.preferred_agent, queued.survey) == (None, None)


TRANSFER = """
begin:
  type: transfer
  KIND
  timeout: 20
  attributes: [caller_number]
  busy: busy
  unanswered: nobody
busy: { type: enqueue, queue: sales }
nobody: { type: enqueue, queue: billing }
"""


@pytest.mark.parametrize(
    ("kind", "to", "name"),
    [
        ("number: head_office", "number", "head_office"),
        ("queue: sales", "queue", "sales"),
        ("agent: { expression: caller_number }", "agent", "anna"),
    ],
)
def test_a_transfer_names_its_target_and_ends_the_flow(kind: str, to: str, name: str) -> None:
    call = Call(small_flow(TRANSFER.replace("KIND", kind)), fields={"caller_number": "anna"})
    order = call.last(commands.Transfer)
    assert (order.to, order.name, order.timeout, order.attributes) == (to, name, 20, {"caller_number": "anna"})
    call.tell(events.CallerGone())
    assert call.ended()
    assert call.exits == ["begin>transferred"]


@pytest.mark.parametrize(
    ("why", "queue"),
    [
        (TransferFailure.BUSY, "sales"),
        (TransferFailure.UNANSWERED, "billing"),
        (TransferFailure.FAILED, "general"),
        (None, "general"),
    ],
)
def test_who_is_not_taken_over_goes_on(why: TransferFailure | None, queue: str) -> None:
    call = Call(small_flow(TRANSFER.replace("KIND", "number: head_office")))
    step = call.last(commands.Transfer).step
    if why is None:
        call.expire()
    else:
        call.tell(events.TransferFailed(step=step, why=why))
    assert call.last(commands.Enqueue).queue == queue
    assert call.tell(events.TransferFailed(step=step, why=TransferFailure.BUSY)) == []


def test_a_transfer_to_nobody_fails_at_once() -> None:
    call = Call(small_flow(TRANSFER.replace("KIND", "agent: { expression: caller_number }")))
    assert call.every(commands.Transfer) == []
    assert call.exits[0] == "begin>failed"


# --- treatments ---------------------------------------------------------------------------------------------------

TREATMENT = """
begin:
  type: play
  prompt: { en: "You are number {position}. It will take about {expected_minutes:minutes}." }
  next: music
music: { type: wait, seconds: 30, keys: { "1": leave }, next: begin }
leave: { type: callback, number: { expression: caller_number }, taken: bye, refused: music }
bye: { type: hang_up, prompt: { en: We will call. } }
"""


def treated(**fields: object) -> Call:
    given: Fields = {"caller_number": "5", **fields}  # type: ignore[dict-item]
    return Call(small_flow(TREATMENT, head=TREATMENT_HEAD), fields=given)


def test_a_treatment_goes_round_for_as_long_as_the_caller_waits() -> None:
    call = treated(position=3, expected_minutes=2)
    assert call.said == [["You are number 3.", "It will take about two minutes."]]
    call.finish()
    assert call.last(commands.PlayMusic) == commands.PlayMusic(seconds=30)
    call.tell(events.PlaceChanged(position=2, expected_wait=61.0))
    for _ in range(50):
        call.expire()
        call.finish()
    assert call.said[-1] == ["You are number 2.", "It will take about two minutes."]
    assert call.now > 1_500
    assert not call.ended()


def test_an_offered_key_is_taken_in_the_music_and_others_mean_nothing() -> None:
    call = treated()
    call.finish()
    call.press("5#")
    assert call.place == "music"
    call.press("1")
    assert call.place == "leave"
    call.tell(events.CallbackTaken(step=call.last(commands.RequestCallback).step))
    call.finish()
    assert call.ending == commands.HangUp(cause=16)


def test_a_key_pressed_in_the_announcement_ends_it_and_is_taken() -> None:
    call = treated()
    assert call.press("1")[0] == commands.StopPlaying(step=1)
    assert call.place == "leave"


def test_a_treatment_ends_in_waiting_when_it_returns_or_goes_wrong() -> None:
    call = Call(small_flow("begin: { type: return }", head=TREATMENT_HEAD))
    assert call.ending == commands.GoOnWaiting()
    call = Call(small_flow(TREATMENT, head=TREATMENT_HEAD))
    while not call.ended():
        call.finish()
        call.expire()
    assert call.ending == commands.GoOnWaiting()  # after MAX_NODES


def test_a_treatment_that_is_taken_up_again_goes_on_where_it_was() -> None:
    call = Call(small_flow(TREATMENT, head=TREATMENT_HEAD), fields={"caller_number": "5"}, resumed_at_node="music")
    assert call.said == []
    assert call.last(commands.PlayMusic) == commands.PlayMusic(seconds=30)


def test_a_survey_ends_with_the_call() -> None:
    survey = """
    begin:
      type: menu
      prompt: { en: How was it? }
      store: score
      choices: { "1": { value: 1, next: end }, "2": { value: 2, next: end } }
      attempts: 1
      no_input: { then: end }
      no_match: { then: end }
    end: { type: return }
    """
    call = Call(small_flow(survey, head=SURVEY_HEAD))
    call.press("2")
    assert call.answers() == {"score": 2}
    assert call.ending == commands.HangUp(cause=16)
