"""The guard: measures a plan in the ledger, and stops it where it is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.chunk import hears
from sync.errors import Exit, Problem, UserError
from sync.ledger import inbox, matching, outbox, profiles, sizes
from sync.nps.category import category_of
from sync.packed import unpack
from sync.plan import RECORDS_TO_JUDGE, Limits, Size, judge, plan_id
from sync.report import State
from sync.shapes import Shapes

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from connectors.values import FieldValue
    from sync.config.schema import Limits as Configured
    from sync.run import Run


def look(
    run: Run, limits: Configured, confirm: str | None, *, dry_run: bool
) -> tuple[str | None, tuple[str, ...], int]:
    """Return the plan's id where it matters, why a person must look at it first, and how many writes it has.

    Raises:
        UserError: The plan to confirm is not the plan (E402).
    """
    allowed = Limits(
        stop_if_changed=limits.stop_if_changed,
        stop_if_cleared=limits.stop_if_cleared,
        stop_if_rejected=limits.stop_if_rejected,
        creates=limits.creates,
        stop_if_flipped=limits.stop_if_flipped,
        stop_if_shrunk=limits.stop_if_shrunk,
        tasks=limits.tasks,
    )
    with run.ledger.read() as connection:
        extent = outbox.extent(connection, run.name, Shapes(run.mapping).records())
        reasons = judge(_size(connection, run, extent, allowed), allowed) if extent.writes else ()
        moved = sizes.any_moved(connection, run.name)
        plan = _plan(connection, run.name) if reasons or dry_run or confirm is not None else None
    if moved and (not reasons or plan == confirm):
        run.step("guard.accept")
        with run.lease.write() as connection:
            sizes.accept(connection, run.name)
    writes = sum(extent.writes.values())
    if plan is None:
        return None, (), writes
    if confirm is not None and confirm != plan:
        hint = f"Look at it with `npsync sync {run.name} -n`; to let it through, `--confirm {plan}`."
        what = f"the plan to confirm is {confirm}, the plan now is {plan}"
        raise UserError("E402", Problem(where=f"mapping {run.name}", what=what, hint=hint), exit_=Exit.STOPPED_BY_GUARD)
    return plan, () if confirm is not None else reasons, writes


def is_kept(run: Run, confirm: str | None) -> bool:
    """Tell whether the plan to confirm is, write for write, the one that waits since a run was stopped."""
    if confirm is None:
        return False
    with run.ledger.read() as connection:
        return confirm == _plan(connection, run.name)


def _plan(connection: Connection, mapping: str) -> str:
    return plan_id((row.object, row.record, row.desired) for row in outbox.planned(connection, mapping))


def _size(connection: Connection, run: Run, extent: outbox.Extent, limits: Limits) -> Size:
    persons, shapes = profiles.totals(connection, run.name), Shapes(run.mapping)
    # Of whom a mapping says nothing, they are not among those whom it could change.
    unheard = 0 if hears(shapes.record_of(run.mapping.object).words) else persons.get(("silent", ""), 0)
    linked = persons.get(("", ""), 0) - unheard
    entered, counts = inbox.counts(connection, run.name, run.id)
    tasks = shapes.tasks
    return Size(
        changed=extent.changed,
        linked=linked,
        cleared=extent.cleared,
        values=linked * len(run.mapping.fields),
        created=matching.creates(connection, run.name),
        rejected=sum(rows for (state, _), rows in counts.items() if state is State.REJECTED),
        rows=entered,
        flipped=_flipped(connection, run, extent) if limits.stop_if_flipped < 1 else 0,
        tasks=extent.writes.get(tasks.object, 0) if tasks is not None else 0,
        shrunk=tuple(sizes.shrunk(connection, run.name)),
        unfound=counts.get((State.HELD, "none"), 0),
        found=counts.get((State.PENDING, ""), 0),
    )


def _flipped(connection: Connection, run: Run, extent: outbox.Extent) -> int:
    """Count the records whose category would be another one, as far as the mapping writes anything of it."""
    if extent.changed < RECORDS_TO_JUDGE:
        return 0
    rules = run.mapping.fields
    told = [name for name, rule in rules.items() if rule.from_ in ("category", "points")]
    scores = [name for name, rule in rules.items() if rule.from_ == "score"]
    objects, flipped = Shapes(run.mapping).records(), 0
    for row in outbox.planned(connection, run.name):
        if row.object not in objects or not row.changes or not row.before:
            continue
        changes, before = unpack(row.changes), unpack(row.before)
        flipped += any(name in changes for name in told) or any(
            _category(changes[name]) != _category(before.get(name)) for name in scores if name in changes
        )
    return flipped


def _category(score: FieldValue) -> str | None:
    return category_of(int(score)).value if score is not None else None
