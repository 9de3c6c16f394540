"""Words that the engine misreads."""

import re

import pytest

from ivr.tts.lexicon import _PINYIN, as_read

PINYIN = "cmn-latn-pinyin"


def test_a_misread_word_is_given_to_the_engine_as_it_is_said() -> None:
    assert as_read("欢迎致电银行，请重新输入。", PINYIN) == "欢迎致电 yin2hang2 ，请 chong2xin1 输入。"


@pytest.mark.parametrize(("text", "voice"), [("请按 1", PINYIN), ("银行", "en-us"), ("", PINYIN)])
def test_everything_else_is_left_as_it_is(text: str, voice: str) -> None:
    assert as_read(text, voice) == text


def test_every_syllable_has_a_tone() -> None:
    assert all(re.fullmatch(rf"([a-z]{{1,6}}[1-5]){{{len(word)}}}", reading) for word, reading in _PINYIN.items())
