"""A few real responses of a source, to show what a mapping would do with them; nothing is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from connectors.contract import Page
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.contract import SurveySource
    from connectors.values import SurveyResponse

#: Responses of a sample, and rows read to find the newest ones.
MOST, READ = 200, 5_000
_PRESET = re.compile(r"^preset: (\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The newest of the first responses of a source."""

    #: Newest first.
    responses: Sequence[SurveyResponse] = ()
    #: Rows that were read, usable or not.
    rows: int = 0
    #: Whether the source has more rows than were read.
    more: bool = False
    #: The layout of the export, where the source says which it took.
    preset: str = ""
    #: Why nothing, or not all, could be read.
    trouble: ConnectorError | None = None


def sample_of(source: SurveySource, *, most: int = MOST, read: int = READ) -> Sample:
    """Read the start of each stream of *source*; what cannot be read is told, not raised."""
    found: list[SurveyResponse] = []
    rows, preset = 0, ""
    trouble: ConnectorError | None = None
    more = False
    try:
        for page in source.pull({}):
            found += page.responses
            rows += page.rows
            trouble = page.refused or trouble
            preset = preset or next((note[1] for each in page.notes if (note := _PRESET.match(each))), "")
            found = sorted(found, key=_AGE, reverse=True)[:most]
            if rows >= read:
                more = True
                break
    except ConnectorError as error:
        trouble = error
    return Sample(responses=found, rows=rows, more=more, preset=preset, trouble=trouble)


class Given:
    """Responses that are there already, as a source that leaves no trace: no cursor moves."""

    def __init__(self, responses: Sequence[SurveyResponse]) -> None:
        self._responses = responses

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:  # noqa: ARG002 - it is read anew each time
        """See `SurveySource.pull`."""
        yield Page(stream="", responses=self._responses, cursor=None)


_AGE = attrgetter("responded_at", "response_id")
