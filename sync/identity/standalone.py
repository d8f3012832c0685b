"""Identity alone: responses and records in, one decision row per response out; nothing is written to any record.

So that a company can measure it on its own data: `npsync resolve`. The caller opens the files.
"""

from __future__ import annotations

import csv
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from sync.identity.claims import claims_table, respondent_of
from sync.identity.evidence import DECISION_COLUMNS, DECISION_SCHEMA, REASONS
from sync.identity.resolve import decisions
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
    record: str
    #: One of `sync.identity.evidence.REASONS`.
    reason: str
    #: Record ids, separated by blanks.
    candidates: str
    account: str


COLUMNS = ResponseDecision._fields


def resolve_files(  # noqa: PLR0913 - the choices of one command
    directory: Directory,
    responses: Iterable[SurveyResponse | ResponseDecision],
    settings: IdentitySettings,
    *,
    rules: Sequence[Rule] = DEFAULT_RULES,
    previous: Mapping[str, ResponseDecision] | None = None,
    accounts: pa.Table | None = None,
) -> Iterator[ResponseDecision]:
    """Yield a decision for each of *responses*, in their order.

    Args:
        directory: Where records are found; asked once, so it must yield every record that there is.
        responses: As a source reads them; all are held in memory by their id and claims. What is decided already (a
            row that is no answer) keeps its place.
        settings: The config's `identity`.
        rules: What is compared; by default every kind of identifier that both sides have.
        previous: An earlier output by response id (`read_decisions`): links stay, doubts stay.
        accounts: `sync.identity.accounts.ACCOUNT_FIELDS`, to find accounts by mail domain.
    """
    asked = _asked(responses)
    prior = _prior_of(asked, previous or {})
    made = [
        part.select(["respondent", *_TOLD])
        for part in decisions(asked.claims, directory.find, rules, settings, prior, accounts=accounts)
    ]
    decided = pa.concat_tables([DECISION_SCHEMA.empty_table().select(["respondent", *_TOLD]), *made]).combine_chunks()
    places = pc.index_in(asked.respondents, value_set=decided.column("respondent").combine_chunks())
    for start in range(0, len(places), AT_ONCE):
        rows = decided.select(_TOLD).take(places.slice(start, AT_ONCE))
        texts = [["" if text is None else text for text in column.to_pylist()] for column in rows.itercolumns()]
        ids = asked.ids.slice(start, AT_ONCE).to_pylist()
        for at, row in enumerate(zip(ids, *texts, strict=True), start):
            response_id, outcome, rule, object_, record, reason, account, candidates = row
            yield asked.settled.get(at) or ResponseDecision(
                response_id, outcome, rule, object_, record, reason, _plain(candidates), account
            )


#: Columns of a decision that the output has; the last is written in another form.
_TOLD = ["outcome", "rule", "object", "record", "reason", "account", "candidates"]


class _Asked(NamedTuple):
    """All responses in their order, and the claims of those who gave them."""

    ids: pa.Array
    respondents: pa.Array
    #: Place → what was decided before.
    settled: dict[int, ResponseDecision]
    claims: pa.Table


def _asked(responses: Iterable[SurveyResponse | ResponseDecision]) -> _Asked:
    ids: list[str] = []
    respondents: list[str | None] = []
    settled: dict[int, ResponseDecision] = {}
    tables = [claims_table(())]
    waiting: list[Claims] = []
    seen: set[str] = set()
    for response in responses:
        ids.append(response.response_id)
        if isinstance(response, ResponseDecision):
            settled[len(respondents)] = response
            respondents.append(None)
            continue
        claims = respondent_of(response)
        respondents.append(claims.respondent)
        if claims.respondent not in seen:
            seen.add(claims.respondent)
            waiting.append(claims)
        if len(waiting) >= AT_ONCE:
            tables.append(claims_table(waiting))
            waiting.clear()
    tables.append(claims_table(waiting))
    return _Asked(pa.array(ids, pa.string()), pa.array(respondents, pa.string()), settled, pa.concat_tables(tables))


def _prior_of(asked: _Asked, previous: Mapping[str, ResponseDecision]) -> pa.Table | None:
    """Return the earlier decisions by respondent; where a respondent's responses disagree, the last one counts."""
    if not previous:
        return None
    order = zip(asked.ids.to_pylist(), asked.respondents.to_pylist(), strict=True)
    rows = {
        respondent: before
        for response_id, respondent in order
        if respondent and (before := previous.get(response_id)) is not None and before.reason in _REASONS
    }
    listed = [
        dict.fromkeys(DECISION_COLUMNS)
        | {
            "respondent": respondent,
            "outcome": before.outcome,
            "reason": before.reason,
            "rule": before.rule or None,
            "object": before.object or None,
            "record": before.record or None,
            "candidates": _listed(before.candidates),
        }
        for respondent, before in rows.items()
    ]
    return pa.Table.from_pylist(listed, DECISION_SCHEMA)


_REASONS = frozenset(reason for reasons in REASONS.values() for reason in reasons)


def _plain(candidates: str) -> str:
    """Write a JSON list of ids as a cell: blanks between them, or the list itself where an id holds a blank.

    >>> _plain('["003A","003B"]'), _listed("003A 003B"), _listed("")
    ('003A 003B', '["003A","003B"]', '[]')
    >>> _plain('["C 7","C 8"]'), _listed('["C 7","C 8"]')
    ('["C 7","C 8"]', '["C 7","C 8"]')
    """
    if candidates in {"", "[]"}:
        return ""
    ids = json.loads(candidates)
    cell = " ".join(ids)
    return cell if cell.split() == ids and not cell.startswith("[") else candidates


def _listed(cell: str) -> str:
    if cell.startswith("["):
        with suppress(ValueError):  # else an id may begin like this
            return json.dumps([str(id_) for id_ in json.loads(cell)], separators=(",", ":"))
    return json.dumps(cell.split(), separators=(",", ":"))


#: What a spreadsheet takes for the start of a formula, behind apostrophes of our own; and what is only a number.
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[\d.,]*\d")


def _is_formula(cell: str) -> bool:
    return _FORMULA.match(cell) is not None and _NUMBER.fullmatch(cell) is None


def _guarded(cell: str) -> str:
    """Write a cell so that no spreadsheet runs it.

    >>> [_guarded(cell) for cell in ("=1+1", "@x", "-5", "r1", "'=1")], _bare(_guarded("'=1"))
    (["'=1+1", "'@x", '-5', 'r1', "''=1"], "'=1")
    """
    return f"'{cell}" if _is_formula(cell) else cell


def _bare(cell: str) -> str:
    """Return what `_guarded` was given."""
    return cell[1:] if cell[:1] == "'" and _is_formula(cell[1:]) else cell


def write_decisions(rows: Iterable[ResponseDecision], stream: TextIO) -> int:
    """Write *rows* as CSV with a header; return how many there were.

    A cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    out = csv.writer(stream, lineterminator="\n")
    # Python 3.11 leaves a lone carriage return bare, which ends a row.
    quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    out.writerow(COLUMNS)
    count = 0
    for row in rows:
        cells = list(map(_guarded, row))
        (quoted if any("\r" in cell for cell in cells) else out).writerow(cells)
        count += 1
    return count


def read_decisions(stream: TextIO) -> dict[str, ResponseDecision]:
    """Read what `write_decisions` wrote, by response id; an id with two decisions says nothing.

    Raises:
        ValueError: The header is another one.
    """
    rows = csv.reader(stream)
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        raise ValueError(f"the first line must be {','.join(COLUMNS)}")
    found: dict[str, ResponseDecision] = {}
    twice: set[str] = set()
    for row in rows:
        if len(row) == len(COLUMNS):
            decision = ResponseDecision(*map(_bare, row))
            if found.setdefault(decision.response_id, decision) != decision:
                twice.add(decision.response_id)
    return {response_id: decision for response_id, decision in found.items() if response_id not in twice}
