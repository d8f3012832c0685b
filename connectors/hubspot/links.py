"""Associations: which records a record hangs on, made by the type without a label that HubSpot keeps for two objects.

A mapping names them like fields, `associations.contacts: record.id`. To make an association twice leaves one.
Nothing is taken away: a blank value, or another one than before, leaves those that there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from connectors.batching import send
from connectors.errors import ConnectorError, Gone, Rejected, SchemaDrift
from connectors.hubspot.batches import results
from connectors.hubspot.errors import row_verdict
from connectors.hubspot.session import ASSOCIATIONS, WORKERS
from connectors.values import OutcomeKind
from connectors.verdicts import WRITTEN, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.batching import Sent
    from connectors.hubspot.paths import Paths
    from connectors.hubspot.session import Session

#: How a mapping's field begins that is an association: what follows is the other object.
PREFIX = "associations."
#: Pairs, and records, in one call (HubSpot's guide to associations, 2026-09).
WRITTEN_AT_ONCE = 2_000
READ_AT_ONCE = 1_000

#: (record, the one it hangs on), by their own ids; or (object, other object).
Pair = tuple[str, str]
#: HubSpot's own types without a label (its guide to associations, 2026-09); others it is asked for.
_DEFINED: Mapping[Pair, int] = {
    ("contacts", "companies"): 279,
    ("notes", "contacts"): 202,
    ("notes", "companies"): 190,
    ("notes", "deals"): 214,
    ("tasks", "contacts"): 204,
    ("tasks", "companies"): 192,
    ("tasks", "deals"): 216,
}
#: The other record is gone or never was: the row waits until its match says another one.
_NOBODY = "ASSOCIATED_RECORD_NOT_FOUND"


@dataclass(slots=True)
class Links:
    """The associations of one account."""

    session: Session
    paths: Paths
    _types: dict[Pair, Mapping[str, Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def type(self, from_: str, to: str) -> Mapping[str, Any]:
        """Return the type without a label between two objects, as requests name it.

        Raises:
            SchemaDrift: There is none.
        """
        with self._lock:
            found = self._types.get((from_, to))
            if found is None:
                found = self._types[from_, to] = self._ask(from_, to)
            return found

    def make(self, from_: str, to: str, pairs: Sequence[Pair]) -> Sent:
        """Associate *pairs*, no record twice among the first ones; verdicts come in their order."""
        path, type_ = self.paths.associations(from_, to, "batch/create"), self.type(from_, to)

        def call(batch: Sequence[Pair]) -> list[Verdict | None]:
            inputs = [{"from": {"id": one}, "to": {"id": other}, "types": [type_]} for one, other in batch]
            what = f"associate {len(batch)} {from_} with {to}"
            return settled(batch, self.session.once(path, {"inputs": inputs}, what=what, writes=True), PREFIX + to)

        self.session.ready()
        windows = (ASSOCIATIONS,)
        sent = send(pairs, call, size=WRITTEN_AT_ONCE, workers=WORKERS, caller=self.session.caller, windows=windows)
        for place, verdict in enumerate(sent.verdicts):
            if verdict.kind is OutcomeKind.GONE:
                sent.verdicts[place] = nobody(PREFIX + to)
        return sent

    def of(self, from_: str, to: str, ids: Iterable[str]) -> Mapping[str, list[str]]:
        """Return with whom records are associated, by their own ids; those with nobody are absent.

        Raises:
            ConnectorError: It could not be read.
        """
        path, found = self.paths.associations(from_, to), dict[str, list[str]]()
        asked: list[dict[str, str]] = [{"id": each} for each in dict.fromkeys(ids)]
        while asked:
            now, asked = asked[:READ_AT_ONCE], asked[READ_AT_ONCE:]
            what = f"read the {to} of {len(now)} {from_}"
            told = self.session.read(path, {"inputs": now}, what=what, windows=(ASSOCIATIONS,))
            for one, others, after in associated(told):
                found.setdefault(one, []).extend(str(each.get("toObjectId")) for each in others)
                if after:
                    asked.append({"id": one, "after": after})
        return found

    def _ask(self, from_: str, to: str) -> Mapping[str, Any]:
        if (from_, to) in _DEFINED:
            return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _DEFINED[from_, to]}
        path, what = self.paths.associations(from_, to, "labels"), f"ask how {from_} are associated with {to}"
        try:
            told = self.session.read(path, what=what)
        except (SchemaDrift, Rejected, Gone) as error:
            raise self._impossible(from_, to) from error
        for each in results(told):
            if not each.get("label") and each.get("typeId") is not None:
                return {"associationCategory": str(each.get("category")), "associationTypeId": each["typeId"]}
        raise self._impossible(from_, to)

    def _impossible(self, from_: str, to: str) -> ConnectorError:
        return SchemaDrift(
            f"{self.session.name}: HubSpot cannot associate `{from_}` with `{to}`",
            next_step=f"Leave `{PREFIX}{to}` out, or let the two objects be associated in HubSpot's data model.",
        )


def settled(pairs: Sequence[Pair], told: object, name: str) -> list[Verdict | None]:
    """Return what a reply says of each of *pairs*; None where it does not mention one.

    >>> told = {"results": [{"fromObjectId": 1, "toObjectId": 7}], "errors": []}
    >>> [None if each is None else each.kind.value for each in settled([("1", "7"), ("2", "7")], told, "x")]
    ['written', None]
    """
    done = {(str(each.get("fromObjectId")), str(each.get("toObjectId"))) for each in results(told)}
    refused: dict[Pair, Verdict] = {}
    errors = told.get("errors") if isinstance(told, Mapping) else None
    for error in errors if isinstance(errors, list) else ():
        context = error.get("context") if isinstance(error, Mapping) else None
        if isinstance(context, Mapping):
            ends = (context.get("fromObjectId"), context.get("toObjectId"))
            one, other = (str(end[0]) if isinstance(end, list) and end else "" for end in ends)
            verdict = row_verdict(error)
            refused[one, other] = Verdict(verdict.kind, verdict.code, verdict.fields or (name,), verdict.systemic)
    return [WRITTEN if pair in done else refused.get(pair) for pair in pairs]


def nobody(name: str) -> Verdict:
    """Return the verdict of a row whose other record, of the field *name*, does not exist."""
    return Verdict(OutcomeKind.REJECTED, _NOBODY, (name,))


def associated(told: object) -> Iterable[tuple[str, list[Mapping[str, Any]], str]]:
    """Yield from a reply: a record, those on this page that it is associated with, and where its next page begins."""
    for each in results(told):
        listed, from_, paging = each.get("to"), each.get("from"), each.get("paging")
        others = [other for other in (listed if isinstance(listed, list) else ()) if isinstance(other, Mapping)]
        after = (paging.get("next") or {}).get("after") if isinstance(paging, Mapping) else None
        yield str(from_.get("id") if isinstance(from_, Mapping) else ""), others, str(after or "")
