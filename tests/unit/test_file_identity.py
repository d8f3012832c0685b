"""The traps of survey exports, one test each, its name the claim: what is handed on of a person."""

from __future__ import annotations

from typing import Any

import openpyxl
import pytest

from tests.exports import pull, pull_text

HEAD = "email,score,responded_at\n"


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


def test_an_id_that_is_guarded_as_a_formula_keeps_its_zeros(tmp_path):
    """Exporters write ="0042" so that a spreadsheet leaves the zeros alone."""
    text = 'email,customer_id,score,date\na@x.example,="0042",="9",2026-01-05\n'

    response = pull_text(tmp_path, text).responses[0]

    assert ("0042", 9) == (response.ids["customer_id"], response.score)
