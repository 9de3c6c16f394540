"""The interpreter, fact by fact."""

import pytest

from ivr import commands, events
from ivr.dialogue import Phase
from ivr.interpreter import MAX_NODES, FlowInterpreter
from tests.ivr.call import Call
from tests.ivr.flows import HEAD, small_flow

ASK = """
begin:
  type: collect
  prompt: { en: Your number. }
  store: number
  min_digits: 3
  max_digits: 5
  first_timeout: 5
  digit_timeout: 3
  entry_timeout: 7
  shortcuts: { "#": person, "*": other }
  next: choose
RETRIES
other: { type: set, fields: { number: none }, next: choose }
choose:
  type: menu
  prompt: { en: Your reason. }
  store: reason
  choices: { "1": { value: billing }, "2": { value: sales }, "#": { value: hash } }
  next: queue
RETRIES
queue: { type: enqueue, queue: general, attributes: [number, reason] }
"""


def test_a_question_is_announced_and_put() -> None:
    call = Call(small_flow(ASK))
    enter, play = call.all
    assert isinstance(enter, commands.EnterNode)
    assert enter.node == "begin"
    assert enter.budget > 5 + 7  # both time-outs, and the prompt's own length
    assert isinstance(play, commands.PlayPrompts)
    assert play.step == 1
    assert call.interpreter.next_deadline() is not None


def test_keys_end_the_prompt_once_and_make_the_entry() -> None:
    call = Call(small_flow(ASK))
    assert call.press("1") == [commands.StopPlaying(step=1)]
    assert call.press("234") == []
    assert call.finish() == []  # the switch reports the end of what was stopped
    recorded, *_ = call.press("#")
    assert recorded == commands.RecordAnswer(key="number", value="1234", sensitive=False, keyed=True)
    assert call.interpreter.node == "choose"
    assert call.interpreter.keys.used == 5


def test_an_entry_of_the_longest_length_is_over_and_swallows_its_terminator() -> None:
    call = Call(small_flow(ASK))
    call.press("12345")
    assert call.interpreter.node == "choose"
    assert call.press("#") == []  # were it a key of the menu, it would choose "hash"
    assert call.interpreter.node == "choose"
    call.press("#")
    assert call.answers() == {"number": "12345", "reason": "hash"}


def test_all_keys_at_once_answer_all_questions_without_a_prompt_between() -> None:
    call = Call(small_flow(ASK))
    call.press("12345#2")
    assert call.said == [["Your number."], ["Your reason."]]  # each stopped by the next key
    assert call.all[-1] == commands.Enqueue(queue="general", attributes={"number": "12345", "reason": "sales"})


def test_silence_is_answered_in_other_words_and_at_last_by_a_person() -> None:
    call = Call(small_flow(ASK))
    for _ in range(3):
        call.finish()
        call.expire()
    assert call.said == [
        ["Your number."],
        ["Nothing heard.", "Your number."],
        ["Still nothing heard.", "Your number."],
    ]
    assert call.all[-1] == commands.Enqueue(queue="general", attributes={})


def test_nonsense_is_answered_in_other_words_and_at_last_by_a_person() -> None:
    call = Call(small_flow(ASK))
    for keys in ("12#", "1A", "1*"):
        call.press(keys)
    assert call.said[1:] == [["Not understood.", "Your number."], ["Still not understood.", "Your number."]]
    assert call.all[-1] == commands.Enqueue(queue="general", attributes={})
    assert call.interpreter.keys.used == 7


def test_a_pause_ends_an_entry_that_is_long_enough() -> None:
    call = Call(small_flow(ASK))
    call.press("123")
    call.expire()
    assert call.now == 103.0
    assert call.answers() == {"number": "123"}
    call = Call(small_flow(ASK))
    call.press("12")
    call.expire()
    assert call.said[-1] == ["Not understood.", "Your number."]


def test_an_entry_keyed_ever_so_slowly_is_over_in_its_time() -> None:
    call = Call(small_flow(ASK))
    call.press("1")
    for _ in range(2):
        call.now += 2.9
        call.press("2")
    assert call.interpreter.next_deadline() == 107.0


def test_shortcuts_count_only_as_first_key() -> None:
    call = Call(small_flow(ASK))
    call.press("*")
    assert call.answers() == {"number": "none"}
    assert call.interpreter.node == "choose"
    call = Call(small_flow(ASK))
    assert isinstance(call.press("#")[-1], commands.Enqueue)


@pytest.mark.parametrize("count", [40, 1_000])
def test_far_too_many_digits_are_all_accounted_for(count: int) -> None:
    call = Call(small_flow(ASK))
    call.press("9" * count)
    keys = call.interpreter.keys
    assert keys.pressed == count
    assert keys.used + keys.dropped + keys.waiting == count
    assert call.answers() == {"number": "99999"}
    assert call.interpreter.phase is Phase.ENDED  # three times a key that the menu does not offer
    assert isinstance(call.all[-1], commands.Enqueue)


def test_prompts_that_may_not_be_interrupted_are_heard_out_and_keys_count_afterwards() -> None:
    flow = small_flow(
        """
        begin: { type: play, prompt: { en: The law. }, interruptible: false, next: which }
        which:
          type: menu
          prompt: { en: Which? }
          interruptible: false
          choices: { "1": { next: person } }
        RETRIES
        """
    )
    call = Call(flow)
    assert call.press("1") == []
    call.finish()
    assert call.said == [["The law."], ["Which?"]]
    assert isinstance(call.finish()[-1], commands.Enqueue)


def test_a_prompt_whose_end_is_never_reported_is_taken_to_be_over() -> None:
    call = Call(small_flow(ASK))
    assert commands.StopPlaying(step=1) in call.expire()
    assert call.troubles() == ["the switch did not report the end of the prompts"]
    call.press("123#1")
    assert isinstance(call.all[-1], commands.Enqueue)


def test_a_question_that_cannot_be_heard_leads_to_a_person_and_a_statement_is_passed_over() -> None:
    call = Call(
        small_flow("begin: { type: play, prompt: { en: Hello. }, next: ask }\n" + ASK.replace("begin:", "ask:"))
    )
    call.tell(events.PromptsFailed(step=1, why="no file"))
    assert call.said == [["Hello."], ["Your number."]]
    assert isinstance(call.tell(events.PromptsFailed(step=2, why="no file"))[-1], commands.Enqueue)
    assert call.troubles() == ["prompts failed: no file"] * 2


FOUND = "found: { type: enqueue, queue: billing, attributes: [tier, name] }\n"
BROKEN = "broken: { type: enqueue, queue: technical }\n"
LOOKUP = f"""
begin:
  type: lookup
  name: customer
  arguments: {{ number: {{ expression: caller_number }}, kind: all }}
  answers: {{ level: tier, name: name }}
  timeout: 2
  found: found
  not_found: stranger
  failed: broken
{FOUND}stranger: {{ type: enqueue, queue: sales }}
{BROKEN}"""


def test_a_lookup_asks_by_name_and_its_answer_becomes_fields() -> None:
    call = Call(small_flow(LOOKUP), fields={"caller_number": "555", "unknown": "x"})
    assert call.all == [
        commands.EnterNode(node="begin", budget=2),
        commands.LookUp(step=1, name="customer", arguments={"number": "555", "kind": "all"}, timeout=2),
    ]
    call.tell(events.LookupAnswered(step=1, fields={"level": "vip", "name": "x" * 5_000, "more": 1}))
    assert call.all[-1] == commands.Enqueue(queue="billing", attributes={"tier": "vip", "name": "x" * 1_000})
    assert list(call.answers()) == ["tier", "name"]


def test_an_empty_answer_a_failure_and_no_answer_have_their_own_exits() -> None:
    call = Call(small_flow(LOOKUP))
    assert call.tell(events.LookupAnswered(step=1, fields={}))[-1] == commands.Enqueue(queue="sales", attributes={})
    call = Call(small_flow(LOOKUP))
    assert call.tell(events.LookupFailed(step=1, why="down"))[-1] == commands.Enqueue(queue="technical", attributes={})
    call = Call(small_flow(LOOKUP))
    assert call.expire()[-1] == commands.Enqueue(queue="technical", attributes={})
    assert call.now == 102.0


def test_an_answer_that_comes_late_or_twice_changes_nothing() -> None:
    then_ask = LOOKUP.replace("failed: broken", "failed: ask").replace(BROKEN, "")
    flow = small_flow(then_ask + ASK.replace("begin:", "ask:"))
    call = Call(flow)
    call.expire()
    assert call.interpreter.node == "ask"
    assert call.tell(events.LookupAnswered(step=1, fields={"level": "vip"})) == []
    assert call.tell(events.LookupFailed(step=1, why="down")) == []
    assert call.tell(events.LookupAnswered(step=2, fields={"level": "vip"})) == []  # that step is a prompt
    assert call.interpreter.node == "ask"


def test_an_answer_that_is_no_field_value_is_left_out() -> None:
    call = Call(small_flow(LOOKUP))
    garbage: dict[str, object] = {"level": ["vip"], "name": 7}
    call.tell(events.LookupAnswered(step=1, fields=garbage))  # type: ignore[arg-type]  # what a host may send
    assert call.all[-1] == commands.Enqueue(queue="billing", attributes={"name": 7})


def test_keys_pressed_during_a_lookup_answer_the_next_question() -> None:
    flow = small_flow(LOOKUP.replace(FOUND, "") + ASK.replace("begin:", "found:"))
    call = Call(flow)
    call.press("12345#1")
    call.tell(events.LookupAnswered(step=1, fields={"level": "vip"}))
    assert call.said == []
    assert call.all[-1] == commands.Enqueue(queue="general", attributes={"number": "12345", "reason": "billing"})


def test_branches_take_the_first_condition_that_holds() -> None:
    flow = small_flow(
        """
        begin:
          type: branch
          cases:
            - { when: caller_number > 3, next: person }
            - { when: caller_number == "7", next: seven }
          otherwise: person
        seven: { type: set, fields: { doubled: { expression: caller_number + caller_number }, odd: true }, next: queue }
        queue: { type: enqueue, queue: sales, attributes: [doubled, odd] }
        """
    )
    call = Call(flow, fields={"caller_number": "7"})
    assert call.all[-1] == commands.Enqueue(queue="sales", attributes={"doubled": "77", "odd": True})
    assert call.troubles() == ["condition failed: caller_number > 3: TypeError"]
    assert call.interpreter.path == ("begin", "seven", "queue")


@pytest.mark.parametrize(
    ("number", "queue"), [("billing", "billing"), ("nowhere", "sales"), (None, "sales"), ("", "sales")]
)
def test_a_computed_queue_that_does_not_exist_is_replaced(number: str | None, queue: str) -> None:
    flow = small_flow("begin: { type: enqueue, queue: { expression: caller_number }, otherwise: sales }")
    call = Call(flow, fields={"caller_number": number})
    assert call.all[-1] == commands.Enqueue(queue=queue, attributes={})


def test_a_farewell_is_heard_before_the_call_is_cleared() -> None:
    flow = small_flow("begin: { type: hang_up, prompt: { en: Bye. }, cause: 31 }\n")
    call = Call(flow)
    call.press("1")
    assert call.finish() == [commands.HangUp(cause=31)]
    call = Call(flow)
    assert call.tell(events.PromptsFailed(step=1, why="x"))[-1] == commands.HangUp(cause=31)
    assert Call(small_flow("begin: { type: hang_up }")).ending == commands.HangUp(cause=16)


def test_the_language_follows_its_field() -> None:
    head = HEAD.replace("languages: [en]", "languages: [en, cmn]")
    flow = small_flow(
        """
        begin: { type: play, prompt: { en: Hello., cmn: 您好。 }, next: offer }
        offer: { type: play, language: cmn, prompt: { cmn: 中文 }, next: change }
        change: { type: set, fields: { language: cmn }, next: again }
        again: { type: play, prompt: { en: Hello., cmn: 您好。 }, next: person }
        """,
        head=head,
    )
    call = Call(flow)
    for _ in range(3):
        call.finish()
    assert call.said == [["Hello."], ["中文"], ["您好。"]]
    assert Call(flow, fields={"language": "xx"}).said == [["Hello."]]


def test_a_sensitive_answer_is_marked_and_shows_in_no_trace() -> None:
    flow = small_flow(
        """
        begin:
          type: collect
          prompt: { en: Your PIN. }
          store: pin
          max_digits: 4
          sensitive: true
          next: check
        RETRIES
        check: { type: lookup, name: pin, arguments: { pin: { expression: pin } }, answers: [tier], found: person }
        """
    )
    call = Call(flow)
    call.press("4711")
    assert commands.RecordAnswer(key="pin", value=None, sensitive=True, keyed=True) in call.all
    assert "4711" not in repr(call.all)
    assert "4711" not in repr(events.LookupAnswered(step=1, fields={"pin": "4711"}))
    assert "4" not in repr(events.DigitPressed(digit="4"))


def test_a_call_is_taken_up_again_at_its_node_with_its_answers() -> None:
    call = Call(small_flow(ASK), fields={"number": "777"}, resumed_at_node="choose")
    assert call.said == [["Your reason."]]
    call.press("1")
    assert call.all[-1] == commands.Enqueue(queue="general", attributes={"number": "777", "reason": "billing"})
    call = Call(small_flow(ASK), resumed_at_node="of an older flow")
    assert call.said == [["Your number."]]
    assert call.troubles() == ["the call was at a node that the flow does not have; it begins anew"]


@pytest.mark.parametrize("keys", ["", "1", "123#", "123#1"])
def test_nothing_follows_when_the_caller_has_gone(keys: str) -> None:
    call = Call(small_flow(ASK))
    call.press(keys)
    call.tell(events.CallerGone())
    for late in (
        events.DigitPressed(digit="1"), events.PromptsFinished(step=1), events.PromptsFailed(step=1, why=""),
        events.LookupAnswered(step=1, fields={}), events.CallerGone(), events.Started(call="c1"),
    ):  # fmt: skip
        assert call.tell(late) == []
    assert call.interpreter.next_deadline() is None
    assert call.interpreter.handle_timer(1e9) == []
    assert call.interpreter.keys.waiting == 0


def test_digits_before_the_beginning_are_kept_and_what_is_no_key_is_dropped() -> None:
    interpreter = FlowInterpreter(small_flow(ASK))
    for key in ("1", "2", "3", "#", "x", "12", "", "١"):
        assert interpreter.handle(events.DigitPressed(digit=key), 1.0) == []
    interpreter.handle(events.Started(call="c1"), 2.0)
    assert interpreter.fields["number"] == "123"
    assert interpreter.keys.dropped == 4


def test_a_caller_who_stays_too_long_comes_to_a_person() -> None:
    flow = small_flow(ASK, head=HEAD.replace("start:", "longest: 6\nstart:"))
    call = Call(flow)
    call.finish()
    call.expire()
    assert call.said[-1] == ["Nothing heard.", "Your number."]
    orders = call.expire()
    assert call.now == 106.0
    assert isinstance(orders[-1], commands.Enqueue)
    assert any(isinstance(order, commands.StopPlaying) for order in orders)


def test_a_caller_who_goes_round_in_circles_by_key_comes_to_a_person() -> None:
    flow = small_flow(
        """
        begin:
          type: menu
          prompt: { en: Press 9 to hear this again. }
          choices: { "9": { next: begin } }
        RETRIES
        """
    )
    call = Call(flow)
    call.press("9" * (MAX_NODES + 10))
    assert isinstance(call.all[-1], commands.Enqueue)
    assert "the flow goes round in circles" in call.troubles()


def test_a_thousand_keys_that_waited_for_a_lookup_do_not_overwhelm() -> None:
    flow = small_flow(
        """
        begin: { type: lookup, name: who, answers: [tier], found: again }
        again:
          type: menu
          prompt: { en: Press 9 to hear this again. }
          choices: { "9": { next: note } }
        RETRIES
        note: { type: set, fields: { tier: gold }, next: again }
        """
    )
    call = Call(flow)
    call.press("9" * 1_000)
    call.tell(events.LookupAnswered(step=1, fields={"tier": "vip"}))
    assert call.all[-1] == commands.Enqueue(queue="general", attributes={})
    assert len(call.interpreter.path) <= 102


def test_a_prompt_of_ten_thousand_characters_keeps_nobody_longer_than_the_flow_may_last() -> None:
    """Files have no such prompt; a field may hold a long text, and a host system may answer one."""
    flow = small_flow("begin: { type: play, prompt: { en: 'You are {caller_number}.' }, next: person }\n")
    call = Call(flow, fields={"caller_number": "x" * 10_000})
    (play,) = call.every(commands.PlayPrompts)
    assert len(play.utterances[0].text) > 10_000
    call.wait(flow.longest)
    assert call.ending == commands.Enqueue(queue="general", attributes={"caller_number": "x" * 10_000})


def test_a_text_that_grows_in_every_round_stays_bounded() -> None:
    flow = small_flow(
        """
        begin: { type: set, fields: { text: x }, next: again }
        again: { type: set, fields: { text: { expression: text + text } }, next: ask }
        ask:
          type: menu
          prompt: { en: Once more? }
          choices: { "1": { next: again } }
        RETRIES
        """
    )
    call = Call(flow)
    call.press("1" * 60)
    assert len(str(call.interpreter.fields["text"])) == 1_000
