"""The virtual CRM's connector: its own calls, made by the real caller, batching, retries and budget."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.batching import send
from connectors.contract import Applied
from connectors.errors import ConnectorError, Deferred, SchemaDrift
from connectors.records import RECORD_FIELDS
from connectors.values import Moved, Outcome, OutcomeKind, RecordRef
from tests.simulation.crm import CONTACT, Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.calling import Caller
    from connectors.values import Block, Field, FieldValue, Write
    from tests.simulation.crm import Contact, Crm
    from tests.simulation.remote import Remote


@dataclass(slots=True)
class Client:
    """See `Destination`, `Directory` and `Accounts` in `connectors.contract`."""

    crm: Crm
    remote: Remote
    caller: Caller
    #: Rows in a batch.
    size: int
    #: Reading back works.
    reads: bool = True

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """See `Destination.write`."""
        orders = [Order(write.object, write.id, None if write.delete else dict(write.values)) for write in batch]
        outcomes: list[Outcome] = []
        for object_ in dict.fromkeys(order.object for order in orders):
            mine = [order for order in orders if order.object == object_]
            applied = self._send(object_, mine)
            told = {each.id: each for each in applied.others}
            if applied.stopped is not None and not outcomes and applied.written == 0 and _untried(applied.others):
                raise applied.stopped
            written = OutcomeKind.WRITTEN
            outcomes += [told.get(each.id) or Outcome(object=object_, id=each.id, kind=written) for each in mine]
            if applied.stopped is not None:
                rest = [order for order in orders if order.object not in {each.object for each in outcomes}]
                outcomes += [Outcome(object=each.object, id=each.id, kind=OutcomeKind.DEFERRED) for each in rest]
                break
        return outcomes

    def _send(self, object_: str, orders: Sequence[Order]) -> Applied:
        sent = send(orders, self.remote.write, size=self.size, workers=1, caller=self.caller)
        return sent.applied(object_, [order.id for order in orders])

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        """See `Destination.read`."""
        if not self.reads:
            raise Deferred("reading back is switched off")
        wanted = [(ref.object, ref.id) for ref in refs]
        found = self.caller.call(lambda: self.remote.read("read back", lambda: self.crm.read(wanted, fields)))
        return {RecordRef(object=object_, id=id_): held for (object_, id_), held in found.items()}

    def fields(self, object_: str) -> Sequence[Field]:  # noqa: ARG002 - asked by nobody here
        """See `Schema.fields`."""
        return []

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:  # noqa: ARG002 - see `Schema`
        """See `Schema.ensure`; nothing is made."""
        names = {each.name for each in fields}
        gone = self.caller.call(lambda: self.remote.read("describe", lambda: sorted(self.crm.missing & names)))
        if gone:
            raise SchemaDrift(f"{object_} lacks {', '.join(gone)}")

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`."""
        wanted = set(zip(keys.column("kind").to_pylist(), keys.column("value").to_pylist(), strict=True))
        yield self.caller.call(lambda: self.remote.read("find", lambda: self._found(wanted)))

    def _found(self, wanted: set[tuple[str, str]]) -> pa.Table:
        rows = [
            _record(each)
            for each in self.crm.contacts.values()
            if (each.live or (not each.deleted and not self.crm.redirects))
            and (("record", each.id) in wanted or any(("email", mail) in wanted for mail in each.mails))
        ]
        return pa.Table.from_pylist(rows, schema=RECORD_FIELDS)

    def version(self) -> str:
        """See `Directory.version`."""
        return self.caller.call(lambda: self.remote.read("version", lambda: str(self.crm.version)))

    def moves(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        """See `Moves.moves`."""
        return self.caller.call(lambda: self.remote.read("moves", lambda: self._moved(cursor)))

    def _moved(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        moved = self.crm.moved
        since = moved if cursor is None else moved[int(cursor) :]
        told = [
            Moved(
                old=RecordRef(object=CONTACT, id=old),
                new=None if new is None else RecordRef(object=CONTACT, id=new),
            )
            for old, new in since
        ]
        return ([] if cursor is None else told), str(len(moved))

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`."""
        live = [each.account for each in self.crm.contacts.values() if each.live]
        return {account: live.count(account) for account in accounts if account in live}


@dataclass(slots=True)
class BulkClient(Client):
    """The same, taking blocks."""

    #: Always written by blocks; see `Bulk`.
    blocks: list[str] = field(default_factory=list)

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        """See `Bulk.write_blocks`."""
        written, others = 0, []
        stopped: ConnectorError | None = None
        for block in blocks:
            if stopped is not None:
                deferred = OutcomeKind.DEFERRED
                others += [Outcome(object=block.object, id=each, kind=deferred) for each in block.ids()]
                continue
            orders = [
                Order(each.object, each.id, None if each.delete else dict(each.values)) for each in block.writes()
            ]
            applied = self._send(block.object, orders)
            written, stopped = written + applied.written, applied.stopped
            others += applied.others
        if isinstance(stopped, Deferred) and not written and _untried(others):
            raise stopped
        return Applied(written=written, others=others, stopped=stopped)


def _untried(others: Sequence[Outcome]) -> bool:
    return all(each.kind is OutcomeKind.DEFERRED for each in others)


def _record(contact: Contact) -> dict[str, object]:
    return {
        "object": CONTACT,
        "id": contact.id,
        "emails": contact.mails,
        "phones": [],
        "ids": [],
        "account": contact.account,
        "merged_into": contact.merged_into,
        "deleted": contact.deleted,
        "suppressed": False,
    }
