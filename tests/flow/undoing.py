"""A run undone in the small world, as a process of its own would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.warehouse.store import Warehouse
from sync.ledger import undos
from sync.ledger.store import Ledger
from sync.mapping.schema import Mapping
from sync.run import Silent
from sync.undo import Undoer
from sync.undo_report import Wish
from tests.flow.test_crashes import STORE
from tests.flow.world import response

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.undo_report import UndoReport
    from tests.flow.world import World


class Crash(BaseException):
    """The process is gone; nothing of ours may catch it."""


def undo(
    world: World, run: str, *, fields: tuple[str, ...] = (), object_: str | None = None, dry: bool = False
) -> UndoReport:
    """Undo *run*; everything is opened and closed."""
    ledger, store = Ledger(world.ledger_url), Warehouse(name="profiles", url=world.store_url)
    try:
        undoer = Undoer(
            mapping=Mapping.model_validate(world.mapping),
            ledger=ledger,
            destination=lambda: world.through(store),
            clock=lambda: world.now,
            timer=lambda: 0.0,
            progress=Silent(),
            step=world.step,
        )
        return undoer.undo(Wish(run=run, fields=frozenset(fields), object=object_), dry_run=dry)
    finally:
        store.close()
        ledger.close()


def left(world: World, report: UndoReport) -> dict[tuple[str, str, str], str]:
    """Return what an undo left as it was: object, record, field → reason."""
    ledger = Ledger(world.ledger_url)
    with ledger.read() as connection:
        rows = undos.left(connection, report.run)
    ledger.close()
    return {(row["object"], row["record"], row["field"]): row["reason"] for row in rows}


def stepped(number: int) -> Callable[[str], None]:
    """Return a step that dies at the *number*-th call."""
    left_: Any = iter(range(number))

    def step(_name: str) -> None:
        if next(left_, None) is None:
            raise Crash

    return step


def changed(world: World) -> World:
    """Sync once; then Ada goes from 9 to 3, and Bob is new, in the run to come."""
    world.source.add(response(1, 9, email="ada@acme.test", days_ago=2, comment="fine"))
    world.sync()
    world.source.add(response(2, 3, email="ada@acme.test", comment="slow"), response(3, 10, email="bob@acme.test"))
    return world


def everything(world: World) -> list[Any]:
    return [sorted(map(repr, world.execute(f"SELECT * FROM {table}"))) for table in STORE[:4]]
