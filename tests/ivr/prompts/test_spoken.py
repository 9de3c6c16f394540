"""Values as words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.fields import FieldValue
from ivr.prompts.spoken import SPOKEN_FORMS, speak


@pytest.mark.parametrize(
    ("number", "english", "mandarin"),
    [
        (0, "zero", "零"),
        (2, "two", "二"),
        (10, "ten", "十"),
        (15, "fifteen", "十五"),
        (20, "twenty", "二十"),
        (42, "forty-two", "四十二"),
        (100, "one hundred", "一百"),
        (105, "one hundred and five", "一百零五"),
        (110, "one hundred and ten", "一百一十"),
        (222, "two hundred and twenty-two", "两百二十二"),
        (1000, "one thousand", "一千"),
        (1005, "one thousand and five", "一千零五"),
        (1050, "one thousand and fifty", "一千零五十"),
        (1100, "one thousand one hundred", "一千一百"),
        (2019, "two thousand and nineteen", "两千零一十九"),
        (9999, "nine thousand nine hundred and ninety-nine", "九千九百九十九"),
    ],
)
def test_numbers(number: int, english: str, mandarin: str) -> None:
    assert speak(number, "number", "en") == english
    assert speak(number, "number", "cmn") == mandarin
    assert speak(str(number), "number", "en-GB") == english


@given(st.lists(st.integers(0, 9999), min_size=2, max_size=2, unique=True))
def test_no_two_numbers_sound_alike(pair: list[int]) -> None:
    for language in ("en", "cmn"):
        assert speak(pair[0], "number", language) != speak(pair[1], "number", language)


@pytest.mark.parametrize(
    ("minutes", "english", "mandarin"),
    [
        (0, "zero minutes", "零分钟"),
        (1, "one minute", "一分钟"),
        (2, "two minutes", "两分钟"),
        (12, "twelve minutes", "十二分钟"),
    ],
)
def test_minutes_agree_in_number_and_take_the_measure_word_form_of_two(
    minutes: int, english: str, mandarin: str
) -> None:
    assert speak(minutes, "minutes", "en") == english
    assert speak(minutes, "minutes", "cmn") == mandarin


def test_digits_are_spoken_one_by_one_and_leading_zeros_are_kept() -> None:
    assert speak("0042", "digits", "en") == "zero zero four two"
    assert speak("0042", "digits", "zh") == "零 零 四 二"
    assert speak(17, "digits", "en") == "one seven"


@pytest.mark.parametrize("form", SPOKEN_FORMS)
def test_an_unknown_value_is_not_spoken(form: str) -> None:
    assert speak(None, form, "en") == ""


@given(
    value=st.text() | st.integers() | st.floats() | st.booleans(),
    form=st.sampled_from(sorted(SPOKEN_FORMS)),
    language=st.sampled_from(["en", "cmn", "xx"]),
)
def test_whatever_a_field_holds_can_be_said(value: FieldValue, form: str, language: str) -> None:
    assert isinstance(speak(value, form, language), str)


def test_a_value_that_does_not_fit_its_form_is_spoken_as_it_is() -> None:
    assert speak("soon", "minutes", "en") == "soon"
    assert speak(12_000, "number", "cmn") == "12000"
    assert speak(float("nan"), "number", "en") == "nan"
    assert speak("１２", "digits", "en") == "１２"
