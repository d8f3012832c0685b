"""What a pulled row is: new, edited, the same, a duplicate or superseded, in whatever order the rows come."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.identity.settings import IdentitySettings
from sync.pull import Sorted, sort_out
from sync.report import State
from tests.flow.world import NOW, response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.values import SurveyResponse
    from sync.ledger.inbox import Known

KEY = "survey:r1"
#: Versions of one response, from the oldest to the newest.
VERSIONS = [
    response(1, score, email="ada@acme.test", updated_at=NOW + timedelta(hours=hours))
    for hours, score in enumerate((3, 7, 9))
]


def sort(responses: Iterable[SurveyResponse], stored: Mapping[str, Known] | None = None) -> Sorted:
    keyed = [(f"survey:{each.response_id}", each) for each in responses]
    return sort_out(keyed, stored or {}, source="survey", run="now", settings=IdentitySettings())


def as_stored(each: SurveyResponse, *, run: str | None = "before", pending: bool = False) -> dict[str, Known]:
    known = sort([each]).store[KEY].known("now")
    return {KEY: known._replace(run=run, pending=pending)}


class TestTwoVersionsInOneRun:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_the_newest_counts_in_whatever_order_they_come(self, order: Sequence[int]) -> None:
        result = sort(VERSIONS[place] for place in order)

        assert 9 == result.store[KEY].response.score
        assert {(State.SKIPPED, "duplicate"): 2} == dict(result.counts)

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_they_are_compared_with_what_an_earlier_page_stored(self, order: Sequence[int]) -> None:
        first, *others = (VERSIONS[place] for place in order)
        result = sort(others, as_stored(first, run="now", pending=True))

        newest = result.store[KEY].response.score if KEY in result.store else first.score
        assert 9 == newest
        assert {(State.SKIPPED, "duplicate"): 2} == dict(result.counts)

    @given(st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=8))
    def test_each_row_is_stored_or_counted(self, rows: list[SurveyResponse]) -> None:
        result = sort(rows)

        assert len(rows) == len(result.store) + sum(result.counts.values())


class TestAgainstWhatIsStored:
    def test_an_equal_row_is_unchanged(self) -> None:
        result = sort([VERSIONS[0]], as_stored(VERSIONS[0]))

        assert not result.store
        assert {(State.UNCHANGED, ""): 1} == dict(result.counts)

    def test_an_edited_row_is_the_next_version(self) -> None:
        result = sort([VERSIONS[1]], as_stored(VERSIONS[0]))

        assert 2 == result.store[KEY].version
        assert not result.counts

    def test_an_older_row_is_superseded(self) -> None:
        result = sort([VERSIONS[0]], as_stored(VERSIONS[1]))

        assert not result.store
        assert {(State.SKIPPED, "superseded"): 1} == dict(result.counts)

    def test_a_row_that_only_another_mapping_has_seen_is_queued_once(self) -> None:
        result = sort([VERSIONS[0], VERSIONS[0]], as_stored(VERSIONS[0], run=None))

        assert [KEY] == result.queue
        assert {(State.SKIPPED, "duplicate"): 1} == dict(result.counts)

    def test_a_new_address_touches_who_the_response_belonged_to(self) -> None:
        moved: Any = response(1, 3, email="bob@acme.test")
        before = as_stored(VERSIONS[0])

        result = sort([moved], before)

        assert [before[KEY].respondent] == result.former
