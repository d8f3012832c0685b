"""Segments compiled to DuckDB SQL over the relation `profiles`; the same answers as `sync.segments.holds`.

Only names from the grammar, whole numbers and quoted literals reach the text: nothing a person writes is SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.segments import SINCE, Ages, Numbers, turns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sync.segments import Predicate


def segments_sql(segments: Mapping[str, Predicate]) -> str:
    """Return a kernel's text.

    It takes `profiles` and `settings(now_ms)` and gives `subject`, `segments` (a list of names, sorted) and `due_at`:
    the profile's own, or sooner where time alone may change a segment.

    >>> from sync.segments import Predicate
    >>> print(segments_sql({"detractors": Predicate.model_validate({"category": "detractor"})}))
    SELECT p.subject, list_filter([CASE WHEN (coalesce(p.category IN ('detractor'), false)) THEN 'detractors' END], \
lambda name: name IS NOT NULL) AS segments, p.due_at AS due_at FROM profiles AS p CROSS JOIN settings AS s
    """
    return (
        f"SELECT p.subject, {names_sql(segments)} AS segments, {due_sql(segments)} AS due_at "  # noqa: S608 - see above
        "FROM profiles AS p CROSS JOIN settings AS s"
    )


def names_sql(segments: Mapping[str, Predicate]) -> str:
    """Return the list of names as an expression over `p` (profiles) and `s` (settings)."""
    if not segments:
        return "[]::VARCHAR[]"
    cases = (f"CASE WHEN {predicate_sql(segments[name])} THEN {_text(name)} END" for name in sorted(segments))
    return f"list_filter([{', '.join(cases)}], lambda name: name IS NOT NULL)"


def due_sql(segments: Mapping[str, Predicate]) -> str:
    """Return the next moment of change as an expression over `p` and `s`."""
    moments = [
        f"CASE WHEN p.{since} + {turn} > s.now_ms THEN p.{since} + {turn} END"
        for name, since in SINCE.items()
        for turn in turns(segments, name)
    ]
    return f"least({', '.join(['p.due_at', *moments])})" if moments else "p.due_at"


def predicate_sql(predicate: Predicate) -> str:
    """Return a boolean expression that is never null."""
    return _joined(" AND ", (_clause(name, getattr(predicate, name)) for name in predicate.fields()))


def _clause(name: str, wanted: Any) -> str:  # noqa: ANN401 - by field
    match name:
        case "all":
            return _joined(" AND ", map(predicate_sql, wanted))
        case "any":
            return _joined(" OR ", map(predicate_sql, wanted))
        case "not_":
            return f"(NOT {predicate_sql(wanted)})"
        case "risk_reasons":
            return f"coalesce(list_has_any(p.{name}, [{_texts(wanted)}]), false)"
        case "age" | "sent_age":
            return f"coalesce({_fulfils(f's.now_ms - p.{SINCE[name]}', wanted)}, false)"
        case _:
            return f"coalesce({_fulfils(f'p.{name}', wanted)}, false)"


def _fulfils(value: str, wanted: Any) -> str:  # noqa: ANN401 - by field
    match wanted:
        case Ages():
            return _within(value, *wanted.in_milliseconds())
        case Numbers():
            return _within(value, wanted.min, wanted.max)
        case bool():
            return f"{value} = {str(wanted).lower()}"
        case _:
            return f"{value} IN ({_texts(wanted)})"


def _within(value: str, least: int | None, most: int | None) -> str:
    low = [] if least is None else [f"{value} >= {least}"]
    high = [] if most is None else [f"{value} <= {most}"]
    return " AND ".join(low + high)


def _joined(word: str, clauses: Iterable[str]) -> str:
    return f"({word.join(clauses)})"


def _texts(words: Iterable[str]) -> str:
    return ", ".join(_text(str(word)) for word in words)


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
