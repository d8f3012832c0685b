"""Batches of writes: grouped by what one statement can carry, and poisoned rows found by halving.

A row that the database refuses costs 2 log2(n) further calls, and the others of its batch are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.values import Outcome, OutcomeKind
from connectors.warehouse.failures import DRIVER_ERRORS, VALUE_ERRORS, judge
from connectors.warehouse.statements import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from connectors.values import FieldValue, Write
    from connectors.warehouse.statements import Statement

#: A write's id and the values of its form's columns.
Row = tuple[str, tuple["FieldValue", ...]]
_NOTHING: Mapping[str, FieldValue] = {}
Round = dict[Form, list[Row]]


def rounds(batch: Sequence[Write]) -> Iterator[Mapping[Form, Sequence[Row]]]:
    """Yield the batch in rounds that hold no record twice, so that a later write of a record comes after an earlier.

    Within a round, writes are grouped by form in the order in which forms first appear.
    """
    round_: Round = {}
    seen: set[tuple[str, str]] = set()
    form: Form | None = None
    rows: list[Row] = []
    for write in batch:
        key, values = write.key, _NOTHING if write.delete else write.values
        only = next(iter(key.values()))
        id_ = only if len(key) == 1 and type(only) is str else write.id
        if (write.object, id_) in seen:
            yield round_
            round_, seen, form = {}, set(), None
        seen.add((write.object, id_))
        # Neighbours mostly share a form; asking the last one first spares hashing a form per row.
        if form is None or not _fits(form, write):
            form = Form(
                object=write.object,
                key=tuple(key),
                values=tuple(name for name in values if name not in key),
                delete=write.delete,
            )
            rows = round_.setdefault(form, [])
        if len(form.values) == len(values):
            row: tuple[FieldValue, ...] = (*key.values(), *values.values())
        else:
            row = (*key.values(), *(values[name] for name in form.values))
        rows.append((id_, row))
    if round_:
        yield round_


def _fits(form: Form, write: Write) -> bool:
    return (
        form.object == write.object
        and form.delete == write.delete
        and form.key == tuple(write.key)
        and (form.delete or form.values == tuple(write.values))
    )


def apply(connection: Connection, statement: Statement, rows: Sequence[Row], where: str) -> list[Outcome]:
    """Run *statement* for *rows* in the connection's transaction; one outcome per row, in order.

    Raises:
        Deferred, Refused, SchemaDrift: The transaction cannot go on; its owner rolls it back.
    """
    refused: Rejected | None = None
    connection.exec_driver_sql("SAVEPOINT npsync_rows")
    try:
        statement.run(connection, [row for _, row in rows])
    except DRIVER_ERRORS as error:
        verdict = judge(error, where)
        if not isinstance(verdict, Rejected):
            # SQLite may have ended the transaction by itself (disk full): touching the savepoint would hide that.
            raise verdict from None
        refused = verdict
    except VALUE_ERRORS:
        refused = Rejected(f"{where}: a value cannot be stored")
    if refused is not None:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT npsync_rows")
    connection.exec_driver_sql("RELEASE SAVEPOINT npsync_rows")
    object_ = statement.form.object
    if refused is None:
        return [Outcome(object=object_, id=id_, kind=OutcomeKind.WRITTEN) for id_, _ in rows]
    if len(rows) == 1:
        fields = refused.fields or _suspects(statement.form, rows[0])
        return [Outcome(object=object_, id=rows[0][0], kind=OutcomeKind.REJECTED, code=refused.code, fields=fields)]
    half = len(rows) // 2
    return apply(connection, statement, rows[:half], where) + apply(connection, statement, rows[half:], where)


def _suspects(form: Form, row: Row) -> tuple[str, ...]:
    """Name the fields whose values no database can be expected to hold, where the driver names none."""
    return tuple(name for name, value in zip(form.columns, row[1], strict=True) if _odd(value))


def _odd(value: FieldValue) -> bool:
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**63
