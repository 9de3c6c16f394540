"""Currencies (ISO 4217) and what they are called.

In English "dollars" alone says too little to people with accounts in several currencies, so they have their country.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Names = tuple[str, str]
"""Of one, and of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """What a currency is called.

    Attributes:
        english: Its unit in English.
        english_minor: Its smaller unit; None if nobody speaks of one.
        mandarin: Its unit in Mandarin.
        mandarin_minor: Its smaller units in Mandarin, the larger first: one a decimal place (角, 分), or one for both
            (美分); empty where decimals are spoken instead.
        decimals: Decimal places of the smaller unit.
    """

    english: Names
    english_minor: Names | None
    mandarin: str
    mandarin_minor: tuple[str, ...] = ()
    decimals: int = 2


_CENT: Names = ("cent", "cents")


def _alike(name: str) -> Names:
    return name, name


CURRENCIES: Mapping[str, Currency] = {
    "USD": Currency(
        english=("US dollar", "US dollars"), english_minor=_CENT, mandarin="美元", mandarin_minor=("美分",)
    ),
    "EUR": Currency(english=("euro", "euros"), english_minor=_CENT, mandarin="欧元", mandarin_minor=("欧分",)),
    "GBP": Currency(
        english=("pound", "pounds"), english_minor=("penny", "pence"), mandarin="英镑", mandarin_minor=("便士",)
    ),
    "CNY": Currency(english=_alike("yuan"), english_minor=None, mandarin="元", mandarin_minor=("角", "分")),
    "JPY": Currency(english=_alike("yen"), english_minor=None, mandarin="日元", decimals=0),
    "KRW": Currency(english=_alike("won"), english_minor=None, mandarin="韩元", decimals=0),
    "CHF": Currency(
        english=("Swiss franc", "Swiss francs"), english_minor=("centime", "centimes"), mandarin="瑞士法郎"
    ),
    "HKD": Currency(english=("Hong Kong dollar", "Hong Kong dollars"), english_minor=_CENT, mandarin="港元"),
    "TWD": Currency(english=("Taiwan dollar", "Taiwan dollars"), english_minor=_CENT, mandarin="新台币"),
    "SGD": Currency(english=("Singapore dollar", "Singapore dollars"), english_minor=_CENT, mandarin="新加坡元"),
    "AUD": Currency(english=("Australian dollar", "Australian dollars"), english_minor=_CENT, mandarin="澳元"),
    "NZD": Currency(english=("New Zealand dollar", "New Zealand dollars"), english_minor=_CENT, mandarin="新西兰元"),
    "CAD": Currency(english=("Canadian dollar", "Canadian dollars"), english_minor=_CENT, mandarin="加元"),
    "SEK": Currency(english=("Swedish krona", "Swedish kronor"), english_minor=None, mandarin="瑞典克朗"),
    "NOK": Currency(english=("Norwegian krone", "Norwegian kroner"), english_minor=None, mandarin="挪威克朗"),
    "DKK": Currency(english=("Danish krone", "Danish kroner"), english_minor=None, mandarin="丹麦克朗"),
    "INR": Currency(english=("Indian rupee", "Indian rupees"), english_minor=("paisa", "paise"), mandarin="印度卢比"),
    "THB": Currency(english=_alike("baht"), english_minor=None, mandarin="泰铢"),
    "KWD": Currency(
        english=("Kuwaiti dinar", "Kuwaiti dinars"), english_minor=("fils", "fils"), mandarin="科威特第纳尔", decimals=3
    ),
}
"""The currencies that have names here, by code; others are spoken with the letters of their code."""
