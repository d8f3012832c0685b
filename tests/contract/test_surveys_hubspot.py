"""HubSpot's own surveys: the whole list each time, of which only NPS counts; the contact comes along."""

from __future__ import annotations

from tests.contract.source_contract import pulled
from tests.contract.survey_contract import Account, SurveyContract


class TestHubSpotSurveys(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "hubspot_feedback"
    PART = "feedback_submissions"

    def test_other_surveys_are_left_out_though_their_labels_are_the_same(self, world: Account) -> None:
        got = pulled(self.source(world))

        assert {"not_nps"} == {skip.reason for page in got.pages for skip in page.skips}

    def test_each_response_names_its_contact(self, world: Account) -> None:
        got = pulled(self.source(world))

        named = {each.response_id for each in got.responses if each.ids.get("hubspot_id")}
        assert {each.id for each in world.service.world.truth() if each.email} == named
