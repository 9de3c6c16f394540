"""Numbers that are plainly in E.164 go past the whole parser, and come out as it would give them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.phone_number import to_e164

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def parsed(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(code=st.sampled_from(CODES), national=st.text("0123456789", min_size=1, max_size=14))
def test_an_international_number_is_what_the_parser_says(code: int, national: str) -> None:
    text = f"+{code}{national}"
    assert to_e164(text, "US") == parsed(text)


@pytest.mark.parametrize("code", CODES)
def test_what_is_dialled_before_a_national_number_is_dropped_as_by_the_parser(code: int) -> None:
    region = phonenumbers.region_code_for_country_code(code)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    example = phonenumbers.example_number(region) or phonenumbers.example_number_for_non_geo_entity(code)
    assert metadata is not None
    assert example is not None
    national = phonenumbers.national_significant_number(example)
    for before in ("", metadata.national_prefix or "", "0", "1", "8"):
        text = f"+{code}{before}{national}"
        assert to_e164(text, "US") == parsed(text), text


@given(st.text("+0123456789 -()x", max_size=20))
def test_whatever_is_typed_is_what_the_parser_says(text: str) -> None:
    assert to_e164(text, "US") == (parsed(text) if text and not any(map(str.isalpha, text)) else None)
