"""Texts with variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.prompt import Prompt, Utterance, Variable, parse_text


def test_a_text_is_split_into_words_and_variables() -> None:
    assert parse_text("Hello {name}, {wait:minutes} more, {amount:money:EUR}.") == (
        (
            "Hello ",
            Variable(field="name", form="text"),
            ", ",
            Variable(field="wait", form="minutes"),
            " more, ",
            Variable(field="amount", form="money", argument="EUR"),
            ".",
        ),
    )
    assert parse_text("") == ()


@pytest.mark.parametrize(
    "text", ["{", "a } b", "{Name}", "{a b}", "{a:}", "{a:b:c:d}", "{{a}}", "{a:loudly}", "{a:text:x}", "{a:groups}"]
)
def test_a_brace_that_opens_no_variable_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"brace|spoken as|followed by|needs"):
        parse_text(text)


def test_each_language_has_its_own_text_and_variables() -> None:
    prompt = Prompt(
        texts={"en": parse_text("You are number {place:number}."), "cmn": parse_text("您是第{place:number}位。")}
    )
    assert prompt.utterances("en", {"place": 2}) == (Utterance(text="You are number two.", language="en"),)
    assert prompt.utterances("cmn", {"place": 12}) == (Utterance(text="您是第十二位。", language="cmn"),)
    assert prompt.utterances("en", {}) == (Utterance(text="You are number .", language="en"),)
    assert prompt.variables() == {"place"}


def test_a_currency_may_stand_in_a_field_of_its_own() -> None:
    prompt = Prompt(texts={"en": parse_text("{balance:money:currency} or {balance:money:USD}")})
    assert prompt.variables() == {"balance", "currency"}
    (said,) = prompt.utterances("en", {"balance": "2.50", "currency": "EUR"})
    assert said.text == "two euros and fifty cents or two US dollars and fifty cents"
    (said,) = prompt.utterances("en", {"balance": "2.50"})
    assert said.text == "two point five zero or two US dollars and fifty cents"


def test_only_the_sentence_with_a_variable_is_spoken_for_one_caller() -> None:
    english = parse_text("Thank you. It is paid. Your receipt is {receipt:digits}. Press 1. Or stay on the line.")
    mandarin = parse_text("谢谢。已支付。收据号是{receipt:digits}。请按 1，或者稍等。再见！")
    prompt = Prompt(texts={"en": english, "cmn": mandarin})
    assert [one.text for one in prompt.utterances("en", {"receipt": "12"})] == [
        "Thank you. It is paid.",
        "Your receipt is one two.",
        "Press 1. Or stay on the line.",
    ]
    assert [one.text for one in prompt.utterances("cmn", {"receipt": "12"})] == [
        "谢谢。已支付。",
        "收据号是一 二。",
        "请按 1，或者稍等。再见！",
    ]
    assert [one.text for one in prompt.fixed_utterances("en")] == [
        "Thank you. It is paid.",
        "Press 1. Or stay on the line.",
    ]
    assert prompt.fixed_utterances("fr") == ()


@pytest.mark.parametrize("text", ["At 9 a.m. or later, {name}.", "e.g. {name}", "{name}? yes", "1. {name}"])
def test_no_sentence_ends_where_none_begins(text: str) -> None:
    assert len(parse_text(text)) == 1


@given(st.text(alphabet="Ab .!?。！，请\n", max_size=40))
def test_a_text_without_variables_is_one_utterance_as_it_was_written(text: str) -> None:
    said = Prompt(texts={"en": parse_text(text)}).utterances("en", {})
    assert said == ((Utterance(text=text.strip(), language="en"),) if text.strip() else ())


@given(st.lists(st.sampled_from(["Aha. ", "{a}", "没有。", "b ", "C! "]), max_size=8))
def test_nothing_of_a_text_is_lost(parts: list[str]) -> None:
    said = Prompt(texts={"en": parse_text("".join(parts))}).utterances("en", {"a": "Word"})
    assert "".join(one.text for one in said).replace(" ", "") == "".join(parts).replace("{a}", "Word").replace(" ", "")


def test_what_is_said_to_a_caller_does_not_show_in_a_trace() -> None:
    assert "4711" not in repr(Utterance(text="Your account is 4711", language="en"))
