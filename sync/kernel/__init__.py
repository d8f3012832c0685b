"""Set work as named SQL over Arrow tables, run by DuckDB in process.

A kernel is a file `NAME.sql` beside this one: relations in, one relation out, no state, no clock, no file.
Its first comment lists the relations and columns it takes and gives. Every decision in it is independent of row order
(ties end on ids), so the same input gives the same output whatever the chunking or the number of threads.
"""

from __future__ import annotations

from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self, TypeAlias

import duckdb
import pyarrow as pa

from sync import spills

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    #: Rows at rest, or a stream of them that can be read once.
    Relation: TypeAlias = pa.Table | pa.RecordBatchReader

# The system's allocator gives large tables back when they are freed; Arrow's own keeps some 50 MB in a first load.
pa.set_memory_pool(pa.system_memory_pool())

#: Cap on what DuckDB keeps in memory; beyond it, it spills (`reference/engine.md`: 1M x 5M within 339 MiB at 512 MB).
MEMORY_LIMIT = "128MB"
THREADS = 2
#: What a thread may keep of freed memory before it gives it back; DuckDB's own 128 MB stay in the process for good.
FLUSH = "8MB"


class Kernel:
    """An empty DuckDB that lives as long as the `with` block; not shared between threads.

    What does not fit into memory is spilled to a folder of its own, which goes with it.
    """

    def __init__(
        self, *, memory_limit: str = MEMORY_LIMIT, threads: int = THREADS, spill_to: str | None = None
    ) -> None:
        self._spill = TemporaryDirectory(prefix=spills.prefix(), dir=spill_to)
        self._db = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "temp_directory": self._spill.name,
                "allocator_flush_threshold": FLUSH,
                "allocator_bulk_deallocation_flush_threshold": FLUSH,
            },
        )
        self._db.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._spill.cleanup()

    def keep(self, name: str, rows: Relation) -> None:
        """Copy *rows* into a table of this kernel, which may spill; later kernels read it by *name*.

        Called again with the same name, it appends.
        """
        self._db.register("incoming", rows)
        try:
            self._db.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM incoming LIMIT 0")  # noqa: S608 - names are ours
            self._db.execute(f"INSERT INTO {name} SELECT * FROM incoming")  # noqa: S608 - names are ours
        finally:
            self._db.unregister("incoming")

    def fill(self, name: str, text: str, relations: Mapping[str, Relation]) -> None:
        """Append what SQL composed by us gives to a table that is kept, without handing the rows out."""
        self.query(f"INSERT INTO {name} {text}; SELECT 1 AS done", relations)

    def drop(self, name: str) -> None:
        """Forget a table that was kept; one that was never kept is not missed."""
        self._db.execute(f"DROP TABLE IF EXISTS {name}")

    def run(self, name: str, relations: Mapping[str, Relation] | None = None) -> pa.Table:
        """Run `NAME.sql` over *relations* (by name) and the tables kept before; return its last statement's rows."""
        return self.query(sql(name), relations)

    def query(self, text: str, relations: Mapping[str, Relation] | None = None) -> pa.Table:
        """Run SQL that was composed by us (a segment's predicate); the last statement gives the rows."""
        given = relations or {}
        for relation, rows in given.items():
            self._db.register(relation, rows)
        try:
            return self._db.sql(text).to_arrow_table()
        finally:
            for relation in given:
                self._db.unregister(relation)


def sql(name: str) -> str:
    """Return the text of a named kernel."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
