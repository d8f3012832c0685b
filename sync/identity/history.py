"""What was decided before, and by whom: people first, then existing links, then what the keys say today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from sync.identity.evidence import AMBIGUOUS
from sync.identity.gather import REFS
from sync.identity.names import Agreement, name_of
from sync.identity.persons import Candidate, refs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sync.identity.gather import Gathering
    from sync.identity.names import Name

Row = dict[str, str | None]


class Standing(NamedTuple):
    """Where records named earlier stand now: (object or None, id) → the live records they lead to."""

    found: dict[tuple[str | None, str], list[Candidate]]

    def of(self, object_: str | None, record: str | None) -> list[Candidate]:
        """Return what the named record leads to; empty when the directory does not hold it any longer."""
        return self.found.get((object_, record or ""), [])


class Past(NamedTuple):
    """Earlier and human decisions on some respondents."""

    prior: dict[str, Row]
    human: dict[str, list[Row]]
    standing: Standing


def past_of(respondents: pa.Array, prior: pa.Table | None, human: pa.Table | None, gathering: Gathering) -> Past:
    """Return the past of *respondents*, with every record it names where it stands now."""
    before = {str(row["respondent"]): row for row in _only(prior, respondents)}
    people: dict[str, list[Row]] = {}
    for row in _only(human, respondents):
        people.setdefault(str(row["respondent"]), []).append(row)
    named: set[tuple[str | None, str | None]]
    named = {(row["object"], row["record"]) for rows in people.values() for row in rows if row["record"]}
    for row in before.values():
        named |= {(row["object"], row["record"])} if row["record"] else set()
        named |= {(None, record) for record in candidates_of(row)}
    return Past(before, people, _standing(named, gathering))


def _only(table: pa.Table | None, respondents: pa.Array) -> list[Row]:
    if table is None or not table.num_rows:
        return []
    rows: list[Row] = table.filter(pc.is_in(table["respondent"], value_set=respondents)).to_pylist()
    return rows


def _standing(named: set[tuple[str | None, str | None]], gathering: Gathering) -> Standing:
    if not named:
        return Standing({})
    ordered = sorted(named, key=lambda ref: (ref[0] or "", ref[1] or ""))
    refs_ = pa.table({"object": [ref[0] for ref in ordered], "id": [ref[1] for ref in ordered]}, schema=REFS)
    found: dict[tuple[str | None, str], list[Candidate]] = {}
    for row in gathering.standing(refs_).to_pylist():
        lost = row["live_id"] is None
        candidate = Candidate(
            row["object"] if lost else row["live_object"],
            row["id"] if lost else row["live_id"],
            name_of(row["first_name"], row["last_name"], row["full_name"]),
            account=row["account"],
            created_at=row["created_at"],
            gone=lost or row["deleted"],
            suppressed=row["suppressed"],
        )
        found.setdefault((row["asked"], row["id"]), []).append(candidate)
    return Standing({ref: sorted(candidates, key=lambda c: c.ref) for ref, candidates in found.items()})


def candidates_of(row: Row) -> list[str]:
    """Return the candidate ids of a stored decision."""
    return [str(record) for record in json.loads(row.get("candidates") or "[]")]


def nevers(rows: Iterable[Row], standing: Standing) -> frozenset[tuple[str, str]]:
    """Return the records that a person said this respondent is not, merges followed."""
    said = [row for row in rows if row["verb"] == "never"]
    live = {c.ref for row in said for c in standing.of(row["object"], row["record"])}
    return frozenset(live | {(row["object"] or "", row["record"] or "") for row in said})


def became_one(row: Row, name: Name, standing: Standing) -> Candidate | None:
    """Return the record that all candidates of an ambiguous decision have become, if they have."""
    ids = candidates_of(row)
    if row["reason"] not in AMBIGUOUS or row["reason"] == "role_mailbox" or len(ids) < 2:
        return None
    reached = [standing.of(None, record) for record in ids]
    live = {c.ref: c for candidates in reached for c in candidates if not c.gone}
    if not all(reached) or len(live) != 1 or any(not refs(candidates) for candidates in reached):
        return None
    (only,) = live.values()
    return None if only.suppressed or only.agrees(name) is Agreement.CONFLICT else only
