"""`npsync demo`: the whole way on made-up data, on this machine alone."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.session import Session, opened

if TYPE_CHECKING:
    from sync.cli.demo_crm import Shown
    from sync.report import RunReport

#: The demo plays on the day after its last responses, so that it shows the same in any year.
TODAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
#: What is copied from the shipped examples.
FILES = ("config.yaml", "customers.csv", "responses.csv", "mappings/warehouse.yaml")
MAPPING = "warehouse"


def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Option("--into", help="Where it plays; begun afresh each time.")] = Path(
        ".npsync/demo"
    ),
) -> None:
    """Run everything here, on made-up data.

    It touches nothing of yours: a survey export and a table of customers are made in a folder, and synced twice; then
    the same responses go into Salesforce and HubSpot, both played on this machine.
    """
    session: Session = ctx.obj
    screen = session.screen
    customers = _set_up(folder)
    screen.say(f"A survey export and {customers:,} customers are in {folder}; it is {TODAY:%d %B %Y} there.")
    first, again, standing = _play(session, folder)
    if not screen.json:
        _tell(session, first, again, standing)
    shown = _in_crms(session, folder)
    if screen.json:
        crms = {each.vendor: each.as_json() for each in shown}
        screen.object({"first": first.as_json(), "second": again.as_json(), "standing": standing, "crms": crms})
    else:
        _look_around(session, folder, first)
    settled = not any(each.again.writes or not each.first.writes or each.touched for each in shown)
    raise typer.Exit(0 if settled and not again.writes and first.writes else 1)


def _in_crms(session: Session, folder: Path) -> "list[Shown]":
    """Sync the same responses into both CRMs, and show one record of each."""
    from sync.cli.demo_crm import PEOPLE, play, tell

    found = []
    for vendor in PEOPLE:
        found.append(play(session.screen, folder, vendor, lambda: TODAY))
        if not session.screen.json:
            tell(session.screen, found[-1])
    return found


def _set_up(folder: Path) -> int:
    """Copy the examples and make the customers table; return its rows."""
    from sync.cli.pages import shelf

    # Only what an earlier demo made: the folder could be anything.
    for left in (".npsync/ledger.db", ".npsync/profiles.db"):
        for ending in ("", "-wal", "-shm"):
            (folder / f"{left}{ending}").unlink(missing_ok=True)
    for name in FILES:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with shelf(f"examples/{name}").open("rb") as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    store = folder / ".npsync/profiles.db"
    store.parent.mkdir(exist_ok=True)
    return _load_customers(folder / "customers.csv", store)


def _load_customers(export: Path, store: Path) -> int:
    """Make the table `customers` as a company would have it, with its own column names."""
    import csv

    with export.open(encoding="utf-8", newline="") as file, closing(sqlite3.connect(store)) as connection:
        header, *rows = csv.reader(file)
        columns = ", ".join(f"{name} TEXT" for name in header)
        places = ", ".join("?" for _ in header)
        with connection:
            connection.execute(f"CREATE TABLE customers ({columns}, PRIMARY KEY ({header[0]}))")
            insert = f"INSERT INTO customers VALUES ({places})"  # noqa: S608 - places are question marks
            connection.executemany(insert, ([cell or None for cell in row] for row in rows))
    return len(rows)


def _play(session: Session, folder: Path) -> "tuple[RunReport, RunReport, dict[str, Any]]":
    """Sync twice, and look at what stands in the ledger then."""
    with opened(folder / "config.yaml", session.screen, clock=lambda: TODAY) as project:
        from sync.ledger import overview

        first = project.engine(MAPPING).sync()
        again = project.engine(MAPPING).sync()
        with project.ledger.read() as connection:
            return first, again, overview.standing(connection, MAPPING)


def _tell(session: Session, first: "RunReport", again: "RunReport", standing: dict[str, Any]) -> None:
    """Show the three results."""
    from sync.cli.render_run import summary
    from sync.cli.render_standing import standing as shown

    screen = session.screen
    screen.data(f"First sync\n{summary(first.as_json())}\n")
    screen.data(f"{shown(standing)}\n")
    screen.data(f"Second sync, nothing new\n{summary(again.as_json())}\n")
    written = sum(again.writes.values())
    told = "Nothing was written the second time." if not written else f"{written:,} records were written again!"
    screen.data(f"{told}\n")


def _look_around(session: Session, folder: Path, first: "RunReport") -> None:
    """Say where to look next."""
    config = f"-C {folder}"
    session.screen.say(
        f"Look around:\n"
        f"  npsync {config} held                who needs a person, and why\n"
        f"  npsync {config} runs {first.run}   the rows that could not be trusted\n"
        f"  npsync {config} report              where NPS stands\n"
        f"  sqlite3 {folder}/.npsync/profiles.db   the customer store; its table `people` holds the profiles\n"
        f"Your own data: copy config.example.yaml to config.yaml, then npsync validate"
    )
