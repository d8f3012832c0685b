"""Typeform: newest first, by the tokens of responses."""

from __future__ import annotations

from tests.contract.source_contract import pulled
from tests.contract.survey_contract import Account, SurveyContract


class TestTypeform(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "typeform"
    EDITS = False

    def test_a_form_without_a_scale_from_0_to_10_is_left_out_and_told(self, world: Account) -> None:
        got = pulled(self.source(world))

        notes = [note for page in got.pages for note in page.notes]
        assert ["kRt99jlK: left out, because no question of this survey asks for a score from 0 to 10"] == notes

    def test_hidden_fields_say_who_answered(self, world: Account) -> None:
        got = pulled(self.source(world))

        truth = {each.id: each for each in world.service.world.truth()}
        assert {id_: each.email for id_, each in truth.items()} == {
            each.response_id: each.email for each in got.responses
        }

    def test_a_token_that_is_known_no_longer_begins_the_reading_again(self, world: Account) -> None:
        """A cursor names the last response of a page; that response may be deleted meanwhile."""
        whole = pulled(self.source(world))
        number = next(at for at, page in enumerate(whole.pages) if page.responses)
        world.service.world.delete(whole.pages[number].responses[-1].response_id)

        after = pulled(self.source(world), whole.cursors[number + 1])

        before = {each.response_id for page in whole.pages[: number + 1] for each in page.responses}
        assert set(self.truth(world)) <= before | set(after.told)
        assert [] == [page.refused for page in after.pages if page.refused]
