"""What a replay did, or would do, as text: group by group, with what each means and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.advice import advice_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sync.report import Replayed

_CHANGED = {"data": "data", "mapping": "mapping", "schema": "fields there"}


def replayed(groups: Sequence[Replayed]) -> str:
    """Show every group of failures that was chosen."""
    if not groups:
        return "Nothing failed that fits."
    return "\n".join(line for group in groups for line in _lines(group))


def _lines(group: Replayed) -> Iterator[str]:
    about = f" ({', '.join(group.fields)})" if group.fields else ""
    yield f"{group.object}  {group.code}{about}  {group.failures:,} failures"
    advice = advice_on(group.code, group.kind)
    yield f"    {advice.meaning}"
    numbers = {
        "delivered": group.delivered,
        "failed again": group.failed,
        "not sent": group.left,
        "repaired or replaced before": group.superseded,
    }
    yield "    " + (", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "nothing to do")
    changed = [f"{_CHANGED[name]} of {number:,}" for name, number in group.changed.items()]
    if changed:
        yield f"    changed since: {', '.join(changed)}"
    if group.failed or group.left:
        yield f"    {advice.remedy}"
