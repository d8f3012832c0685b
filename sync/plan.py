"""The guard: how much a plan may do before a person must look.

Pure. A stopped plan is known by its id, which is a digest of everything it would write: the same plan has the same id,
whenever and wherever it is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Shares say nothing of small numbers: a limit speaks once this many records, values or rows are concerned
#: (reliability.md §5: "more than 10 % of linked people, at least 100").
RECORDS_TO_JUDGE = 100
VALUES_TO_JUDGE = 20
ROWS_TO_JUDGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Shares from 0 to 1, and a number of creates."""

    stop_if_changed: float
    stop_if_cleared: float
    stop_if_rejected: float
    creates: int
    #: 1: flips are changes like others.
    stop_if_flipped: float = 1.0
    stop_if_shrunk: float = 0.2
    tasks: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a plan would do, and what it is measured against."""

    #: Records that hold our values and would change; of so many linked records.
    changed: int
    linked: int
    #: Values that would become empty; of so many that the plan's records hold.
    cleared: int
    values: int
    #: Records that would be created in the destination's own object.
    created: int
    #: Rows that could not be trusted; of so many read in this run.
    rejected: int
    rows: int
    #: Of the records that would change, those whose category would be another one.
    flipped: int = 0
    #: Tasks for people that would be made.
    tasks: int = 0
    #: Streams that hold fewer rows than before: name, rows then, rows now.
    shrunk: tuple[tuple[str, int, int], ...] = ()
    #: Respondents of this run of whom nobody was found at all, and of whom somebody was.
    unfound: int = 0
    found: int = 0


def judge(size: Size, limits: Limits) -> tuple[str, ...]:
    """Return why the plan must be looked at first; nothing: it may go on.

    >>> calm = Limits(stop_if_changed=0.1, stop_if_cleared=0.01, stop_if_rejected=0.1, creates=0)
    >>> small = Size(changed=99, linked=100, cleared=0, values=99, created=0, rejected=0, rows=99)
    >>> judge(small, calm)
    ()
    >>> judge(Size(changed=200, linked=1000, cleared=0, values=200, created=0, rejected=0, rows=200), calm)
    ('200 of 1,000 linked records would change (20.0 %); stop_if_changed is 10 %',)
    """
    reasons = []
    if size.changed >= RECORDS_TO_JUDGE and size.changed > limits.stop_if_changed * size.linked:
        share = _share(size.changed, size.linked)
        limit = _percent(limits.stop_if_changed)
        reasons.append(
            f"{size.changed:,} of {size.linked:,} linked records would change ({share}); stop_if_changed is {limit}"
        )
    if size.cleared >= VALUES_TO_JUDGE and size.cleared > limits.stop_if_cleared * size.values:
        share = _share(size.cleared, size.values)
        limit = _percent(limits.stop_if_cleared)
        reasons.append(f"{size.cleared:,} values would become empty ({share}); stop_if_cleared is {limit}")
    if size.rejected >= ROWS_TO_JUDGE and size.rejected > limits.stop_if_rejected * size.rows:
        share = _share(size.rejected, size.rows)
        limit = _percent(limits.stop_if_rejected)
        reasons.append(f"{size.rejected:,} of {size.rows:,} rows were rejected ({share}); stop_if_rejected is {limit}")
    if size.flipped > limits.stop_if_flipped * size.linked:
        share, limit = _share(size.flipped, size.linked), _percent(limits.stop_if_flipped)
        reasons.append(f"{size.flipped:,} persons would change their category ({share}); stop_if_flipped is {limit}")
    for stream, before, now in size.shrunk:
        if before >= RECORDS_TO_JUDGE and before - now > limits.stop_if_shrunk * before:
            limit = _percent(limits.stop_if_shrunk)
            reasons.append(f"{stream} holds {now:,} rows, {before:,} before; stop_if_shrunk is {limit}")
    if size.linked >= RECORDS_TO_JUDGE <= size.unfound and not size.found:
        reasons.append(
            f"none of {size.unfound:,} respondents was found: is the table that they are looked up in empty?"
        )
    if size.created > limits.creates:
        reasons.append(f"{size.created:,} records would be created; creates is {limits.creates:,}")
    if size.tasks > limits.tasks:
        reasons.append(
            f"{size.tasks:,} tasks would be made for people, and no undo takes them back; tasks is {limits.tasks:,}"
        )
    return tuple(reasons)


def plan_id(writes: Iterable[tuple[str, str, str | None]]) -> str:
    """Digest what a plan would write: (object, record, packed values) in a fixed order.

    >>> plan_id([("people", "C-1", '{"score":9}')])
    'plan-f6aaf7a90d6a'
    """
    digest = blake2b(digest_size=6)
    for object_, record, values in writes:
        digest.update(f"{object_}\x1f{record}\x1f{values}\x1e".encode())
    return f"plan-{digest.hexdigest()}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "all"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
