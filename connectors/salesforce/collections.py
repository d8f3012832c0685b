"""sObject Collections: up to 200 records in one call, each with a verdict of its own (design facts A5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from connectors.batching import send
from connectors.salesforce.ids import is_id, widened
from connectors.salesforce.rules import TABLE, complaint_of
from connectors.salesforce.session import Call
from connectors.values import OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.batching import Sent
    from connectors.salesforce.session import Session
    from connectors.values import FieldValue

#: Salesforce's most for one call.
AT_ONCE = 200
#: Calls under way at once; more would only meet row locks on shared accounts.
WORKERS = 4
ID = "Id"
#: A record, or what names it, on its way.
Row = dict[str, "FieldValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where rows go: an object, and the field by which its records are matched."""

    object: str
    #: The field; empty where records are only made, or are looked up first.
    key: str
    delete: bool = False
    #: The fields by which records are looked up first, because Salesforce cannot match by them.
    parts: tuple[str, ...] = ()

    @property
    def by_id(self) -> bool:
        return self.key == ID

    @property
    def makes(self) -> bool:
        """Tell whether a row sent twice makes two records."""
        return not self.key


def apply(session: Session, target: Target, rows: Sequence[Row]) -> Sent:
    """Send *rows*, each with its key, and return a verdict for each; rows without a key are sent once and no more."""

    def call(batch: Sequence[Row]) -> Sequence[Verdict | None]:
        reply = session.once(_call(target, batch))
        return verdicts(target, batch, reply)

    assert session.caller is not None
    repeatable = not target.makes
    return send(rows, call, size=AT_ONCE, workers=WORKERS, caller=session.caller, repeatable=repeatable)


def _call(target: Target, batch: Sequence[Row]) -> Call:
    if target.delete:
        what = f"deleting {len(batch)} {target.object} records"
        ids = ",".join(str(row[ID]) for row in batch)
        return Call("composite/sobjects", what, "DELETE", params={"ids": ids, "allOrNone": "false"}, writes=True)
    attributes = {"type": target.object}
    records = [{"attributes": attributes, **row} for row in batch]
    body = orjson.dumps({"allOrNone": False, "records": records})
    if target.makes:
        return Call("composite/sobjects", f"making {len(batch)} {target.object} records", "POST", body, writes=True)
    path = "composite/sobjects" if target.by_id else f"composite/sobjects/{target.object}/{target.key}"
    return Call(path, f"writing {len(batch)} {target.object} records", "PATCH", body, writes=True)


def verdicts(target: Target, batch: Sequence[Row], reply: Any) -> Sequence[Verdict | None]:  # noqa: ANN401 - JSON
    """Return what *reply* says of each row, in the batch's order; None where it does not say.

    Salesforce answers in the order asked. A reply that can be seen to break that promise (other ids than were sent, or
    another number of them) is believed only where it names the record.
    """
    told = reply if isinstance(reply, list) and all(isinstance(each, dict) for each in reply) else []
    if len(told) != len(batch):
        return [None] * len(batch)
    if not (target.by_id or target.delete) or _in_order(batch, told):
        return [_verdict(each) for each in told]
    good = {widened(str(each["id"])) for each in told if each.get("success") and is_id(each.get("id"))}
    return [WRITTEN if widened(str(row[ID])) in good else None for row in batch]


def _in_order(batch: Sequence[Row], told: Sequence[Mapping[str, Any]]) -> bool:
    return all(
        not each.get("success") or not is_id(each.get("id")) or widened(str(each["id"])) == widened(str(row[ID]))
        for row, each in zip(batch, told, strict=True)
    )


def _verdict(told: Mapping[str, Any]) -> Verdict | None:
    if told.get("success") is True:
        return WRITTEN
    errors = [error for error in told.get("errors") or () if isinstance(error, dict)]
    if not errors:
        return None
    found = [TABLE.row(complaint_of(error)) for error in errors]
    # A lock beside a lasting fault: the fault would be there again.
    return min(found, key=lambda verdict: verdict.kind is OutcomeKind.DEFERRED)
