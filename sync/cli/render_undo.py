"""An undo as text: what went back, what stayed, and why."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sync.cli.render_run import WORDS, counts, shown_key, spent
from sync.cli.screen import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What each reason means; a code stands for itself.
REASONS = {
    "changed_since": "somebody changed it since",
    "later_run": "a later run wrote it",
    "gone": "the record is gone",
    "no_earlier_value": "no earlier value is known",
    "created_record": "a person's record is never deleted",
    "task": "a task is left to whoever does it",
    "newer_value_waits": "a newer value waits to be sent",
    "whole_record": "the run made or deleted the whole row; without --fields it is taken back",
    "not_mapped": "the mapping no longer writes this object",
}


def summary(report: Mapping[str, Any]) -> str:
    """Say what an undo did.

    >>> print(summary({"mapping": "crm", "status": "done", "run": "R2", "undoes": "R1", "seconds": 1.0, "calls": 2,
    ...                "looked_at": 3, "writes": {"Contact": 2}, "left": 1, "left_by_reason": {"changed_since": 1},
    ...                "notes": [], "ended": None}))
    crm: run R1 undone: done (run R2, 1.0 s, 2 calls)
      looked at  3 writes
      put back   Contact 2
      left       1 record: changed_since 1
    """
    status = WORDS.get(report["status"], report["status"])
    verb = "would go" if report["status"] == "dry_run" else "put back"
    left = report["left"]
    lines = [
        f"{report['mapping']}: run {report['undoes']} undone: {status} (run {report['run']}, {spent(report)})",
        f"  {'looked at':<10} {report['looked_at']:,} writes",
        f"  {verb:<10} {counts(report['writes']) or 'nothing'}",
    ]
    if left:
        lines.append(f"  {'left':<10} {left:,} record{'' if left == 1 else 's'}: {counts(report['left_by_reason'])}")
    if report["ended"]:
        ended = report["ended"]
        lines.append(f"  {'not sent':<10} {ended['what']} [{ended['code']}]")
        lines += [f"  {'':<10} {ended['next_step']}"] if ended["next_step"] else []
    lines += [f"  {'note':<10} {note}" for note in report["notes"]]
    return listed(lines)


def left(rows: Sequence[Mapping[str, Any]], total: int, run: str) -> str:
    """List what was left as it was, record by record, with the reason.

    >>> row = {"object": "Contact", "record": "003", "field": "NPS_Score__c", "reason": "changed_since"}
    >>> print(left([row], 1, "R2"))
    Contact 003: NPS_Score__c: somebody changed it since
    """
    lines = []
    for (object_, record), fields in groupby(rows, key=lambda row: (row["object"], row["record"])):
        told = [f"{each['field']}: {_meaning(each)}" if each["field"] else _meaning(each) for each in fields]
        lines.append(f"{object_} {shown_key(record)}: {'; '.join(told)}")
    if total > len(lines):
        lines.append(f"{total - len(lines):,} more: npsync runs {run} --limit {max(total * 20, 100)}")
    return listed(lines)


def _meaning(row: Mapping[str, Any]) -> str:
    return REASONS.get(row["reason"], f"it was refused ({row['reason']})")
