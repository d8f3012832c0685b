"""Rejects of earlier runs are forgotten where their rows are read again: files whole, services row by row."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.contract import Page
from connectors.values import Place, Skip, SurveyResponse
from sync.pull import _read_again


def response(place: Place) -> SurveyResponse:
    return SurveyResponse(
        response_id="r1", survey="s", score=9, responded_at=datetime(2026, 1, 5, tzinfo=UTC), place=place
    )


def test_a_file_is_read_again_from_its_start():
    page = Page(stream="a.csv", responses=[response(Place(file="a.csv", row=2))], cursor=None)

    assert {"a.csv"} == _read_again(page)


def test_a_service_gives_only_what_changed():
    """A reject of a row that did not change stands; of one that came again it does not."""
    skips = [Skip(place=Place(file="form/r2"), reason="partial")]
    page = Page(stream="form", responses=[response(Place(file="form/r1"))], skips=skips, cursor=None)

    assert {"form", "form/r1", "form/r2"} == _read_again(page)
