"""The traps of survey exports, one test each, its name the claim: rows left out, kinds of file, options."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
import xlwt

from connectors.errors import Refused
from tests.exports import pull, pull_text

HEAD = "email,score,responded_at\n"


class TestRowsLeftOut:
    @pytest.mark.parametrize(
        ("column", "text", "reason"),
        [
            ("Status", "1", "preview"),
            ("Status", "Survey Preview", "preview"),
            ("Status", "2", "test"),
            ("Status", "8", "spam"),
            ("Finished", "0", "partial"),
            ("Finished", "Falsch", "partial"),
            ("Progress", "60", "partial"),
        ],
    )
    def test_qualtrics_rows_that_are_no_answers_are_skipped_by_reason(self, tmp_path, column, text, reason):
        values = {"Status": "0", "Finished": "1", "Progress": "100"} | {column: text}
        ids = ["_recordId", "recordedDate", "status", "finished", "progress", "QID1"]
        marks = ",".join('"{""ImportId"":""' + one + '""}"' for one in ids)
        row = f"R_1,2026-01-05,{values['Status']},{values['Finished']},{values['Progress']},9"
        text = f"ResponseId,RecordedDate,Status,Finished,Progress,Q1\na,b,c,d,e,f\n{marks}\n{row}\n"

        assert [reason] == pull_text(tmp_path, text, columns={"score": "Q1"}).reasons

    @pytest.mark.parametrize(
        ("column", "text", "reason"),
        [
            ("Collection Mode", "preview", "preview"),
            ("Response Status", "partial", "partial"),
            ("Response Status", "disqualified", "disqualified"),
        ],
    )
    def test_surveymonkey_rows_that_are_no_answers_are_skipped_by_reason(self, tmp_path, column, text, reason):
        names = f"Respondent ID,Collector ID,Start Date,End Date,{column}"
        head = f"{names},How likely are you to recommend us?\n,,,,,Response\n"

        assert [reason] == pull_text(tmp_path, f"{head}1,2,2026-01-05,2026-01-05,{text},9\n").reasons

    @pytest.mark.parametrize(
        ("column", "reason"), [("isBogus", "spam"), ("excluded_from_calculations", "excluded"), ("is_test", "test")]
    )
    def test_rows_that_a_tool_marks_are_skipped_by_reason(self, tmp_path, column, reason):
        assert [reason] == pull_text(tmp_path, f"score,date,{column}\n9,2026-01-05,true\n").reasons


class TestKinds:
    def test_an_old_workbook_named_xlsx_is_read_as_what_it_is(self, tmp_path):
        book = xlwt.Workbook()
        sheet = book.add_sheet("NPS")
        for column, (title, value) in enumerate({"email": "a@x.example", "score": 0, "date": "2026-01-05"}.items()):
            sheet.write(0, column, title)
            sheet.write(1, column, value)
        book.save(str(tmp_path / "export.xlsx"))

        assert [0] == pull(tmp_path, "export.xlsx").scores

    @pytest.mark.parametrize("mode_1904", [False, True])
    def test_an_old_workbook_s_dates_are_read_by_its_own_calendar(self, tmp_path, mode_1904):
        book = xlwt.Workbook()
        book.dates_1904 = mode_1904
        sheet = book.add_sheet("NPS")
        style = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
        serial = 46027.5 - (1462 if mode_1904 else 0)
        for column, (title, value) in enumerate({"score": 9, "date": serial}.items()):
            sheet.write(0, column, title)
            sheet.write(1, column, value, style if title == "date" else xlwt.Style.default_style)
        book.save(str(tmp_path / "export.xls"))

        moments = [one.responded_at for one in pull(tmp_path, "export.xls").responses]

        assert [datetime(2026, 1, 5, 12, tzinfo=UTC)] == moments

    def test_a_workbook_named_csv_is_read_as_what_it_is(self, tmp_path):
        book = openpyxl.Workbook()
        sheet: Any = book.active
        sheet.append(["score", "date"])
        sheet.append([0, "2026-01-05"])
        book.create_sheet("Notes")
        book.save(tmp_path / "export.xlsx")
        (tmp_path / "export.xlsx").rename(tmp_path / "export.csv")

        pulled = pull(tmp_path, "export.csv")

        assert [0] == pulled.scores
        assert [2] == [one.place.row for one in pulled.responses]
        assert "the first of 2" in pulled.notes

    def test_a_sheet_is_chosen_by_name(self, tmp_path):
        book = openpyxl.Workbook()
        sheet: Any = book.active
        sheet.append(["nothing"])
        sheet = book.create_sheet("Answers")
        sheet.append(["score", "date"])
        sheet.append([7, "2026-01-05"])
        book.save(tmp_path / "export.xlsx")

        assert [7] == pull(tmp_path, "export.xlsx", sheet="Answers").scores
        assert "Sheet, Answers" in pull(tmp_path, "export.xlsx", sheet="Missing").refused[0].next_step

    @pytest.mark.parametrize(
        "wrap", ["{rows}", '{{"total": 1, "data": {rows}}}', '{{"result": {{"elements": {rows}}}}}']
    )
    def test_json_is_read_from_the_list_it_holds(self, tmp_path, wrap):
        rows = '[{"id": "1", "score": 0, "date": "2026-01-05"}, {"id": "2", "score": 9.0, "date": "2026-01-05"}]'

        pulled = pull_text(tmp_path, wrap.format(rows=rows), name="export.json")

        assert [0, 9] == pulled.scores
        assert [1, 2] == [one.place.row for one in pulled.responses]

    def test_a_broken_line_of_json_lines_is_one_reject(self, tmp_path):
        text = '{"score": 9, "date": "2026-01-05"}\n{"score": 9, "da\n{"score": 8, "date": "2026-01-05"}\n'

        pulled = pull_text(tmp_path, text, name="export.jsonl")

        assert [9, 8] == pulled.scores
        assert ["row_unreadable"] == pulled.reasons
        assert [2] == [reject.place.row for reject in pulled.rejects]

    def test_a_preset_of_one_s_own_is_a_yaml_file(self, tmp_path):
        (tmp_path / "ours.yaml").write_text(
            "name: ours\ntitle: Ours\ncolumns: {responded_at: [wann], email: [wer]}\nscore: {names: [wieviel]}\n"
        )

        pulled = pull_text(tmp_path, "wer,wieviel,wann\na@x.example,0,2026-01-05\n", preset="ours.yaml")

        assert [0] == pulled.scores
        assert ["a@x.example"] == [one.email for one in pulled.responses]


class TestOptions:
    @pytest.mark.parametrize(
        ("option", "word", "code"),
        [
            ("scale", "1-5", "E114"),
            ("scale", "-100..100", "E114"),
            ("kind", "annual", "E103"),
            ("date_order", "ydm", "E103"),
            ("time_zone", "Berlin", "E103"),
            ("delimiter", "::", "E103"),
            ("encoding", "utf-9", "E103"),
            ("preset", "qualtrix", "E103"),
            ("preset", "ours.yaml", "E110"),
        ],
    )
    def test_an_option_without_meaning_is_refused_at_once(self, tmp_path, option, word, code):
        with pytest.raises(Refused) as caught:
            pull_text(tmp_path, HEAD, **{option: word})

        assert code == caught.value.code
        assert caught.value.next_step

    def test_the_survey_is_the_column_s_the_option_s_or_the_connection_s(self, tmp_path):
        text = "survey_name,score,date\nQ3,9,2026-01-05\n"

        assert ["Q3"] == [one.survey for one in pull_text(tmp_path, text).responses]
        assert ["Annual"] == [one.survey for one in pull_text(tmp_path, text, survey="Annual").responses]
        assert ["survey"] == [one.survey for one in pull_text(tmp_path, "score,date\n9,2026-01-05\n").responses]

    def test_nothing_that_a_person_wrote_is_in_rejects_or_notes(self, tmp_path):
        secret = "canary@person.example"
        rows = [[secret] * 4, [secret, "9", secret, secret], ["", "9", secret, ""]]
        text = "email,score,comment,date\n" + "".join(",".join(row) + "\n" for row in rows)

        pulled = pull_text(tmp_path, text)

        assert 3 == len(pulled.rejects)
        assert secret not in repr(pulled.rejects) + pulled.notes
