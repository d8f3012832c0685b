"""Qualtrics: by export jobs, whose continuation tells of edits of any age."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exchange import Reply, Request
from tests.contract.source_contract import pulled
from tests.contract.survey_bench import SPEC, Bench, ids, refused, row
from tests.contract.survey_contract import Account, SurveyContract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import SurveySource


class TestQualtrics(SurveyContract):
    """See `SurveyContract`. There are no pages that could repeat: a file has an end."""

    SERVICE = "qualtrics"

    def stuck(self, world: Account) -> SurveySource | None:  # noqa: ARG002 - it has no pages
        return None

    def lasting(self, cursors: Mapping[str, str]) -> dict[str, str]:
        return {stream: json.dumps(json.loads(text) | {"continuation": ""}) for stream, text in cursors.items()}

    def test_an_edit_of_any_age_is_seen(self, world: Account) -> None:
        id_ = self.add(world, 2, "at first")
        world.clock.sleep(40 * 86_400.0)
        last = pulled(self.source(world)).last
        world.clock.sleep(86_400.0)
        last = pulled(self.source(world), last).last
        self.edit(world, id_, 9)

        assert 9 == pulled(self.source(world), last).said[id_][0]

    def test_a_continuation_that_has_grown_old_loses_nothing(self, world: Account) -> None:
        first = pulled(self.source(world))
        new = self.add(world, 7, "just now")
        world.service.world.expire_cursors()

        second = pulled(self.source(world), first.last)

        assert 1 == second.told.count(new)
        assert [] == [page.refused for page in second.pages if page.refused]

    def test_a_survey_without_an_nps_question_is_never_exported(self, world: Account) -> None:
        got = pulled(self.source(world))

        assert ["SV_0cSupport0000003"] == [note.partition(":")[0] for page in got.pages for note in page.notes]
        assert not [each for each in world.service.log.entries if "SV_0cSupport0000003/export" in each.path]


EXPORT = {
    "job": "id",
    "poll": {"path": "/jobs/{job}"},
    "state": "state",
    "done": ["done"],
    "failed": ["failed"],
    "file": "file",
    "fetch": {"path": "/files/{file}"},
    "every": "5s",
    "within": "1m",
}


def exporting(states: list[str], body: bytes = b"") -> Any:
    left = iter(states)

    def answer(request: Request) -> Reply:
        if request.path.startswith("/jobs/"):
            return Reply.json({"state": next(left, states[-1]), "file": "f/1"})
        if request.path.startswith("/files/"):
            return Reply(body=body)
        return Reply.json({"id": "j 1"})

    return answer


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.ndjson", content)
    return packed.getvalue()


JOB = {"responses": {**SPEC["responses"], "request": {"method": "POST", "path": "/jobs"}, "export": EXPORT}}


@pytest.mark.parametrize("pack", [bytes, zipped])
def test_a_job_is_waited_for_and_its_file_read(pack: Any) -> None:
    with Bench(exporting(["running", "running", "done"], pack(lines(*map(row, range(7))))), **JOB) as bench:
        got = bench.read()

        assert ids(0, 1, 2, 3, 4, 5, 6) == got.told
        assert 10.0 == sum(bench.clock.slept)
    assert ["/jobs", "/jobs/j%201", "/jobs/j%201", "/jobs/j%201", "/files/f%2F1"] == [
        each.path for each in bench.world.asked
    ]


@pytest.mark.parametrize(
    ("states", "said"), [(["running", "failed"], "failed at the service"), (["running"], "takes longer")]
)
def test_a_job_that_does_not_end_well_is_left_to_the_next_run(states: list[str], said: str) -> None:
    with Bench(exporting(states), **JOB) as bench:
        got = bench.read()

    assert said in str(refused(got))
    assert "E501" == refused(got).code
    assert len(bench.world.asked) < 20


@pytest.mark.parametrize("body", [b"<html>", b"{", lines(row(1)) + b"{", b"PK\x03\x04nonsense", zipped(b"{")])
def test_a_broken_file_is_refused_and_moves_no_cursor(body: bytes) -> None:
    with Bench(exporting(["done"], body), **JOB) as bench:
        got = bench.read()

    assert "E112" == refused(got).code
    assert {} == got.last
