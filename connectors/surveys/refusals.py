"""What it means to the reader of a report that a survey cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.contract import Page
from connectors.errors import Conflict, ConnectorError, Gone, Refused, Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = "A survey that was deleted, or that this key may not see? Correct `surveys` of the connection."
_OTHER = "Check `settings` of the connection, or the paths of its spec."


def refusal(stream: str, error: ConnectorError, *, survey: str, named: Sequence[str]) -> Page:
    """Return the page that tells why a stream was not read.

    Args:
        stream: Its name.
        error: What came of asking.
        survey: The survey's id; empty where the service has one list for all.
        named: The surveys that the connection names.
    """
    if isinstance(error, Gone) and survey and not named:
        return Page(stream=stream, cursor=None, notes=(f"{stream}: deleted since it was listed",))
    if isinstance(error, Conflict | Gone | Rejected):
        # These carry the service's own code, of which `npsync help` knows nothing; it stands in the text as well.
        error = Refused(str(error), code="E103", next_step=_NAMED if named else _OTHER)
    return Page(stream=stream, cursor=None, refused=error)
