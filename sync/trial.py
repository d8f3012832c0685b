"""Whom a sample of responses would be matched with, by each rule and by all of them; nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.values import RecordRef
from sync.identity.claims import claims_table, respondent_of
from sync.identity.resolve import decisions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Directory
    from connectors.values import SurveyResponse
    from sync.identity.settings import IdentitySettings, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What became of one response."""

    #: None: it would be held.
    record: RecordRef | None
    #: Which rule found it, or why it would be held: `none`, `many`, ...
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How a sample fares with some rules."""

    matched: int
    none: int
    many: int
    #: Held for another reason: a name that contradicts, an address of many.
    doubtful: int

    @classmethod
    def of(cls, met: Mapping[str, Met]) -> Tried:
        counts = Counter("matched" if one.record else one.reason for one in met.values())
        known = {name: counts.pop(name, 0) for name in ("matched", "none", "many")}
        return cls(**known, doubtful=counts.total())


def match(
    responses: Sequence[SurveyResponse], directory: Directory, rules: Sequence[Rule], settings: IdentitySettings
) -> dict[str, Met]:
    """Decide for each response, by its id, as a first sync would.

    Raises:
        ConnectorError: The directory cannot be asked.
    """
    claims = {each.response_id: respondent_of(each) for each in responses}
    decided: dict[str, Met] = {}
    for table in decisions(claims_table(claims.values()), directory.find, rules, settings, find=directory.find):
        for row in table.to_pylist():
            found = RecordRef(object=row["object"] or "", id=row["record"]) if row["outcome"] == "matched" else None
            decided[row["respondent"]] = Met(record=found, reason=str((row["rule"] if found else row["reason"]) or ""))
    return {id_: decided[claim.respondent] for id_, claim in claims.items()}
