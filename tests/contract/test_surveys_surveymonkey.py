"""SurveyMonkey: by the moment of the last change, oldest first; the score is a choice's place."""

from __future__ import annotations

from datetime import timedelta

from connectors.errors import QuotaSpent
from sandbox.limits import Daily, Limits
from sandbox.surveys import serve
from tests.contract.source_contract import Said, pulled
from tests.contract.survey_contract import Account, SurveyContract


class TestSurveyMonkey(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "surveymonkey"

    def test_nps_is_known_by_its_weights_in_any_language(self, world: Account) -> None:
        got = pulled(self.source(world))

        notes = [note for page in got.pages for note in page.notes]
        assert ["318754333"] == [note.partition(":")[0] for note in notes]
        assert {"318754279", "318754301"} == {page.stream for page in got.pages if page.responses}
        assert {0, 10} <= {each.score for each in got.responses}, "the weight is no score"

    def test_an_edit_while_pages_are_read_hides_no_other_response(self, world: Account) -> None:
        """It moves to the end of the list, and the next page's first row up to the page before."""
        source = self.source(world)
        pages = source.pull({})
        said: dict[str, Said] = {}
        for number, page in enumerate(pages):
            said |= {each.response_id: (each.score, each.comment) for each in page.responses}
            if number == 1:
                world.clock.sleep(5.0)
                self.edit(world, page.responses[0].response_id, 1)

        assert self.truth(world) == said

    def test_a_spent_day_keeps_what_was_read_and_goes_on_tomorrow(self, world: Account) -> None:
        said: dict[str, Said] = {}
        cursors: dict[str, str] = {}
        limits = Limits([Daily(12, name="Day")])
        world.service.close()
        world.service = serve(world=world.service.world, limits=limits, clock=world.clock)
        spent = 0
        with world.service:
            while spent < 9:
                got = pulled(self.source(world), cursors)
                cursors, said = got.last, said | got.said
                refused = [page.refused for page in got.pages if page.refused]
                if not refused:
                    break
                spent += 1
                assert isinstance(refused[0], QuotaSpent)
                assert timedelta(0) < refused[0].resume_at - world.now <= timedelta(days=1)
                world.clock.sleep((refused[0].resume_at - world.now).total_seconds() + 1)

            assert 1 <= spent < 9
            assert self.truth(world).items() <= said.items()
