"""Telephone numbers as people and networks write them, brought to one form: E.164 (ITU-T)."""

from __future__ import annotations

import phonenumbers

LONGEST = 40  # characters; longer text is no number


def to_e164(text: str, country: str) -> str | None:
    """Return `text` in E.164 (``+12025550123``), or None when it is no possible number.

    Args:
        text: What the network delivered or a person typed. Only ASCII digits and the usual punctuation count: text
            with other letters or digits (full-width ones too) is refused, not guessed at.
        country: ISO 3166 code of the country whose national numbers are read without a country code.
    """
    if not text or len(text) > LONGEST or not text.isascii() or any(letter.isalpha() for letter in text):
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def typed_to_e164(text: str, country: str) -> str | None:
    """Return what a person typed in E.164; the full-width digits and signs of Chinese keyboards are what they mean."""
    return to_e164(text.translate(_FULL_WIDTH), country)
