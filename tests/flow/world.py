"""A small world for runs: a source in memory, a real store in a file, and a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text

from connectors.contract import Page
from connectors.values import Place, SurveyKind, SurveyResponse
from connectors.warehouse.store import Warehouse
from sync.config.schema import Settings
from sync.directories import Directories
from sync.engine import Choices, Ends, Engine
from sync.identity.settings import Rule
from sync.ledger.engines import opened
from sync.ledger.store import Ledger
from sync.mapping.schema import Mapping, record_columns, rules
from sync.sets import IN_KERNEL, SetWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from connectors.contract import Destination, Directory
    from connectors.values import Reject, Skip
    from sync.report import RunReport

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)

CUSTOMERS = [
    ("C-1", "ada@acme.test", "Ada", "Adams", "A-1"),
    ("C-2", "bob@acme.test", "Bob", "Brown", "A-1"),
    ("C-3", "cleo@bolt.test", "Cleo", "Clark", "A-2"),
    ("C-4", "dan@bolt.test", "Dan", "Drake", "A-2"),
    ("C-5", "team@twin.test", "Eve", "Early", "A-3"),
    ("C-6", "team@twin.test", "Fay", "First", "A-3"),
]

MAPPING: dict[str, Any] = {
    "name": "store",
    "version": 1,
    "from": "survey",
    "to": "profiles",
    "object": "people",
    "key": {"customer_id": "record.id"},
    "records": {
        "object": "customers",
        "id": "customer_id",
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "account": "account_id",
    },
    "match": [{"customer_id": "person.customer_id"}, {"email": "person.email"}],
    "fields": {
        "score": "score",
        "points": "points",
        "category": "category",
        "comment": {"from": "comment", "clears": True},
        "responded_at": "responded_at",
        "previous_score": {"from": "previous_score", "clears": True},
        "trend": {"from": "trend", "clears": True},
        "status": "status",
        "segments": {"from": "segments", "clears": True},
        "person_id": "person.id",
    },
    "responses": {
        "object": "responses",
        "key": {"response_key": "key"},
        "fields": {"customer_id": "record.id", "score": "score", "comment": "comment", "responded_at": "responded_at"},
    },
    "rollup": {
        "object": "accounts",
        "key": {"account_id": "account"},
        "fields": {"nps": {"from": "nps", "clears": True}, "responses": "responses", "promoters": "promoters"},
    },
    "segments": {
        "object": "segment_members",
        "key": {"customer_id": "record.id", "segment": "segment"},
        "fields": {"since": "since"},
    },
}
SETTINGS: dict[str, Any] = {
    "version": 1,
    "connections": {
        "survey": {"type": "file", "path": "responses.csv"},
        "profiles": {"type": "warehouse", "url": "sqlite:///profiles.db"},
    },
    "nps": {"min_responses": 1},
    "segments": {"at_risk": {"any": [{"category": "detractor", "age": {"max": "90d"}}, {"trend": "declining"}]}},
}


def response(
    number: int, score: int, *, email: str | None = None, days_ago: float = 1, **values: Any
) -> SurveyResponse:
    """Build a response that came *days_ago* before `NOW`."""
    given: dict[str, Any] = {
        "response_id": f"r{number}",
        "survey": "nps",
        "survey_kind": SurveyKind.RELATIONAL,
        "score": score,
        "responded_at": NOW - timedelta(days=days_ago),
        "email": email,
        "place": Place(file="responses.csv", row=number + 1),
    }
    return SurveyResponse(**(given | values))


@dataclass(slots=True)
class MemorySource:
    """A source whose pages are given; its cursor is the number of pages read."""

    pages: list[Page] = field(default_factory=list)

    def pull(self, cursors: Any) -> Iterator[Page]:
        """See `SurveySource.pull`."""
        start = int(cursors.get("memory", 0))
        for number, page in enumerate(self.pages[start:], start + 1):
            yield replace(page, cursor=str(number))

    def add(
        self, *responses: SurveyResponse, rejects: Sequence[Reject] = (), skips: Sequence[Skip] = ()
    ) -> MemorySource:
        """Add one page."""
        self.pages.append(Page(stream="memory", responses=responses, rejects=rejects, skips=skips, cursor=""))
        return self


def _directory(store: Warehouse, mapping: Mapping, *, read_only: bool) -> Directory:
    home, *others = (store.directory(columns, read_only=read_only) for columns in record_columns(mapping))
    return Directories(home, others) if others else home


@dataclass(slots=True)
class World:
    """One folder with a ledger and a store, and a source in memory."""

    folder: Path
    ledger_url: str = ""
    store_url: str = ""
    source: MemorySource = field(default_factory=MemorySource)
    now: datetime = NOW
    mapping: dict[str, Any] = field(default_factory=lambda: dict(MAPPING))
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    customers: Sequence[tuple[str, ...]] = tuple(CUSTOMERS)
    step: Callable[[str], None] = lambda _name: None
    #: With which the ledger is encrypted, if it is.
    ledger_key: str | None = None
    #: What stands between a run and its store: tests let it fail here.
    through: Callable[[Warehouse], Destination] = lambda store: store
    work: SetWork = IN_KERNEL

    def __post_init__(self) -> None:
        self.ledger_url = self.ledger_url or f"sqlite:///{self.folder}/ledger.db"
        self.store_url = self.store_url or f"sqlite:///{self.folder}/profiles.db"

    def make_customers(self) -> World:
        """Create the company's own table, in words of its own."""
        self.execute(
            "CREATE TABLE customers (customer_id TEXT PRIMARY KEY, email TEXT,"
            " first_name TEXT, last_name TEXT, account_id TEXT)"
        )
        names = ("id", "email", "first", "last", "account")
        self.execute(
            "INSERT INTO customers VALUES (:id, :email, :first, :last, :account)",
            [dict(zip(names, row, strict=True)) for row in self.customers],
        )
        return self

    def sync(self, **choices: Any) -> RunReport:
        """Run once, as a process of its own would: everything is opened and closed."""
        mapping = Mapping.model_validate(self.mapping)
        settings = Settings.model_validate(self.settings)
        ledger = Ledger(self.ledger_url, key=self.ledger_key)
        store = Warehouse(name="profiles", url=self.store_url)
        try:
            engine = Engine(
                mapping=mapping,
                settings=settings,
                ledger=ledger,
                ends=lambda dry_run: Ends(
                    source=self.source,
                    destination=self.through(store),
                    directory=_directory(store, mapping, read_only=dry_run),
                    rules=[Rule(kind=rule.kind, object=rule.object) for rule in rules(mapping)],
                ),
                clock=lambda: self.now,
                step=self.step,
                timer=lambda: 0.0,
                work=self.work,
            )
            return engine.sync(Choices(**choices))
        finally:
            store.close()
            ledger.close()

    def scores(self) -> dict[str, Any]:
        """Return the score that each customer's profile shows."""
        return {row[0]: row[1] for row in self.execute("SELECT customer_id, score FROM people")}

    def execute(
        self, statement: str, values: dict[str, Any] | list[dict[str, Any]] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one statement on the store."""
        return _execute(self.store_url, statement, values or {})

    def ledger(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement on the ledger."""
        return _execute(self.ledger_url, statement, {}, self.ledger_key)


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    """Ask a database."""
    return _execute(url, query, {})


def _execute(
    url: str, statement: str, values: dict[str, Any] | list[dict[str, Any]], key: str | None = None
) -> list[tuple[Any, ...]]:
    plain = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    engine = plain if key is None else opened(plain.url, None, 10.0, key)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()
