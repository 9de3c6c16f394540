"""Telephone numbers as people and networks write them, brought to one form: E.164 (ITU-T)."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

LONGEST = 40  # characters; longer text is no number
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")


def to_e164(text: str, country: str) -> str | None:
    """Return `text` in E.164 (``+12025550123``), or None when it is no possible number.

    Args:
        text: What the network delivered or a person typed. Only ASCII digits and the usual punctuation count: text
            with other letters or digits (full-width ones too) is refused, not guessed at.
        country: ISO 3166 code of the country whose national numbers are read without a country code.
    """
    if _is_e164(text):
        return text
    if not text or len(text) > LONGEST or not text.isascii() or any(letter.isalpha() for letter in text):
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_e164(text: str) -> bool:
    """Tell what is plainly in E.164 already, in a tenth of the time. What is not plain is left to the whole parser."""
    if not _INTERNATIONAL.fullmatch(text):
        return False
    for digits in (1, 2, 3):  # no code of a country begins with another's
        lengths, prefix = _numbering_plan(text[1 : 1 + digits])
        if lengths:
            national = text[1 + digits :]
            return len(national) in lengths and national[0] != "0" and not (prefix and prefix.match(national))
    return False


@lru_cache(maxsize=2_048)
def _numbering_plan(code: str) -> tuple[frozenset[int], re.Pattern[str] | None]:
    """Return how long a country's numbers are (none: there is no such code), and what is dialled before them."""
    region = phonenumbers.region_code_for_country_code(int(code))
    if region == phonenumbers.UNKNOWN_REGION:
        return frozenset(), None
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
    if metadata is None or metadata.general_desc is None:
        return frozenset(), None
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def typed_to_e164(text: str, country: str) -> str | None:
    """Return what a person typed in E.164; the full-width digits and signs of Chinese keyboards are what they mean."""
    return to_e164(text if text.isascii() else text.translate(_FULL_WIDTH), country)
