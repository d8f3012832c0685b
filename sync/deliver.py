"""Deliver: from the outbox to the destination, and what it said back into the ledger.

The intent is committed before a request leaves; a value is acknowledged only after the destination said so;
what is unknown is read back. Sending the same row twice leaves the same state.
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
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Destination
    from connectors.errors import ConnectorError
    from connectors.values import Outcome
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
    result = Delivered()
    place = outbox.BEFORE_ALL
    while True:
        with run.ledger.read() as connection:
            rows = outbox.batch(connection, run.name, place, ROWS_AT_ONCE)
        if not rows:
            break
        last = (rows[-1].rank, rows[-1].object, rows[-1].record)
        run.step("deliver.intent")
        with run.lease.write() as connection:
            outbox.mark_sent(connection, run.name, place, last)
        place = last
        run.step("deliver.send")
        result.calls += 1
        writes = [_write(row) for row in rows]
        try:
            outcomes = destination.write(writes)
        except Deferred as error:
            result.stopped = error
            break
        _account_for(run, destination, list(zip(rows, writes, strict=True)), outcomes, result)
        run.progress.step("deliver", sum(result.writes.values()) + result.failed, total)
    run.step("deliver.settle")
    with run.lease.write() as connection:
        outbox.settle_delivered(connection, run.name, run.id)
    return result


def _write(row: Any) -> Write:  # noqa: ANN401 - a row of the outbox
    packed = row.changes or row.desired
    values = {} if packed is None or row.desired is None else unpack(packed)
    return Write(object=row.object, key=unpack(row.keys), values=values, delete=row.desired is None)


def _account_for(
    run: Run,
    destination: Destination,
    sent: Sequence[tuple[Any, Write]],
    outcomes: Sequence[Outcome],
    result: Delivered,
) -> None:
    """Match outcomes to rows by key, read back what has none, and store the verdicts in one transaction."""
    said = {(outcome.object, outcome.id): outcome for outcome in outcomes}
    done: list[Any] = []
    failed: list[tuple[Any, Outcome]] = []
    unknown: list[tuple[Any, Write]] = []
    for row, write in sent:
        outcome = said.get((row.object, write.id))
        if outcome is None or outcome.kind is OutcomeKind.UNKNOWN:
            unknown.append((row, write))
        elif outcome.kind is OutcomeKind.WRITTEN:
            done.append(row)
        else:
            failed.append((row, outcome))
    if unknown:
        result.calls += 1
        done += _applied(destination, unknown)
    run.step("deliver.acknowledge")
    with run.lease.write() as connection:
        outbox.acknowledge(connection, run.name, run.id, done)
        outbox.fail(connection, run.name, run.id, to_text(run.now), failed)
    for row in done:
        result.writes[row.object] += 1
    result.failed += len(failed)


def _applied(destination: Destination, sent: Sequence[tuple[Any, Write]]) -> list[Any]:
    """Return the rows whose values the destination holds by now; the others are tried again next time."""
    found: list[Any] = []
    for row, write in sent:
        ref = RecordRef(object=row.object, id=write.id)
        held = destination.read([ref], list(write.values)).get(ref)
        if write.delete:
            applied = held is None
        else:
            applied = held is not None and all(same(value, held.get(name)) for name, value in write.values.items())
        if applied:
            found.append(row)
    return found
