"""Values as words, in English and Mandarin: text, digit by digit, numbers and minutes.

Every form takes whatever a field holds and always gives something that can be said: a value that does not fit
its form is spoken as plain text, an unknown one (None) as nothing.
"""

from collections.abc import Callable, Mapping

from ivr.fields import FieldValue

_ENGLISH_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ENGLISH_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MANDARIN_DIGITS = "零一二三四五六七八九"
_MANDARIN_UNITS = ("", "十", "百", "千")

_LARGEST = 9_999


def speak(value: FieldValue, form: str, language: str) -> str:
    """Return a field's value as words.

    Args:
        value: What the field holds.
        form: One of `SPOKEN_FORMS`.
        language: A language tag; those that begin with ``cmn`` or ``zh`` are spoken in Mandarin, others in English.

    Raises:
        KeyError: No such form.
    """
    if value is None:
        return ""
    return SPOKEN_FORMS[form](value, language)


def _text(value: FieldValue, _language: str) -> str:
    return str(value)


def _digits(value: FieldValue, language: str) -> str:
    digits = str(value)
    if not (digits.isascii() and digits.isdecimal()):
        return digits
    if _is_mandarin(language):
        return " ".join(_MANDARIN_DIGITS[int(digit)] for digit in digits)
    return " ".join(_ENGLISH_DIGITS[int(digit)] for digit in digits)


def _number(value: FieldValue, language: str) -> str:
    number = _whole(value)
    if number is None or not 0 <= number <= _LARGEST:
        return str(value)
    return _mandarin_number(number) if _is_mandarin(language) else _english_number(number)


def _minutes(value: FieldValue, language: str) -> str:
    minutes = _whole(value)
    if minutes is None or not 0 <= minutes <= _LARGEST:
        return str(value)
    if _is_mandarin(language):
        # Before a measure word 2 is 两, never 二.
        return f"{'两' if minutes == 2 else _mandarin_number(minutes)}分钟"
    return f"{_english_number(minutes)} {'minute' if minutes == 1 else 'minutes'}"


SPOKEN_FORMS: Mapping[str, Callable[[FieldValue, str], str]] = {
    "text": _text,
    "digits": _digits,
    "number": _number,
    "minutes": _minutes,
}
"""How a value can be spoken: the form's name in a prompt, and the function that speaks it."""


def _is_mandarin(language: str) -> bool:
    return language.partition("-")[0] in {"cmn", "zh"}


def _whole(value: FieldValue) -> int | None:
    """Return a whole number, also one that stands in a text or has a zero fraction."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() and len(value) <= 9 else None
    return int(value) if abs(value) < 1e9 and value == int(value) else None  # NaN and infinity are not < 1e9


def _english_number(number: int) -> str:
    if number < 10:
        return _ENGLISH_DIGITS[number]
    if number < 20:
        return _ENGLISH_TEENS[number - 10]
    if number < 100:
        tens, rest = divmod(number, 10)
        return _ENGLISH_TENS[tens] + (f"-{_ENGLISH_DIGITS[rest]}" if rest else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ENGLISH_DIGITS[hundreds]} hundred" + (f" and {_english_number(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    if rest == 0:
        return f"{_ENGLISH_DIGITS[thousands]} thousand"
    joint = " and " if rest < 100 else " "
    return f"{_ENGLISH_DIGITS[thousands]} thousand{joint}{_english_number(rest)}"


def _mandarin_number(number: int) -> str:
    if number == 0:
        return _MANDARIN_DIGITS[0]
    words: list[str] = []
    gap = False  # a run of empty places inside the number is spoken as one 零
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        if gap:
            words.append(_MANDARIN_DIGITS[0])
            gap = False
        if digit == 2 and place >= 2:
            words.append("两" + _MANDARIN_UNITS[place])
        elif digit == 1 and place == 1 and not words:
            words.append(_MANDARIN_UNITS[place])  # 10 to 19 begin with 十, not 一十
        else:
            words.append(_MANDARIN_DIGITS[digit] + _MANDARIN_UNITS[place])
    return "".join(words)
