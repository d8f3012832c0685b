"""Batches of writes: grouped by what one statement can carry, and poisoned rows found by halving.

A row that the database refuses costs 2 log2(n) further calls, and the others of its batch are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.blocks import rounds
from connectors.errors import Rejected
from connectors.warehouse.failures import VALUE_ERRORS, driver_errors, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from connectors.values import Block, FieldValue, Write
    from connectors.warehouse.statements import Form, Rows, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that the database refused, by its place in the batch."""

    place: int
    code: str
    fields: tuple[str, ...]


def blocks_of(batch: Sequence[Write]) -> list[Block]:
    """Group *batch* into blocks, applied in order: a later write of a record comes in a later block than an earlier."""
    return [block for round_ in rounds(batch) for block in round_]


def apply(connection: Connection, statement: Statement, rows: Rows, where: str, start: int = 0) -> list[Refusal]:
    """Run *statement* for *rows* in the connection's transaction; return the rows that it refused.

    Args:
        connection: Inside a transaction.
        statement: What to run.
        rows: The values of its form's columns.
        where: The connection, for messages.
        start: The place of the first row in the caller's batch.

    Raises:
        Deferred, Refused, SchemaDrift: The transaction cannot go on; its owner rolls it back.
    """
    refused: Rejected | None = None
    connection.exec_driver_sql("SAVEPOINT npsync_rows")
    try:
        statement.run(connection, rows)
    except driver_errors() as error:
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
    if refused is None:
        return []
    if len(rows) == 1:
        fields = refused.fields or _suspects(statement.form, rows[0])
        return [Refusal(place=start, code=refused.code, fields=fields)]
    half = len(rows) // 2
    return apply(connection, statement, rows[:half], where, start) + apply(
        connection, statement, rows[half:], where, start + half
    )


def _suspects(form: Form, row: Sequence[FieldValue]) -> tuple[str, ...]:
    """Name the fields whose values no database can be expected to hold, where the driver names none."""
    return tuple(name for name, value in zip(form.columns, row, strict=True) if _odd(value))


def _odd(value: FieldValue) -> bool:
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    return isinstance(value, int) and not -(2**63) <= value < 2**63
