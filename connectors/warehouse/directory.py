"""Records found in any table of the database, by e-mail, phone or id.

Few keys are looked up through indexes on their loose form (`looseness`); many are cheaper found by reading the whole
table once, in Arrow batches, and letting the kernel join them.
"""

from __future__ import annotations

import hashlib
from math import ceil
from typing import TYPE_CHECKING, Any

from connectors.errors import ConnectorError
from connectors.warehouse.database import SQLITE, sql
from connectors.warehouse.looseness import ways
from connectors.warehouse.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import pyarrow as pa

    from connectors.contract import RecordColumns
    from connectors.warehouse.database import Database
    from connectors.warehouse.tables import Shape

#: Rows in one Arrow batch; at some 300 bytes a record, 6 MB.
BATCH = 20_000
#: Keys in one statement; old SQLite takes 999 parameters.
CHUNK = 900
#: Above this share of the table's rows one scan is cheaper than look-ups (a look-up costs about 20 scanned rows).
SCAN_ABOVE = 1 / 20
#: Merges of merges that are followed; a longer chain is a cycle or a fault.
MERGE_HOPS = 10
#: The key kind that names a record by its own id.
RECORD = "record"
_ACCOUNT = frozenset({"account"})
#: Addresses in their base form are found by the same loose keys as whole ones.
_SAME_COLUMNS = {"email_base": "email"}
#: Columns by which tables commonly say when a row changed; read by `version` where one is there.
_UPDATED = ("updated_at", "modified_at", "last_modified", "last_updated", "systemmodstamp", "lastmodifieddate")


class TableDirectory:
    """See `Directory`, `Listable` and `Accounts` in `connectors.contract`.

    Args:
        database: Where the table is.
        shape: The table.
        columns: What its columns mean.
        index: Whether indexes may be added to it.

    Raises:
        SchemaDrift: The table lacks one of *columns*; says what it has.
    """

    def __init__(self, database: Database, shape: Shape, columns: RecordColumns, *, index: bool) -> None:
        shape.check(_named(columns), database.where)
        self._database = database
        self._shape = shape
        self._columns = columns
        self._selection = Selection(database, shape, columns)
        self._table = database.table(columns.object)
        self._may_index = index
        #: Kinds of keys, and accounts, whose indexes are there.
        self._indexed: frozenset[str] = frozenset()

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`. The first search by a kind of key adds its indexes, where it may."""
        given = {_SAME_COLUMNS.get(kind, kind) for kind in keys["kind"].unique().to_pylist()}
        kinds = frozenset(given & self._by_kind().keys())
        if not kinds:
            return
        if self.worth_listing(self._count(keys)) or not self._index(kinds):
            yield from self._listed(kinds)
        else:
            yield from self._with_merges(self._look_up(self._wanted(keys)))

    def everything(self) -> Iterator[pa.Table]:
        """See `Listable.everything`."""
        yield from self._listed(frozenset(self._by_kind()))

    def _listed(self, kinds: frozenset[str]) -> Iterator[pa.Table]:
        yield from self._stream(self._selection.text, (), by_index=False)
        self._index(kinds)  # whoever asks for very many will ask for a few next

    def version(self) -> str:
        """See `Directory.version`: rows, the highest id, and the latest change where a column tells it.

        A row that was edited in a table without such a column is noticed when it is next looked up.
        """
        highest = [self._columns.id, *self._updated()]
        # Each by itself: SQLite reads a maximum from an index only when nothing else is asked for.
        asked = ["count(*)", *(f"max({self._database.quoted(name)})" for name in highest)]
        text = ", ".join(sql("(SELECT", each, "FROM", f"{self._table})") for each in asked)
        with self._database.reading() as connection:
            row = connection.exec_driver_sql(f"SELECT {text}").one()
        return hashlib.sha256(repr(tuple(map(str, row))).encode()).hexdigest()[:32]

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`. Records that were deleted or merged away are not counted."""
        if self._columns.account is None or not accounts:
            return {}
        account = f"CAST({self._database.quoted(self._columns.account)} AS TEXT)"
        live = " AND ".join(["true", *self._live()])
        head = sql("SELECT", account, ", count(*) FROM", self._table, "WHERE", live)
        found: dict[str, int] = {}
        wanted = set(accounts)
        with self._database.reading() as connection:
            if self.worth_listing(len(wanted)) or not self._index(_ACCOUNT):
                rows = connection.exec_driver_sql(f"{head} GROUP BY {account}")
                return {name: count for name, count in rows if name in wanted}
            for condition, values in self._among(account, sorted(wanted)):
                found.update(connection.exec_driver_sql(f"{head} AND {condition} GROUP BY {account}", values).all())
        return found

    def _count(self, keys: pa.Table) -> int:
        """Return how many look-ups *keys* are; an address in its base form is there as an address as well."""
        counts = keys["kind"].value_counts().to_pylist()
        held = self._by_kind()
        return sum(count["counts"] for count in counts if count["values"] in held)

    def _wanted(self, keys: pa.Table) -> dict[str, set[str]]:
        """Return the loose keys by kind; kinds that no column holds are left out."""
        held = set(self._by_kind())
        wanted: dict[str, set[str]] = {}
        for kind, value in zip(keys["kind"].to_pylist(), keys["value"].to_pylist(), strict=True):
            known = _SAME_COLUMNS.get(kind, kind)
            if known in held and value:
                wanted.setdefault(known, set()).add(value)
        return wanted

    def _by_kind(self) -> dict[str, tuple[str, ...]]:
        named = {"email": self._columns.emails, "phone": self._columns.phones, **self._columns.ids}
        return named | {RECORD: (self._columns.id,)}

    def _look_up(self, wanted: Mapping[str, AbstractSet[str]]) -> Iterator[pa.Table]:
        for kind, values in wanted.items():
            if kind == RECORD:
                for condition, parameters in self._among(self._id, sorted(values)):
                    yield from self._stream(f"{self._selection.text} WHERE {condition}", parameters)
                continue
            for name in self._by_kind()[kind]:
                for way in ways(self._database.dialect, kind, self._database.quoted(name)):
                    if way.key is None:
                        yield from self._stream(f"{self._selection.text} WHERE {way.condition}", ())
                        continue
                    loose = sorted({key for value in values for key in way.keys_of(value)} - {""})
                    for among, parameters in self._among(way.key, loose):
                        condition = f"{among} AND {way.condition}" if way.condition else among
                        yield from self._stream(f"{self._selection.text} WHERE {condition}", parameters)

    def _with_merges(self, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """Pass *tables* on, then the records that theirs were merged into, and so on."""
        seen: set[str] = set()
        targets: set[str] = set()
        for table in tables:
            seen.update(table["id"].to_pylist())
            targets.update(table["merged_into"].drop_null().to_pylist())
            yield table
        for _ in range(MERGE_HOPS):
            targets -= seen
            if not targets:
                return
            fetched, targets = sorted(targets), set()
            for condition, parameters in self._among(self._id, fetched):
                for table in self._stream(f"{self._selection.text} WHERE {condition}", parameters):
                    seen.update(table["id"].to_pylist())
                    targets.update(table["merged_into"].drop_null().to_pylist())
                    yield table
            seen.update(fetched)

    @property
    def _id(self) -> str:
        return f"CAST({self._database.quoted(self._columns.id)} AS TEXT)"

    def _stream(self, text: str, parameters: tuple[Any, ...], *, by_index: bool = True) -> Iterator[pa.Table]:
        for rows in self._database.stream(text, parameters, BATCH, by_index=by_index):
            yield self._selection.table(rows)

    def _among(self, expression: str, values: Sequence[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield conditions that *expression* is one of *values*, with their parameters."""
        if self._database.dialect != SQLITE:
            yield f"({expression}) = ANY(%s)", (list(values),)
            return
        for start in range(0, len(values), CHUNK):
            chunk = tuple(values[start : start + CHUNK])
            yield f"({expression}) IN ({', '.join('?' for _ in chunk)})", chunk

    def worth_listing(self, keys: int) -> bool:
        """See `Listable.worth_listing`: the table is small beside *keys*."""
        enough = ceil(keys / SCAN_ABOVE)
        with self._database.reading() as connection:
            if self._database.dialect != SQLITE:
                text = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)"
                guess = connection.exec_driver_sql(text, (self._table.replace("%%", "%"),)).scalar()
                if guess and guess > 0:
                    return bool(guess < enough)
            # Counted no further than the answer needs: the table may be of any size.
            text = f"SELECT count(*) FROM (SELECT 1 FROM {self._table} LIMIT {enough}) AS first"  # noqa: S608 - quoted
            return bool(connection.exec_driver_sql(text).scalar_one() < enough)

    def _live(self) -> list[str]:
        conditions = []
        if self._columns.deleted is not None:
            conditions.append(f"{self._selection.flag(self._columns.deleted)} = '0'")
        if self._columns.merged_into is not None:
            conditions.append(f"{self._database.quoted(self._columns.merged_into)} IS NULL")
        return conditions

    def _updated(self) -> list[str]:
        return [name for name in self._shape.columns if name.lower() in _UPDATED]

    def _index(self, kinds: AbstractSet[str]) -> bool:
        """Add the indexes by which *kinds* are looked up; False when they may not be added."""
        if kinds <= self._indexed or not self._may_index:
            return self._may_index
        try:
            wanted = self._indexes(kinds - self._indexed)
            with self._database.reading() as connection:
                there = {name for name in wanted if self._has_index(connection, name)}
            missing = {name: text for name, text in wanted.items() if name not in there}
            if missing:
                with self._database.writing() as connection:
                    for text in missing.values():
                        connection.exec_driver_sql(text)
                    # Without it PostgreSQL knows nothing of the new expressions and reads the whole table.
                    if self._database.dialect != SQLITE:
                        connection.exec_driver_sql(f"ANALYZE {self._table}")
        except ConnectorError:
            # No right to, a view, or someone holds the table: reading all of it gives the same answers.
            self._may_index = False
            return False
        self._indexed |= kinds
        return True

    def _has_index(self, connection: Any, name: str) -> bool:  # noqa: ANN401 - SQLAlchemy's Connection
        catalogue = (
            "sqlite_master WHERE name = ?" if self._database.dialect == SQLITE else "pg_indexes WHERE indexname = %s"
        )
        return connection.exec_driver_sql(f"SELECT 1 FROM {catalogue}", (name,)).first() is not None  # noqa: S608 - ours

    def _indexes(self, kinds: AbstractSet[str]) -> dict[str, str]:
        """Return the statements that add the indexes of *kinds*, by index name."""
        held = self._by_kind()
        wanted = [(kind, name) for kind in sorted(kinds - {RECORD} - _ACCOUNT) for name in held[kind]]
        texts = []
        for kind, name in wanted:
            column = self._database.quoted(name)
            for way in ways(self._database.dialect, kind, column):
                where = f" WHERE {way.condition}" if way.condition else ""
                texts.append(f"(({way.key or column})){where}")
        if kinds - _ACCOUNT:
            texts.append(f"(({self._id}))")
        if kinds & _ACCOUNT and self._columns.account is not None:
            texts.append(f"((CAST({self._database.quoted(self._columns.account)} AS TEXT)))")
        named = {f"npsync_{hashlib.sha256(f'{self._table}{text}'.encode()).hexdigest()[:16]}": text for text in texts}
        return {name: f"CREATE INDEX IF NOT EXISTS {name} ON {self._table} {text}" for name, text in named.items()}


def _named(columns: RecordColumns) -> list[str]:
    """Return every column that the mapping names."""
    single = [
        columns.first_name,
        columns.last_name,
        columns.full_name,
        columns.account,
        columns.account_name,
        columns.country,
        columns.created_at,
        columns.merged_into,
        columns.deleted,
        columns.suppressed,
    ]
    ids = [name for names in columns.ids.values() for name in names]
    return [columns.id, *columns.emails, *columns.phones, *ids, *(name for name in single if name is not None)]
