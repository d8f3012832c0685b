"""Each shipped preset, on an example of its export, gives the counts that the file really holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.files.preset import shipped
from tests.exports import pull

FILES = Path(__file__).parent / "files"
QUALTRICS = Path(__file__).parents[3] / "shared" / "fixtures" / "qualtrics"

HELD = {
    "qualtrics.csv": ("qualtrics", [10, 0, 7], {"preview": 1, "partial": 1, "test": 1, "no_score": 1, "spam": 1}),
    "qualtrics-legacy.csv": ("qualtrics-legacy", [9, 0, 6, 8], {"preview": 1}),
    "surveymonkey-condensed.csv": ("surveymonkey", [10, 0, 9, 7, 3], {"no_score": 1}),
    "surveymonkey-expanded.csv": ("surveymonkey", [10, 0, 9, 7, 3], {"no_score": 1}),
    "typeform.csv": ("typeform", [10, 9, 0], {"no_score": 1, "partial": 1}),
    "typeform-old.csv": ("typeform-old", [10, 9, 0, 4], {"no_score": 1}),
    "asknicely.csv": ("asknicely", [10, 0, 8], {"not_nps": 2, "no_score": 1}),
    "delighted.json": ("delighted", [10, 0, 7, 9], {"not_nps": 1}),
    "delighted.jsonl": ("delighted", [10, 0, 7, 9], {"not_nps": 1}),
    "google-forms.csv": ("google-forms", [0, 10, 8, 9], {}),
    "hubspot.csv": ("hubspot", [10, 0, 7], {"not_nps": 2}),
    "hubspot-labels.csv": ("hubspot-labels", [10, 0, 7], {"not_nps": 2}),
    "customergauge.csv": ("customergauge", [9, 0, 10], {"score_out_of_range": 1}),
    "customergauge-semicolon.csv": ("customergauge", [9, 0, 10], {"score_out_of_range": 1}),
    "odi-nps.csv": ("odi-nps", [10, 0, 7], {}),
}


@pytest.mark.parametrize("name", HELD)
def test_an_example_gives_the_counts_that_it_holds_and_says_its_preset(name):
    preset, scores, reasons = HELD[name]

    pulled = pull(FILES, name)

    assert [] == pulled.refused
    assert scores == pulled.scores
    assert reasons == Counter(pulled.reasons)
    assert f"preset: {preset}, because it has `" in pulled.notes


def test_every_preset_has_an_example():
    assert {preset for preset, _, _ in HELD.values()} == set(shipped()) - {"plain"}


@pytest.mark.parametrize("name", HELD)
def test_every_example_identifies_its_people(name):
    for response in pull(FILES, name).responses:
        assert response.email or response.recipient_email
        assert response.responded_at.year == 2026


def test_a_folder_of_all_examples_is_read_file_by_file():
    pulled = pull(FILES, ".")

    assert set(HELD) == set(pulled.cursors)
    assert sum(len(scores) for _, scores, _ in HELD.values()) == len(pulled.responses)


@pytest.mark.skipif(not QUALTRICS.is_dir(), reason="the shared fixtures are not here")
class TestRealQualtrics:
    """Two real exports of a survey without an NPS question, one response each."""

    def test_without_an_nps_question_every_row_is_rejected_and_told_what_to_do(self):
        pulled = pull(QUALTRICS, "*.csv")

        assert ["no_score_column"] * 2 == pulled.reasons
        assert [4, 3] == [reject.place.row for reject in pulled.rejects]
        assert "columns: {score: Q1}" in pulled.rejects[0].next_step

    def test_with_the_column_named_the_row_reads(self):
        pulled = pull(QUALTRICS, "*.csv", columns={"score": "Q1", "comment": "Q2"})

        assert [2, 2] == pulled.scores
        assert ["Hello World!"] * 2 == [response.comment for response in pulled.responses]
        assert {"R_2YPOQ602ER1jkf1"} == {response.response_id for response in pulled.responses}
