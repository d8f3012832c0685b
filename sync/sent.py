"""Who was asked, from a source's pages into the ledger: in the transaction that stores the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.characters import is_sound
from sync.clean import LONGEST_ID
from sync.identity.claims import respondent_of
from sync.ledger import sends
from sync.ledger.sends import Asked
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from connectors.sends import Send
    from sync.identity.claims import Claims
    from sync.ledger.forgotten import Forgotten
    from sync.run import Run


def rows_of(source: str, sent: Iterable[Send]) -> tuple[list[Asked], dict[str, Claims]]:
    """Return the rows that *sent* make, and the claims by respondent; what cannot be kept makes none."""
    rows: list[Asked] = []
    claims: dict[str, Claims] = {}
    for each in sent:
        if not is_sound(each.send_id + each.survey) or len(each.send_id) > LONGEST_ID:
            continue
        try:
            claim = respondent_of(each)
        except ValueError:
            continue
        if not is_sound("".join(value or "" for value in claim)):
            continue
        claims[claim.respondent] = claim
        opened = None if each.opened_at is None else to_text(each.opened_at)
        key, state = f"{source}:{each.send_id}", each.state.value
        rows.append(Asked(key, source, each.survey, state, to_text(each.sent_at), opened, claim.respondent))
    return rows, claims


def store(connection: Connection, run: Run, sent: Iterable[Send], forgotten: Forgotten | None) -> None:
    """Store *sent*, but for those who were forgotten."""
    rows, claims = rows_of(run.mapping.from_, sent)
    if forgotten is not None:
        rows = forgotten.without(rows, claims)
    if not rows:
        return
    sends.store(connection, run.name, rows, claims)
