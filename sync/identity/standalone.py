"""Identity alone: responses and records in, one decision row per response out; nothing is written to any record.

So that a company can measure it on its own data: `npsync resolve`. The caller opens the files.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, NamedTuple, TextIO

import pyarrow as pa

from sync.identity.claims import claims_table, respondent_of
from sync.identity.evidence import DECISION_COLUMNS, DECISION_SCHEMA
from sync.identity.resolve import decisions, keys_of
from sync.identity.settings import DEFAULT_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connectors.contract import Directory
    from connectors.values import SurveyResponse
    from sync.identity.claims import Claims
    from sync.identity.settings import IdentitySettings, Rule

#: Responses whose claims are gathered at once, before they become an Arrow table.
AT_ONCE = 50_000


class ResponseDecision(NamedTuple):
    """One row of `decisions.csv`."""

    response_id: str
    #: `matched`, `held` (also when nobody was found: reason `none`) or `excluded`.
    outcome: str
    rule: str
    object: str
    record_id: str
    #: One of `sync.identity.evidence.REASONS`.
    reason: str
    #: Record ids, separated by blanks.
    candidates: str
    account_id: str


COLUMNS = ResponseDecision._fields


def resolve_files(  # noqa: PLR0913 - the choices of one command
    directory: Directory,
    responses: Iterable[SurveyResponse],
    settings: IdentitySettings,
    *,
    rules: Sequence[Rule] = DEFAULT_RULES,
    previous: Mapping[str, ResponseDecision] | None = None,
    accounts: pa.Table | None = None,
) -> Iterator[ResponseDecision]:
    """Yield a decision for each of *responses*, in their order.

    Args:
        directory: Where records are found; asked once for all keys, and by id for what records were merged into.
        responses: As a source reads them; all are held in memory by their id and claims.
        settings: The config's `identity`.
        rules: What is compared; by default every kind of identifier that both sides have.
        previous: An earlier output by response id (`read_decisions`): links stay, doubts stay.
        accounts: `sync.identity.accounts.ACCOUNT_FIELDS`, to find accounts by mail domain.
    """
    order, claims = _claims_of(responses, settings)
    prior = _prior_of(order, previous or {})
    found = directory.find(keys_of(claims, rules, settings, prior))
    decided: dict[str, tuple[str, ...]] = {}
    for part in decisions(claims, found, rules, settings, prior, accounts=accounts, find=directory.find):
        columns = part.select(["outcome", "rule", "object", "record", "reason", "candidates", "account"])
        texts = [["" if value is None else value for value in column.to_pylist()] for column in columns.itercolumns()]
        decided.update(zip(part.column("respondent").to_pylist(), zip(*texts, strict=True), strict=True))
    for response_id, respondent in order:
        outcome, rule, object_, record, reason, candidates, account = decided[respondent]
        yield ResponseDecision(response_id, outcome, rule, object_, record, reason, _plain(candidates), account)


def _claims_of(
    responses: Iterable[SurveyResponse], settings: IdentitySettings
) -> tuple[list[tuple[str, str]], pa.Table]:
    order: list[tuple[str, str]] = []
    tables = [claims_table(())]
    waiting: dict[str, Claims] = {}
    seen: set[str] = set()
    for response in responses:
        claims = respondent_of(response, settings)
        order.append((response.response_id, claims.respondent))
        if claims.respondent not in seen:
            seen.add(claims.respondent)
            waiting[claims.respondent] = claims
        if len(waiting) >= AT_ONCE:
            tables.append(claims_table(waiting.values()))
            waiting.clear()
    tables.append(claims_table(waiting.values()))
    return order, pa.concat_tables(tables)


def _prior_of(order: Iterable[tuple[str, str]], previous: Mapping[str, ResponseDecision]) -> pa.Table | None:
    """Return the earlier decisions by respondent; where a respondent's responses disagree, the last one counts."""
    if not previous:
        return None
    rows = {
        respondent: before for response_id, respondent in order if (before := previous.get(response_id)) is not None
    }
    listed = [
        dict.fromkeys(DECISION_COLUMNS)
        | {
            "respondent": respondent,
            "outcome": before.outcome,
            "reason": before.reason,
            "rule": before.rule or None,
            "object": before.object or None,
            "record": before.record_id or None,
            "candidates": _listed(before.candidates),
        }
        for respondent, before in rows.items()
    ]
    return pa.Table.from_pylist(listed, DECISION_SCHEMA)


def _plain(candidates: str) -> str:
    """Write a JSON list of ids as a cell.

    >>> _plain('["003A","003B"]'), _listed("003A 003B"), _listed("")
    ('003A 003B', '["003A","003B"]', '[]')
    """
    return " ".join(json.loads(candidates))


def _listed(cell: str) -> str:
    return json.dumps(cell.split(), separators=(",", ":"))


def write_decisions(rows: Iterable[ResponseDecision], stream: TextIO) -> int:
    """Write *rows* as CSV with a header; return how many there were."""
    out = csv.writer(stream, lineterminator="\n")
    out.writerow(COLUMNS)
    count = 0
    for row in rows:
        out.writerow(row)
        count += 1
    return count


def read_decisions(stream: TextIO) -> dict[str, ResponseDecision]:
    """Read what `write_decisions` wrote, by response id.

    Raises:
        ValueError: The header is another one.
    """
    rows = csv.reader(stream)
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        raise ValueError(f"the first line must be {','.join(COLUMNS)}")
    return {row[0]: ResponseDecision(*row) for row in rows if row}
