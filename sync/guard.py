"""The guard: measures a plan in the ledger, stops it where it is too much, and shows what it would change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sync.errors import Exit, Problem, UserError
from sync.ledger import inbox, matching, outbox, profiles, runs
from sync.packed import unpack
from sync.plan import Limits, Size, judge, plan_id
from sync.report import FieldChange, State
from sync.shapes import Shapes

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from sync.config.schema import Limits as Configured
    from sync.run import Run

#: Why a field would change when no response of this run is the cause.
TIME = "time passed, a definition changed, or a contact of the account answered"
#: Field changes that a dry run shows; beyond, it says how many more there are.
CHANGES_SHOWN = 1_000


def look(run: Run, limits: Configured, confirm: str | None, *, dry_run: bool) -> tuple[str | None, tuple[str, ...]]:
    """Return the plan's id where it matters, and why a person must look at it first.

    Raises:
        UserError: The plan to confirm is not the plan (E402).
    """
    allowed = Limits(
        stop_if_changed=limits.stop_if_changed,
        stop_if_cleared=limits.stop_if_cleared,
        stop_if_rejected=limits.stop_if_rejected,
        creates=limits.creates,
    )
    with run.ledger.read() as connection:
        extent = outbox.extent(connection, run.name, Shapes(run.mapping).records())
        reasons = judge(_size(connection, run, extent), allowed) if extent.writes else ()
        if not reasons and not dry_run and confirm is None:
            return None, ()
        plan = plan_id((row.object, row.record, row.desired) for row in outbox.planned(connection, run.name))
    if confirm is not None and confirm != plan:
        hint = f"Look at it with `npsync sync {run.name} -n`; to let it through, `--confirm {plan}`."
        what = f"the plan to confirm is {confirm}, the plan now is {plan}"
        raise UserError("E402", Problem(where=f"mapping {run.name}", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD)
    return plan, () if confirm is not None else reasons


def _size(connection: Connection, run: Run, extent: outbox.Extent) -> Size:
    linked = profiles.totals(connection, run.name).get(("", ""), 0)
    counts = inbox.counts(connection, run.name, run.id)
    return Size(
        changed=extent.changed,
        linked=linked,
        cleared=extent.cleared,
        values=linked * len(run.mapping.fields),
        created=matching.creates(connection, run.name),
        rejected=sum(rows for (state, _), rows in counts.items() if state is State.REJECTED),
        rows=inbox.rows_entered(connection, run.id),
    )


def field_changes(run: Run) -> tuple[FieldChange, ...]:
    """Return the plan, field by field, as far as a person will read."""
    found: list[FieldChange] = []
    with run.ledger.read() as connection:
        for row in outbox.planned(connection, run.name):
            if len(found) > CHANGES_SHOWN:
                run.notes.append(f"only the first {CHANGES_SHOWN:,} field changes are shown")
                break
            found.extend(_of_record(row._mapping))  # noqa: SLF001 - SQLAlchemy's name for a row's columns
        caused = runs.handled(connection, run.name, run.id, sorted({change.reason for change in found}))
    return tuple(
        replace(change, reason=f"response {change.reason}" if change.reason in caused else TIME)
        for change in found[:CHANGES_SHOWN]
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
