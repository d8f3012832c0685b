"""One run in full: its report, where its rows stand and why, what it wrote over what. A page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

#: What is listed, and how it is called in text.
LISTS = {
    "responses": "responses",
    "rejects": "rejected rows",
    "failures": "writes that failed",
    "changes": "writes",
    "left_alone": "left as it was",
}


def told(connection: Connection, run: Mapping[str, Any], most: int, skip: int) -> dict[str, Any]:
    """Return everything that the ledger knows of *run*; of each list *most* rows after the first *skip*."""
    from sync.ledger import run_rows, undos, waiting

    id_, mapping = run["run"], run["mapping"]
    rejects, failures = waiting.rejects(connection, id_), waiting.failures(connection, mapping, id_)
    return {
        "undoes": undos.of(connection, id_),
        "undone_by": undos.by(connection, mapping, id_),
        "responses": run_rows.rows(connection, mapping, id_, most, skip),
        "rejects": rejects[skip : skip + most],
        "failures": failures[skip : skip + most],
        "changes": run_rows.changes(connection, id_, most, skip),
        "left_alone": undos.left(connection, id_, most, skip),
    }


def text(summary: str, run: str, told: Mapping[str, Any], most: int, skip: int) -> str:
    """Lay it out: the summary, then each list that is not empty, then how to see more."""
    from sync.cli import render_rows, render_undo

    parts = [summary]
    if told["undoes"]:
        parts.append(f"It undid run {told['undoes']}.")
    if told["undone_by"]:
        parts.append(f"Undone by run {', '.join(told['undone_by'])}.")
    laid: dict[str, Callable[[Sequence[Any]], str]] = {
        "responses": _responses,
        "rejects": render_rows.rejects,
        "failures": render_rows.failures,
        "changes": _changes,
        "left_alone": lambda rows: render_undo.left(rows, 0, run),
    }
    parts += [f"{LISTS[name]}:\n{lay(told[name])}" for name, lay in laid.items() if told[name]]
    if any(len(told[name]) == most for name in LISTS):
        parts.append(f"More: npsync runs {run} --limit {most} --skip {skip + most}")
    return "\n\n".join(part for part in parts if part)


def _responses(rows: Sequence[Mapping[str, str]]) -> str:
    from sync.cli.screen import table

    return table(["response", "state", "reason"], [[row["key"], row["state"], row["reason"] or None] for row in rows])


def _changes(rows: Sequence[Mapping[str, Any]]) -> str:
    """Each record, and beneath it field by field what stood there and what stands there now."""
    from sync.cli.render_run import shown_key, value
    from sync.cli.screen import listed

    lines: list[str] = []
    for row in rows:
        done = "" if row["done"] == "changed" else f" ({row['done']})"
        lines.append(f"{row['object']} {shown_key(row['record'])}{done}")
        lines += [f"  {name}: {value(each['old'])} -> {value(each['new'])}" for name, each in row["fields"].items()]
    return listed(lines)
