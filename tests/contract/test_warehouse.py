"""The warehouse holds the contracts of a destination and a directory, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy import create_engine, event, text

from connectors.contract import Matchable, RecordColumns
from connectors.values import Field, OutcomeKind, RecordRef, Write
from connectors.warehouse.store import Warehouse
from tests.contract.destination_contract import AT, FIELDS, DestinationContract, person, ref
from tests.contract.directory_contract import CROWD, FLAGS, TEXTS, DirectoryContract, asked, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.contract.directory_contract import Fill, Row


@pytest.fixture
def url(ledger_url: str) -> str:
    """An empty database on each engine; the same place would do for a ledger."""
    return ledger_url


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    opened = Warehouse(name="profiles", url=url)
    yield opened
    opened.close()


@pytest.fixture
def execute(url: str) -> Callable[..., list[Any]]:
    """Run a statement of the company's own, outside of ours."""

    def run(statement: str, **values: object) -> list[Any]:
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement), values)
                return list(result) if result.returns_rows else []
        finally:
            engine.dispose()

    return run


class TestWarehouseAsDestination(DestinationContract):
    @pytest.fixture
    def destination(self, warehouse: Warehouse) -> Warehouse:
        warehouse.ensure("people", ["id"], FIELDS)
        self.statements = 0
        event.listen(warehouse._database._engine, "before_cursor_execute", self.count)
        return warehouse

    def count(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements += statement.startswith("INSERT")

    def calls(self, _destination: Any) -> int:
        return self.statements

    @pytest.fixture(autouse=True)
    def _scores_are_checked(self, destination: Warehouse, execute: Callable[..., list[Any]], url: str) -> None:
        """SQLite lets a number column hold text, unless the table says otherwise; a company's may."""
        if url.startswith("sqlite"):
            execute("DROP TABLE people")
            execute(
                "CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT, score NUMERIC CHECK (typeof(score) <> 'text'),"
                " responded_at DATETIME, current BOOLEAN)"
            )
            destination.ensure("people", ["id"], FIELDS)


class TestWarehouseAsDirectory(DirectoryContract):
    @pytest.fixture
    def fill(self, warehouse: Warehouse) -> Fill:
        def put(rows: Sequence[Row]) -> Warehouse:
            fields = [Field(name=name, type="text") for name in TEXTS]
            fields += [Field(name=name, type="boolean") for name in FLAGS]
            warehouse.ensure("customers", ["customer_no"], fields)
            outcomes = warehouse.write(
                [
                    Write(
                        object="customers",
                        key={"customer_no": row["customer_no"]},
                        values={name: row.get(name) for name in (*TEXTS[1:], *FLAGS)},
                    )
                    for row in rows
                ]
            )
            assert {OutcomeKind.WRITTEN} == {outcome.kind for outcome in outcomes}
            return warehouse

        return put


class TestCompanyTable:
    """A table that was there before us."""

    @pytest.fixture(autouse=True)
    def _table(self, execute: Callable[..., list[Any]]) -> None:
        execute(
            'CREATE TABLE "Customers %" ("No" INTEGER PRIMARY KEY, mail VARCHAR(80) NOT NULL, plan VARCHAR(5),'
            ' "nps score" INTEGER, deleted_at VARCHAR(30), UNIQUE (mail))'
        )
        execute("""INSERT INTO "Customers %" VALUES (1, 'ann@example.com', 'gold', NULL, NULL)""")
        execute("""INSERT INTO "Customers %" VALUES (2, 'bo@example.com', 'free', 3, '2026-01-01')""")

    def customer(self, number: int, **values: Any) -> Write:
        return Write(object="Customers %", key={"No": number}, values=values)

    def test_a_record_is_updated_without_its_required_columns(
        self, warehouse: Warehouse, execute: Callable[..., list[Any]]
    ) -> None:
        """An INSERT ... ON CONFLICT alone would be refused for `mail`, which we neither know nor touch."""
        outcomes = warehouse.write([self.customer(1, **{"nps score": 9}), self.customer(3, **{"nps score": 9})])

        assert [OutcomeKind.WRITTEN, OutcomeKind.REJECTED] == [outcome.kind for outcome in outcomes]
        assert outcomes[1].fields == ("mail",)
        rows = [tuple(row) for row in execute('SELECT * FROM "Customers %" ORDER BY 1')]
        assert (1, "ann@example.com", "gold", 9, None) == rows[0]
        assert len(rows) == 2

    def test_any_unique_column_can_be_the_key(self, warehouse: Warehouse, execute: Callable[..., list[Any]]) -> None:
        write = Write(object="Customers %", key={"mail": "bo@example.com"}, values={"nps score": 7.0, "plan": "team"})

        assert [OutcomeKind.WRITTEN] == [outcome.kind for outcome in warehouse.write([write])]
        assert [(2, 7, "team")] == [
            tuple(r) for r in execute('SELECT "No", "nps score", plan FROM "Customers %" WHERE "No" = 2')
        ]
        held = warehouse.read([RecordRef(object="Customers %", id="bo@example.com")], ["No"])
        assert [{"No": 2}] == list(held.values())

    def test_a_clash_names_the_field(self, warehouse: Warehouse) -> None:
        outcomes = warehouse.write([self.customer(1, mail="bo@example.com"), self.customer(2, plan="team")])

        assert [(OutcomeKind.REJECTED, ("mail",)), (OutcomeKind.WRITTEN, ())] == [(o.kind, o.fields) for o in outcomes]

    def test_a_key_that_nothing_keeps_unique_is_refused(self, warehouse: Warehouse) -> None:
        from connectors.errors import SchemaDrift

        with pytest.raises(SchemaDrift, match="nothing keeps plan unique"):
            warehouse.write([Write(object="Customers %", key={"plan": "gold"}, values={"nps score": 1})])

    def test_missing_columns_are_added_beside_its_own(
        self, warehouse: Warehouse, execute: Callable[..., list[Any]]
    ) -> None:
        warehouse.ensure(
            "Customers %", ["No"], [Field(name="nps_at", type="datetime"), Field(name="plan", type="number")]
        )
        warehouse.write([self.customer(1, nps_at=AT)])

        assert [("gold",)] == [tuple(row) for row in execute('SELECT plan FROM "Customers %" WHERE "No" = 1')]
        assert [{"nps_at": AT}] == list(warehouse.read([RecordRef(object="Customers %", id="1")], ["nps_at"]).values())

    def test_it_is_a_directory(self, warehouse: Warehouse) -> None:
        assert isinstance(warehouse, Matchable)
        columns = RecordColumns(
            object="Customers %", id="No", emails=("mail",), ids={"customer_id": ("No",)}, deleted="deleted_at"
        )
        directory = warehouse.directory(columns)

        records = found(directory, ("email", "bo@example.com"), ("customer_id", "1"))
        assert {"1": False, "2": True} == {id_: row["deleted"] for id_, row in records.items()}

    def test_a_read_only_view_can_be_searched(self, warehouse: Warehouse, execute: Callable[..., list[Any]]) -> None:
        execute('CREATE VIEW seen AS SELECT "No", mail FROM "Customers %"')
        directory = warehouse.directory(RecordColumns(object="seen", id="No", emails=("mail",)))

        assert {"1"} <= set(found(directory, ("email", "ann@example.com")))

    def test_without_leave_no_index_is_added(self, url: str, execute: Callable[..., list[Any]]) -> None:
        careful = Warehouse(name="theirs", url=url, index=False)
        directory = careful.directory(RecordColumns(object="Customers %", id="No", emails=("mail",)))

        assert {"1", "2"} == set(found(directory, ("email", "ann@example.com")))
        catalogue = "sqlite_master" if url.startswith("sqlite") else "pg_class"
        name = "name" if url.startswith("sqlite") else "relname"
        assert [(0,)] == [tuple(r) for r in execute(f"SELECT count(*) FROM {catalogue} WHERE {name} LIKE 'npsync%'")]
        careful.close()


class TestWarehouse:
    def test_a_compound_key_holds_memberships(self, warehouse: Warehouse) -> None:
        warehouse.ensure("segment_members", ["customer_id", "segment"], [Field(name="since", type="datetime")])
        joined = [
            Write(object="segment_members", key={"customer_id": id_, "segment": name}, values={"since": AT})
            for id_ in ("C-1", "C-2")
            for name in ("at_risk", "silent")
        ]
        left = Write(object="segment_members", key=joined[0].key, values={}, delete=True)

        warehouse.write([*joined, left])

        refs = [RecordRef(object="segment_members", id=write.id) for write in joined]
        assert {refs[1]: {"since": AT}, refs[2]: {"since": AT}, refs[3]: {"since": AT}} == warehouse.read(
            refs, ["since"]
        )

    def test_a_key_alone_can_be_written(self, warehouse: Warehouse) -> None:
        warehouse.ensure("segment_members", ["customer_id", "segment"], [])
        write = Write(object="segment_members", key={"customer_id": "C-1", "segment": "silent"}, values={})

        assert [OutcomeKind.WRITTEN] * 2 == [outcome.kind for outcome in warehouse.write([write, write])]

    def test_ten_thousand_keys_are_found(self, warehouse: Warehouse) -> None:
        warehouse.ensure("customers", ["customer_no"], [Field(name=name, type="text") for name in TEXTS])
        total = 220_000
        for start in range(0, total, 20_000):
            warehouse.write(
                [
                    Write(object="customers", key={"customer_no": f"C-{n}"}, values={"mail": f"p{n}@example.com"})
                    for n in range(start, start + 20_000)
                ]
            )
        directory = warehouse.directory(
            RecordColumns(object="customers", id="customer_no", emails=("mail",), ids={"customer_id": ("customer_no",)})
        )
        wanted = range(0, total, 22)

        tables = list(directory.find(asked(*[("email", f"p{number}@example.com") for number in wanted])))

        ids = [id_ for table in tables for id_ in table["id"].to_pylist()]
        assert sorted(f"C-{number}" for number in wanted) == sorted(ids)

    def test_reading_needs_no_key_order_of_its_own(self, url: str, warehouse: Warehouse) -> None:
        """A later run reads back what an earlier one wrote, without having written itself."""
        warehouse.ensure("people", ["id"], FIELDS)
        warehouse.write([person("p1", score=9)])
        later = Warehouse(name="profiles", url=url)

        assert {ref("p1"): {"score": 9}} == later.read([ref("p1")], ["score"])
        later.close()

    def test_columns_that_appear_are_seen(self, warehouse: Warehouse, execute: Callable[..., list[Any]]) -> None:
        """A person may add the missing column between two batches."""
        warehouse.ensure("people", ["id"], FIELDS)
        warehouse.write([person("p1", score=9)])
        execute("ALTER TABLE people ADD COLUMN owner VARCHAR(20)")

        assert [OutcomeKind.WRITTEN] == [each.kind for each in warehouse.write([person("p1", owner="Kim")])]

    def test_the_crowd_is_streamed_in_batches(self, warehouse: Warehouse) -> None:
        warehouse.ensure("customers", ["customer_no"], [Field(name=name, type="text") for name in TEXTS])
        warehouse.write(
            [
                Write(object="customers", key={"customer_no": row["customer_no"]}, values={"mail": row["mail"]})
                for row in CROWD
            ]
        )
        directory = warehouse.directory(RecordColumns(object="customers", id="customer_no", emails=("mail", "mail2")))

        every = pa.concat_tables(directory.find(asked(*[("email", row["mail"]) for row in CROWD])))

        assert len(CROWD) == every.num_rows
        assert sorted(row["mail"] for row in CROWD) == sorted(mails[0] for mails in every["emails"].to_pylist())


def test_both_databases_hold_the_same(tmp_path: Any, postgres_url: str) -> None:
    """Written alike, read alike: a mapping does not notice where it writes."""
    awkward: list[dict[str, Any]] = [
        {"name": "Ann", "score": 9, "responded_at": "2026-01-31T10:30:00+01:00", "current": True},
        {"name": "9", "score": 9.5, "responded_at": "2026-01-31", "current": False},
        {"name": 9, "score": True, "responded_at": None, "current": 1},
        {"name": True, "score": -0.0, "responded_at": AT, "current": None},
        {"name": 4.25, "score": 10**12, "responded_at": "2026-01-31T09:30:00.123456Z", "current": 0},
    ]
    held = []
    for url in (f"sqlite:///{tmp_path}/one.db", postgres_url):
        warehouse = Warehouse(name="profiles", url=url)
        warehouse.ensure("people", ["id"], FIELDS)
        warehouse.write([person(f"p{number}", **values) for number, values in enumerate(awkward)])
        rows = warehouse.read([ref(f"p{number}") for number in range(len(awkward))], [field.name for field in FIELDS])
        held.append({key.id: {name: repr(value) for name, value in row.items()} for key, row in rows.items()})
        warehouse.close()

    assert held[0] == held[1]
    assert len(held[0]) == len(awkward)
