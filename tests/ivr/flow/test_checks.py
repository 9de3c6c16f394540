"""What is wrong with flows that can be read."""

import pytest

from ivr.errors import FlowError
from tests.ivr.flows import HEAD, small_flow

BILINGUAL = HEAD.replace("languages: [en]", "languages: [en, cmn]")


def complaint(nodes: str, head: str = HEAD) -> list[tuple[str | None, str]]:
    with pytest.raises(FlowError) as refused:
        small_flow(nodes, head=head)
    return [(problem.node, problem.what) for problem in refused.value.problems]


def test_a_node_that_nothing_leads_to() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Hello. }, next: person }
        island: { type: play, prompt: { en: Help. }, next: person }
        """
    ) == [("island", "can never be reached")]


def test_a_prompt_that_lacks_a_language() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Hello. }, next: offer }
        offer: { type: play, language: cmn, prompt: { cmn: 您好。 }, next: person }
        """,
        BILINGUAL,
    ) == [("begin", "prompt has no text in 'cmn'")]


def test_loops_that_a_silent_caller_never_leaves() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: Hello. }, next: again }
        again: { type: set, fields: { tier: gold }, next: begin }
        """
    ) == [(node, "is part of a loop that a silent caller never leaves") for node in ("begin", "again")]
    assert complaint(
        """
        begin:
          type: menu
          prompt: { en: Which? }
          choices: { "1": { next: person } }
          no_input: { say: [{ en: Hm. }], then: begin }
          no_match: { say: [{ en: Hm. }] }
        """
    ) == [("begin", "is part of a loop that a silent caller never leaves")]


def test_a_loop_that_a_key_keeps_going_is_allowed() -> None:
    small_flow(
        """
        begin:
          type: menu
          prompt: { en: Press 9 to hear this again. }
          choices: { "9": { next: begin } }
        RETRIES
        """
    )


def test_who_keys_nothing_useful_is_never_cut_off() -> None:
    assert complaint(
        """
        begin:
          type: menu
          prompt: { en: Which? }
          choices: { "1": { next: person } }
          no_input: { say: [{ en: Hm. }], then: bye }
          no_match: { say: [{ en: Hm. }] }
        bye: { type: play, prompt: { en: Bye. }, next: end }
        end: { type: hang_up }
        """
    ) == [("begin", "no_input leads to a hang-up; after the last attempt a caller must reach a person")]


def test_a_queue_that_does_not_exist() -> None:
    assert complaint("begin: { type: enqueue, queue: bilingual }") == [("begin", "there is no queue 'bilingual'")]
    assert complaint("begin: { type: enqueue, queue: { expression: caller_number }, otherwise: nowhere }") == [
        ("begin", "there is no queue 'nowhere'")
    ]


def test_fields_that_nothing_gives_a_value() -> None:
    assert complaint(
        """
        begin: { type: play, prompt: { en: "Hello {name}." }, next: choose }
        choose: { type: branch, cases: [{ when: age > 3, next: person }], otherwise: queue }
        queue: { type: enqueue, queue: general, attributes: [tier, caller_number] }
        """
    ) == [
        ("begin", "prompt speaks 'name', which nothing in the flow gives a value"),
        ("choose", "cases.0.when asks for 'age', which nothing in the flow gives a value"),
        ("queue", "attributes names 'tier', which nothing in the flow gives a value"),
    ]


def test_a_field_may_not_be_a_word_of_the_expression_language() -> None:
    assert complaint("begin: { type: set, fields: { in: 1 }, next: person }") == [
        ("begin", "'in' is a word of the expression language and cannot name a field")
    ]


def test_a_secret_is_neither_spoken_nor_copied_nor_passed_on() -> None:
    assert complaint(
        """
        begin:
          type: collect
          prompt: { en: Your PIN please. }
          store: pin
          max_digits: 4
          sensitive: true
          next: repeat
        RETRIES
        repeat: { type: play, prompt: { en: "You said {pin:digits}." }, next: copy }
        copy: { type: set, fields: { other: { expression: pin } }, next: queue }
        queue: { type: enqueue, queue: general, attributes: [pin] }
        """
    ) == [
        ("repeat", "prompt speaks 'pin', which is sensitive"),
        ("copy", "fields.other copies 'pin', which is sensitive"),
        ("queue", "attributes passes on 'pin', which is sensitive"),
    ]
