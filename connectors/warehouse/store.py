"""The customer profile store: any SQLite or PostgreSQL database, ours to shape or a company's own.

Writes touch the named columns of the named rows and nothing else. Records are keyed by whatever unique columns
the mapping says; a repeated write changes nothing.
"""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.contract import Applied
from connectors.errors import Refused, Unknown
from connectors.retry import Retry
from connectors.shaping import Object
from connectors.values import Outcome, OutcomeKind, RecordRef
from connectors.warehouse import building
from connectors.warehouse.batches import apply, blocks_of
from connectors.warehouse.database import Database, sql
from connectors.warehouse.directory import TableDirectory
from connectors.warehouse.reading import read_records
from connectors.warehouse.scrubbing import scrub
from connectors.warehouse.statements import Form, Statement
from connectors.warehouse.tables import Shape, look, missing_table, tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.contract import RecordColumns
    from connectors.traces import Scrubbed
    from connectors.values import Block, Field, FieldValue, Write
    from connectors.warehouse.batches import Refusal

#: Seconds to wait for another program's lock before the run is told that the database is busy.
LOCK_WAIT_S = 10.0


class Warehouse:
    """See `Destination`, `Bulk`, `Schema`, `Ownable` and `Matchable` in `connectors.contract`.

    Args:
        name: The connection's name in the config.
        url: `sqlite:///path/to/file.db` or `postgresql://user@host/database`.
        schema: Schema of the tables, for PostgreSQL; its search path without one.
        index: Whether a directory may add indexes to the table it looks things up in.
        password: For the URL's user, where the URL has none.
        retry: For opening connections.
        lock_wait_s: Seconds to wait for another program's lock.
    """

    def __init__(  # noqa: PLR0913 - what the config says of a connection
        self,
        *,
        name: str,
        url: str,
        schema: str | None = None,
        index: bool = True,
        password: str | None = None,
        retry: Retry | None = None,
        lock_wait_s: float = LOCK_WAIT_S,
    ) -> None:
        self._database = Database(
            name=name, url=url, schema=schema, password=password, lock_wait_s=lock_wait_s, retry=retry or Retry()
        )
        self._index = index
        self._shapes: dict[str, Shape] = {}
        self._statements: dict[Form, Statement] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        weakref.finalize(self, self._database.close)

    def write(self, batch: Sequence[Write]) -> Sequence[Outcome]:
        """See `Destination.write`. The batch is one transaction; rows that the database refuses are left out of it."""
        blocks = blocks_of(batch)
        refused = self._apply(blocks)
        if refused is None:
            return [Outcome(object=each.object, id=each.id, kind=OutcomeKind.UNKNOWN, code="E501") for each in batch]
        return [outcome for pair in zip(blocks, refused, strict=True) for outcome in _outcomes(*pair)]

    def write_blocks(self, blocks: Sequence[Block]) -> Applied:
        """See `Bulk.write_blocks`. All of it is one transaction, as in `write`."""
        refused = self._apply(blocks)
        if refused is None:
            return Applied(written=0)
        others = [
            outcome
            for block, some in zip(blocks, refused, strict=True)
            if some
            for outcome in _outcomes(block, some)
            if outcome.kind is not OutcomeKind.WRITTEN
        ]
        return Applied(written=sum(len(block.rows) for block in blocks) - len(others), others=others)

    def _apply(self, blocks: Sequence[Block]) -> list[list[Refusal]] | None:
        """Write *blocks* in one transaction; return for each what was refused; None: nobody knows what was applied."""
        try:
            with self._database.writing() as connection:
                return [
                    apply(connection, self._statement(connection, _form(block)), block.rows, self._database.where)
                    for block in blocks
                ]
        except Unknown:
            return None

    def read(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Mapping[str, FieldValue]]:
        """See `Destination.read`. A record's id is its key, as it was last written or made, else the primary key."""
        if not refs or not self._database.exists():
            return {}
        by_object: dict[str, list[RecordRef]] = {}
        for ref in refs:
            by_object.setdefault(ref.object, []).append(ref)
        found: dict[RecordRef, Mapping[str, FieldValue]] = {}
        for object_, wanted in by_object.items():
            with self._database.reading() as connection:
                shape = self._shape(connection, object_)
            found.update(read_records(self._database, shape, self._key(shape), wanted, fields))
        return found

    def fields(self, object_: str) -> Sequence[Field]:
        """See `Schema.fields`."""
        if not self._database.exists():
            return []
        with self._database.reading() as connection:
            shape = look(self._database, connection, object_)
        return [] if shape is None else shape.as_fields()

    def is_empty(self, object_: str) -> bool:
        """See `Ownable.is_empty`."""
        if not self._database.exists():
            return True
        with self._database.reading() as connection:
            if look(self._database, connection, object_) is None:
                return True
            first = sql("SELECT 1 FROM", self._database.table(object_), "LIMIT 1")
            return connection.exec_driver_sql(first).first() is None

    def objects(self) -> Sequence[Object]:
        """See `Browsable.objects`."""
        if not self._database.exists():
            return []
        with self._database.reading() as connection:
            return [Object(name=name, label=name, deletes=True) for name in tables_of(self._database, connection)]

    def ensure(self, object_: str, key: Sequence[str], fields: Sequence[Field]) -> None:
        """See `Schema.ensure`. Tables and columns are added; what exists is never altered or dropped."""
        with self._database.writing() as connection:
            building.ensure(self._database, connection, object_, key, fields)
        self._forget(object_)
        self._keys[object_] = tuple(key)

    def directory(self, columns: RecordColumns, *, read_only: bool = False) -> TableDirectory:
        """See `Matchable.directory`."""
        if not self._database.exists():
            raise Refused(
                f"{self._database.where}: there is no database file `{self._database.path}`",
                code="E110",
                next_step="Check the path in `url`; a relative path starts at the folder of the config.",
            )
        with self._database.reading() as connection:
            shape = self._shape(connection, columns.object)
        return TableDirectory(self._database, shape, columns, index=self._index and not read_only)

    def scrub(self, texts: Sequence[str], objects: Sequence[str]) -> Scrubbed:
        """See `Scrubs.scrub`."""
        return scrub(self._database, texts, objects)

    def close(self) -> None:
        """Give every connection back."""
        self._database.close()

    def _statement(self, connection: Connection, form: Form) -> Statement:
        statement = self._statements.get(form)
        if statement is None:
            shape = self._shape(connection, form.object, needs=form.columns)
            statement = self._statements[form] = Statement(self._database, shape, form)
            self._keys[form.object] = form.key
        return statement

    def _shape(self, connection: Connection, object_: str, needs: Sequence[str] = ()) -> Shape:
        """Return a table's shape, read again when a column is not in the one we know."""
        known = self._shapes.get(object_)
        if known is not None and all(name in known.columns for name in needs):
            return known
        shape = look(self._database, connection, object_)
        if shape is None:
            raise missing_table(self._database, connection, object_)
        self._shapes[object_] = shape
        return shape

    def _key(self, shape: Shape) -> tuple[str, ...]:
        return self._keys.get(shape.object) or shape.primary or next((tuple(sorted(key)) for key in shape.unique), ())

    def _forget(self, object_: str) -> None:
        self._shapes.pop(object_, None)
        for form in [form for form in self._statements if form.object == object_]:
            del self._statements[form]


def _form(block: Block) -> Form:
    return Form(object=block.object, key=block.key, values=block.fields, delete=block.delete)


def _outcomes(block: Block, refused: Sequence[Refusal]) -> list[Outcome]:
    """Return one outcome per write of *block*, in its order."""
    outcomes = [Outcome(object=block.object, id=id_, kind=OutcomeKind.WRITTEN) for id_ in block.ids()]
    for each in refused:
        outcomes[each.place] = replace(
            outcomes[each.place], kind=OutcomeKind.REJECTED, code=each.code, fields=each.fields
        )
    return outcomes
