"""The kernels say of every person and account what the row-by-row model says."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.values import SurveyKind
from sync.kernel import Kernel
from sync.nps.compute import compute_profiles, compute_rollups, count_persons, profiles_in_parts
from sync.nps.relations import EPOCH, RESPONSES, SIZES
from sync.nps.settings import NpsSettings
from sync.segments import Predicate
from tests import reference_nps as reference
from tests.nps_histories import DAY, EDGES, MOMENT, NOW, decided, histories, segment_sets
from tests.reference_nps import Answered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEGMENTS = {
    "at_risk": {"any": [{"category": "detractor", "age": {"max": "90d"}}, {"trend": "declining"}]},
    "advocates": {"all": [{"category": "promoter"}, {"responses": {"min": 2}}, {"status": "current"}]},
    "silent": {"all": [{"status": "never_responded"}, {"surveyed": {"min": 1}}]},
}
DESIGN = {name: Predicate.model_validate(rule) for name, rule in SEGMENTS.items()}


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as one:
        yield one


@settings(max_examples=60)
@given(responses=histories(), config=decided(), segments=segment_sets)
def test_profiles_and_segments_are_those_of_the_reference(
    kernel: Kernel, responses: list[Answered], config: NpsSettings, segments: dict[str, Predicate]
) -> None:
    """Ties, two kinds, expired ones and moments exactly on an edge included."""
    found = compute_profiles(kernel, reference.relation(responses), now=NOW, settings=config, segments=segments)

    assert reference.profiles(responses, NOW, config, segments) == found.to_pylist()


def test_every_edge_in_time_is_that_of_the_reference(kernel: Kernel) -> None:
    """One person per combination of kind, age, distance of the response before, and move, all in one set."""
    offs = [edge + off * MOMENT for edge in EDGES for off in (-1, 0, 1)]
    moves = [(9, 8), (8, 9), (6, 4), (6, 5), (4, 6), (10, 10)]
    responses = [
        Answered(
            subject=f"{kind}{age}{gap}{before}{after}",
            key=f"{kind}{age}{gap}{before}{after}:{n}",
            kind=kind,
            score=(before, after)[n],
            at=NOW - age - gap * (1 - n),
        )
        for kind in SurveyKind
        for age in offs
        for gap in offs
        for before, after in moves
        for n in (0, 1)
    ]

    found = compute_profiles(
        kernel, reference.relation(responses), now=NOW, settings=NpsSettings(), segments=DESIGN
    ).to_pylist()

    assert reference.profiles(responses, NOW, NpsSettings(), DESIGN) == found


@settings(max_examples=40)
@given(
    responses=histories(),
    config=decided(),
    sizes=st.dictionaries(st.sampled_from(["a1", "a2", "a3"]), st.integers(0, 5)),
)
def test_rollups_are_those_of_the_reference(
    kernel: Kernel, responses: list[Answered], config: NpsSettings, sizes: dict[str, int]
) -> None:
    known = pa.Table.from_pylist([{"account": a, "contacts_known": n} for a, n in sizes.items()], schema=SIZES)
    found = compute_profiles(kernel, reference.relation(responses), now=NOW, settings=config, segments=DESIGN)

    rolled = compute_rollups(kernel, found, known, now=NOW, settings=config)

    assert reference.rollups(responses, sizes, NOW, config, DESIGN) == rolled.to_pylist()


def without_due(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "due_at"} for row in rows]


@settings(max_examples=60)
@given(responses=histories(), config=decided(), segments=segment_sets, part=st.floats(0, 1))
def test_nothing_changes_by_time_alone_before_the_due_moment(
    responses: list[Answered], config: NpsSettings, segments: dict[str, Predicate], part: float
) -> None:
    """The index of due moments may be early, never late: between now and then every evaluation is the same."""
    for subject in {one.subject for one in responses}:
        mine = [one for one in responses if one.subject == subject]
        (today,) = reference.profiles(mine, NOW, config, segments)
        due = EPOCH + today["due_at"] * MOMENT if today["due_at"] is not None else NOW + 2000 * DAY
        for moment in (NOW + part * (due - MOMENT - NOW), due - MOMENT):
            (then,) = reference.profiles(mine, moment, config, segments)
            assert today == then


@settings(max_examples=60)
@given(responses=histories(), config=decided())
def test_without_ages_in_segments_something_changes_at_the_due_moment(
    responses: list[Answered], config: NpsSettings
) -> None:
    """A due moment costs a computation: there is none without a change."""
    for subject in {one.subject for one in responses}:
        mine = [one for one in responses if one.subject == subject]
        today = reference.profiles(mine, NOW, config, {})
        if (due := today[0]["due_at"]) is not None:
            then = reference.profiles(mine, EPOCH + due * MOMENT, config, {})
            assert without_due(today) != without_due(then)


def many(count: int, seed: int = 5) -> list[Answered]:
    rand = random.Random(seed)
    return [
        Answered(
            subject=f"p{rand.randrange(count // 2)}",
            key=f"survey:{number}",
            score=rand.randrange(11),
            at=NOW - rand.randrange(450) * DAY,
            kind=rand.choice(list(SurveyKind)),
            account=rand.choice([None, *(f"a{n}" for n in range(20))]),
        )
        for number in range(count)
    ]


def checksum(*tables: pa.Table) -> str:
    rows = [repr(row) for table in tables for row in table.to_pylist()]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@pytest.mark.parametrize(("threads", "chunk", "part"), [(1, 4000, 10**6), (4, 37, 10**6), (2, 500, 300), (3, 1, 1)])
def test_order_chunking_parts_and_threads_change_nothing(threads: int, chunk: int, part: int) -> None:
    responses = many(4000)
    with Kernel() as one:
        plain = compute_profiles(one, reference.relation(responses), now=NOW, settings=NpsSettings(), segments=DESIGN)
        rolled = compute_rollups(one, plain, None, now=NOW, settings=NpsSettings())

    shuffled = random.Random(threads).sample(responses, len(responses))
    batches = reference.relation(shuffled).to_batches(max_chunksize=chunk)
    with Kernel(threads=threads) as other:
        reader = pa.RecordBatchReader.from_batches(RESPONSES, batches)
        parts = profiles_in_parts(other, reader, now=NOW, settings=NpsSettings(), segments=DESIGN, part=part)
        found = pa.concat_tables(parts)
        again = compute_rollups(other, found, None, now=NOW, settings=NpsSettings())

    assert checksum(plain, rolled) == checksum(found, again)


def test_a_late_arrival_changes_the_history_and_not_the_score(kernel: Kernel) -> None:
    newest = Answered(subject="p", key="s:1", score=9, at=NOW - DAY)
    late = Answered(subject="p", key="s:2", score=2, at=NOW - 40 * DAY)

    (before,) = profile_rows(kernel, [newest])
    (after,) = profile_rows(kernel, [newest, late])

    assert (9, None, None) == (before["score"], before["previous_score"], before["trend"])
    assert (9, 2, "improving") == (after["score"], after["previous_score"], after["trend"])


def test_an_edit_is_as_if_it_had_always_been_so(kernel: Kernel) -> None:
    first = Answered(subject="p", key="s:1", score=9, at=NOW - 9 * DAY)
    edited = Answered(subject="p", key="s:1", score=3, at=NOW - 9 * DAY)
    other = Answered(subject="p", key="s:0", score=9, at=NOW - 30 * DAY)

    assert profile_rows(kernel, [first, other]) != profile_rows(kernel, [edited, other])
    assert profile_rows(kernel, [edited, other]) == profile_rows(kernel, [other, edited])


def test_responses_at_the_same_time_are_ordered_by_key(kernel: Kernel) -> None:
    pair = [Answered(subject="p", key=f"s:{n}", score=n, at=NOW) for n in (1, 2)]

    (row,) = profile_rows(kernel, pair)

    assert ("s:2", 1) == (row["key"], row["previous_score"])


def test_a_person_is_never_compared_across_survey_kinds(kernel: Kernel) -> None:
    asked = Answered(subject="p", key="s:1", score=10, at=NOW - 5 * DAY)
    served = Answered(subject="p", key="s:2", score=1, at=NOW - DAY, kind=SurveyKind.TRANSACTIONAL)

    (row,) = profile_rows(kernel, [asked, served])

    assert (1, None, None, 1) == (row["score"], row["previous_score"], row["trend"], row["responses"])


def test_an_account_with_both_kinds_counts_the_relational_one_only(kernel: Kernel) -> None:
    people = [Answered(subject=f"p{n}", key=f"r:{n}", score=10, at=NOW - DAY, account="a") for n in range(5)]
    served = [
        Answered(subject=f"p{n}", key=f"t:{n}", score=0, at=NOW, account="a", kind=SurveyKind.TRANSACTIONAL)
        for n in range(5)
    ]

    (row,) = rollup_rows(kernel, [*people, *served])

    assert ("relational", 100.0, 5) == (row["survey_kind"], row["nps"], row["responses"])


def test_below_the_least_number_there_is_no_nps_and_no_interval(kernel: Kernel) -> None:
    people = [Answered(subject=f"p{n}", key=f"r:{n}", score=10, at=NOW, account="a") for n in range(4)]

    (row,) = rollup_rows(kernel, people)

    assert (None, None, None, 4) == (row["nps"], row["nps_low"], row["nps_high"], row["promoters"])


def test_as_of_does_not_move_with_the_clock(kernel: Kernel) -> None:
    """A second run that finds nothing new must plan no write."""
    people = [Answered(subject=f"p{n}", key=f"r:{n}", score=10, at=NOW - n * DAY, account="a") for n in range(5)]

    assert rollup_rows(kernel, people) == rollup_rows(kernel, people, now=NOW + timedelta(hours=1))


def test_a_rollup_refuses_profiles_that_are_due(kernel: Kernel) -> None:
    one = reference.relation([Answered(subject="p", key="s:1", score=9, at=NOW, account="a")])
    stored = compute_profiles(kernel, one, now=NOW, settings=NpsSettings(), segments={})

    with pytest.raises(ValueError, match="a profile is due"):
        compute_rollups(kernel, stored, None, now=NOW + 180 * DAY, settings=NpsSettings())


def test_nothing_is_left_in_the_kernel(kernel: Kernel) -> None:
    """Two batches in one kernel must not add up."""
    reader = reference.relation([Answered(subject="p", key="s:1", score=9, at=NOW)]).to_reader
    for _ in range(2):
        found = compute_profiles(kernel, reader(), now=NOW, settings=NpsSettings(), segments={})
        assert [1] == found["responses"].to_pylist()


def test_persons_are_counted_once_per_kind_and_only_while_unexpired(kernel: Kernel) -> None:
    rows = [
        Answered(subject="p1", key="s:1", score=9, at=NOW),
        Answered(subject="p1", key="s:2", score=0, at=NOW - DAY),
        Answered(subject="p2", key="s:3", score=7, at=NOW),
        Answered(subject="p3", key="s:4", score=0, at=NOW - 365 * DAY),
        Answered(subject="p4", key="s:5", score=6, at=NOW, kind=SurveyKind.TRANSACTIONAL),
    ]
    found = compute_profiles(kernel, reference.relation(rows), now=NOW, settings=NpsSettings(), segments={})

    assert {SurveyKind.RELATIONAL: (1, 1, 0), SurveyKind.TRANSACTIONAL: (0, 0, 1)} == count_persons(found)


def profile_rows(kernel: Kernel, responses: Sequence[Answered], now: datetime = NOW) -> list[dict[str, Any]]:
    given = reference.relation(responses)
    rows: list[dict[str, Any]] = compute_profiles(
        kernel, given, now=now, settings=NpsSettings(), segments=DESIGN
    ).to_pylist()
    return rows


def rollup_rows(kernel: Kernel, responses: Sequence[Answered], now: datetime = NOW) -> list[dict[str, Any]]:
    given = reference.relation(responses)
    stored = compute_profiles(kernel, given, now=now, settings=NpsSettings(), segments={})
    rows: list[dict[str, Any]] = compute_rollups(kernel, stored, None, now=now, settings=NpsSettings()).to_pylist()
    return rows
