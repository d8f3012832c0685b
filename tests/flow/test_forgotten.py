"""Who is meant when somebody is to be forgotten, and that no import brings them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sync.errors import UserError
from tests.flow.forgetting import ADA, forget, rows_with
from tests.flow.world import response

if TYPE_CHECKING:
    from tests.flow.world import World


class TestComingBack:
    def test_nothing_that_is_read_again_brings_the_person_back(self, filled: World) -> None:
        forget(filled, "ada@acme.test")

        report = filled.sync(full_refresh=True)

        assert 4 == report.as_json()["skipped_by_reason"]["forgotten"]
        assert {} == rows_with(filled.ledger_url, ADA)
        assert {} == rows_with(filled.store_url, ADA, besides=["customers"])
        assert 5 == filled.ledger("SELECT count(*) FROM responses")[0][0]

    @pytest.mark.parametrize(
        "values",
        [
            {"email": "ada@acme.test"},
            {"recipient_email": "Ada.Private@home.test"},
            {"ids": {"customer_id": "C-1000001"}, "email": "new@home.test"},
            {"email": "other@home.test", "response_id": "ada2"},
        ],
        ids=["by address", "by where it was sent", "by id", "by the response itself"],
    )
    def test_nor_does_anything_new(self, filled: World, values: dict[str, Any]) -> None:
        forget(filled, "C-1000001")
        filled.source.add(response(20, 9, **values))

        report = filled.sync()

        assert {"forgotten": 1} == report.as_json()["skipped_by_reason"]
        assert "C-1000001" not in filled.scores()

    def test_an_address_that_somebody_else_has_too_does_not_shut_them_out(self, filled: World) -> None:
        filled.source.add(response(8, 3, email="team@twin.test", first_name="Fay", last_name="First"))
        filled.sync()

        forget(filled, "C-5")
        filled.source.add(response(21, 9, email="team@twin.test", first_name="Fay", last_name="First", days_ago=0.5))
        filled.sync()

        assert {"C-1000001": 2, "C-2": 7, "C-3": 10, "C-6": 9} == filled.scores()

    def test_somebody_whom_nobody_knows_yet_is_kept_out_by_their_address(self, filled: World) -> None:
        receipt = forget(filled, "yan@else.test")
        filled.source.add(response(20, 9, email="Yan@else.test"))

        assert (False, {}) == (receipt.known, receipt.erased)
        assert {"forgotten": 1} == filled.sync().as_json()["skipped_by_reason"]

    def test_what_is_kept_says_nothing_of_the_person(self, filled: World) -> None:
        receipt = forget(filled, "ada@acme.test")

        digests = filled.ledger("SELECT digest, receipt FROM forgotten")
        assert len(digests) == receipt.digests == 6
        assert {(64, receipt.receipt)} == {(len(digest), of) for digest, of in digests}
        assert not any(text.lower() in repr(receipt).lower() for text in ADA)


class TestWhoIsMeant:
    @pytest.mark.parametrize("who", ["ada@acme.test", "C-1000001", "survey:ada1", "respondent"])
    def test_all_names_lead_to_the_whole_person(self, filled: World, who: str) -> None:
        if who == "respondent":
            who = filled.ledger("SELECT respondent FROM responses WHERE key = 'survey:ada2'")[0][0]

        assert 3 == forget(filled, who).responses
        assert {} == rows_with(filled.ledger_url, ADA)

    def test_of_several_none_is_taken(self, filled: World) -> None:
        filled.source.add(response(8, 3, email="team@twin.test", first_name="Fay", last_name="First"))
        filled.sync()

        with pytest.raises(UserError, match="C-5, customers C-6") as error:
            forget(filled, "team@twin.test")

        assert ("E407", 9) == (error.value.code, filled.ledger("SELECT count(*) FROM responses")[0][0])

    def test_what_could_be_somebody_else_s_is_not_taken(self, filled: World) -> None:
        filled.source.add(response(9, 4, email="team@twin.test"))
        filled.sync()

        with pytest.raises(UserError, match="several persons"):
            forget(filled, "team@twin.test")
        forget(filled, "C-5")

        assert [("survey:r9",)] == filled.ledger("SELECT key FROM responses WHERE key IN ('survey:r6', 'survey:r9')")
        assert 1 == forget(filled, "survey:r9").responses

    def test_an_answer_without_a_name_is_a_person_of_its_own(self, filled: World) -> None:
        filled.source.add(response(30, 5), response(31, 6))
        filled.sync()

        receipt = forget(filled, "survey:r30")

        assert 1 == receipt.responses
        assert [("survey:r31",), ("survey:r5",)] == filled.ledger(
            "SELECT r.key FROM responses r JOIN matches m ON m.respondent = r.respondent WHERE m.reason = 'anonymous'"
            " ORDER BY 1"
        )

    def test_nobody_is_told_as_nobody(self, filled: World) -> None:
        with pytest.raises(UserError, match="holds nobody") as error:
            forget(filled, "C-77")

        assert "E105" == error.value.code
