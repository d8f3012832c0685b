"""A call that must not be made twice: when its answer is lost, nobody guesses what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Throttled, Unknown
from sandbox.exchange import Reply
from tests.contract.survey_bench import Bench, refused, row

if TYPE_CHECKING:
    from sandbox.exchange import Request

REQUEST: dict[str, Any] = {"method": "POST", "path": "/draw", "body": {"from": "{since}"}, "retry": "never"}


@pytest.mark.parametrize("fault", ["status_500", "status_502", "cut_after", "truncated"])
def test_it_is_not_sent_again_and_the_next_run_goes_on(fault: str) -> None:
    with Bench(lambda _: Reply.json({"rows": [row(1)]}), responses={"request": REQUEST, "pages": {}}) as bench:
        bench.service.faults.set(fault, 1)
        lost = bench.read()
        arrived = len(bench.service.log.entries)
        again = bench.read(lost.last)

    assert isinstance(refused(lost), Unknown)
    assert 1 == arrived
    assert {} == lost.last, "the cursor stays"
    assert ["r1"] == again.told


def test_a_call_that_was_turned_away_is_sent_again() -> None:
    """Nothing was done then: the service said so."""
    replies = iter([Reply.json({}, 429, {"Retry-After": "3"})])

    def answer(_: Request) -> Reply:
        return next(replies, None) or Reply.json({"rows": [row(1)]})

    with Bench(answer, responses={"request": REQUEST, "pages": {}}) as bench:
        got = bench.read()

    assert ["r1"] == got.told
    assert not isinstance(refused(got), Throttled)
