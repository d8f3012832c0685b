"""Deliver: from the outbox to the destination, and what it said back into the ledger.

The outbox row is the intent, committed before a request leaves: whatever stands in it may have been sent.
A value is acknowledged only after the destination said so; what is unknown is read back. Sending the same row twice
leaves the same state.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Bulk, Streams
from connectors.errors import Deferred, Refused, SchemaDrift
from connectors.values import OutcomeKind, RecordRef
from sync.earlier import Earlier
from sync.failures import moment
from sync.ledger import doubts, failures, outbox, parking, writes
from sync.ledger.failures import Failed
from sync.mapping.values import same
from sync.parcels import parcels
from sync.shapes import Shapes
from sync.times import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from connectors.contract import Destination
    from connectors.errors import ConnectorError
    from connectors.values import Block, Outcome
    from sync.ledger.failures import Moment
    from sync.parcels import Parcel, Queued
    from sync.run import Run

#: Rows in one request to a destination that takes any number; vendors with smaller batches cut it themselves.
ROWS_AT_ONCE = 10_000
#: So many times that in one request to a destination that streams: a Bulk job costs the same calls for 200,000 rows.
STREAMED = 20

#: The code of a write that was sent and, read back, not found; or that the destination was too busy to take.
NOT_CONFIRMED = "E501"

#: Where the chunk ends, and what it carries.
_Chunk = tuple[outbox.Place, "list[Parcel]"]


@dataclass(slots=True)
class Delivered:
    """What became of the outbox."""

    writes: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    #: Why delivery ended early; what is left stays pending.
    stopped: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a destination said of a batch, and what it means of a write that it said nothing of it."""

    outcomes: Sequence[Outcome]
    silence: OutcomeKind
    #: Why it took no more on the way.
    stopped: ConnectorError | None = None


@dataclass(slots=True)
class _Verdict:
    """The rows of a batch that were not written."""

    failed: list[tuple[Queued, Outcome]] = field(default_factory=list)
    #: To be read back: nobody knows what became of them.
    unknown: list[Parcel] = field(default_factory=list)
    #: Not tried, or not known although read back; the next run sends them.
    waiting: list[Queued] = field(default_factory=list)
    #: Sent at least once without an answer: that may still arrive.
    in_doubt: list[Queued] = field(default_factory=list)


def deliver(run: Run, destination: Destination, total: int, waves: Iterable[object] = (None,)) -> Delivered:
    """Send everything that waits, in the order of the mapping's objects.

    Args:
        run: Whose outbox.
        destination: Who takes it.
        total: How much it is, for the progress.
        waves: Before each of its items, what is to be sent next is let into the outbox; see `sync.replay`.

    Raises:
        ConnectorError: The destination stopped taking writes and a person must act; what it took is acknowledged.
    """
    result, told = Delivered(), moment(run, destination)
    earlier = Earlier(run, destination, Shapes(run.mapping).all())
    try:
        for _ in waves:
            _send_all(run, destination, told, earlier, total, result)
            if result.stopped is not None:
                break
    except Deferred as error:  # what comes next could not be looked at
        result.stopped = error
    run.step("deliver.settle")
    with run.lease.write() as connection:
        doubts.known(connection, run.name)
        parking.end(connection, run.name, to_text(run.now))
        outbox.settle(connection, run.name, run.id)
    if result.stopped is not None and not isinstance(result.stopped, Deferred):
        raise result.stopped
    result.writes = +result.writes  # an object of which nothing was written is not listed
    return result


def _send_all(  # noqa: PLR0913 - what is shared by all that is sent
    run: Run, destination: Destination, told: Moment, earlier: Earlier, total: int, result: Delivered
) -> None:
    """Send what can be sent now, and settle it."""
    key_of = {shape.object: next(iter(shape.key)) for shape in Shapes(run.mapping).all()}
    place, most = outbox.BEFORE_ALL, STREAMED if isinstance(destination, Streams) else 1
    while result.stopped is None:
        chunks = _Chunks(run, key_of, place, most)
        if not chunks.first:
            return
        try:
            looked = [(end, earlier.look(sent)) for end, sent in chunks]
            if any(unchanged for _, unchanged in looked):
                chunks = _Chunks(run, key_of, place, most, last=looked[-1][0])
            if not chunks.first:
                place = looked[-1][0]
                continue
            run.step("deliver.send")
            with run.lease.write() as connection:
                doubts.intend(connection, run.name, (place, looked[-1][0]), run.lease.clock())
            said = _send(destination, chunks.blocks)
        except Deferred as error:
            result.stopped = error
            return
        except (Refused, SchemaDrift):  # nothing was applied
            with run.lease.write() as connection:
                doubts.known(connection, run.name)
            raise
        result.stopped = said.stopped
        for end, sent in chunks:
            _settle_batch(run, destination, told, (place, end), sent, _judge(sent, said), result)
            place = end
            run.progress.step("deliver", sum(result.writes.values()) + result.failed, total)


class _Chunks:
    """A stretch of the outbox in the order of delivery; read anew each time, because it may be too long to be kept.

    Args:
        run: Whose outbox.
        key_of: See `parcels`.
        after: The place before its first row.
        most: Chunks at most.
        last: The place of its last row, where that is known.
    """

    def __init__(
        self, run: Run, key_of: Mapping[str, str], after: outbox.Place, most: int, last: outbox.Place | None = None
    ) -> None:
        self._run = run
        self._key_of = key_of
        self._most = most
        self._last = last
        self.first = self._read(after)

    def __iter__(self) -> Iterator[_Chunk]:
        chunk = self.first
        for _ in range(1, self._most):
            if not chunk:
                return
            # What stands after a chunk is the same before and after the chunk was settled.
            yield chunk[0]
            chunk = self._read(chunk[0][0])
        yield from chunk

    def _read(self, after: outbox.Place) -> list[_Chunk]:
        """Return the chunk after a place; nothing: there is none."""
        with self._run.ledger.read() as connection:
            rows = outbox.batch(connection, self._run.name, after, ROWS_AT_ONCE, self._last)
        return [(rows[-1][:3], parcels(rows, self._key_of))] if rows else []

    def blocks(self) -> Iterator[Block]:
        return (parcel.block() for _, sent in self for parcel in sent)


def _send(destination: Destination, blocks: Callable[[], Iterator[Block]]) -> _Said:
    """Send *blocks*, which gives the same ones each time it is asked."""
    if not isinstance(destination, Bulk):
        return _Said(destination.write([write for block in blocks() for write in block.writes()]), OutcomeKind.UNKNOWN)
    sent, all_taken = 0, False

    def counted() -> Iterator[Block]:
        nonlocal sent, all_taken
        for block in blocks():
            sent += len(block.rows)
            yield block
        all_taken = True

    streams = isinstance(destination, Streams)
    applied = destination.write_blocks(counted() if streams else list(counted()))  # type: ignore[arg-type] # as asked
    complete = all_taken and applied.written + len(applied.others) == sent
    if applied.others:  # an outcome of a write that was not sent stands for one of which nothing is said
        told = {(each.object, each.id) for each in applied.others}
        unsent = told.difference((block.object, id_) for block in blocks() for id_ in block.ids())
        complete = complete and not unsent and len(told) == len(applied.others)
    return _Said(applied.others, OutcomeKind.WRITTEN if complete else OutcomeKind.UNKNOWN, applied.stopped)


def _judge(sent: Sequence[Parcel], said: _Said) -> _Verdict:
    """Match outcomes to rows by object and id."""
    verdict = _Verdict()
    if not said.outcomes and said.silence is OutcomeKind.WRITTEN:
        return verdict
    by_id = {(outcome.object, outcome.id): outcome for outcome in said.outcomes}
    for parcel in sent:
        unknown: list[int] = []
        for place, (row, id_) in enumerate(zip(parcel.rows, parcel.block().ids(), strict=True)):
            outcome = by_id.get((parcel.object, id_))
            kind = said.silence if outcome is None else outcome.kind
            if kind is OutcomeKind.UNKNOWN or (outcome is not None and outcome.in_doubt):
                verdict.in_doubt.append(row)
            match kind:
                case OutcomeKind.WRITTEN:
                    pass
                case OutcomeKind.UNKNOWN:
                    unknown.append(place)
                case OutcomeKind.DEFERRED:
                    verdict.waiting.append(row)
                case _:
                    assert outcome is not None
                    verdict.failed.append((row, outcome))
        if unknown:
            verdict.unknown.append(parcel.some(unknown))
    return verdict


def _settle_batch(  # noqa: PLR0913 - one batch's whole story
    run: Run,
    destination: Destination,
    told: Moment,
    between: tuple[outbox.Place, outbox.Place],
    sent: Sequence[Parcel],
    verdict: _Verdict,
    result: Delivered,
) -> None:
    """Read back what is unknown, and store the verdicts in one transaction."""
    unconfirmed = verdict.waiting
    others = {row[1:3] for row in (*verdict.waiting, *(row for row, _ in verdict.failed))}
    not_applied = sorted(others.difference(row[1:3] for row in verdict.in_doubt))
    for parcel in verdict.unknown:
        try:
            unconfirmed += _not_applied(destination, parcel)
        except Deferred as error:  # it cannot say now; what it took of the others must not be forgotten for that
            unconfirmed += parcel.rows
            result.stopped = result.stopped or error
    refused = [Failed(row, each.kind, each.code or "E502", each.fields) for row, each in verdict.failed]
    # Where the destination stopped on the way, it says nothing of a row that it did not take.
    tried = [] if result.stopped else [Failed(row, OutcomeKind.UNKNOWN, NOT_CONFIRMED) for row in unconfirmed]
    run.step("deliver.acknowledge")
    with run.lease.write() as connection:
        failures.store(connection, told, [*refused, *tried])
        parking.park(connection, run.name, [(one.row, one.code) for one in refused])
        parking.park(connection, run.name, [(row, parking.UNCONFIRMED) for row in unconfirmed])
        writes.forget(connection, run.name, run.id, not_applied)
        doubts.remember(connection, run.name, verdict.in_doubt, run.lease.clock())
        deletions = any(parcel.delete for parcel in sent)
        undone = writes.log(connection, run.name, run.id, between)
        outbox.acknowledge(connection, run.name, run.id, *between, deletions=deletions)
        if undone and deletions:
            writes.emptied(connection, run.name, run.id)
    for parcel in sent:
        result.writes[parcel.object] += len(parcel.rows)
    result.writes.subtract(row[1] for row in (*(row for row, _ in verdict.failed), *unconfirmed))
    result.failed += len(verdict.failed)


def _not_applied(destination: Destination, parcel: Parcel) -> list[Queued]:
    """Return the rows whose values the destination does not hold; they are tried again next time."""
    refs = [RecordRef(object=parcel.object, id=id_) for id_ in parcel.block().ids()]
    held = destination.read(refs, parcel.fields)
    width = len(parcel.key)
    found: list[Queued] = []
    for row, values, ref in zip(parcel.rows, parcel.values, refs, strict=True):
        holds = held.get(ref)
        if parcel.delete:
            applied = holds is None
        else:
            pairs = zip(parcel.fields, values[width:], strict=True)
            applied = holds is not None and all(same(value, holds.get(name)) for name, value in pairs)
        if not applied:
            found.append(row)
    return found
