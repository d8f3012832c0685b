"""What a plan would change, field by field, beside what the records hold now: for people to read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.contract import Schema
from connectors.errors import ConnectorError
from connectors.values import RecordRef
from sync.ledger import outbox, runs
from sync.mapping.values import same
from sync.packed import unpack
from sync.report import FieldChange
from sync.shapes import Shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import RowMapping

    from connectors.contract import Destination
    from connectors.values import FieldValue
    from sync.run import Run

#: Why a field would change when no response of this run is the cause.
TIME = "time passed, a definition changed, or a contact of the account answered"
#: Field changes that a dry run shows; beyond, it says that there are more.
CHANGES_SHOWN = 1_000
#: And that a run shows that was stopped.
STOPPED_SHOWN = 20
#: Places of a mapping whose records were there before us.
_FOUND = ("profile", "rollup")


def field_changes(run: Run, destination: Destination, *, dry_run: bool) -> tuple[FieldChange, ...]:
    """Return the plan, field by field, as far as a person will read; records not written before are read for it."""
    most = CHANGES_SHOWN if dry_run else STOPPED_SHOWN
    found: list[FieldChange] = []
    unknown: set[RecordRef] = set()
    theirs = {shape.object for shape in Shapes(run.mapping).all() if shape.place in _FOUND}
    with run.ledger.read() as connection:
        for row in outbox.planned(connection, run.name):
            if len(found) > most:
                run.notes.append(f"only the first {most:,} field changes are shown")
                break
            planned = row._mapping  # noqa: SLF001 - SQLAlchemy's name for a row's columns
            found.extend(_of_record(planned))
            if planned["before"] is None and planned["keys"] is None and planned["object"] in theirs:
                unknown.add(RecordRef(object=planned["object"], id=planned["record"]))
        caused = runs.handled(connection, run.name, run.id, sorted({change.reason for change in found}))
    return tuple(
        replace(change, reason=f"response {change.reason}" if change.reason in caused else TIME)
        for change in _beside(run, destination, found[:most], unknown)
    )


def _of_record(planned: RowMapping) -> list[FieldChange]:
    keys = unpack(planned["keys"]) if planned["keys"] else {}
    is_new = planned["before"] is None and planned["desired"] is not None
    before = {} if is_new else keys | unpack(planned["before"] or "{}")
    packed = planned["changes"] or planned["desired"]
    # What has no fields of its own, such as a member of a campaign, is told by its key.
    after = keys | unpack(packed) if packed is not None and planned["desired"] is not None else dict.fromkeys(before)
    return [
        FieldChange(
            object=planned["object"],
            record=planned["record"],
            field=name,
            old=before.get(name),
            new=after[name],
            reason=planned["cause"] or "",
        )
        for name in sorted(after)
        if after[name] != before.get(name)
    ]


def _beside(
    run: Run, destination: Destination, changes: Sequence[FieldChange], unknown: set[RecordRef]
) -> list[FieldChange]:
    """Put what the *unknown* records hold now beside their changes; what they hold already is no change."""
    asked: dict[str, tuple[dict[RecordRef, None], dict[str, None]]] = {}
    for change in changes:
        ref = RecordRef(object=change.object, id=change.record)
        if ref in unknown:
            refs, names = asked.setdefault(change.object, ({}, {}))
            refs[ref] = names[change.field] = None
    held: dict[RecordRef, Mapping[str, FieldValue]] = {}
    try:
        for object_, (refs, names) in asked.items():
            if not isinstance(destination, Schema) or destination.fields(object_):
                held |= destination.read(list(refs), list(names))
    except ConnectorError as error:
        run.notes.append(f"what the records hold now could not be read [{error.code}]; their old values are left blank")
    found = []
    for change in changes:
        now = held.get(RecordRef(object=change.object, id=change.record), {})
        if change.field not in now:
            found.append(change)
        elif not same(change.new, now[change.field]):
            found.append(replace(change, old=now[change.field]))
    return found
