"""The traps of survey exports, one test each, its name the claim: headers, encodings, delimiters and lines."""

from __future__ import annotations

import pytest

from tests.exports import pull_text

HEAD = "email,score,responded_at\n"


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


class TestQuestionsWithATextField:
    HEAD = "Respondent ID,Collector ID,Start Date,End Date,Email Address,"
    ANSWER = "1,4,2026-10-01 10:00:00,2026-10-01 10:05:00,a@x.example,"

    def test_the_text_field_under_the_nps_question_is_its_comment_and_no_second_score(self, tmp_path):
        """SurveyMonkey writes it as a second column of the same question."""
        asked = f"{self.HEAD}How likely is it that you would recommend us?,\n,,,,,,Please tell us why\n"
        text = f"{asked}{self.ANSWER}0,slow\n"

        response = pull_text(tmp_path, text).responses[0]

        assert (0, "slow") == (response.score, response.comment)

    def test_it_does_not_break_the_columns_per_option(self, tmp_path):
        options = ",".join(["Not at all likely - 0", *map(str, range(1, 10)), "Extremely likely - 10", "Comments"])
        text = (
            f"{self.HEAD}How likely is it that you would recommend us?{',' * 11}\n,,,,,{options}\n"
            f"{self.ANSWER},,,,,,,,,1,,well\n"
        )

        response = pull_text(tmp_path, text).responses[0]

        assert (9, "well") == (response.score, response.comment)

    def test_two_products_under_one_question_are_two_scores(self, tmp_path):
        text = f"{self.HEAD}How likely is it that you would recommend?,\n,,,,,Desk,Chair\n{self.ANSWER}9,1\n"

        assert ["E113"] == [refused.code for refused in pull_text(tmp_path, text).refused]


@pytest.mark.parametrize(
    ("stamp", "question", "why"),
    [
        ("Отметка времени", "С какой вероятностью вы порекомендуете нас друзьям?", "Почему?"),
        ("Sygnatura czasowa", "Jak prawdopodobne jest, że polecisz nas znajomym?", "Dlaczego?"),
        ("Tidstämpel", "Hur sannolikt är det att du skulle rekommendera oss?", "Varför?"),
        ("タイムスタンプ", "当社を友人に勧める可能性はどのくらいですか？", "理由"),
    ],
)
def test_a_form_in_another_language_is_a_form(tmp_path, stamp, question, why):
    pulled = pull_text(tmp_path, f'{stamp},"{question}",{why}\n2026/10/01 10:00:00,0,slow\n')

    assert "preset: google-forms" in pulled.notes
    assert [(0, "slow")] == [(response.score, response.comment) for response in pulled.responses]


def test_the_encoding_is_told_once(tmp_path):
    notes = pull_text(tmp_path, "email,score,date\nü@x.example,9,2026-01-05\n".encode("cp1252")).notes

    assert 1 == notes.count("encoding:")
