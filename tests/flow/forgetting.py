"""A person forgotten in the small world, as a process of its own would, and what bytes are left of them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, Text, create_engine, select

from connectors.warehouse.store import Warehouse
from sync.config.schema import Settings
from sync.forgetting import Forgetter
from sync.ledger.store import Ledger
from sync.mapping.schema import Mapping
from tests.flow.world import World, response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sync.receipt import Receipt


def forget(world: World, who: str, *, also_clear: bool = False, dry: bool = False) -> Receipt:
    """Forget *who*; everything is opened and closed."""
    ledger = Ledger(world.ledger_url, key=world.ledger_key)
    store = Warehouse(name="profiles", url=world.store_url)
    mapping = Mapping.model_validate(world.mapping)
    try:
        forgetter = Forgetter(
            ledger=ledger,
            beside=[],
            mappings={mapping.name: mapping},
            settings=Settings.model_validate(world.settings),
            destination=lambda _mapping: world.through(store),
            clock=lambda: world.now,
            step=world.step,
        )
        return forgetter.forget(who, also_clear=also_clear, dry_run=dry)
    finally:
        store.close()
        ledger.close()


def bytes_of(folder: Path, texts: list[str], *, besides: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return the files of *folder* that hold one of *texts*, whatever its case, and which."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in besides:
            held = path.read_bytes().lower()
            if some := [text for text in texts if text.lower().encode() in held]:
                found[path.name] = some
    return found


#: What Ada is known by, and what she wrote; nobody else has any of it.
ADA = ["ada@acme.test", "ada.private@home.test", "The lift in tower B was broken", "survey:ada", "C-1000001"]
CUSTOMERS = [
    ("C-1000001", "ada@acme.test", "Ada", "Adams", "A-1"),
    ("C-2", "bob@acme.test", "Bob", "Brown", "A-1"),
    ("C-3", "cleo@bolt.test", "Cleo", "Clark", "A-2"),
    ("C-5", "team@twin.test", "Eve", "Early", "A-3"),
    ("C-6", "team@twin.test", "Fay", "First", "A-3"),
]


def fill(world: World) -> World:
    """Ada answered three times, by address and number, and edited one; Bob, Cleo and others answered, too."""
    world.customers = CUSTOMERS
    world.make_customers()
    world.source.add(
        response(1, 9, email="Ada@Acme.test", days_ago=9, comment="An earlier word", response_id="ada1"),
        response(2, 7, email="bob@acme.test", days_ago=3),
        response(3, 10, email="cleo@bolt.test", days_ago=3),
        response(4, 2, email="zoe@else.test", days_ago=3),
        response(5, 5, days_ago=3),
        response(6, 8, email="team@twin.test", days_ago=3, first_name="Eve", last_name="Early"),
    )
    world.sync()
    ids = {"customer_id": "C-1000001"}
    world.source.add(
        response(7, 2, ids=ids, days_ago=1, comment=ADA[2], response_id="ada2"),
        response(8, 3, email=ADA[1], ids=ids, days_ago=2, comment="Who she is is not sure", response_id="ada3"),
        response(1, 8, email="ada@acme.test", days_ago=9, comment="A later word", response_id="ada1"),
    )
    world.sync()
    return world


def rows_with(url: str, texts: Sequence[str], *, besides: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the tables of a database in which one of *texts* stands, and which."""
    engine, metadata, found = create_engine(url.replace("postgresql://", "postgresql+psycopg://")), MetaData(), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it does not know indexes on expressions
        metadata.reflect(engine)
    with engine.connect() as connection:
        for table in metadata.tables.values():
            held = " ".join(map(repr, connection.execute(select(*(c.cast(Text) for c in table.columns))))).lower()
            if table.name not in besides and (some := [text for text in texts if text.lower() in held]):
                found[table.name] = some
    engine.dispose()
    return found
