"""What a pulled row is: new, edited, the same, a duplicate or superseded, in whatever order the rows come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.pull import Sorted, batch_of, sort_out, weigh
from sync.report import State
from tests.flow.world import NOW, response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.values import SurveyResponse
    from sync.ledger.inbox import Known

#: The run that handled a stored response last, and whether it is pending.
RUNS = [(None, False), ("before", False), ("before", True), ("now", True)]
KEY = "survey:r1"
#: Versions of one response, from the oldest to the newest.
VERSIONS = [
    response(1, score, email="ada@acme.test", updated_at=NOW + timedelta(hours=hours))
    for hours, score in enumerate((3, 7, 9))
]


def sort(responses: Iterable[SurveyResponse], stored: Mapping[str, Known] | None = None) -> Sorted:
    return sort_out(batch_of("survey", responses).rows, stored or {}, run="now")


def as_stored(each: SurveyResponse, *, run: str | None = "before", pending: bool = False) -> dict[str, Known]:
    known = sort([each]).store[f"survey:{each.response_id}"].known("now")
    return {f"survey:{each.response_id}": known._replace(run=run, pending=pending)}


class TestTwoVersionsInOneRun:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_the_newest_counts_in_whatever_order_they_come(self, order: Sequence[int]) -> None:
        result = sort(VERSIONS[place] for place in order)

        assert 9 == result.store[KEY].score
        assert {(State.SKIPPED, "duplicate"): 2} == dict(result.counts)

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_they_are_compared_with_what_an_earlier_page_stored(self, order: Sequence[int]) -> None:
        first, *others = (VERSIONS[place] for place in order)
        result = sort(others, as_stored(first, run="now", pending=True))

        newest = result.store[KEY].score if KEY in result.store else first.score
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

    @pytest.mark.parametrize("run", ["before", None])
    def test_two_versions_that_are_told_again_are_no_edit(self, run: str | None) -> None:
        plain = [replace(version, updated_at=None) for version in VERSIONS]
        first, second = (replace(plain[0], responded_at=NOW - timedelta(days=days)) for days in (3, 2))
        second = replace(second, score=9)

        result = sort([first, second], as_stored(second, run=run))

        assert {} == result.store
        assert ([KEY] if run is None else []) == result.queue
        counted = {(State.SKIPPED, "duplicate"): 1} | ({} if run is None else {(State.UNCHANGED, ""): 1})
        assert counted == dict(result.counts)

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


class TestOfManyResponses:
    @given(
        st.lists(st.tuples(st.integers(1, 5), st.sampled_from(VERSIONS)), max_size=12),
        st.dictionaries(st.integers(1, 5), st.tuples(st.sampled_from(VERSIONS), st.sampled_from(RUNS))),
    )
    def test_each_is_decided_as_if_it_had_come_alone(
        self,
        rows: list[tuple[int, SurveyResponse]],
        before: dict[int, tuple[SurveyResponse, tuple[str | None, bool]]],
    ) -> None:
        """What is new and comes once is not weighed; that must not show."""
        responses = [replace(each, response_id=f"r{number}") for number, each in rows]
        stored: dict[str, Known] = {}
        for number, (each, (run, pending)) in before.items():
            stored |= as_stored(replace(each, response_id=f"r{number}"), run=run, pending=pending)
        alone = [
            sort([each for each in responses if each.response_id == id_], stored)
            for id_ in dict.fromkeys(each.response_id for each in responses)
        ]

        together = sort(responses, stored)

        assert {key: row for one in alone for key, row in one.store.items()} == together.store
        assert sum((one.counts for one in alone), Counter()) == together.counts
        assert sorted(key for one in alone for key in one.queue) == sorted(together.queue)
        assert sorted(each for one in alone for each in one.former) == sorted(together.former)

    @given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(VERSIONS)), max_size=12))
    def test_a_row_that_is_not_weighed_is_what_weighing_it_gives(self, rows: list[tuple[int, SurveyResponse]]) -> None:
        batch = batch_of("survey", [replace(each, response_id=f"r{number}") for number, each in rows])
        weighed = Sorted()
        weigh(batch.rows, {}, "now", weighed)

        assert weighed == sort_out(batch.rows, {}, run="now")
