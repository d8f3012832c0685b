"""Services that are a YAML file and nothing else."""

from __future__ import annotations

from sandbox.surveys.wootric import Wootric
from tests.contract.source_contract import pulled
from tests.contract.survey_contract import Account, SurveyContract


class TestZenloop(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "zenloop"
    PART = "answers"


class TestSimplesat(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "simplesat"


class TestSurvicate(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "survicate"
    EDITS = False

    def test_a_poll_reads_no_further_back_than_it_must(self, world: Account) -> None:
        """The service cannot be asked from a moment on; its newest first are enough."""
        first = pulled(self.source(world))
        world.clock.sleep(20 * 86_400.0)
        for _ in range(2):
            for _ in range(8):
                self.add(world, 8, "later")
            first = pulled(self.source(world), first.last)
            world.clock.sleep(20 * 86_400.0)
        before = len(world.service.log.entries)

        assert [] == pulled(self.source(world), first.last).told
        assert len(world.service.log.entries) - before < 12


class TestWootric(SurveyContract):
    """See `SurveyContract`."""

    SERVICE = "wootric"

    def test_more_than_thirty_pages_are_read(self, world: Account) -> None:
        """The service gives nothing after a certain page, and does not say that there is more."""
        played = world.service.world
        assert isinstance(played, Wootric)
        played.last_page = 2

        assert self.truth(world) == pulled(self.source(world)).said
