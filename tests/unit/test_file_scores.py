"""The traps of survey exports, one test each, its name the claim: scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.exports import Pulled, pull_text

if TYPE_CHECKING:
    from pathlib import Path


def one_row(tmp_path: Path, score: str, **options: Any) -> Pulled:
    return pull_text(tmp_path, f'email,score,responded_at\na@x.example,"{score}",2026-01-05 10:00:00\n', **options)


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

    @pytest.mark.parametrize(
        ("scores", "scale"), [("345", "1 to 5"), ("15", None), ("6", None), ("34567654", "1 to 7")]
    )
    def test_a_few_low_scores_in_a_plain_column_are_taken_with_a_word_of_doubt(self, tmp_path, scores, scale):
        text = "score,date\n" + "".join(f"{score},2026-01-05 10:00:{i:02}\n" for i, score in enumerate(scores))

        pulled = pull_text(tmp_path, text)

        assert [int(score) for score in scores] == pulled.scores
        assert (scale is not None) == ("scale:" in pulled.notes)
        assert scale is None or f"from {scale}" in pulled.notes
        assert 'scale: "0-10"' not in pull_text(tmp_path, text, scale="0-10").notes

    @pytest.mark.parametrize("title", ["NPS", "How likely are you to recommend us?"])
    def test_a_few_low_scores_raise_no_doubt_where_the_column_says_nps(self, tmp_path, title):
        text = f"{title},date\n" + "".join(f"{i},2026-01-05 10:00:{i:02}\n" for i in range(1, 6))

        pulled = pull_text(tmp_path, text, columns={"score": title})

        assert [1, 2, 3, 4, 5] == pulled.scores
        assert "scale:" not in pulled.notes

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
        assert ["Detractor"] == [one.vendor_category for one in pulled.responses]

    def test_an_aggregated_nps_is_not_a_score(self, tmp_path):
        """One tool exports -100..100 as -1..1."""
        assert ["score_not_whole"] == one_row(tmp_path, "0.42").reasons

    def test_a_hubspot_export_that_does_not_say_nps_is_refused(self, tmp_path):
        text = "Survey name,Rating,Response,Date,Sentiment\nQ1,2,ok,2026-01-05,Promoter\n"

        assert ["E114"] == [error.code for error in pull_text(tmp_path, text).refused]


@pytest.mark.parametrize("cell", ["5 stars", "4 (CSAT)", "5 Sterne", "CES 3"])
def test_a_cell_that_names_another_unit_is_on_another_scale(tmp_path, cell):
    assert ["wrong_scale"] == pull_text(tmp_path, f"email,score,date\na@x.example,{cell},2026-01-05\n").reasons
