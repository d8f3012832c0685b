"""Decide which record each respondent is: claims and records in, decisions out.

A decision is a pure function of the respondent's claims, the records that hold his keys, the settings, and what was
decided
before; never of other respondents. So row order, chunking and engine cannot change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from sync.identity.accounts import AccountBook
from sync.identity.bench import Bench
from sync.identity.claims import CLAIMS_SCHEMA
from sync.identity.evidence import DECISION_SCHEMA, decisions_table
from sync.identity.gather import Gathering
from sync.identity.history import candidates_of, past_of
from sync.identity.listing import joined
from sync.kernel import Kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sync.identity.listing import Listing
    from sync.identity.settings import IdentitySettings, Rule

#: Respondents decided at once in the kernel: bounds what is held of their decisions.
AT_ONCE = 25_000
#: Respondents judged at once on the bench: bounds what Python holds of their candidates.
HEARD_AT_ONCE = 10_000
#: Fewest respondents for which the kernel picks out the clear cases first.
CLEAR_FROM = 500
#: Longest chain of merges that is followed.
MOST_HOPS = 10
#: Key kind by which records are asked for by their own id.
RECORD = "record"
KEYS_SCHEMA = pa.schema([("kind", pa.string()), ("value", pa.string())])


def _named(respondents: pa.Array, prior: pa.Table | None, human: pa.Table | None) -> list[str]:
    ids: set[str] = set()
    for table in (prior, human):
        if table is not None and table.num_rows:
            for row in table.filter(pc.is_in(table["respondent"], value_set=respondents)).to_pylist():
                ids.update(record for record in (row["record"], *candidates_of(row)) if record)
    return sorted(ids)


def decide(  # noqa: PLR0913 - see `decisions`
    claims: pa.Table,
    records: Iterable[pa.Table],
    rules: Sequence[Rule],
    settings: IdentitySettings,
    prior: pa.Table | None = None,
    human: pa.Table | None = None,
    accounts: pa.Table | None = None,
    find: Callable[[pa.Table], Iterable[pa.Table]] | None = None,
    *,
    clear_from: int = CLEAR_FROM,
) -> pa.Table:
    """Return what `decisions` yields as one table; *records* are all that it would be given."""
    given = (claims, lambda _: records, rules, settings, prior, human, accounts, find)
    parts = list(decisions(*given, clear_from=clear_from))
    return pa.concat_tables(parts) if parts else DECISION_SCHEMA.empty_table()


def _keys(gathering: Gathering, named: Sequence[str]) -> pa.Table:
    keys = gathering.wanted().cast(KEYS_SCHEMA)
    return pa.concat_tables([keys, pa.table({"kind": [RECORD] * len(named), "value": named}, schema=KEYS_SCHEMA)])


def _follow(gathering: Gathering, find: Callable[[pa.Table], Iterable[pa.Table]] | None) -> None:
    """Fetch what records were merged into, hop by hop, as long as that finds anything new."""
    asked: set[str] = set()
    for _ in range(MOST_HOPS if find else 0):
        lost = gathering.lost()
        wanted = set(lost.column("value").to_pylist()) - asked
        if find is None or not wanted:
            return
        asked |= wanted
        for chunk in find(lost.cast(KEYS_SCHEMA)):
            gathering.take_named(chunk)


def decisions(  # noqa: PLR0913 - the inputs of one pure function; a bundle of them would have no other use
    claims: pa.Table,
    records: Callable[[pa.Table], Iterable[pa.Table]],
    rules: Sequence[Rule],
    settings: IdentitySettings,
    prior: pa.Table | None = None,
    human: pa.Table | None = None,
    accounts: pa.Table | None = None,
    find: Callable[[pa.Table], Iterable[pa.Table]] | None = None,
    *,
    listing: Listing | None = None,
    clear_from: int = CLEAR_FROM,
) -> Iterator[pa.Table]:
    """Yield one decision per respondent, ordered by respondent, a bounded table at a time.

    Args:
        claims: `CLAIMS_SCHEMA`, a respondent once.
        records: Asked once, for distinct (kind, value), it streams tables of `connectors.records.RECORD_FIELDS`;
            repeats and records that hold no key are fine. Kinds are `email` (the address as it is, in canonical form
            and without its tag), `email_base` (without its tag, to be compared with addresses loosened the same way),
            `phone` (its last eight digits), the id kinds that *rules* name (verbatim and normalised), and `record`
            (a record's own id, of those that earlier or human decisions name).
        rules: The mapping's `match`, in its order.
        settings: The config's `identity`.
        prior: Earlier decisions (`DECISION_SCHEMA`, at least respondent, outcome, reason, object, record, candidates).
            The records they name must be among *records* if they exist: one that is missing is taken as deleted.
        human: What people decided: respondent, verb (`pin`, `never`, `drop`), object, record.
        accounts: `sync.identity.accounts.ACCOUNT_FIELDS`; without it no account is found by mail domain.
        find: `Directory.find`, asked by id for the records that others were merged into. Without it *records* must give
            everything there is: a record's successor that is among them by chance would decide by chance.
        listing: All that *records* would give, kept; then *records* is not asked. It needs *find*.
        clear_from: With fewer respondents every one is judged, which is quicker then; the decisions are the same.
    """
    if not claims.num_rows:
        return
    bench = Bench(tuple(rules), settings, AccountBook(accounts))
    with Kernel() as kernel:
        named = _named(claims.column("respondent").combine_chunks(), prior, human)
        gathering = Gathering(kernel, claims, rules, settings, named, only_hits=find is not None)
        if listing is not None:
            gathering.take_listed(listing)
        else:
            for chunk in joined(records(_keys(gathering, named))):
                gathering.take(chunk)
        _follow(gathering, find)
        gathering.settle()
        yield from _judged(claims.select(CLAIMS_SCHEMA.names), gathering, bench, (prior, human), clear_from)


def _judged(
    claims: pa.Table,
    gathering: Gathering,
    bench: Bench,
    earlier: tuple[pa.Table | None, pa.Table | None],
    clear_from: int,
) -> Iterator[pa.Table]:
    """Yield the clear cases of the kernel and what the bench says of everybody else, ordered by respondent."""
    order = pc.sort_indices(claims["respondent"])
    for start in range(0, claims.num_rows, AT_ONCE):
        part = claims.take(order.slice(start, AT_ONCE))
        clear = DECISION_SCHEMA.empty_table()
        if claims.num_rows >= clear_from:
            clear = bench.clear(part, gathering, *earlier)
        settled = clear["respondent"].combine_chunks()
        rest = part.filter(pc.invert(pc.is_in(part["respondent"], value_set=settled)))
        judged = [
            _heard(rest.slice(at, HEARD_AT_ONCE), gathering, bench, earlier)
            for at in range(0, rest.num_rows, HEARD_AT_ONCE)
        ]
        yield pa.concat_tables([clear, *judged]).sort_by("respondent")


def _heard(
    claims: pa.Table, gathering: Gathering, bench: Bench, earlier: tuple[pa.Table | None, pa.Table | None]
) -> pa.Table:
    respondents = claims.column("respondent").combine_chunks()
    past = past_of(respondents, *earlier, gathering)
    return decisions_table(list(bench.decide(claims, gathering.candidates(respondents), past)))
