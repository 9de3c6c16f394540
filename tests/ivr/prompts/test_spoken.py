"""Values as words."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.fields import FieldValue
from ivr.prompts.currencies import CURRENCIES
from ivr.prompts.spoken import SPOKEN_FORMS, check_form, speak
from tests.support.spoken_numbers import read_english, read_mandarin

NUMBERS = st.integers(-(10**16) + 1, 10**16 - 1) | st.integers(0, 10**5)


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
        (10_000, "ten thousand", "一万"),
        (20_000, "twenty thousand", "两万"),
        (22_222, "twenty-two thousand two hundred and twenty-two", "两万两千两百二十二"),
        (100_000, "one hundred thousand", "十万"),
        (120_002, "one hundred and twenty thousand and two", "十二万零二"),
        (1_000_500, "one million five hundred", "一百万零五百"),
        (20_010_000, "twenty million ten thousand", "两千零一万"),
        (100_000_001, "one hundred million and one", "一亿零一"),
        (100_100_000, "one hundred million one hundred thousand", "一亿零一十万"),
        (1_200_000_000_000, "one trillion two hundred billion", "一万两千亿"),
        (-7, "minus seven", "负七"),
        ("007", "seven", "七"),
        ("12.50", "twelve point five zero", "十二点五零"),
        (0.1 + 0.2, "zero point three", "零点三"),
        (-0.5, "minus zero point five", "负零点五"),
        (7.0, "seven", "七"),
    ],
)
def test_numbers(number: FieldValue, english: str, mandarin: str) -> None:
    assert speak(number, "number", "en") == english
    assert speak(number, "number", "cmn") == mandarin
    assert speak(str(number) if isinstance(number, int) else number, "number", "en-GB") == english


@given(NUMBERS)
def test_a_whole_number_can_be_understood_again(number: int) -> None:
    assert read_english(speak(number, "number", "en")) == number
    assert read_mandarin(speak(number, "number", "cmn")) == number


@given(NUMBERS)
def test_mandarin_numbers_are_well_formed(number: int) -> None:
    words = speak(number, "number", "cmn").removeprefix("负")
    assert "零零" not in words
    assert not words.endswith("零") or words == "零"
    assert not words.startswith("一十")
    assert "二" not in re.findall("(.)[百千]", words)
    assert not words.startswith(("二万", "二亿"))


@given(st.decimals(-(10**9), 10**9, places=4))
def test_decimals_are_spoken_as_they_are_written(number: Decimal) -> None:
    text = f"{number:f}"
    decimals = text.partition(".")[2]
    english, mandarin = speak(text, "number", "en"), speak(text, "number", "zh")
    assert english.partition(" point ")[2] == speak(decimals, "digits", "en")
    assert mandarin.partition("点")[2] == speak(decimals, "digits", "zh").replace(" ", "")
    assert len(speak(text, "number", "en", "2").partition(" point ")[2].split()) == 2


@pytest.mark.parametrize(
    ("value", "argument", "english", "mandarin"),
    [
        ("1234.56", "USD", "one thousand two hundred and thirty-four US dollars and fifty-six cents",
         "一千两百三十四美元五十六美分"),
        ("1234.56", "CNY", "one thousand two hundred and thirty-four point five six yuan", "一千两百三十四元五角六分"),
        ("1.01", "USD", "one US dollar and one cent", "一美元一美分"),
        ("2", "EUR", "two euros", "两欧元"),
        ("2.00", "EUR", "two euros", "两欧元"),
        ("0", "EUR", "zero euros", "零欧元"),
        ("0.00", "CNY", "zero yuan", "零元"),
        ("0.50", "USD", "fifty cents", "五十美分"),
        ("0.50", "CNY", "zero point five zero yuan", "五角"),
        ("0.05", "CNY", "zero point zero five yuan", "五分"),
        ("10.05", "CNY", "ten point zero five yuan", "十元零五分"),
        ("10.50", "CNY", "ten point five zero yuan", "十元五角"),
        ("22.22", "CNY", "twenty-two point two two yuan", "二十二元两角两分"),
        ("-5", "GBP", "minus five pounds", "负五英镑"),
        ("-0.01", "GBP", "minus one penny", "负一便士"),
        ("1500", "JPY", "one thousand five hundred yen", "一千五百日元"),
        ("1500.5", "JPY", "one thousand five hundred point five yen", "一千五百点五日元"),
        ("1.005", "USD", "one point zero zero five US dollars", "一点零零五美元"),
        ("1.005", "KWD", "one Kuwaiti dinar and five fils", "一点零零五科威特第纳尔"),
        ("100.5", "HKD", "one hundred Hong Kong dollars and fifty cents", "一百点五港元"),
        (19.99, "EUR", "nineteen euros and ninety-nine cents", "十九欧元九十九欧分"),
        (7, "XAU", "seven X A U", "七 X A U"),
        ("12.50 EUR", "USD", "twelve euros and fifty cents", "十二欧元五十欧分"),
        ("EUR 12.50", "", "twelve euros and fifty cents", "十二欧元五十欧分"),
        ("12.50", "", "twelve point five zero", "十二点五零"),
        ("a lot", "EUR", "a lot", "a lot"),
    ],
)  # fmt: skip
def test_money(value: FieldValue, argument: str, english: str, mandarin: str) -> None:
    assert speak(value, "money", "en", argument) == english
    assert speak(value, "money", "cmn", argument) == mandarin


@given(st.integers(-(10**9), 10**9), st.sampled_from(sorted(CURRENCIES)))
def test_no_two_amounts_sound_alike(cents: int, code: str) -> None:
    for language in ("en", "cmn"):
        said = {speak(f"{Decimal(one).scaleb(-2):f}", "money", language, code) for one in (cents, cents + 1, -cents)}
        assert len(said) == len({cents, cents + 1, -cents})


@pytest.mark.parametrize(
    ("value", "form", "argument", "english", "mandarin"),
    [
        (1, "ordinal", "", "first", "第一"),
        (2, "ordinal", "", "second", "第二"),
        (12, "ordinal", "", "twelfth", "第十二"),
        (20, "ordinal", "", "twentieth", "第二十"),
        (21, "ordinal", "", "twenty-first", "第二十一"),
        (103, "ordinal", "", "one hundred and third", "第一百零三"),
        (200, "ordinal", "", "two hundredth", "第二百"),
        (1_000, "ordinal", "", "one thousandth", "第一千"),
        (0, "ordinal", "", "0", "0"),
        ("0042", "digits", "", "zero zero four two", "零 零 四 二"),
        (17, "digits", "", "one seven", "一 七"),
        ("101", "digits", "colloquial", "one oh one", "幺 零 幺"),
        ("１２", "digits", "", "１２", "１２"),
        ("1234567", "groups", "4", "one two three four, five six seven", "一 二 三 四，五 六 七"),
        ("123456789", "groups", "4", "one two three four, five six seven eight nine", "一 二 三 四，五 六 七 八 九"),
        ("123456", "groups", "1-2", "one, two three, four five six", "一，二 三，四 五 六"),
        ("A7-k", "spell", "", "A seven K", "A 七 K"),
        ("A7 ü", "spell", "", "A7 ü", "A7 ü"),
        ("+1 (202) 555-0123", "phone", "", "plus one, two oh two, five five five, oh one two three",
         "加 幺，二 零 二，五 五 五，零 幺 二 三"),
        ("+8613800138000", "phone", "", "plus eight six, one three eight, oh oh one three, eight oh oh oh",
         "加 八 六，幺 三 八，零 零 幺 三，八 零 零 零"),
        ("5550100", "phone", "", "five five five, oh one oh oh", "五 五 五，零 幺 零 零"),
        ("anonymous", "phone", "", "anonymous", "anonymous"),
        (1, "count", "call|calls", "one call", "一call"),
        (2, "count", "call|calls", "two calls", "两call"),
        (2, "count", "", "two", "两"),
        (12, "count", "个", "twelve 个", "十二个"),
        (2.5, "count", "", "two point five", "二点五"),
        ("3.75", "percent", "", "three point seven five percent", "百分之三点七五"),
        (-2, "percent", "", "minus two percent", "负百分之二"),
        ("7.1350", "number", "2", "seven point one four", "七点一四"),
        ("EUR", "currency", "", "euros", "欧元"),
        ("CNY", "currency", "", "yuan", "人民币"),
        ("XAU", "currency", "", "X A U", "X A U"),
        (True, "text", "", "yes", "是"),
        (False, "text", "", "no", "否"),
        (1, "minutes", "", "one minute", "一分钟"),
        (2, "minutes", "", "two minutes", "两分钟"),
        (12, "minutes", "", "twelve minutes", "十二分钟"),
        (-1, "minutes", "", "-1", "-1"),
        (0, "duration", "", "zero seconds", "零秒"),
        (61, "duration", "", "one minute and one second", "一分钟一秒"),
        (7_325, "duration", "", "two hours, two minutes and five seconds", "两小时两分钟五秒"),
        (172_800, "duration", "", "two days", "两天"),
    ],
)  # fmt: skip
def test_other_forms(value: FieldValue, form: str, argument: str, english: str, mandarin: str) -> None:
    assert speak(value, form, "en", argument) == english
    assert speak(value, form, "cmn", argument) == mandarin


@pytest.mark.parametrize(
    ("value", "form", "argument", "english", "mandarin"),
    [
        ("2026-11-26", "date", "", "November twenty-sixth, twenty twenty-six", "二零二六年十一月二十六日"),
        ("2026-11-26", "date", "short", "November twenty-sixth", "十一月二十六日"),
        ("2026-11-26", "date", "weekday", "Thursday, November twenty-sixth, twenty twenty-six",
         "二零二六年十一月二十六日，星期四"),
        ("20000101", "date", "", "January first, two thousand", "二零零零年一月一日"),
        (20090203, "date", "", "February third, two thousand and nine", "二零零九年二月三日"),
        ("1905-03-12", "date", "", "March twelfth, nineteen oh five", "一九零五年三月十二日"),
        ("1900-10-20", "date", "", "October twentieth, nineteen hundred", "一九零零年十月二十日"),
        ("2026-02-30", "date", "", "2026-02-30", "2026-02-30"),
        ("14:05", "time", "", "two oh five p.m.", "下午两点零五分"),
        ("0000", "time", "", "midnight", "凌晨零点整"),
        ("00:30:59", "time", "", "twelve thirty a.m.", "凌晨零点三十分"),
        ("12:00", "time", "", "noon", "中午十二点整"),
        ("12:15", "time", "", "twelve fifteen p.m.", "中午十二点十五分"),
        ("08:00", "time", "", "eight a.m.", "早上八点整"),
        ("22:02", "time", "", "ten oh two p.m.", "晚上十点零二分"),
        ("25:00", "time", "", "25:00", "25:00"),
        ("2026-11-26T09:30:00+08:00", "datetime", "short", "November twenty-sixth, at nine thirty a.m.",
         "十一月二十六日上午九点三十分"),
        ("2026-11-26", "datetime", "", "2026-11-26", "2026-11-26"),
    ],
)  # fmt: skip
def test_days_and_times(value: FieldValue, form: str, argument: str, english: str, mandarin: str) -> None:
    assert speak(value, form, "en", argument) == english
    assert speak(value, form, "cmn", argument) == mandarin


@given(st.dates(date(1000, 1, 1), date(9000, 1, 1)), st.times(), st.sampled_from(["en", "cmn"]))
def test_a_day_and_a_minute_sound_unlike_the_next(day: date, moment: time, language: str) -> None:
    assert speak(str(day), "date", language) != speak(str(day + timedelta(days=1)), "date", language)
    later = datetime.combine(day, moment) + timedelta(minutes=1)
    assert speak(f"{moment:%H:%M}", "time", language) != speak(f"{later:%H:%M}", "time", language)


@pytest.mark.parametrize("form", SPOKEN_FORMS)
def test_an_unknown_value_is_not_spoken(form: str) -> None:
    assert speak(None, form, "en") == ""


@given(
    value=st.text() | st.integers() | st.floats() | st.booleans() | st.from_regex(r"[-+0-9.: TZ]{1,20}"),
    form=st.sampled_from(sorted(SPOKEN_FORMS)),
    language=st.sampled_from(["en", "cmn", "xx"]),
)
def test_whatever_a_field_holds_can_be_said(value: FieldValue, form: str, language: str) -> None:
    said = speak(value, form, language, "4" if form == "groups" else "")
    assert isinstance(said, str)


def test_a_value_that_does_not_fit_its_form_is_spoken_as_it_is() -> None:
    assert speak("soon", "minutes", "en") == "soon"
    assert speak(10**16, "number", "cmn") == str(10**16)
    assert speak(float("nan"), "number", "en") == "nan"
    assert speak("9" * 400, "duration", "en") == "9" * 400


@pytest.mark.parametrize(
    ("form", "argument", "why"),
    [
        ("loudly", None, "can be spoken as text, digits"),
        ("groups", None, "groups needs the sizes"),
        ("groups", "0", "groups may be followed by the sizes"),
        ("text", "x", "text is followed by nothing"),
        ("money", "euro$", "a currency's code such as EUR"),
        ("date", "long", "'weekday', or 'short'"),
        ("number", "9", "0 to 8"),
    ],
)
def test_an_author_is_told_what_a_form_takes(form: str, argument: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        check_form(form, argument)
