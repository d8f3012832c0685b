"""The traps of survey exports, one test each: its name is the claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904, to_excel

from connectors.errors import Refused
from tests.exports import NOW, Pulled, pull, pull_text

if TYPE_CHECKING:
    from pathlib import Path

# A cell of a sheet knows no zone.
SHEET_MOMENT = datetime(2026, 1, 5, 10, tzinfo=UTC).replace(tzinfo=None)
HEAD = "email,score,responded_at\n"


def one_row(tmp_path: Path, score: str, **options: Any) -> Pulled:
    return pull_text(tmp_path, f'email,score,responded_at\na@x.example,"{score}",2026-01-05 10:00:00\n', **options)


class TestHeaders:
    def test_import_ids_name_the_columns_whatever_the_language(self, tmp_path):
        text = (
            "Startdatum,Antwort,F1,F2\nx,y,Wie wahrscheinlich ist eine Weiterempfehlung?,Warum?\n"
            '"{""ImportId"":""recordedDate""}","{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}",'
            '"{""ImportId"":""QID2_TEXT""}"\n2026-01-05 10:00:00,R_1,0,Naja\n'
        )

        pulled = pull_text(tmp_path, text)

        assert ["R_1"] == [response.response_id for response in pulled.responses]
        assert [0] == pulled.scores

    def test_duplicate_and_blank_headers_and_a_trailing_empty_column_do_no_harm(self, tmp_path):
        text = "email,Other,Other,,score,responded_at,\na@x.example,1,2,3,9,2026-01-05 10:00:00,\n"

        assert [9] == pull_text(tmp_path, text).scores

    def test_two_columns_of_an_identity_are_refused_until_one_is_named(self, tmp_path):
        text = "email,email,score,date\na@x.example,b@x.example,9,2026-01-05\n"

        refused = pull_text(tmp_path, text).refused[0]
        named = pull_text(tmp_path, text, columns={"email": "email#2"})

        assert "E113" == refused.code
        assert "`email#1`, `email#2`" in str(refused)
        assert ["b@x.example"] == [response.email for response in named.responses]

    def test_localised_headers_are_known(self, tmp_path):
        text = (
            "Vorname;Nachname;E-Mail-Adresse;Bewertung;Kommentar;Antwortdatum\nAda;Kern;a@x.example;9;Gut;05.01.2026\n"
        )

        response = pull_text(tmp_path, text).responses[0]

        assert ("Ada", "Kern", "a@x.example", "Gut") == (
            response.first_name,
            response.last_name,
            response.email,
            response.comment,
        )

    def test_the_comment_is_the_original_not_the_translation(self, tmp_path):
        text = "email,score,translated_comment,comment,date\na@x.example,9,good,gut,2026-01-05\n"

        assert ["gut"] == [response.comment for response in pull_text(tmp_path, text).responses]

    def test_a_file_without_a_header_row_is_refused_without_showing_its_people(self, tmp_path):
        refused = pull_text(tmp_path, "ada@firm.example,9,2026-01-05\nbo@firm.example,8,2026-01-06\n").refused[0]

        assert "E113" == refused.code
        assert "ada@" not in str(refused) + refused.next_step

    def test_a_named_column_that_is_missing_is_refused_with_a_guess(self, tmp_path):
        refused = pull_text(tmp_path, HEAD, columns={"score": "scor"}).refused[0]

        assert "Did you mean `score`?" == refused.next_step

    def test_what_the_survey_asks_for_is_found_by_its_question(self, tmp_path):
        titles = ["How likely are you to recommend us?", "Why?", "Your e-mail, please", "Your phone number", "date"]
        text = ",".join(f'"{title}"' for title in titles) + "\n9,Good,a@x.example,+49 30 1,2026-01-05\n"

        response = pull_text(tmp_path, text).responses[0]

        assert ("Good", "a@x.example", "+49 30 1") == (response.comment, response.email, response.phone)


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
    def test_every_encoding_gives_the_same_text(self, tmp_path, encoding):
        text = "email;score;comment;date\r\nü@x.example;0;Schön, „gut“;05.01.2026\r\n"

        pulled = pull_text(tmp_path, text.encode(encoding))

        assert ["Schön, „gut“"] == [response.comment for response in pulled.responses]

    def test_windows_1252_is_told(self, tmp_path):
        assert (
            "Windows-1252"
            in pull_text(tmp_path, "email,score,date\n\xfc@x.example,9,2026-01-05\n".encode("cp1252")).notes
        )

    def test_mojibake_is_told(self, tmp_path):
        assert "had been read as Windows-1252" in pull_text(tmp_path, "score,comment,date\n9,schÃ¶n,2026-01-05\n").notes

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_delimiter_is_found(self, tmp_path, delimiter):
        text = ["email", "score", "comment", 'date\na@x.example,9,"it is 4,5; fine | ok",2026-01-05\n']
        row = ["a@x.example", "9", '"it is 4,5; fine | ok"', "2026-01-05"]
        text = delimiter.join(["email", "score", "comment", "date"]) + "\n" + delimiter.join(row) + "\n"

        assert [9] == pull_text(tmp_path, text).scores

    def test_the_hint_of_excel_is_not_a_header(self, tmp_path):
        pulled = pull_text(tmp_path, "sep=;\nemail;score;date\na@x.example;9;2026-01-05\n")

        assert [9] == pulled.scores
        assert [3] == [response.place.row for response in pulled.responses]

    def test_quoted_line_breaks_stay_and_lines_count_as_in_an_editor(self, tmp_path):
        text = 'email,score,comment,date\na@x.example,9,"one\r\ntwo\n\nfour",2026-01-05\n\nb@x.example,x,,2026-01-05\n'

        pulled = pull_text(tmp_path, text)

        assert ["one\r\ntwo\n\nfour"] == [response.comment for response in pulled.responses]
        assert [2] == [response.place.row for response in pulled.responses]
        assert [7] == [reject.place.row for reject in pulled.rejects]

    def test_blank_lines_are_not_rows(self, tmp_path):
        pulled = pull_text(tmp_path, HEAD + "\n , ,\n,,\na@x.example,9,2026-01-05\n\n")

        assert 1 == sum(page.rows for page in pulled.pages)

    def test_a_row_that_is_too_wide_is_rejected_and_a_short_one_is_read(self, tmp_path):
        text = "score,date,comment\n9,2026-01-05\n8,2026-01-06,a,b\n"

        pulled = pull_text(tmp_path, text)

        assert [9] == pulled.scores
        assert ["row_too_wide"] == pulled.reasons


class TestScores:
    def test_zero_is_a_score(self, tmp_path):
        assert [0] == one_row(tmp_path, "0").scores

    @pytest.mark.parametrize(
        ("text", "score"),
        [("10", 10), ("9.0", 9), ("Extremely likely - 10", 10), ("0 - Not at all likely", 0), ("9/10", 9), (" 7 ", 7)],
    )
    def test_a_score_as_text_is_the_one_number_it_states(self, tmp_path, text, score):
        assert [score] == one_row(tmp_path, text).scores

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("Extremely likely", "score_not_a_number"),
            ("[9]", "score_not_a_number"),
            ("7 or 8", "score_not_a_number"),
            ("11", "score_out_of_range"),
            ("-3", "score_out_of_range"),
            ("7.5", "score_not_whole"),
            ("4/5", "wrong_scale"),
        ],
    )
    def test_a_score_is_never_guessed(self, tmp_path, text, reason):
        pulled = one_row(tmp_path, text)

        assert [reason] == pulled.reasons
        assert "score" == pulled.rejects[0].place.column

    @pytest.mark.parametrize("text", ["", "n/a", "-"])
    def test_no_score_is_skipped_not_zero(self, tmp_path, text):
        assert ["no_score"] == one_row(tmp_path, text).reasons

    def test_an_option_s_place_is_never_the_score(self, tmp_path):
        """Options may stand in any order; the score is what the option says."""
        options = ["Extremely likely - 10", *map(str, range(9, 0, -1)), "Not at all likely - 0"]
        head = ["Respondent ID", "Collector ID", "Start Date", "End Date"]
        question = "How likely are you to recommend us?"
        rows = [
            ",".join([*head, question, *[""] * 10]),
            ",".join([*[""] * 4, *options]),
            ",".join(["1", "2", "2026-01-05", "2026-01-05", *["X" if i == 1 else "" for i in range(11)]]),
        ]

        assert [9] == pull_text(tmp_path, "\n".join(rows) + "\n").scores

    def test_a_weight_vector_is_refused(self, tmp_path):
        rows = "".join(f"{weight},2026-01-05 10:0{i}:00\n" for i, weight in enumerate([100, 0, -100, 0, 100]))

        refused = pull_text(tmp_path, "score,date\n" + rows).refused[0]

        assert "E114" == refused.code
        assert "-100 to 100" in str(refused)

    def test_a_quiz_score_is_never_the_score(self, tmp_path):
        text = "#,Your name?,score,Response Type,Submit Date (UTC)\nt1,Ada,0,completed,2026-01-05 10:00:00\n"

        assert ["no_score_column"] == pull_text(tmp_path, text).reasons

    @pytest.mark.parametrize("title", ["CSAT", "Effort score", "How satisfied are you? (1-5)", "Rating (1 to 7)"])
    def test_another_scale_is_refused_unless_declared(self, tmp_path, title):
        text = f'"{title}",date\n4,2026-01-05 10:00:00\n'

        refused = pull_text(tmp_path, text, columns={"score": title}).refused[0]

        assert "E114" == refused.code
        assert [4] == pull_text(tmp_path, text, columns={"score": title}, scale="0-10").scores

    def test_a_column_of_stars_is_refused_unless_declared(self, tmp_path):
        text = "rating,date\n" + "".join(f"{1 + i % 5},2026-01-05 10:00:{i:02}\n" for i in range(20))

        assert ["E114"] == [error.code for error in pull_text(tmp_path, text).refused]
        assert 20 == len(pull_text(tmp_path, text, scale="0-10").responses)

    def test_on_one_to_ten_there_is_no_zero(self, tmp_path):
        pulled = pull_text(tmp_path, "score,date\n1,2026-01-05 10:00\n0,2026-01-05 11:00\n", scale="1-10")

        assert [1] == pulled.scores
        assert ["score_out_of_range"] == pulled.reasons

    def test_other_metrics_beside_nps_are_left_out(self, tmp_path):
        text = "question_type,score,date\nnps,9,2026-01-05\ncsat,4,2026-01-05\nfivestar,5,2026-01-05\n"

        assert ["not_nps", "not_nps"] == pull_text(tmp_path, text).reasons

    def test_rows_can_be_selected_by_a_column(self, tmp_path):
        text = "kind,score,date\nnps,9,2026-01-05\nces,4,2026-01-05\n"

        pulled = pull_text(tmp_path, text, where={"kind": "NPS"})

        assert [9] == pulled.scores
        assert ["not_selected"] == pulled.reasons

    def test_two_score_columns_are_refused_with_both_names(self, tmp_path):
        refused = pull_text(tmp_path, "score,NPS,date\n9,8,2026-01-05\n").refused[0]

        assert "E113" == refused.code
        assert "`score`, `NPS`" in str(refused)

    def test_the_tool_s_own_category_never_changes_the_score(self, tmp_path):
        pulled = pull_text(tmp_path, "score,nps_category,date\n9,Detractor,2026-01-05\n")

        assert [9] == pulled.scores
        assert "1 rows carry a category that is not their score's" in pulled.notes

    def test_an_aggregated_nps_is_not_a_score(self, tmp_path):
        """One tool exports -100..100 as -1..1."""
        assert ["score_not_whole"] == one_row(tmp_path, "0.42").reasons

    def test_a_hubspot_export_that_does_not_say_nps_is_refused(self, tmp_path):
        text = "Survey name,Rating,Response,Date,Sentiment\nQ1,2,ok,2026-01-05,Promoter\n"

        assert ["E114"] == [error.code for error in pull_text(tmp_path, text).refused]


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


class TestIdentity:
    def test_emails_are_handed_on_as_the_file_has_them(self, tmp_path):
        """Cleaning is `sync.clean`'s: here nothing of the evidence may be lost."""
        text = "email,score,date\nmailto:Ada+nps@X.example; b@x.example,9,2026-01-05\n"

        assert ["mailto:Ada+nps@X.example; b@x.example"] == [one.email for one in pull_text(tmp_path, text).responses]

    def test_formula_guards_are_taken_off(self, tmp_path):
        text = "phone,customer_id,comment,score,date\n'+49 151 2345678,'0042,'=fine,9,2026-01-05\n"

        response = pull_text(tmp_path, text).responses[0]

        assert ("+49 151 2345678", "0042", "=fine") == (response.phone, response.ids["customer_id"], response.comment)

    @pytest.mark.parametrize("field", ["customer_id", "response_id", "account_id", "phone", "salesforce_id"])
    def test_an_id_in_scientific_notation_is_rejected(self, tmp_path, field):
        pulled = pull_text(tmp_path, f"{field},score,date\n1.23E+15,9,2026-01-05\n0012,9,2026-01-05\n")

        assert ["id_in_scientific_notation"] == pulled.reasons
        assert "1.23" not in pulled.rejects[0].detail
        assert [9] == pulled.scores

    def test_an_id_that_excel_has_cut_to_15_digits_is_rejected(self, tmp_path):
        book = openpyxl.Workbook()
        sheet: Any = book.active
        sheet.append(["customer_id", "score", "date"])
        sheet.append([1234567890123456789, 9, "2026-01-05"])
        sheet.append([123456789, 9, "2026-01-05"])
        book.save(tmp_path / "export.xlsx")

        pulled = pull(tmp_path, "export.xlsx")

        assert ["id_in_scientific_notation"] == pulled.reasons
        assert [{"customer_id": "123456789"}] == [dict(one.ids) for one in pulled.responses]

    def test_salesforce_ids_of_15_and_18_characters_are_handed_on_whole(self, tmp_path):
        ids = ["0031t00000AbCdE", "0031t00000AbCdEAAV"]
        text = "salesforce_id,score,date\n" + "".join(f"{one},9,2026-01-05 1{i}:00\n" for i, one in enumerate(ids))

        assert ids == [one.ids["salesforce_id"] for one in pull_text(tmp_path, text).responses]

    def test_an_account_s_name_is_not_its_id(self, tmp_path):
        text = "company,account_id,score,date\nNordlicht AB,001xx0000001,9,2026-01-05\n"

        response = pull_text(tmp_path, text).responses[0]

        assert ("Nordlicht AB", "001xx0000001") == (response.company, response.account_ref)

    def test_anonymous_rows_stay_and_stay_distinct(self, tmp_path):
        text = "score,comment,date\n9,ok,2026-01-05\n9,ok,2026-01-05\n9,,2026-01-05\n"

        first = [one.response_id for one in pull_text(tmp_path, text).responses]
        again = [one.response_id for one in pull_text(tmp_path, text).responses]

        assert 3 == len(set(first))
        assert first == again

    def test_the_same_response_twice_has_one_id(self, tmp_path):
        row = "a@x.example,9,2026-01-05 10:00:00\n"
        edited = "A@x.example,7,2026-01-05 10:00:00\n"

        ids = {one.response_id for one in pull_text(tmp_path, HEAD + row + row + edited).responses}

        assert 1 == len(ids)

    def test_two_answers_of_one_address_on_one_day_are_two(self, tmp_path):
        """A shared mailbox, and an export that tells days only: neither answer may be lost."""
        rows = ["info@x.example,9,2026-01-05\n", "info@x.example,2,2026-01-05\n", "info@x.example,9,2026-01-05\n"]

        ids = [one.response_id for one in pull_text(tmp_path, HEAD + "".join(rows)).responses]

        assert 2 == len(set(ids))
        assert ids[0] == ids[2]

    def test_answers_by_one_link_at_one_moment_stay_distinct(self, tmp_path):
        text = "link,score,date\nL1,9,2026-01-05 10:00:00\nL1,9,2026-01-05 10:00:00\n"

        assert 2 == len({one.response_id for one in pull_text(tmp_path, text).responses})

    def test_several_responses_of_one_person_are_all_kept(self, tmp_path):
        text = HEAD + "a@x.example,9,2026-01-05 10:00:00\na@x.example,4,2026-02-05 10:00:00\n"

        assert 2 == len({one.response_id for one in pull_text(tmp_path, text).responses})

    def test_comments_are_handed_on_as_they_stand(self, tmp_path):
        comment = "n/a &amp; 😀 " + "x" * 40_000
        text = f'score,comment,date\n9,"{comment}",2026-01-05\n'

        assert [comment] == [one.comment for one in pull_text(tmp_path, text).responses]

    def test_any_other_word_is_carried_along(self, tmp_path):
        text = "Plan,score,date\nGold,9,2026-01-05\n"

        pulled = pull_text(tmp_path, text, columns={"plan": "Plan"})

        assert [{"plan": "Gold"}] == [dict(one.extra) for one in pulled.responses]


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
