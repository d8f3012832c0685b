"""Retently: by the day of creation alone, so edits are found by reading again."""

from __future__ import annotations

from tests.contract.source_contract import pulled
from tests.contract.survey_contract import Account, SurveyContract


class TestRetently(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "retently"
    PART = "api/v2"

    def test_bogus_rows_and_other_metrics_are_skipped_with_their_reason(self, world: Account) -> None:
        got = pulled(self.source(world))

        assert {"spam", "not_nps"} == {skip.reason for page in got.pages for skip in page.skips}

    def test_an_edit_before_the_look_back_is_not_seen(self, world: Account) -> None:
        """What the service cannot be asked for costs a full reading: `npsync sync --full-refresh`."""
        id_ = self.add(world, 2, "at first")
        world.clock.sleep(40 * 86_400.0)
        self.add(world, 8, "the latest")
        first = pulled(self.source(world))
        self.edit(world, id_, 9)

        assert id_ not in pulled(self.source(world), first.last).told
        assert 9 == pulled(self.source(world)).said[id_][0]
