"""`npsync report`: where NPS stands now, as a page of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sync.cli.render_run import nps_line
from sync.cli.screen import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BAR = 24


def standing(found: Mapping[str, Any]) -> str:
    """One mapping's NPS, categories, trend, segments, accounts, and what waits or failed."""
    lines = [f"{found['mapping']}, as of {found['as_of']}", ""]
    if not found["people"]:
        return "\n".join([*lines, f"No profiles yet. Start a run: npsync sync {found['mapping']}"])
    nps = found["nps"]
    lines += [f"NPS {nps_line(nps)}", "", *_bars({name: nps[name] for name in ("promoters", "passives", "detractors")})]
    for title, key in (("Freshness", "by_status"), ("Trend", "by_trend"), ("Segments", "segments")):
        if found[key]:
            lines += ["", title, *_bars(found[key], found["people"])]
    if found["accounts"]:
        header = ["account", "NPS", "from", "to", "responses", "detractors"]
        names = ("account", "nps", "nps_low", "nps_high", "responses", "detractors")
        rows = [[_number(one[name]) for name in names] for one in found["accounts"]]
        lines += ["", f"Accounts, lowest first ({found['accounts_total']:,} in all)", table(header, rows)]
    for title, key in (
        ("Held", "held_by_reason"),
        ("Rejected", "rejected_by_reason"),
        ("Skipped", "skipped_by_reason"),
    ):
        if found.get(key):
            lines += ["", title, *_bars(found[key])]
    return "\n".join(lines)


def _number(cell: object) -> object:
    return f"{cell:+.1f}" if isinstance(cell, float) else cell


def _bars(counts: Mapping[str, int], total: int | None = None) -> Iterable[str]:
    """Counts as bars of their share of *total*, or of their sum.

    >>> list(_bars({"current": 3, "stale": 1}))
    ['  current  ##################             3  75 %', '  stale    ######                         1  25 %']
    """
    whole = total or sum(counts.values()) or 1
    width = max(len(name) for name in counts)
    for name, count in counts.items():
        share = count / whole
        yield f"  {name:<{width}}  {'#' * round(share * BAR):<{BAR}} {count:>7,}  {share:>3.0%}".replace("%", " %")
