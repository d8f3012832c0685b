"""What a tap offers, and the part of it that is wanted."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from connectors.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence


def select(catalog: Any, streams: Sequence[str], *, tap: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return *catalog* with these streams selected whole, and no other.

    Raises:
        Refused: It is no catalog, or lacks one of them (E113).
    """
    offered = catalog.get("streams") if isinstance(catalog, dict) else None
    if not isinstance(offered, list) or not all(isinstance(each, dict) for each in offered):
        raise Refused(
            f"{tap}: `--discover` gave no catalog",
            code="E113",
            next_step="Give a `catalog:` of your own, or `discover: false` where the tap has none.",
        )
    names = [str(each.get("stream") or each.get("tap_stream_id")) for each in offered]
    for stream in streams:
        if stream not in names and stream not in [each.get("tap_stream_id") for each in offered]:
            close = get_close_matches(stream, names, n=1)
            hint = f"Did you mean `{close[0]}`? " if close else ""
            raise Refused(
                f"{tap}: has no stream `{stream}`", code="E113", next_step=f"{hint}It has: {', '.join(names[:12])}."
            )
    return {**catalog, "streams": [_with(each, streams) for each in offered]}


def _with(entry: dict[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """Select an entry or not, in the way of today (metadata) and of before (in the schema)."""
    wanted = bool({entry.get("stream"), entry.get("tap_stream_id")} & set(streams))
    metadata = [each for each in entry.get("metadata") or () if isinstance(each, dict)]
    if all(each.get("breadcrumb") for each in metadata):
        metadata.append({"breadcrumb": [], "metadata": {}})
    told = [each | {"metadata": _chosen(each, wanted=wanted)} for each in metadata]
    schema = entry.get("schema")
    return entry | {"metadata": told, "schema": (schema if isinstance(schema, dict) else {}) | {"selected": wanted}}


def _chosen(each: dict[str, Any], *, wanted: bool) -> dict[str, Any]:
    inner: dict[str, Any] = each.get("metadata") or {}
    return inner | {"selected": wanted and inner.get("inclusion") != "unsupported"}
