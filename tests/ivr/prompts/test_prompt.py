"""Texts with variables."""

import pytest

from ivr.prompts.prompt import Prompt, Utterance, Variable, parse_text


def test_a_text_is_split_into_words_and_variables() -> None:
    assert parse_text("Hello {name}, {wait:minutes} more.") == (
        "Hello ",
        Variable(field="name", form="text"),
        ", ",
        Variable(field="wait", form="minutes"),
        " more.",
    )
    assert parse_text("") == ()


@pytest.mark.parametrize("text", ["{", "a } b", "{Name}", "{a b}", "{a:b:c}", "{{a}}", "{a:loudly}"])
def test_a_brace_that_opens_no_variable_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"brace|spoken as"):
        parse_text(text)


def test_each_language_has_its_own_text_and_variables() -> None:
    prompt = Prompt(
        texts={"en": parse_text("You are number {place:number}."), "cmn": parse_text("您是第{place:number}位。")}
    )
    assert prompt.utterance("en", {"place": 2}) == Utterance(text="You are number two.", language="en")
    assert prompt.utterance("cmn", {"place": 12}) == Utterance(text="您是第十二位。", language="cmn")
    assert prompt.utterance("en", {}) == Utterance(text="You are number .", language="en")
    assert prompt.variables() == {"place"}


def test_what_is_said_to_a_caller_does_not_show_in_a_trace() -> None:
    assert "4711" not in repr(Utterance(text="Your account is 4711", language="en"))
