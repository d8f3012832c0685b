"""What the engine makes of rows, of cursors, and of replies of another form."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.exchange import Reply
from tests.contract.survey_bench import Bench, row


def test_rows_without_a_date_are_rejected_once() -> None:
    rows: list[Any] = [row(1), row(2) | {"at": "soon"}, {"id": "r3", "score": 1}, "nonsense", row(4) | {"id": None}]
    with Bench(lambda _: Reply.json({"rows": rows}), responses={"pages": {"kind": "none"}}) as bench:
        first = bench.read()
        second = bench.read(first.last)

    reasons = [reject.reason for page in first.pages for reject in page.rejects]
    assert ["date_unreadable", "date_missing", "row_unreadable", "row_unreadable"] == reasons
    assert [] == second.pages


@pytest.mark.parametrize(
    ("score", "reason"),
    [(11, "score_out_of_range"), (7.5, "score_not_whole"), ("great", "score_not_a_number"), (None, "no_score")],
)
def test_a_score_is_read_as_in_files(score: Any, reason: str) -> None:
    with Bench(lambda _: Reply.json({"rows": [row(1, score=score), row(2, score="0")]})) as bench:
        got = bench.read()

    assert [0] == [each.score for each in got.responses]
    rejects = [each.reason for page in got.pages for each in page.rejects]
    assert [reason] == rejects + [each.reason for page in got.pages for each in page.skips]


def test_another_way_of_reading_begins_anew() -> None:
    with Bench(lambda _: Reply.json({"rows": [row(1, region="north")]})) as bench:
        first = bench.read()

        assert [] == bench.read(first.last).told
        assert ["north"] == [each.extra["area"] for each in bench.read(first.last, fields={"area": "region"}).responses]


@pytest.mark.parametrize("cursor", ["", "{}", "[]", '{"mark": 1}', '{"mark": "x", "floor": "soon"}', "\0"])
def test_a_cursor_that_cannot_be_read_begins_anew(cursor: str) -> None:
    with Bench(lambda _: Reply.json({"rows": [row(1)]})) as bench:
        assert ["r1"] == bench.read({"Tool": cursor}).told


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', '{"rows": 7}', '{"rows": {"a": 1}}', "", "<html>", "{"])
def test_a_reply_of_another_form_does_not_raise(body: str) -> None:
    with Bench(lambda _: Reply.text(body, kind="application/json")) as bench:
        assert [] == bench.read().told
