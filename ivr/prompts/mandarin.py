"""Values as Mandarin words, as telephones in China say them.

The choices where people differ:

* Two is 两 before a measure word and before 百, 千, 万, 亿 (两元, 两百, 两万), else 二 (十二, 二十, 第二).
* One is 一 (yī) in numbers, amounts and dates. In telephone numbers, and where a prompt asks for it, it is 幺 (yāo),
  which nobody mistakes for 七.
* A run of zeros inside a number is one 零 (一万零五); 10 to 19 begin with 十, and with 一十 inside a number (一百一十).
* Yuan are 元, 角, 分; a zero 角 before 分 is spoken (一元零五分). Other currencies have a smaller unit of their own
  (美分) or decimals.
"""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from ivr.prompts.currencies import CURRENCIES, Names

_DIGITS = "零一二三四五六七八九"
_UNITS = ((10**8, "亿"), (10**4, "万"), (1_000, "千"), (100, "百"), (10, "十"))
_WEEKDAYS = "一二三四五六日"
_PARTS_OF_DAY = (
    (5, "凌晨"),
    (9, "早上"),
    (12, "上午"),
    (13, "中午"),
    (18, "下午"),
    (24, "晚上"),
)  # each until this hour

PAUSE = "，"
"""What stands between groups of digits."""

YES_AND_NO = ("是", "否")


def number(value: Decimal) -> str:
    """Return a number with its decimals: 负一千零五点二五."""
    words = _cardinal(int(abs(value)))
    decimals = _decimals(value)
    if decimals:
        words += "点" + "".join(_DIGITS[int(digit)] for digit in decimals)
    return "负" + words if value < 0 else words


def count(value: Decimal, nouns: Names | None) -> str:
    """Return a number before a measure word, and that word if it is given: 两个, 十二个."""
    words = _measured(int(value)) if value == int(value) and value >= 0 else number(value)
    return words + (nouns[0] if nouns else "")


def ordinal(value: int) -> str:
    """Return 第一, 第二十二."""
    return "第" + _cardinal(value).replace("两", "二")


def digits(value: str, *, colloquial: bool = False) -> str:
    """Return decimal digits one by one; one is 幺 if `colloquial`."""
    return " ".join("幺" if colloquial and digit == "1" else _DIGITS[int(digit)] for digit in value)


def spelt(value: str) -> str:
    """Return letters and digits one by one."""
    return " ".join(_DIGITS[int(one)] if one.isdecimal() and one.isascii() else one.upper() for one in value)


def phone(groups: Sequence[str], *, international: bool) -> str:
    """Return a telephone number, its groups with pauses."""
    return ("加 " if international else "") + PAUSE.join(digits(group, colloquial=True) for group in groups)


def percent(value: Decimal) -> str:
    """Return a number of hundredths: 百分之三点七五."""
    return ("负" if value < 0 else "") + "百分之" + number(abs(value))


def currency(code: str) -> str:
    """Return a currency's name; the yuan's is that of the currency, 人民币."""
    known = CURRENCIES.get(code)
    if code == "CNY":
        return "人民币"
    return known.mandarin if known else " ".join(code)


def money(value: Decimal, code: str) -> str:
    """Return an amount: 一千零五元二角, 三美元五十美分, 二点五港元."""
    known = CURRENCIES.get(code)
    if known is None:
        return f"{number(value)} {' '.join(code)}"
    decimals = _decimals(value).rstrip("0")
    if len(decimals) > known.decimals or (decimals and not known.mandarin_minor):
        return number(value) + known.mandarin
    sign, units = "负" if value < 0 else "", int(abs(value))
    whole = _measured(units) + known.mandarin
    if not decimals:
        return sign + whole
    parts = _minor(decimals.ljust(known.decimals, "0"), known.mandarin_minor, after_units=units > 0)
    return sign + (whole if units else "") + parts


def _minor(decimals: str, names: tuple[str, ...], *, after_units: bool) -> str:
    if len(names) == 1:
        return _measured(int(decimals)) + names[0]
    words = ""
    for digit, name in zip(decimals, names, strict=True):
        if digit != "0":
            words += _measured(int(digit)) + name
        elif not words and after_units:
            words = _DIGITS[0]
    return words


def day(value: date, *, weekday: bool = False, year: bool = True) -> str:
    """Return a date: 二零二六年十一月二十六日，星期四."""
    words = f"{_cardinal(value.month)}月{_cardinal(value.day)}日"
    if year:
        words = "".join(_DIGITS[int(digit)] for digit in str(value.year)) + "年" + words
    return f"{words}，星期{_WEEKDAYS[value.weekday()]}" if weekday else words


def time_of_day(value: time) -> str:
    """Return a time by the twelve-hour clock: 下午两点零五分, 中午十二点整."""
    part = next(name for until, name in _PARTS_OF_DAY if value.hour < until)
    hour = _measured(value.hour - 12 if value.hour > 12 else value.hour)
    if value.minute == 0:
        return f"{part}{hour}点整"
    return f"{part}{hour}点{'零' if value.minute < 10 else ''}{_cardinal(value.minute)}分"


def moment(the_day: str, the_time: str) -> str:
    """Join a date and a time."""
    return the_day + the_time


def duration(days: int, hours: int, minutes: int, seconds: int) -> str:
    """Return a length of time: 一小时两分钟五秒."""
    parts = ((days, "天"), (hours, "小时"), (minutes, "分钟"), (seconds, "秒"))
    return "".join(_measured(value) + unit for value, unit in parts if value) or "零秒"


def minutes(value: int) -> str:
    """Return a number of minutes."""
    return _measured(value) + "分钟"


def _measured(value: int) -> str:
    """Return a number before a measure word."""
    return "两" if value == 2 else _cardinal(value)


def _decimals(value: Decimal) -> str:
    """Return the digits after the point as they are written."""
    return f"{value:f}".partition(".")[2]


def _cardinal(value: int) -> str:
    words = _spoken(value)
    return words.removeprefix("一") if words.startswith("一十") else words


def _spoken(value: int) -> str:
    if value < 10:
        return _DIGITS[value]
    unit, name = next((unit, name) for unit, name in _UNITS if value >= unit)
    high, low = divmod(value, unit)
    words = ("两" if high == 2 and unit > 10 else _spoken(high)) + name
    if low == 0:
        return words
    return words + (_DIGITS[0] if low < unit // 10 else "") + _spoken(low)
