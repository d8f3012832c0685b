"""AskNicely: pages and moments in the path, everything as text, large replies at another host."""

from __future__ import annotations

from sandbox.surveys.asknicely import AskNicely
from sync.config.specs import load_spec, shipped
from tests.contract.source_contract import pulled
from tests.contract.survey_contract import Account, SurveyContract


class TestAskNicely(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "asknicely"

    def test_a_large_reply_is_fetched_where_it_lies_without_the_key(self, world: Account) -> None:
        played = world.service.world
        assert isinstance(played, AskNicely)
        played.redirect_at = 10

        got = pulled(self.source(world, spec=load_spec(shipped()["asknicely"])))

        assert self.truth(world) == got.said
        assert played.others, "nothing was fetched elsewhere"
        assert not played.store.leaked
