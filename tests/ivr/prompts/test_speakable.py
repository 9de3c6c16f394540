"""Cleaning texts before the engine gets them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.speakable import MAX_SPEAKABLE, speakable


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("one\x00two\r\n three", "one two three"),
        ("<speak>hi<break time='1s'/></speak>", "speak hi break time '1s'/ /speak"),
        ("[[h@loU]] there", "h@loU there"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("a\u202eb\u200bc\ud800d\ue000", "a b c d"),
        ("您好，请按 1。", "您好，请按 1。"),
        ("<>!", ""),
        ("", ""),
    ],
)
def test_only_what_can_be_spoken_is_left(text: str, clean: str) -> None:
    assert speakable(text) == clean


@given(st.text(max_size=300))
def test_clean_text_holds_no_controls_or_markup_and_stays_as_it_is(text: str) -> None:
    clean = speakable(text)
    assert not any(unicodedata.category(character).startswith("C") for character in clean)
    assert not set('<>[]{}|\\^~_`*#="') & set(clean)
    assert speakable(clean) == clean


def test_a_text_of_ten_thousand_characters_is_refused() -> None:
    assert speakable("a" * MAX_SPEAKABLE)
    with pytest.raises(ValueError, match="2000 characters"):
        speakable("a" * 10_000)
