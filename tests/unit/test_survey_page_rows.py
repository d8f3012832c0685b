"""Reading a service's page by columns gives what reading its rows one by one gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.dates import EARLIEST, DateReader
from connectors.surveys.page_rows import PageColumns, PageRows
from connectors.surveys.paths import at
from connectors.surveys.place import digest_of
from connectors.surveys.questions import Questions
from connectors.surveys.rows import Rows
from connectors.surveys.spec import Responses
from connectors.values import MAX_TEXT, SurveyKind

PATHS: dict[str, list[str]] = {
    "response_id": ["id", "key"],
    "survey": ["form.title"],
    "score": ["score"],
    "comment": ["why", "texts.0"],
    "responded_at": ["at"],
    "updated_at": ["edited"],
    "sent_at": ["sent"],
    "email": ["who.email", "attributes.name=email.value"],
    "full_name": ["who.name"],
    "customer_id": ["who.id"],
}
SPEC: dict[str, Any] = {
    "request": {"path": "/rows"},
    "cursor": {"field": "at"},
    "fields": PATHS,
    "skip": [
        {"reason": "test", "field": "state", "values": ["Test"]},
        {"reason": "partial", "field": "done", "unless": ["true", "yes"]},
    ],
}
BY_QUESTION = {"rows": "said", "question": "q", "score": ["v"], "comment": ["v"], "email": ["v"], "nps": "q1"}
MOMENTS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("2026-01-05T10:22:00Z", "2026-01-05T10:22:00.5Z", "2026-01-01", "2026-02-30T10:00:00Z", "soon", "", None),
        *("2030-01-01T00:00:00Z", "2026-01-05T24:00:00Z", "2026-W01-1T10:00:00Z", 1767608520, {}),
    ]
)
ODD = st.sampled_from([None, "", " ", "x ", 7, 9.5, True, [], ["y"], {}, {"email": 3}, "\0"])
ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["r1", "r1", " r2 ", 3, None, "", {}]),
        "state": st.sampled_from(["live", "live", "TEST", None]),
        "done": st.sampled_from([True, True, "yes", "no", None]),
        "at": MOMENTS,
    },
    optional={
        "key": ODD,
        "form": st.sampled_from([{"title": "Form"}, {"title": " "}, None, "Form", [{"title": "Form"}]]),
        "score": st.sampled_from([0, 10, 9.0, "8", "", None, 11, "great", 7.5, True, [9]]),
        "why": st.sampled_from(["good", "", None, "x" * (MAX_TEXT + 1), 4]),
        "texts": st.sampled_from([["first"], [], "no", {"0": "zero"}]),
        "edited": MOMENTS,
        "sent": MOMENTS,
        "who": st.sampled_from([{"email": "a@x.example", "name": " A ", "id": 7}, {}, None, "a", [{"email": "b"}]]),
        "attributes": st.sampled_from([[{"name": "email", "value": "c@x.example"}], [], None, [7]]),
        "said": st.sampled_from([[{"q": "q1", "v": 9}, {"q": "q2", "v": "fine"}], [{"q": "q1", "v": "x"}], [], None]),
        "plan": ODD,
    },
)


def rows(spec: dict[str, Any], questions: Questions | None) -> Rows:
    responses = Responses.model_validate(spec)
    dates = DateReader(None, zone=UTC, latest=datetime(2026, 11, 22, tzinfo=UTC), earliest=EARLIEST)
    return Rows(
        responses,
        dates,
        fields=responses.fields,
        stream="s",
        survey="Survey",
        kind=SurveyKind.RELATIONAL,
        questions=questions,
        extra={"plan": "plan", "inner": "who.name"},
    )


@pytest.mark.parametrize(
    ("spec", "questions"),
    [(SPEC, None), (SPEC | {"answers": BY_QUESTION}, Questions(score="q1", comment="q2"))],
    ids=["fields", "questions"],
)
@given(page=st.lists(st.one_of(ROW, ROW, ROW, st.sampled_from(["x", None, []])), max_size=8))
def test_by_columns_and_by_rows_are_one(spec: dict[str, Any], questions: Questions | None, page: list[Any]) -> None:
    one_by_one = rows(spec, questions)

    assert [one_by_one.read(row) for row in page] == PageRows(rows(spec, questions)).read(page)


@given(
    row=ROW,
    path=st.sampled_from(
        [
            "id",
            "who.email",
            "who.name.more",
            "texts.0",
            "texts.*",
            "attributes.name=email.value",
            "said.0.q",
            "a.b",
            "0",
        ]
    ),
)
def test_a_column_holds_what_stands_at_the_path_in_each_row(row: dict[str, Any], path: str) -> None:
    assert [at(row, path), at({}, path)] == PageColumns([row, {}]).values(path)


def test_a_row_is_told_by_the_same_digest_as_ever() -> None:
    """Cursors that are stored hold them: told otherwise, everything within the look-back would be read anew."""
    assert "gYgCdNbZtcrX" == digest_of({"b": [1, 2.5, None], "a": "ä"})
    assert digest_of({"a": "x", None: ["y"]}) == digest_of({None: ["y"], "a": "x"})
