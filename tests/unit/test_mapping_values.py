"""From rows to fields, and which field values are the same."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.mapping.fields import ProfileField
from sync.mapping.values import canonical, renderer, same, truncated

ROW = {
    "score": 0,
    "category": "detractor",
    "comment": "caf\u00e9 \u2014 slow",
    "risk": True,
    "trend": None,
    "segments": ["silent", "at_risk"],
    "responded_at": datetime(2026, 1, 5, 8, 21, 9, tzinfo=timezone(timedelta(hours=1))),
}


def rendered(**spec: Any) -> object:
    return renderer({"f": ProfileField.model_validate(spec)})(ROW)["f"]


def spec(word: str, **options: Any) -> dict[str, Any]:
    return {"from": word} | options


class TestRender:
    @pytest.mark.parametrize(
        ("line", "value"),
        [
            (spec("score"), 0),
            (spec("comment"), "caf\u00e9 \u2014 slow"),
            (spec("comment", truncate=4), "caf\u00e9"),
            (spec("comment", truncate=5), "caf\u00e9"),
            (spec("risk"), True),
            (spec("risk", values={"true": "yes", "false": "no"}), "yes"),
            (spec("trend"), None),
            (spec("trend", values={"improving": "+", "steady": "=", "declining": "-"}), None),
            (spec("category", values={"promoter": 3, "passive": 2, "detractor": 1}), 1),
            (spec("segments"), "at_risk;silent"),
            (spec("segments", values={"silent": "A quiet one"}), "A quiet one;at_risk"),
            (spec("segments", truncate=10), "at_risk"),
            (spec("segments", truncate=3), None),
            (spec("responded_at"), "2026-01-05T07:21:09.000Z"),
            (spec("person.email"), None),
        ],
    )
    def test_a_line_gives_its_field(self, line: dict[str, Any], value: object) -> None:
        found = rendered(**line)

        assert value == found
        assert type(value) is type(found)

    def test_columns_keep_the_order_of_the_mapping(self) -> None:
        assert ["b", "a"] == list(renderer({"b": "score", "a": "comment"})(ROW))

    def test_the_order_of_segments_in_a_row_means_nothing(self) -> None:
        render = renderer({"s": "segments"})

        assert render({"segments": ["a", "b"]}) == render({"segments": ["b", "a"]})


class TestTruncate:
    @given(st.text(alphabet="ae\u0301\u200d\ufe0f \U0001f469\U0001f4bb", max_size=12), st.integers(1, 12))
    def test_it_never_exceeds_the_length_and_never_invents(self, text: str, longest: int) -> None:
        cut = truncated(text, longest)

        assert len(cut) <= longest
        assert text.startswith(cut)

    def test_a_joined_sign_is_kept_whole_or_left_out(self) -> None:
        assert truncated("a\U0001f469\u200d\U0001f4bb", 3) == "a"


class TestCanonical:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (9, "9"),
            (9, 9.0),
            (9, "9.0"),
            (9.5, "9.5"),
            (Decimal("9.50"), 9.5),
            (-0.0, 0),
            (True, 1),
            (None, "   "),
            ("a\r\nb", "a\nb"),
            ("caf\u00e9", "cafe\u0301 "),
            ("2026-01-05T07:21:09Z", datetime(2026, 1, 5, 7, 21, 9, tzinfo=UTC)),
            ("2026-01-05 07:21:09", "2026-01-05T08:21:09.000+01:00"),
            ("2026-01-05", date(2026, 1, 5)),
            (["b", "a"], ("a", "b", "a")),
            (math.nan, None),
        ],
    )
    def test_what_means_the_same_is_equal(self, one: object, other: object) -> None:
        assert canonical(one) == canonical(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("007", "7"),
            ("1.10", "1.1"),
            ("+49", "49"),
            ("1e3", "1000"),
            ("a;b", "b;a"),
            (0, None),
            ("A", "a"),
            ("9 ", "8"),
        ],
    )
    def test_what_means_something_else_is_not(self, one: object, other: object) -> None:
        assert canonical(one) != canonical(other)

    @given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes() | st.lists(st.text()))
    def test_it_is_a_form_and_taking_it_again_changes_nothing(self, value: object) -> None:
        once = canonical(value)

        assert once == canonical(once, several=isinstance(value, list))

    @given(st.text(alphabet="0123456789.-+eTZ: ", max_size=30))
    def test_no_text_of_digits_raises(self, text: str) -> None:
        canonical(text)

    @given(st.integers(-(10**14), 10**14))
    def test_numbers_are_equal_to_themselves_as_text(self, number: int) -> None:
        assert canonical(number) == canonical(str(number)) == canonical(float(number))


class TestSame:
    @given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001 - made aware below
    def test_a_coarser_field_is_not_written_again(self, moment: datetime) -> None:
        text = moment.replace(tzinfo=UTC).isoformat()

        assert same(text, text[:10])
        assert same(text, moment.replace(microsecond=0, tzinfo=UTC))

    def test_another_day_or_second_is_written(self) -> None:
        assert not same("2026-01-05T07:21:09Z", "2026-01-06")
        assert not same("2026-01-05T07:21:09.5Z", "2026-01-05T07:21:10Z")

    def test_what_the_field_cannot_hold_is_not_compared(self) -> None:
        assert same("abcdef", "abc", longest=3)
        assert not same("abcdef", "abd", longest=3)

    def test_several_values_have_no_order(self) -> None:
        assert same(["a", "b"], "b;a", several=True)
