"""Who was asked: stored with the page that told of it, waiting for a record, and read for the profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
from sqlalchemy import Integer, Text, and_, bindparam, func, select

from sync.identity.claims import CLAIM_COLUMNS, CLAIMS_SCHEMA, Claims
from sync.ledger import matching
from sync.ledger.rows import MAPPING, among, arrow, fetch, remove, table, text, upsert
from sync.ledger.send_tables import SENDS, WAITING_SENDS
from sync.ledger.tables import CURSORS, MATCHES, RESPONDENTS
from sync.nps.relations import SENDS as SENT
from sync.words import to_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

#: The stream under which is remembered that this mapping's source tells who was asked. Without it nothing is looked up.
#: It holds when all who wait were tried last, and the version of the directory then.
TOLD = "@sends"
#: Before every moment, and after an empty text: whoever waits and was never tried.
NEVER = "0"


class Asked(NamedTuple):
    """A send as the ledger holds it: a row of `sends`."""

    key: str
    source: str
    survey: str
    state: str
    sent_at: str
    opened_at: str | None
    respondent: str


assert Asked._fields == tuple(column.name for column in SENDS.columns)

#: What the kernel `silence` reads, with times as texts, and who it is.
HISTORY_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("subject", "person", "account", "key", "state", "sent_at", "respondent")]
)


def store(connection: Connection, mapping: str, rows: Sequence[Asked], claims: Mapping[str, Claims]) -> None:
    """Store sends with the *claims* of those who were asked; their records are computed again.

    Whoever has no decision yet waits for one.
    """
    respondents = sorted({row.respondent for row in rows})
    known = select(SENDS.c.respondent).where(among(connection, SENDS.c.key, sorted({row.key for row in rows})))
    before = {respondent for (respondent,) in fetch(connection, known)}
    upsert(connection, RESPONDENTS, Claims._fields, [claims[each] for each in respondents], update=False)
    upsert(connection, SENDS, Asked._fields, sorted({row.key: row for row in rows}.values()))
    here = (MATCHES.c.mapping == mapping, among(connection, MATCHES.c.respondent, respondents))
    decided = {respondent for (respondent,) in fetch(connection, select(MATCHES.c.respondent).where(*here))}
    waiting = [(mapping, each, "") for each in respondents if each not in decided]
    upsert(connection, WAITING_SENDS, ("mapping", "respondent", "tried"), waiting, update=False)
    matching.touch(connection, mapping, sorted(decided | before))
    upsert(connection, CURSORS, ("mapping", "stream", "cursor"), [(mapping, TOLD, "")], update=False)


def waiting(connection: Connection, mapping: str, before: str, most: int) -> pa.Table:
    """Return the claims of those who wait for a record and were tried before *before*, or never; at most *most*."""
    rows = arrow(connection, _WAITING, CLAIMS_SCHEMA, {"mapping": mapping, "before": before, "most": most})
    return table(rows, CLAIMS_SCHEMA)


_WAITING = (
    select(RESPONDENTS.c.respondent, *(RESPONDENTS.c[name] for name in CLAIM_COLUMNS))
    .join(WAITING_SENDS, WAITING_SENDS.c.respondent == RESPONDENTS.c.respondent)
    .where(WAITING_SENDS.c.mapping == MAPPING, WAITING_SENDS.c.tried < bindparam("before", type_=Text))
    .order_by(WAITING_SENDS.c.tried, WAITING_SENDS.c.respondent)
    .limit(bindparam("most", type_=Integer))
)


def tried(  # noqa: PLR0913 - what came of a trial
    connection: Connection, mapping: str, run: str, at: str, respondents: Sequence[str], matched: pa.Table
) -> None:
    """Say that *respondents* were tried at *at*: those *matched* wait no longer, and their records are computed."""
    here = (MATCHES.c.mapping == mapping, among(connection, MATCHES.c.respondent, respondents))
    # Who has answered meanwhile was decided as one who answers.
    decided = {respondent for (respondent,) in fetch(connection, select(MATCHES.c.respondent).where(*here))}
    found = matched.filter([each not in decided for each in matched["respondent"].to_pylist()])
    matching.store(connection, mapping, run, at, found)
    done = decided | set(found["respondent"].to_pylist())
    matching.touch(connection, mapping, sorted(done))
    remove(connection, WAITING_SENDS, [(mapping, each) for each in sorted(done)])
    left = [(mapping, each, at) for each in respondents if each not in done]
    upsert(connection, WAITING_SENDS, ("mapping", "respondent", "tried"), left)


def history(connection: Connection, mapping: str, source: str, object_: str, last: str, most: int) -> pa.Table:  # noqa: PLR0913 - a range of records
    """Return what was sent to the touched records up to *last*, of which there are at most *most*."""
    given = {"mapping": mapping, "source": source, "object": object_, "last": last, "most": most}
    return table(arrow(connection, text(_HISTORY), HISTORY_SCHEMA, given), HISTORY_SCHEMA)


#: A record that is still to be made is nobody's yet: being asked makes none.
_HISTORY = """
SELECT t.record, m.person, m.account, s.key, s.state, s.sent_at, s.respondent
FROM (
    SELECT record FROM touched
    WHERE mapping = :mapping AND kind = 'record' AND object = :object AND record <= :last ORDER BY record LIMIT :most
) t
JOIN matches m ON m.mapping = :mapping AND m.object = :object AND m.record = t.record
JOIN sends s ON s.respondent = m.respondent AND s.source = :source
WHERE m.outcome = 'matched' AND m.record <> m.person
"""


def relation(asked: pa.Table) -> pa.Table:
    """Return what `history` gives as the kernel `silence` takes it."""
    place = asked.schema.get_field_index("sent_at")
    return asked.set_column(place, "sent_at", to_ms(asked["sent_at"])).select(SENT.names)


def delivered(connection: Connection, source: str, after: str) -> tuple[int, int]:
    """Return how many surveys of *source* were delivered after *after*, and how many of them were answered."""
    here = and_(SENDS.c.source == source, SENDS.c.sent_at > after, SENDS.c.state != "bounced")
    by_state = select(SENDS.c.state, func.count()).where(here).group_by(SENDS.c.state)
    counts: dict[str, int] = dict(fetch(connection, by_state))
    return sum(counts.values()), counts.get("answered", 0)
