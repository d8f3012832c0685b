"""HubSpot as a destination: contacts, companies and custom objects, written a hundred at a time.

Known records are updated by their own id; others are made, or found again, by a property of ours with unique values,
never by e-mail: HubSpot does not say what that does to properties that are left out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.budget import Gate, Window
from connectors.contract import Applied
from connectors.errors import ConnectorError, Deferred, Gone, Refused, SchemaDrift
from connectors.hubspot.batches import Batches, Input, held_by
from connectors.hubspot.blocks import blocks_of, inputs_of, key_of
from connectors.hubspot.catalogue import Catalogue, made_as
from connectors.hubspot.paths import Paths, host_of
from connectors.hubspot.properties import ID
from connectors.hubspot.session import Session
from connectors.retry import SERVICE, Retry
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from connectors.batching import Sent
    from connectors.budget import Meter
    from connectors.contract import Directory, RecordColumns
    from connectors.hubspot.properties import Properties
    from connectors.hubspot.tokens import Secrets
    from connectors.shaping import Object
    from connectors.values import Block, Field, FieldValue, RecordRef, Write

#: Seconds; the vendor's window, which rolls.
WINDOW_S = 10.0
#: Where HubSpot keeps the ids that a record had before others were merged into it, or it into them.
MERGED = "hs_merged_object_ids"


def _utc() -> datetime:
    return datetime.now(tz=UTC)


class HubSpot:
    """See `Destination`, `Bulk`, `Schema` and `Matchable` in `connectors.contract`.

    Args:
        name: The connection's name in the config.
        auth: `service_key` or `oauth`.
        secrets: The connection's: `token`, or `client_id`, `client_secret` and `refresh_token`.
        meter: Counts calls for all processes that share the account.
        api: Version of the paths: `2026-09`, or `v3`.
        calls_per_10s: What the account's tier allows.
        daily_calls: Calls in a day at most; None for no limit of ours.
        url: A sandbox on this machine, instead of HubSpot itself.
        retry: For calls that fail for the moment.
        clock: The time, aware.
        sleep: Waits so many seconds.
    """

    def __init__(  # noqa: PLR0913 - what the config says of a connection, and the means
        self,
        *,
        name: str,
        auth: str,
        secrets: Secrets,
        meter: Meter,
        api: str = "2026-09",
        calls_per_10s: int = 100,
        daily_calls: int | None = None,
        url: str | None = None,
        retry: Retry | None = None,
        clock: Callable[[], datetime] = _utc,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = name
        paths = Paths(api)
        window = Window(calls=calls_per_10s, seconds=WINDOW_S)
        self._session = Session(
            name=name,
            host=host_of(url, name),
            token_path=paths.token(),
            auth=auth,
            secrets=secrets,
            gate=Gate(name, meter, (window,), daily_calls, sleep=sleep, now=clock),
            retry=retry or Retry(policy=SERVICE, sleep=sleep),
            clock=clock,
        )
        self._paths = paths
        self._batches = Batches(self._session, paths)
        self._catalogue = Catalogue(self._session, paths)
        #: By which property each object was last written, so that it is read back by the same.
        self._keys: dict[str, str] = {}

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """See `Destination.write`."""
        applied = self.write_blocks(blocks_of(batch))
        others = {(each.object, each.id): each for each in applied.others}
        return [
            others.get((each.object, each.id), Outcome(object=each.object, id=each.id, kind=OutcomeKind.WRITTEN))
            for each in batch
        ]

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        """See `Bulk.write_blocks`. Of several blocks none is sent before all are known to fit the account's objects."""
        prepared = [(block, self._inputs(block)) for block in blocks]
        return _joined(blocks, (self._apply(block, inputs) for block, inputs in prepared))

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        """See `Destination.read`. An id is a value of the property last written by, else the record's own."""
        by_object: dict[str, list[RecordRef]] = {}
        for ref in refs:
            by_object.setdefault(ref.object, []).append(ref)
        found: dict[RecordRef, Mapping[str, FieldValue]] = {}
        for object_, wanted in by_object.items():
            known = self._catalogue.of(object_)
            known.check(fields)
            found.update(self._read(known, wanted, fields))
        return found

    def fields(self, object_: str) -> Sequence[Field]:
        """See `Schema.fields`."""
        known = self._catalogue.look(object_)
        return [] if known is None else [each.as_field() for each in known.by_name.values()]

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """See `Schema.ensure`. Nothing is made: an account is shaped by its admins, or by who asks for it (`make`).

        Raises:
            SchemaDrift: The object or some properties are missing or cannot be written; names them all.
        """
        names = [each.name for each in fields if each.name not in key]
        try:
            self._check(object_, key, names)
        except SchemaDrift:
            self._catalogue.forget(object_)  # somebody may have made them since we looked
            self._check(object_, key, names)
        self._keys[object_] = key[0]

    def make(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """Make the properties that are missing, in a group of their own; what exists is left as it is."""
        self._catalogue.make(object_, key, fields)

    def made_as(self, object_: str, field: Field, *, is_key: bool) -> str | None:  # noqa: ARG002 - the same for all
        """See `Makes.made_as`."""
        return made_as(field, unique=is_key)

    def objects(self) -> Sequence[Object]:
        """See `Browsable.objects`."""
        return self._catalogue.objects()

    def _check(self, object_: str, key: Sequence[str], names: Sequence[str]) -> None:
        known = self._catalogue.of(object_)
        known.check_writable(names)
        known.check_key(key[0])

    def directory(self, columns: RecordColumns, *, read_only: bool = False) -> Directory:  # noqa: ARG002 - leaves no trace
        """See `Matchable.directory`."""
        from connectors.hubspot.directory import HubSpotDirectory

        return HubSpotDirectory(self._session, self._paths, self._catalogue.of(columns.object), columns)

    def who(self) -> Mapping[str, str]:
        """Return which account the sign-in is for.

        Raises:
            ConnectorError: It is none, or has no right to see contacts.
        """
        self._catalogue.of("contacts")
        try:
            told = self._session.read(self._paths.account(), what="ask which account this is")
        except (Refused, Gone):
            return {}  # a key that sees contacts need not see the account's own page
        named = told if isinstance(told, dict) else {}
        wanted = {"portal": "portalId", "type": "accountType", "time zone": "timeZone"}
        return {ours: str(named[theirs]) for ours, theirs in wanted.items() if named.get(theirs)}

    def close(self) -> None:
        """Give every connection back."""
        self._session.close()

    def _inputs(self, block: Block) -> list[Input]:
        known = self._catalogue.of(block.object)
        inputs = inputs_of(block, known, self._name)
        self._keys[block.object] = key_of(block, self._name)
        return inputs

    def _apply(self, block: Block, inputs: Sequence[Input]) -> Applied:
        if block.delete:
            return self._delete(block, inputs)
        return self._sent(block, self._batches.write(block.object, block.key[0], inputs))

    def _delete(self, block: Block, inputs: Sequence[Input]) -> Applied:
        """Archive the records there are, but none that has our id from a merge: it is another's too."""
        key = block.key[0]
        found = self._batches.read(block.object, [each.id for each in inputs if each.id], [key], key)
        own = {
            str(record.get("id") if key == ID else held_by(record).get(key)): str(record.get("id")) for record in found
        }
        there = [(id_, Input(own[each.id])) for id_, each in zip(block.ids(), inputs, strict=True) if each.id in own]
        sent = self._batches.archive(block.object, [each for _, each in there])
        applied = sent.applied(block.object, [id_ for id_, _ in there])
        return Applied(
            written=applied.written + len(block.rows) - len(there), others=applied.others, stopped=applied.stopped
        )

    def _sent(self, block: Block, sent: Sent) -> Applied:
        return sent.applied(block.object, block.ids())

    def _read(
        self, known: Properties, refs: Sequence[RecordRef], fields: Sequence[str]
    ) -> dict[RecordRef, Mapping[str, FieldValue]]:
        key = self._keys.get(known.object, ID)
        merged = [MERGED] if key == ID and MERGED in known.by_name else []
        records = self._batches.read(known.object, [ref.id for ref in refs], [*fields, key, *merged], key)
        holders = _by_id(records, key)
        held = [(name, known.by_name[name].held()) for name in fields]
        found: dict[RecordRef, Mapping[str, FieldValue]] = {}
        for ref in refs:
            record = holders.get(ref.id) or holders.get(ref.id.casefold())
            if record is not None:
                values = held_by(record)
                found[ref] = {name: turn(values.get(name)) for name, turn in held}
        return found


def _by_id(records: Iterable[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    """Return records by every id they go by: their own, those they had before a merge, or their unique value."""
    found: dict[str, Mapping[str, Any]] = {}
    for record in records:
        held = held_by(record)
        if key != ID:
            value = str(held.get(key) or "")
            found.setdefault(value.casefold(), record)
            found[value] = record
            continue
        for old in str(held.get(MERGED) or "").split(";"):
            found.setdefault(old, record)
        found[str(record.get("id"))] = record
    return found


@dataclass(slots=True)
class _Total:
    written: int = 0
    others: list[Outcome] = field(default_factory=list)
    stopped: ConnectorError | None = None


def _joined(blocks: Sequence[Block], applied: Iterable[Applied]) -> Applied:
    """Add up what became of blocks; after one that was stopped the rest is not sent.

    Raises:
        ConnectorError: Nothing at all was applied.
    """
    total, parts = _Total(), iter(applied)
    for block in blocks:
        if total.stopped is not None:
            total.others += _deferred(block)
            continue
        try:
            part = next(parts)
        except ConnectorError as error:
            total.stopped = error
            total.others += _deferred(block)
            continue
        total.written += part.written
        total.others += part.others
        total.stopped = part.stopped
    settled = total.written or any(each.kind is not OutcomeKind.DEFERRED for each in total.others)
    if isinstance(total.stopped, Deferred) and not settled:
        raise total.stopped
    return Applied(written=total.written, others=total.others, stopped=total.stopped)


def _deferred(block: Block) -> list[Outcome]:
    return [Outcome(object=block.object, id=id_, kind=OutcomeKind.DEFERRED) for id_ in block.ids()]
