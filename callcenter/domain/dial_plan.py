"""Who may call which numbers: the one check that every outgoing number passes before anything is dialled. Pure.

A wrong answer costs money (premium-rate and expensive international numbers are what toll fraud lives on) or, for an
emergency number, a life. So: emergency numbers of the house's country are always dialled, as they are; everything
else must be a valid number, of a country and a class that the role may call; what nobody has allowed is refused.

The classes are those of Google's libphonenumber. Note that a country is more than a country code: ``+1`` reaches some
twenty countries, several of them dear; `Dialable.country` is what the number itself says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberType, shortnumberinfo

from callcenter.domain.ids import QueueName
from callcenter.domain.phone_number import to_e164


class NumberClass(StrEnum):
    """What kind of number it is, as far as that decides who may dial it."""

    EMERGENCY = "emergency"
    FIXED = "fixed"  # geographic; also where fixed and mobile numbers look alike (North America)
    MOBILE = "mobile"
    TOLL_FREE = "toll_free"
    SHARED_COST = "shared_cost"
    PREMIUM = "premium"
    VOIP = "voip"
    COMPANY = "company"  # one number for all of a company (UAN)
    OTHER = "other"  # pagers, personal numbers, satellites, what libphonenumber does not know


class DialRefusal(StrEnum):
    """Why a number is not dialled; the values are codes that the screen has words for."""

    NO_NUMBER = "not_a_number"
    BARRED = "number_barred"
    COUNTRY = "country_not_allowed"
    CLASS = "number_class_not_allowed"


HOME = "home"
"""In a list of countries: the house's own."""

ANYWHERE = "any"
"""In a list of countries: all of them, and those numbers that belong to none."""

ORDINARY = frozenset(
    {NumberClass.FIXED, NumberClass.MOBILE, NumberClass.TOLL_FREE, NumberClass.VOIP, NumberClass.COMPANY}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one role may dial: numbers of these countries (ISO 3166, `HOME`, `ANYWHERE`) and these classes."""

    countries: frozenset[str] = frozenset({HOME})
    classes: frozenset[NumberClass] = ORDINARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialable:
    """A number that may be dialled: digits after a plus, or the few digits of an emergency number."""

    number: str
    number_class: NumberClass
    country: str  # ISO 3166; "001" for numbers that belong to no country


CALLBACK = "callback"
"""The role of the machine itself, which calls customers back."""


TRANSFER = "transfer"
"""The role of flows, which hand callers over to numbers of the house's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPlan:
    """The house's rules. A role that has none may call emergency numbers only."""

    home: str  # ISO 3166: whose national and emergency numbers are meant
    roles: Mapping[str, Allowance] = field(default_factory=dict)
    barred: tuple[str, ...] = ()  # beginnings of E.164 numbers that nobody may dial
    caller_id: str = ""  # E.164: the number that the called party sees; callbacks of a queue may have their own

    def check(self, text: str, role: str) -> Dialable | DialRefusal:
        """Say what is to be dialled for `text`, as somebody typed it or a caller left it; or why it is not."""
        text = text.translate(_FULL_WIDTH)
        digits = text.strip()
        if digits.isascii() and digits.isdigit() and shortnumberinfo.is_emergency_number(digits, self.home):
            return Dialable(number=digits, number_class=NumberClass.EMERGENCY, country=self.home)
        number = to_e164(text, self.home)
        if number is None or not _PLAIN.issuperset(text):
            return DialRefusal.NO_NUMBER
        parsed = phonenumbers.parse(number)
        if not phonenumbers.is_valid_number(parsed):
            return DialRefusal.NO_NUMBER
        country = phonenumbers.region_code_for_number(parsed) or ""
        number_class = _CLASSES.get(phonenumbers.number_type(parsed), NumberClass.OTHER)
        return self._allowed(Dialable(number=number, number_class=number_class, country=country), role)

    def _allowed(self, wanted: Dialable, role: str) -> Dialable | DialRefusal:
        allowance = self.roles.get(role)
        if any(wanted.number.startswith(beginning) for beginning in self.barred):
            return DialRefusal.BARRED
        if allowance is None or not self._reaches(allowance, wanted.country):
            return DialRefusal.COUNTRY
        if wanted.number_class not in allowance.classes:
            return DialRefusal.CLASS
        return wanted

    def _reaches(self, allowance: Allowance, country: str) -> bool:
        named = allowance.countries
        return ANYWHERE in named or country in named or (HOME in named and country == self.home)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRow:
    """Somebody outside whom agents may look up and call."""

    en: str
    zh: str
    number: str
    detail: str = ""
    name: str | None = None  # by which flows hand callers over to it; none: they do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """Calls that agents make: the rules, whose queue's rules they follow afterwards, and the house's directory."""

    plan: DialPlan = DialPlan(home="US")  # which lets nobody call anywhere but for help
    queue: QueueName | None = None  # none: the default queue
    directory: tuple[DirectoryRow, ...] = ()


_PLAIN = frozenset("0123456789+ ()-./")
"""What people write in a number that is only a number: an extension, a pause or a second number is more than that."""

_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋（）－．／\u3000", "0123456789+()-./ ")
"""How an East Asian keyboard writes the same."""

_CLASSES = {
    PhoneNumberType.FIXED_LINE: NumberClass.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberClass.FIXED,
    PhoneNumberType.MOBILE: NumberClass.MOBILE,
    PhoneNumberType.TOLL_FREE: NumberClass.TOLL_FREE,
    PhoneNumberType.SHARED_COST: NumberClass.SHARED_COST,
    PhoneNumberType.PREMIUM_RATE: NumberClass.PREMIUM,
    PhoneNumberType.VOIP: NumberClass.VOIP,
    PhoneNumberType.UAN: NumberClass.COMPANY,
}
