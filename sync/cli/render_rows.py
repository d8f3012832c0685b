"""Lists that people work through: mappings, runs, rejected rows, held respondents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.cli.render_run import shown_key
from sync.cli.screen import listed, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Candidates shown for a held respondent; JSON has them all.
CANDIDATES = 5


def status(mappings: Sequence[Mapping[str, Any]]) -> str:
    """Where each mapping stands, one line each, and what waits for a person."""
    if not mappings:
        return "No mappings yet. Put one into mappings/, then: npsync validate"
    header = ["mapping", "last run", "finished", "status", "responses", "held", "pending", "rejected", "failed writes"]
    rows = [
        [
            one["mapping"],
            one["last_run"]["run"] if one["last_run"] else "never",
            moment(one["last_run"]["finished_at"]) if one["last_run"] else None,
            one["last_run"]["status"] if one["last_run"] else None,
            one["responses"],
            one["held"],
            one["pending"],
            one["rejected"],
            one["failures"],
        ]
        for one in mappings
    ]
    steps = [
        f"{one['held']:,} held in {one['mapping']}: npsync held {one['mapping']}" for one in mappings if one["held"]
    ]
    steps += [
        f"{one['failures']:,} writes of {one['mapping']} failed: npsync replay {one['mapping']} -n says why"
        for one in mappings
        if one["failures"]
    ]
    return "\n".join([table(header, rows), *steps])


def service(told: Mapping[str, Any]) -> str:
    """Whether the service that runs the schedule does so.

    >>> service({"state": "ended", "process": 7, "host": "a", "expires_at": "2026-11-22T10:10:00.000Z"})
    'schedule: the service (process 7 on a) ended without saying so; start it again: npsync schedule run'
    """
    who = f"process {told['process']} on {told['host']}"
    match told["state"]:
        case "ended":
            return f"schedule: the service ({who}) ended without saying so; start it again: npsync schedule run"
        case "silent":
            return f"schedule: nothing was heard of the service ({who}) for over 10 min; look at it, or start it again"
        case _:
            then = f", next run at {moment(told['next_at'])}" if told["next_at"] else ""
            return f"schedule: a service runs ({who}), every {told['every_s']:,} s{then}"


def runs(found: Sequence[Mapping[str, Any]]) -> str:
    """The history, newest first."""
    if not found:
        return "No runs yet. Start one: npsync sync"
    states = ("in", "written", "unchanged", "skipped", "held", "rejected", "pending")
    rows = [
        [
            one["run"],
            one["mapping"],
            moment(one["started_at"]),
            f"{one['status']}, undoes {one['undoes']}" if one.get("undoes") else one["status"],
            *(one["rows"].get(state) for state in states),
        ]
        for one in found
    ]
    return table(["run", "mapping", "started", "status", *states], rows)


def rejects(found: Sequence[Mapping[str, Any]]) -> str:
    """Rows that could not be trusted, each with its place and the next step, equal steps said once."""
    lines: list[str] = []
    step = ""
    for one in found:
        lines.append(f"{_place(one)}: {one['reason']}: {one['detail']}")
        if one["next_step"] and one["next_step"] != step:
            step = one["next_step"]
            lines.append(f"    {step}")
    return listed(lines)


def failures(found: Sequence[Mapping[str, Any]]) -> str:
    """Writes that the destination refused."""
    if not found:
        return ""
    rows = [
        [
            one["object"],
            shown_key(one["record"]),
            one["code"],
            ", ".join(one["fields"]),
            one["attempts"],
            moment(one["last_at"]),
        ]
        for one in found
    ]
    return table(["object", "record", "code", "fields", "attempts", "last tried"], rows)


def held(found: Sequence[Mapping[str, Any]], total: int) -> str:
    """Respondents that need a person: why, who it could be, and how to decide."""
    if not found:
        return "Nothing is held."
    lines: list[str] = []
    for one in found:
        responses = ", ".join(one["responses"][:3]) + (" and more" if len(one["responses"]) > 3 else "")
        lines.append(f"{one['respondent']}  {one['mapping']}  {one['reason']}  ({responses})")
        lines += [f"    candidate: {candidate(record)}" for record in one["candidates"][:CANDIDATES]]
        if len(one["candidates"]) > CANDIDATES:
            lines.append(f"    and {len(one['candidates']) - CANDIDATES} more")
    first = found[0]
    lines += [
        "",
        f"{total:,} held. To decide one:",
        f"    npsync held {first['mapping']} --link {first['respondent']} RECORD",
        f"    npsync held {first['mapping']} --drop {first['respondent']}",
        f"What a reason means: npsync help {first['reason']}",
    ]
    return listed(lines)


def candidate(record: object) -> str:
    """One candidate record, however much is known of it.

    >>> candidate({"object": "customers", "id": "C-7", "rule": "email"})
    'customers C-7 (rule email)'
    """
    if not isinstance(record, dict):
        return str(record)
    name = f"{record.get('object', '')} {record.get('id', record.get('record', ''))}".strip()
    extra = ", ".join(f"{key} {text}" for key, text in record.items() if key not in {"object", "id", "record"} and text)
    return f"{name} ({extra})" if extra else name


def moment(text: str | None) -> str | None:
    """A stored time, to the second, in UTC.

    >>> moment("2026-11-22T07:21:00.123Z")
    '2026-11-22 07:21:00'
    """
    return text[:19].replace("T", " ") if text else None


def _place(one: Mapping[str, Any]) -> str:
    row = f":{one['row']}" if one.get("row") else ""
    column = f" [{one['column']}]" if one.get("column") else ""
    return f"{one['file']}{row}{column}"
