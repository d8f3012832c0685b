"""Reading a page by columns gives what reading its rows one by one gives."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from connectors.dates import DateOrder, DateReader
from connectors.drafts import PlaceDraft, ResponseDraft
from connectors.files.layout import find_layout
from connectors.files.page_reader import PageReader
from connectors.files.row_reader import RowReader
from connectors.files.settings import FileSettings
from connectors.values import Place, SurveyResponse
from tests.exports import NOW

TITLES = ["id", "email", "phone", "first_name", "score", "comment", "date", "updated_at", "sent_at", "nps_category"]
TITLES += ["customer_id", "question_type", "plan", "company"]
CELLS = {
    "id": st.sampled_from(["", "r1", "r2", "1.2E+15"]),
    "score": st.sampled_from(["0", "10", "9", "", "x", "11", "Extremely likely - 10", " 7 "]),
    "date": st.sampled_from(["2026-01-05", "2026-01-05 10:22", "05/01/2026", "", "soon", "2030-01-01", "1767608520"]),
    "updated_at": st.sampled_from(["", "2026-01-06", "?"]),
    "sent_at": st.sampled_from(["", "2026-01-01", "2026-03-01"]),
    "nps_category": st.sampled_from(["", "Promoter", "detractor"]),
    "question_type": st.sampled_from(["nps", "nps", "nps", "csat"]),
    "customer_id": st.sampled_from(["", "C-1", "'0042", "4.9E+11", "a+b"]),
    "phone": st.sampled_from(["", "'+49 151", "+49 30"]),
}
OTHER = st.sampled_from(["", " ", "Ada ", "'=x", "a\nb", "'s"])
ROW = st.tuples(*(CELLS.get(title, OTHER) for title in TITLES)).map(list)
UNEVEN = st.sampled_from([[], ["9"], [""] * len(TITLES), [" "] * (len(TITLES) + 2), ["x"] * (len(TITLES) + 1)])


def reader(where: dict[str, str]) -> RowReader:
    settings = FileSettings(columns={"plan": "plan"}, where=where)
    layout = find_layout([(1, TITLES)], settings, root=None, file="f.csv")  # type: ignore[arg-type]
    dates = DateReader(DateOrder.DMY, zone=UTC, latest=NOW)
    return RowReader(layout, dates, settings, file="f.csv", survey="survey")


@given(st.lists(st.one_of(ROW, ROW, UNEVEN), max_size=30), st.sampled_from([{}, {"company": "Ada"}]))
def test_by_columns_and_by_rows_are_one(rows, where):
    numbers = range(2, len(rows) + 2)
    one_by_one = reader(where)
    expected = [
        one_by_one.read(number, list(cells)) if cells else None for number, cells in zip(numbers, rows, strict=True)
    ]
    by_columns = reader(where)

    assert expected == PageReader(by_columns).read(numbers, [list(cells) for cells in rows])


def test_drafts_have_the_slots_of_what_they_become():
    assert {field.name for field in fields(SurveyResponse)} == set(ResponseDraft.__slots__)
    assert {field.name for field in fields(Place)} == set(PlaceDraft.__slots__)
