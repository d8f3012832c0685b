"""Deliver: from the outbox to the destination, and what it said back into the ledger.

The outbox row is the intent, committed before a request leaves: whatever stands in it may have been sent.
A value is acknowledged only after the destination said so; what is unknown is read back. Sending the same row twice
leaves the same state.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.errors import Deferred
from connectors.values import OutcomeKind, RecordRef, Write
from sync.ledger import outbox
from sync.mapping.values import same
from sync.packed import unpack
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Destination
    from connectors.errors import ConnectorError
    from connectors.values import FieldValue, Outcome
    from sync.run import Run

#: Rows in one request to a destination that takes any number; vendors with smaller batches cut it themselves.
ROWS_AT_ONCE = 5_000


@dataclass(slots=True)
class Delivered:
    """What became of the outbox."""

    writes: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    failed: int = 0
    #: Why delivery ended early; what is left stays pending.
    stopped: ConnectorError | None = None


def deliver(run: Run, destination: Destination, total: int) -> Delivered:
    """Send everything that waits, in the order of the mapping's objects."""
    key_of = {shape.object: next(iter(shape.key)) for shape in Shapes(run.mapping).all()}
    result = Delivered()
    place = outbox.BEFORE_ALL
    while True:
        with run.ledger.read() as connection:
            rows = outbox.batch(connection, run.name, place, ROWS_AT_ONCE)
        if not rows:
            break
        last = (rows[-1].rank, rows[-1].object, rows[-1].record)
        run.step("deliver.send")
        result.calls += 1
        writes = [_write(row, key_of) for row in rows]
        try:
            outcomes = destination.write(writes)
        except Deferred as error:
            result.stopped = error
            break
        _account_for(run, destination, _Sent(after=place, last=last, rows=rows, writes=writes), outcomes, result)
        place = last
        run.progress.step("deliver", sum(result.writes.values()) + result.failed, total)
    run.step("deliver.settle")
    with run.lease.write() as connection:
        outbox.settle(connection, run.name, run.id)
        outbox.release(connection, run.name)
    return result


def _write(row: Any, key_of: Mapping[str, str]) -> Write:  # noqa: ANN401 - a row of the outbox
    packed = row.changes or row.desired
    values = {} if packed is None or row.desired is None else unpack(packed)
    keys: Mapping[str, FieldValue] = {key_of[row.object]: row.record} if row.keys is None else unpack(row.keys)
    return Write(object=row.object, key=keys, values=values, delete=row.desired is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One batch: outbox rows between two places, and the writes made of them."""

    after: outbox.Place
    last: outbox.Place
    rows: Sequence[Any]
    writes: Sequence[Write]


def _account_for(
    run: Run, destination: Destination, sent: _Sent, outcomes: Sequence[Outcome], result: Delivered
) -> None:
    """Match outcomes to rows by key, read back what has none, and store the verdicts in one transaction."""
    said = {(outcome.object, outcome.id): outcome for outcome in outcomes}
    failed: list[tuple[Any, Outcome]] = []
    unknown: list[tuple[Any, Write]] = []
    for row, write in zip(sent.rows, sent.writes, strict=True):
        outcome = said.get((write.object, write.id))
        if outcome is None or outcome.kind is OutcomeKind.UNKNOWN:
            unknown.append((row, write))
        elif outcome.kind is not OutcomeKind.WRITTEN:
            failed.append((row, outcome))
    if unknown:
        result.calls += 1
        unknown = _not_applied(destination, unknown)
    run.step("deliver.acknowledge")
    with run.lease.write() as connection:
        outbox.fail(connection, run.name, run.id, to_text(run.now), failed)
        outbox.keep(connection, run.name, [row for row, _ in unknown])
        outbox.acknowledge(connection, run.name, run.id, sent.after, sent.last)
    result.writes.update(Counter(row.object for row in sent.rows))
    for row in (*(row for row, _ in failed), *(row for row, _ in unknown)):
        result.writes[row.object] -= 1
    result.failed += len(failed)


def _not_applied(destination: Destination, sent: Sequence[tuple[Any, Write]]) -> list[tuple[Any, Write]]:
    """Return the rows whose values the destination does not hold; they are tried again next time."""
    found: list[tuple[Any, Write]] = []
    for row, write in sent:
        ref = RecordRef(object=row.object, id=write.id)
        held = destination.read([ref], list(write.values)).get(ref)
        if write.delete:
            applied = held is None
        else:
            applied = held is not None and all(same(value, held.get(name)) for name, value in write.values.items())
        if not applied:
            found.append((row, write))
    return found
