"""Many rows in one statement of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import IntegrityError

from connectors.sqlite import VALUES_AT_ONCE, insert_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Rows of two values that one statement takes.
FULL = VALUES_AT_ONCE // 2
UPSERT = 'INSERT INTO t (a, "b ?") VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET "b ?" = excluded."b ?"'
PLAIN = "INSERT INTO u (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b"


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    insert_at_once(engine)
    with engine.connect() as opened:
        opened.exec_driver_sql('CREATE TABLE t (a INTEGER PRIMARY KEY, "b ?" TEXT)')
        opened.exec_driver_sql("CREATE TABLE u (a INTEGER PRIMARY KEY, b TEXT NOT NULL)")
        yield opened
    engine.dispose()


class TestInserting:
    @pytest.mark.parametrize("count", [1, 2, FULL - 1, FULL, FULL + 1, 3 * FULL, 3 * FULL + 7])
    @pytest.mark.parametrize(("statement", "table"), [(UPSERT, "t"), (PLAIN, "u")])
    def test_every_row_arrives_once(self, connection: Connection, statement: str, table: str, count: int) -> None:
        rows = [(number, f"text {number}") for number in range(count)]

        connection.exec_driver_sql(statement, rows)

        assert rows == list(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY a")))

    def test_the_later_of_two_rows_with_one_key_stays(self, connection: Connection) -> None:
        """Both may fall into one statement."""
        connection.exec_driver_sql(PLAIN, [(number % FULL, str(number)) for number in range(2 * FULL)])

        kept = list(map(tuple, connection.exec_driver_sql("SELECT * FROM u ORDER BY a")))
        assert [(number, str(number + FULL)) for number in range(FULL)] == kept

    def test_other_statements_run_row_by_row(self, connection: Connection) -> None:
        connection.exec_driver_sql(PLAIN, [(number, "x") for number in range(2 * FULL)])

        connection.exec_driver_sql("DELETE FROM u WHERE a = ?", [(number,) for number in range(2 * FULL - 1)])

        assert [(2 * FULL - 1, "x")] == list(map(tuple, connection.exec_driver_sql("SELECT * FROM u")))

    def test_a_blank_stays_a_blank(self, connection: Connection) -> None:
        connection.exec_driver_sql(UPSERT, [(1, None), (2, "x"), (3, None)])

        assert [None, "x", None] == list(connection.exec_driver_sql('SELECT "b ?" FROM t ORDER BY a').scalars())

    def test_a_refused_row_is_told_as_before(self, connection: Connection) -> None:
        with pytest.raises(IntegrityError):
            connection.exec_driver_sql(PLAIN, [(number, None if number == FULL else "x") for number in range(2 * FULL)])
