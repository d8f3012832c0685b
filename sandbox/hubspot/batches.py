"""Batches of up to 100 objects: read, create, update, upsert, archive.

A write is planned row by row before anything is applied. Without a trace id of its own for every row, one bad row
fails the whole batch; with them the good rows are written and the answer is a 207.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot import showing
from sandbox.hubspot.calls import maybe_text, text_of
from sandbox.hubspot.errors import Refusal, bad_json, gone_objects, invalid_values
from sandbox.hubspot.showing import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal
    from sandbox.hubspot.records import Claims, Record, Store

    Row = dict[str, Any]

_WITH_HISTORY = 50
#: Properties that a whole upsert by e-mail need not repeat: the key itself, and what HubSpot fills of itself.
_NOT_GIVEN = {"email", "hs_additional_emails", "associatedcompanyid", "lifecyclestage"}


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that will be applied."""

    row: Row
    #: The record it is for; None: a new one.
    record: Record | None
    values: dict[str, str]


def read(portal: Portal, call: Call, store: Store) -> Reply:
    """Answer a batch read: who was found, and which ids lead nowhere."""
    body, rows = call.body(), call.inputs()
    wanted = Wanted.of_body(body)
    if wanted.history and len(rows) > _WITH_HISTORY:
        raise bad_json(f"At most {_WITH_HISTORY} objects can be read with their history, got {len(rows)}")
    archived = call.flag("archived")
    found: dict[str, Record] = {}
    missing = []
    for row in rows:
        record = store.find(maybe_text(body, "idProperty"), text_of(row, "id"))
        if record is None or (record.archived is not None) is not archived:
            missing.append(row["id"])
        else:
            found[record.id] = record
    results = [showing.read(portal, store, record, call, wanted) for record in found.values()]
    refusals = [gone_objects(store.kind.singular, list(dict.fromkeys(missing))).row({}, portal.omit)] if missing else []
    return _answer(portal, call, results, refusals, 200)


def create(portal: Portal, call: Call, store: Store) -> Reply:
    """Answer a batch create."""

    def plan(row: Row, claims: Claims) -> Planned:
        values = store.checked(_properties(row), None, claims, row)
        portal.demand(call, store.kind, values)
        portal.links.check(store.kind, row.get("associations"))
        return Planned(row, None, values)

    return _write(portal, call, store, plan, 201)


def update(portal: Portal, call: Call, store: Store) -> Reply:
    """Answer a batch update: by record id only."""
    records: list[str] = []
    for row in call.inputs():
        if maybe_text(row, "idProperty") not in {"", "hs_object_id"}:
            raise Refusal(400, f"Unable to perform update/upsert by non-unique {store.kind.id} property")
        found = store.resolve(text_of(row, "id"))
        records.append(found.id if found is not None else row["id"])
    _refuse_duplicates(records)

    def plan(row: Row, claims: Claims) -> Planned:
        record = _alive(store, store.resolve(row["id"]), row["id"])
        return Planned(row, record, store.checked(_properties(row), record, claims, row))

    return _write(portal, call, store, plan, 200)


def upsert(portal: Portal, call: Call, store: Store) -> Reply:
    """Answer a batch upsert: by record id, by e-mail, or by a property with unique values."""
    records = []
    for row in call.inputs():
        if not text_of(row, "id").strip():
            raise bad_json("id must not be empty")
        found = store.find(maybe_text(row, "idProperty"), row["id"])
        name = row["id"].strip().lower() if row.get("idProperty") == "email" else row["id"]
        records.append(found.id if found is not None else f"{row.get('idProperty')}={name}")
    _refuse_duplicates(records)

    def plan(row: Row, claims: Claims) -> Planned:
        named, given = row.get("idProperty") or "hs_object_id", _properties(row)
        record = store.find(named, row["id"])
        if record is None and named == "hs_object_id":
            raise gone_objects(store.kind.singular, [row["id"]])
        if record is None:
            given = {named: row["id"], **given}
        values = store.checked(given, record, claims, row)
        if record is None:
            portal.demand(call, store.kind, values)
        elif named == "email":
            _complete(portal, store, record, values)
        return Planned(row, record, values)

    return _write(portal, call, store, plan, 200, tells_new=True)


def archive(portal: Portal, call: Call, store: Store) -> Reply:
    """Answer a batch archive; ids that lead nowhere do not matter."""
    rows = call.inputs()
    for row in rows:
        record = store.resolve(text_of(row, "id"))
        if record is not None:
            portal.archive(store, record, call.at)
    return Reply.empty(204, rows=len(rows))


def _write(
    portal: Portal,
    call: Call,
    store: Store,
    plan: Callable[[Row, Claims], Planned],
    status: int,
    *,
    tells_new: bool = False,
) -> Reply:
    rows = call.inputs()
    if call.request.fires("row_lock"):
        raise locked()
    traced = _traced(rows)
    planned: list[Planned] = []
    refused: list[tuple[Row, Refusal]] = []
    claims: Claims = {}
    hidden = _hidden(call, store, rows)
    for row in rows:
        try:
            _disturb(call, hidden, row)
            planned.append(plan(row, claims))
        except Refusal as refusal:
            if not (traced or refusal.category == "OBJECT_NOT_FOUND"):
                raise
            refused.append((row, refusal))
    if rows and call.request.fires("silent_failure"):
        return _answer(portal, call, [], [], status)
    results = []
    for one in planned:
        applied = portal.apply(store, one.record, one.values, one.row.get("associations"), call.at)
        if call.request.fires("silent_batch", _key(one.row)):
            continue
        result = showing.written(portal, store, applied, one.values)
        if tells_new:
            result["new"] = one.record is None
        if call.request.fires("trace_echo"):
            result["objectWriteTraceId"] = one.row.get("objectWriteTraceId")
        results.append(result)
    errors = [
        refusal.row({"objectWriteTraceId": [row["objectWriteTraceId"]]} if traced else {}, portal.omit)
        for row, refusal in refused
    ]
    return _answer(portal, call, results, errors, status)


def _complete(portal: Portal, store: Store, record: Record, made: dict[str, str]) -> None:
    """Do what upserts by e-mail do to the properties that they leave out: see `Portal.partial_upsert`."""
    catalogue = store.catalogue
    kept = [name for name in record.values if (prop := catalogue.get(name)) is not None and not prop.read_only]
    left_out = [name for name in kept if name not in made and name not in _NOT_GIVEN]
    if left_out and portal.partial_upsert == "refused":
        raise Refusal(400, "Partial upserts are not supported when using email as the idProperty")
    if portal.partial_upsert == "clears":
        made |= dict.fromkeys(left_out, "")


def _hidden(call: Call, store: Store, rows: Sequence[Row]) -> set[str]:
    """Let the switches hide properties of ours that the batch names."""
    named = {name for row in rows for name in _properties(row)}
    owned = [name for name in named if (own := store.catalogue.get(name)) is not None and not own.standard]
    return {name for name in owned if call.request.fires("schema_drift", name)}


def _disturb(call: Call, hidden: set[str], row: Row) -> None:
    """Let the switches refuse a row with which nothing is wrong."""
    for name in hidden & row["properties"].keys():
        raise invalid_values([(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')])
    if call.request.fires("partial_batch", _key(row)):
        raise Refusal(500, "internal error", "INTERNAL_ERROR")


def locked() -> Refusal:
    """Refuse because somebody else writes the same objects; it lasts two seconds."""
    return Refusal(423, "The requested objects are locked by another operation. Wait at least 2 seconds.", "LOCKED")


def _answer(portal: Portal, call: Call, results: list[Row], errors: list[Row], status: int) -> Reply:
    if not portal.ordered:
        portal.dice.shuffle(results)
    body: Row = {"status": "COMPLETE", "results": results, "startedAt": call.stamp, "completedAt": portal.stamp()}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Reply.json(body, 207 if errors else status, rows=len(results))


def _traced(rows: Sequence[Row]) -> bool:
    traces = [row.get("objectWriteTraceId") for row in rows]
    return all(isinstance(trace, str) and trace for trace in traces) and len(set(traces)) == len(traces)


def _refuse_duplicates(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise Refusal(400, f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique")


def _properties(row: Row) -> Row:
    given = row.get("properties")
    if not isinstance(given, dict):
        raise bad_json("some required fields were not set: [properties]")
    return given


def _alive(store: Store, record: Record | None, id_: str) -> Record:
    if record is None or record.archived is not None:
        raise gone_objects(store.kind.singular, [id_])
    return record


def _key(row: Row) -> str:
    """Name a row for the fault switches, the same whatever batch it is in."""
    if isinstance(row.get("id"), str):
        return str(row["id"])
    given = row["properties"]
    return str(given.get("email") or sorted(given.items(), key=str))
