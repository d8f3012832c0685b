"""What every source of responses promises; a source's test inherits this and says how one is made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Page, SurveySource
    from connectors.values import SurveyResponse

#: More than any test's world has pages; a source that goes on is in a loop.
MOST_PAGES = 2_000
Said = tuple[int, str | None]


@dataclass(slots=True)
class Got:
    """What a pull gave, with the cursors as they stood after each page."""

    pages: list[Page] = field(default_factory=list)
    #: Before any page, then after each.
    cursors: list[dict[str, str]] = field(default_factory=list)

    @property
    def responses(self) -> list[SurveyResponse]:
        return [each for page in self.pages for each in page.responses]

    @property
    def told(self) -> list[str]:
        """The id of each response, as often as it came."""
        return [each.response_id for each in self.responses]

    @property
    def said(self) -> dict[str, Said]:
        """Id → what was said last."""
        return {each.response_id: (each.score, each.comment) for each in self.responses}

    @property
    def last(self) -> dict[str, str]:
        return self.cursors[-1]


def pulled(source: SurveySource, cursors: Mapping[str, str] | None = None) -> Got:
    """Read all that *source* gives."""
    got = Got(cursors=[dict(cursors or {})])
    for page in source.pull(dict(cursors or {})):
        assert len(got.pages) < MOST_PAGES, "it goes on for ever"
        moved = {} if page.cursor is None else {page.stream: page.cursor}
        got.pages.append(page)
        got.cursors.append(got.last | moved)
    return got


class SourceContract(ABC):
    """Inherit, and give a fixture `world`: an account, or a file, with more responses than fit on a page."""

    #: Whether a response can be changed where it was given.
    EDITS = True

    @abstractmethod
    @pytest.fixture
    def world(self) -> Any:
        """See the class."""

    @abstractmethod
    def source(self, world: Any) -> SurveySource:
        """Make a source that reads *world*, some rows a page."""

    @abstractmethod
    def truth(self, world: Any) -> dict[str, Said]:
        """Return id → score and comment of every response that counts now."""

    @abstractmethod
    def add(self, world: Any, score: int, comment: str) -> str:
        """Let somebody answer now, and return the id of the response."""

    @abstractmethod
    def edit(self, world: Any, id_: str, score: int) -> None:
        """Change a response."""

    @abstractmethod
    def in_the_future(self, cursors: Mapping[str, str]) -> dict[str, str]:
        """Return *cursors* as they would stand when responses of long after now had been read."""

    def lasting(self, cursors: Mapping[str, str]) -> dict[str, str]:
        """Return *cursors* without what a service makes up anew for each reading."""
        return dict(cursors)

    @abstractmethod
    def stuck(self, world: Any) -> SurveySource | None:
        """Make a source whose service answers with the same page whatever is asked; None where there is no service."""

    @abstractmethod
    def cut(self, world: Any) -> None:
        """Let the next replies, or readings, end in the middle."""

    def test_everything_that_counts_is_read(self, world: Any) -> None:
        got = pulled(self.source(world))

        assert self.truth(world) == got.said
        assert len(got.pages) > 3, "the test's world has too few pages to say anything"
        assert [] == [page.refused for page in got.pages if page.refused]

    def test_two_full_readings_are_identical(self, world: Any) -> None:
        first, second = pulled(self.source(world)), pulled(self.source(world))

        assert first.responses == second.responses
        assert self.lasting(first.last) == self.lasting(second.last)

    def test_a_second_reading_gives_nothing_older(self, world: Any) -> None:
        first = pulled(self.source(world))
        nothing = pulled(self.source(world), first.last)
        new = self.add(world, 7, "just now")

        second = pulled(self.source(world), nothing.last)

        assert [] == nothing.told
        assert new in second.told
        # Others may have answered meanwhile; what was told is not told again.
        assert not [id_ for id_ in second.told if first.said.get(id_) == second.said[id_]]

    def test_resuming_from_every_cursor_loses_nothing(self, world: Any) -> None:
        whole = pulled(self.source(world))
        truth = self.truth(world)

        for number, cursors in enumerate(whole.cursors):
            before: Sequence[SurveyResponse] = [each for page in whole.pages[:number] for each in page.responses]
            after = pulled(self.source(world), cursors)

            said = {each.response_id: (each.score, each.comment) for each in before} | after.said
            assert truth == said, f"after {number} of {len(whole.pages)} pages"
            assert [] == pulled(self.source(world), after.last).told

    def test_an_edit_within_the_look_back_arrives_once(self, world: Any) -> None:
        if not self.EDITS:
            pytest.skip("responses of this service never change")
        id_ = self.add(world, 2, "at first")
        first = pulled(self.source(world))
        self.edit(world, id_, 9)

        second = pulled(self.source(world), first.last)
        third = pulled(self.source(world), second.last)

        assert 1 == second.told.count(id_)
        assert 9 == second.said[id_][0]
        assert [] == third.told

    def test_a_cursor_in_the_far_future_gives_no_rows(self, world: Any) -> None:
        first = pulled(self.source(world))

        assert [] == pulled(self.source(world), self.in_the_future(first.last)).told

    def test_a_page_that_repeats_ends_with_an_error(self, world: Any) -> None:
        source = self.stuck(world)
        if source is None:
            pytest.skip("no service answers here")

        got = pulled(source)

        assert [page.refused for page in got.pages if page.refused]

    def test_a_page_cut_in_the_middle_repeats_safely(self, world: Any) -> None:
        self.cut(world)
        got = pulled(self.source(world))
        again = pulled(self.source(world), got.last)

        assert self.truth(world) == {**got.said, **again.said}
