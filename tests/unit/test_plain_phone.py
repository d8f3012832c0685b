"""The quick way to read a phone number says what the library says, or nothing."""

from __future__ import annotations

import phonenumbers
from hypothesis import example, given
from hypothesis import strategies as st

from sync.identity.plain_phone import plain_international

_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
_SEPARATORS = st.sampled_from(["", "", " ", "-", ".", " (", ") ", ")-", "  "])


@st.composite
def _numbers(draw: st.DrawFn) -> str:
    code = draw(st.one_of(st.sampled_from(_CODES), st.integers(1, 999)))
    groups = draw(st.lists(st.text("0123456789", min_size=1, max_size=5), min_size=1, max_size=5))
    return f"+{code}" + "".join(draw(_SEPARATORS) + group for group in groups)


def _library(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    form: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return form


@given(text=_numbers())
@example(text="+1 (201) 555-0123")
@example(text="+39 02 1234567")
@example(text="+54 9 11 1234 5678")
@example(text="+52 1 55 1234 5678")
@example(text="+800 12345678")
@example(text="+7 8 912 345-67-89")
def test_a_number_read_quickly_is_the_number_that_the_library_reads(text: str) -> None:
    plain = plain_international(text)
    if plain is not None:
        assert f"+{plain.country_code}{plain.national}" == _library(text)


def test_every_country_s_example_numbers_are_read_as_the_library_reads_them() -> None:
    read = 0
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            number = phonenumbers.example_number(region)
            if number is None:
                continue
            for style in (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.E164):
                text = phonenumbers.format_number(number, style)
                plain = plain_international(text)
                if plain is not None:
                    read += 1
                    assert (plain.country_code, plain.national) == (
                        str(code),
                        phonenumbers.national_significant_number(number),
                    )
    assert read > 300  # the quick way is worth having


def test_what_is_more_than_digits_is_left_to_the_library() -> None:
    for text in (
        "201 555 0123",
        "+44 (0)20 7946 0123",
        "+1 201 555 0123 ext. 5",
        "+1-800-FLOWERS",
        "+",
        "+999 12345678",
        "＋12015550123",
    ):
        assert plain_international(text) is None
