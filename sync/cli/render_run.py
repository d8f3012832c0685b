"""A run's report as text, from the same object that `--output json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.cli.screen import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sync.report import FieldChange

#: What each status means.
WORDS = {
    "done": "done",
    "running": "interrupted; the next run goes on where it stood",
    "some_rows_failed": "finished, some rows failed",
    "stopped_by_guard": "stopped by a guard before the first write",
    "failed": "failed",
    "dry_run": "dry run, nothing written",
}
#: A cell of a dry run longer than this is cut; the field's full value is in the source.
CELL = 60


def summary(report: Mapping[str, Any]) -> str:
    """Say what a run did: rows and reasons, NPS, writes, and the next step for what needs one."""
    lines = [
        f"{report['mapping']}: {WORDS.get(report['status'], report['status'])} (run {report['run']}, {spent(report)})"
    ]
    lines += _rows(report)
    nps = report.get("nps")
    if nps:
        lines.append(f"  {'NPS':<10} {nps_line(nps)}")
    if report.get("sends"):
        lines.append(f"  {'asked':<10} {sends_line(report['sends'])}")
    if report.get("writes"):
        verb = "would write" if report["status"] == "dry_run" else "wrote"
        lines.append(f"  {verb:<10} {counts(report['writes'])}")
    ended = [("not sent", report["ended"])] if report.get("ended") else []
    for label, trouble in [*(("not read", refused) for refused in report.get("refused", ())), *ended]:
        lines += [f"  {label:<10} {trouble['what']} [{trouble['code']}]"]
        lines += [f"  {'':<10} {trouble['next_step']}"] if trouble["next_step"] else []
    lines += [f"  {'note':<10} {note}" for note in report.get("notes", ())]
    lines += [f"  {'stopped':<10} {reason}" for reason in report.get("stopped_because", ())]
    if report["status"] == "stopped_by_guard" and report.get("plan"):
        lines.append(f"  Look at it: npsync sync {report['mapping']} -n --confirm {report['plan']}")
        lines.append(f"  Go on:      npsync sync {report['mapping']} --confirm {report['plan']}")
    return "\n".join(lines)


def spent(report: Mapping[str, Any]) -> str:
    """Say what a run took.

    >>> spent({"seconds": 2.13, "calls": 1_204}), spent({"seconds": 0.5, "calls": 0})
    ('2.1 s, 1,204 calls', '0.5 s')
    """
    calls = report.get("calls", 0)  # none where neither end is reached over HTTP
    return f"{report['seconds']:.1f} s" + (f", {calls:,} call{'' if calls == 1 else 's'}" if calls else "")


def _rows(report: Mapping[str, Any]) -> Iterable[str]:
    rows = report["rows"]
    states = ", ".join(f"{count:,} {state}" for state, count in rows.items() if state != "in")
    yield f"  {rows['in']:,} rows in: {states}"
    steps = {"held": f"npsync held {report['mapping']}", "rejected": f"npsync runs {report['run']}"}
    for state in ("skipped", "held", "rejected"):
        by_reason = report.get(f"{state}_by_reason")
        if by_reason:
            step = f"   -> {steps[state]}" if state in steps and report["status"] != "dry_run" else ""
            yield f"  {state:<10} {counts(by_reason)}{step}"


def counts(by_name: Mapping[str, int]) -> str:
    """The largest first, ties by name.

    >>> counts({"many": 2, "none": 1200, "duplicate": 2})
    'none 1,200, duplicate 2, many 2'
    """
    return ", ".join(
        f"{name} {count:,}" for name, count in sorted(by_name.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def nps_line(nps: Mapping[str, Any]) -> str:
    """Say an NPS with its interval and the people behind it.

    >>> nps_line({"nps": -12.34, "low": -20.0, "high": -4.0, "responses": 9,
    ...           "promoters": 3, "passives": 2, "detractors": 4})
    '-12.3 (between -20.0 and -4.0), from 9 people: 3 promoters, 2 passives, 4 detractors'
    >>> nps_line({"nps": 100.0, "low": None, "high": None, "responses": 1,
    ...           "promoters": 1, "passives": 0, "detractors": 0})
    '+100.0, from 1 person: 1 promoter, 0 passives, 0 detractors'
    """
    who = "person" if nps["responses"] == 1 else "people"
    kinds = [
        f"{nps[kind]:,} {kind[:-1] if nps[kind] == 1 else kind}" for kind in ("promoters", "passives", "detractors")
    ]
    behind = f"{nps['responses']:,} {who}: {', '.join(kinds)}"
    if nps["nps"] is None:
        return f"too few responses for a number, from {behind}"
    interval = "" if nps["low"] is None else f" (between {nps['low']:+.1f} and {nps['high']:+.1f})"
    return f"{nps['nps']:+.1f}{interval}, from {behind}"


def sends_line(sends: Mapping[str, Any]) -> str:
    """Say how many of those who were asked answered.

    >>> sends_line({"sends": 1200, "answered": 312, "response_rate": 0.26})
    '1,200 surveys delivered, 312 answered (26.0%)'
    >>> sends_line({"sends": 0, "answered": 0, "response_rate": None})
    'no survey delivered'
    """
    if not sends["sends"]:
        return "no survey delivered"
    word = "survey" if sends["sends"] == 1 else "surveys"
    return f"{sends['sends']:,} {word} delivered, {sends['answered']:,} answered ({sends['response_rate']:.1%})"


def changes(found: Iterable[FieldChange]) -> str:
    """A dry run's changes, record by record: field, old -> new, and why."""
    lines: list[str] = []
    record = ("", "")
    for change in found:
        if (change.object, change.record) != record:
            record = (change.object, change.record)
            lines.append(f"{change.object} {shown_key(change.record)}")
        lines.append(f"  {change.field}: {value(change.old)} -> {value(change.new)}   ({change.reason})")
    return listed(lines)


def change_as_json(change: FieldChange) -> dict[str, Any]:
    """One changed field as `--output json` shows it."""
    names = ("object", "record", "field", "old", "new", "reason")
    return {name: getattr(change, name) for name in names}


def shown_key(key: str) -> str:
    """A record's key as people read it; a compound key joined by ` / `."""
    return key.replace("\x1f", " / ")


def value(content: object) -> str:
    r"""A field's value on one line; nothing is `(empty)`, so that it differs from an empty-looking text.

    >>> value(None), value(9.0), value(" two\nlines ")
    ('(empty)', '9.0', 'two lines')
    """
    if content is None or content == "":
        return "(empty)"
    text = " ".join(str(content).split())
    return text if len(text) <= CELL else f"{text[: CELL - 3]}..."
