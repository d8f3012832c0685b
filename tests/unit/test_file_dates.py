"""The traps of survey exports, one test each, its name the claim: dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from tests.exports import NOW, pull, pull_text

# A cell of a sheet knows no zone.
SHEET_MOMENT = datetime(2026, 1, 5, 10, tzinfo=UTC).replace(tzinfo=None)
HEAD = "email,score,responded_at\n"


class TestDates:
    def test_the_order_is_decided_per_file_not_per_row(self, tmp_path):
        rows = "a@x.example,9,03/04/2026\nb@x.example,9,25/04/2026\n"

        pulled = pull_text(tmp_path, HEAD + rows)

        assert [4, 4] == [response.responded_at.month for response in pulled.responses]
        assert "day first" in pulled.notes

    def test_dates_that_fit_both_orders_are_rejected_until_one_is_named(self, tmp_path):
        text = HEAD + "a@x.example,9,03/04/2026\nb@x.example,9,05/06/2026\n"

        pulled = pull_text(tmp_path, text)
        named = pull_text(tmp_path, text, date_order="mdy")

        assert ["date_ambiguous"] * 2 == pulled.reasons
        assert "date_order:" in pulled.rejects[0].next_step
        assert [3, 5] == [response.responded_at.month for response in named.responses]

    def test_a_file_that_contradicts_itself_decides_nothing(self, tmp_path):
        text = HEAD + "a@x.example,9,03/04/2026\nb@x.example,9,25/04/2026\nc@x.example,9,04/25/2026\n"

        assert ["date_ambiguous"] == pull_text(tmp_path, text).reasons

    def test_every_date_column_of_the_file_is_evidence(self, tmp_path):
        text = "score,responded_at,updated_at\n9,03/04/2026,04/25/2026\n"

        assert [3] == [response.responded_at.month for response in pull_text(tmp_path, text).responses]

    def test_a_date_without_a_zone_is_of_the_zone_that_is_named(self, tmp_path):
        pulled = pull_text(tmp_path, HEAD + "a@x.example,9,2026-07-05 10:00:00\n", time_zone="Europe/Berlin")

        assert [datetime(2026, 7, 5, 8, tzinfo=UTC)] == [response.responded_at for response in pulled.responses]

    @pytest.mark.parametrize(
        "text", ["1767607200", "1767607200000", "2026-01-05T10:00:00Z", "2026-01-05T11:00:00+01:00", "46027.4166666667"]
    )
    def test_unix_seconds_milliseconds_iso_and_excel_serials_are_one_moment(self, tmp_path, text):
        pulled = pull_text(tmp_path, HEAD + f"a@x.example,9,{text}\n")

        assert [datetime(2026, 1, 5, 10, tzinfo=UTC)] == [response.responded_at for response in pulled.responses]

    @pytest.mark.parametrize("old", [False, True])
    def test_both_date_systems_of_excel_give_the_day_that_the_sheet_shows(self, tmp_path, old):
        book = openpyxl.Workbook()
        if old:
            book.epoch = CALENDAR_MAC_1904
        sheet: Any = book.active
        sheet.append(["email", "score", "responded_at"])
        sheet.append(["a@x.example", 9, SHEET_MOMENT])
        serial = to_excel(SHEET_MOMENT, book.epoch)
        sheet.append(["b@x.example", 8, serial])
        book.save(tmp_path / "export.xlsx")

        pulled = pull(tmp_path, "export.xlsx")

        assert [datetime(2026, 1, 5, 10, tzinfo=UTC)] * 2 == [response.responded_at for response in pulled.responses]

    def test_a_date_in_the_future_is_rejected_but_not_tomorrow_s_zone(self, tmp_path):
        soon, late = NOW + timedelta(hours=20), NOW + timedelta(hours=30)
        rows = f"a@x.example,9,{soon:%Y-%m-%d %H:%M}\nb@x.example,9,{late:%Y-%m-%d %H:%M}\n"

        pulled = pull_text(tmp_path, HEAD + rows)

        assert [9] == pulled.scores
        assert ["date_in_future"] == pulled.reasons

    def test_an_answer_from_before_its_invitation_is_rejected(self, tmp_path):
        text = "score,responded_at,sent_at\n9,2026-01-05,2026-01-04\n9,2026-01-05,2026-03-04\n"

        assert ["answered_before_sent"] == pull_text(tmp_path, text).reasons

    def test_a_row_without_a_date_is_rejected(self, tmp_path):
        assert ["date_missing"] == pull_text(tmp_path, HEAD + "a@x.example,9,\n").reasons

    def test_a_file_without_a_date_column_says_how_to_name_one(self, tmp_path):
        pulled = pull_text(tmp_path, "email,score\na@x.example,9\n")

        assert ["date_missing"] == pulled.reasons
        assert "columns: {responded_at: ...}" in pulled.rejects[0].next_step


def test_the_zone_that_the_header_states_is_the_zone_of_the_dates(tmp_path):
    """Qualtrics writes the zone of the account beside the ImportId; the wall clock alone is hours off."""
    ids = ('{"ImportId":"_recordId"}', '{"ImportId":"recordedDate","timeZone":"America/Denver"}', '{"ImportId":"QID1"}')
    marks = ",".join('"' + mark.replace('"', '""') + '"' for mark in ids)
    text = f"ResponseId,RecordedDate,Q1\na,b,How likely are you to recommend us?\n{marks}\nR_1,2026-09-01 10:00:00,9\n"

    pulled = pull_text(tmp_path, text)

    assert ["2026-09-01T16:00:00+00:00"] == [response.responded_at.isoformat() for response in pulled.responses]
    assert "time zone: America/Denver" in pulled.notes


@pytest.mark.parametrize("text", ["1970-01-01 00:00:00", "1899-12-31 10:00:00", "01/01/1900"])
def test_a_date_before_any_survey_tool_is_an_empty_one(tmp_path, text):
    assert ["date_unreadable"] == pull_text(tmp_path, f"email,score,date\na@x.example,9,{text}\n").reasons
