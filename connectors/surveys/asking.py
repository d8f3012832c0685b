"""The reading of who was asked: the list of a spec's `sends`, and responses that stand for sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from connectors.contract import Page
from connectors.dates import EARLIEST, TOLERANCE, DateReader
from connectors.sends import Send, SendState
from connectors.surveys.histories import Addresses, HistoryReader, KnownRows
from connectors.surveys.place import Place
from connectors.surveys.reading import StreamReader, cursor_dates
from connectors.surveys.sends import WHO, SendRows, campaigns_of
from connectors.surveys.spec import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from connectors.surveys.sends import Sends
    from connectors.surveys.session import Session


def pages_of_sends(  # noqa: PLR0913 - what a stream is read by
    spec: Sends,
    session: Session,
    cursor: str | None,
    *,
    stream: str,
    survey: str,
    surveys: Mapping[str, str],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Iterator[Page]:
    """Yield who was asked since *cursor*. What cannot be read of it is left out: nobody's answer is lost by that.

    Args:
        spec: The list.
        session: Asks.
        cursor: Where the last reading ended.
        stream: The list's name.
        survey: The survey's name, where a row names none.
        surveys: Id → title of those that ask for a recommendation, where the service has several.
        now: The clock.
        sleep: Takes seconds.
    """
    campaigns = None
    if spec.campaigns:
        told, _ = session.ask(spec.campaigns.request, dict.fromkeys(PLACEHOLDERS), what="list campaigns")
        campaigns = campaigns_of(told, spec.campaigns)
    dates = DateReader(None, zone=UTC, latest=now() + TOLERANCE, earliest=EARLIEST)
    options: dict[str, Any] = {"dates": cursor_dates(), "stream": stream, "survey": None, "now": now, "sleep": sleep}
    said: dict[str, Any] = {"stream": stream, "survey": survey, "campaigns": campaigns}
    if spec.mailings:
        addresses = Addresses(spec.mailings.people, session)
        known = KnownRows(spec, dates, addresses=addresses, **said)
        reader: StreamReader = HistoryReader(spec, session, known, surveys=surveys, **options)
    else:
        reader = StreamReader(spec, session, SendRows(spec, dates, **said), **options)
    # Where other surveys count, other rows do.
    chosen = repr(campaigns) + (repr(sorted(surveys)) if spec.mailings else "")
    mark = blake2b((spec.model_dump_json() + chosen).encode(), digest_size=6).hexdigest()
    left = 0
    for page in reader.read(Place.of_text(cursor, mark)):
        left += sum(each.reason == "row_unreadable" for each in page.skips)
        yield Page(stream=stream, sends=page.sends, cursor=page.cursor)
    if left:
        yield Page(stream=stream, cursor=None, notes=(f"{stream}: {left} rows cannot be read and are left out",))


def of_responses(pages: Iterable[Page]) -> Iterator[Page]:
    """Yield *pages* with a send for each response, which was answered as soon as it was shown."""
    for page in pages:
        yield replace(
            page,
            sends=[
                Send(
                    send_id=f"response-{each.response_id}",
                    survey=each.survey,
                    state=SendState.ANSWERED,
                    sent_at=each.responded_at,
                    ids=each.ids,
                    **{field: getattr(each, field) for field in WHO},
                )
                for each in page.responses
            ],
        )
