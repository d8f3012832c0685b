"""The set work of a run, row by row: the reference models of the tests in the form that the engine asks for."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.values import SurveyKind
from sync.identity.evidence import Decision, decisions_table
from sync.identity.history import candidates_of
from sync.nps.category import category_of
from sync.nps.interval import Counts
from sync.nps.relations import EPOCH, PROFILES, ROLLUPS
from sync.nps.rollup import coverage, published
from sync.sets import SetWork
from tests.reference_identity import Reference
from tests.reference_nps import Answered
from tests.reference_nps import profiles as reference_profiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sync.identity.settings import IdentitySettings, Rule
    from sync.nps.settings import NpsSettings
    from sync.segments import Predicate

Row = dict[str, Any]
KEYS = pa.schema([("kind", pa.string()), ("value", pa.string())])
#: Hops of merges that are followed.
HOPS = 10


def decisions(
    claims: pa.Table,
    records: Callable[[pa.Table], Iterable[pa.Table]],
    rules: Sequence[Rule],
    settings: IdentitySettings,
    prior: pa.Table | None = None,
    human: pa.Table | None = None,
    *,
    find: Callable[[pa.Table], Iterable[pa.Table]] | None = None,
    listing: object = None,
) -> Iterator[pa.Table]:
    """See `sync.identity.resolve.decisions`; only e-mail addresses are compared."""
    assert listing is None
    if not claims.num_rows:
        return
    before = [] if prior is None else prior.to_pylist()
    said = [] if human is None else human.to_pylist()
    mails = {mail for name in ("email", "recipient_email") for mail in claims[name].to_pylist() if mail}
    named = {each for row in before for each in (row["record"], *candidates_of(row)) if each}
    named |= {row["record"] for row in said if row["record"]}
    found = _found(records, sorted(mails), sorted(named))
    for _ in range(HOPS if find else 0):
        lost = {row["merged_into"] for row in found.values() if row["merged_into"]} - {id_ for _, id_ in found} - named
        if not lost or find is None:
            break
        named |= lost
        found |= _found(find, [], sorted(lost))
    decided = Reference(list(found.values()), rules, settings).decide(claims, before, said)
    yield decisions_table([Decision(*each) for each in decided])


def _found(
    ask: Callable[[pa.Table], Iterable[pa.Table]], mails: Sequence[str], named: Sequence[str]
) -> dict[tuple[str, str], Row]:
    kinds = ["email"] * len(mails) + ["record"] * len(named)
    tables = ask(pa.table({"kind": kinds, "value": [*mails, *named]}, schema=KEYS))
    return {(row["object"], row["id"]): row for table in tables for row in table.to_pylist()}


def profiles(
    _kernel: object,
    responses: pa.Table,
    *,
    now: datetime,
    settings: NpsSettings,
    segments: Mapping[str, Predicate],
) -> pa.Table:
    """See `sync.nps.compute.compute_profiles`."""
    answered = [
        Answered(
            subject=row["subject"],
            key=row["key"],
            score=row["score"],
            at=EPOCH + timedelta(milliseconds=row["responded_at"]),
            kind=SurveyKind(row["survey_kind"]),
            account=row["account"],
            survey=row["survey"],
            source=row["source"],
            comment=row["comment"],
        )
        for row in responses.to_pylist()
    ]
    rows = reference_profiles(answered, now, settings, segments)
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in PROFILES]
    return pa.Table.from_arrays(columns, schema=PROFILES)


def rollups(
    _kernel: object, contacts: pa.Table, sizes: pa.Table | None, *, now: datetime, settings: NpsSettings
) -> pa.Table:
    """See `sync.nps.compute.compute_rollups`; the latest response of each contact counts."""
    del now
    known = {} if sizes is None else {row["account"]: row["contacts_known"] for row in sizes.to_pylist()}
    by_account: dict[str, list[Row]] = {}
    for row in contacts.to_pylist():
        by_account.setdefault(row["account"], []).append(row)
    rows = [_rollup(account, by_account[account], known, settings) for account in sorted(by_account)]
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in ROLLUPS]
    return pa.Table.from_arrays(columns, schema=ROLLUPS)


def _rollup(account: str, contacts: Sequence[Row], known: Mapping[str, int], settings: NpsSettings) -> Row:
    for kind in SurveyKind:
        voices = [row for row in contacts if row[f"{kind}_score"] is not None]
        if voices:
            break
    categories = [category_of(row[f"{kind}_score"]).value for row in voices]
    counts = Counts(*(categories.count(name) for name in ("promoter", "passive", "detractor")))
    estimate = published(counts, settings)
    return {
        "account": account,
        "survey_kind": kind.value if voices else None,
        "nps": estimate and estimate.nps,
        "nps_low": estimate and estimate.low,
        "nps_high": estimate and estimate.high,
        "responses": len(voices),
        "contacts": len(voices),
        **counts._asdict(),
        "coverage": coverage(len(voices), known.get(account)),
        "declining": sum(row["trend"] == "declining" for row in contacts),
        **dict.fromkeys(("sends", "answered", "response_rate")),
        "as_of": max((row[f"{kind}_responded_at"] for row in voices), default=None),
        "due_at": min((row["due_at"] for row in contacts if row["due_at"] is not None), default=None),
    }


def row_by_row() -> SetWork:
    return SetWork(decisions=decisions, profiles=profiles, rollups=rollups, kernel=nullcontext)
