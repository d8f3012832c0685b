"""Records as JSON: their attributes, nulls, and addresses put together from their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]
PARTS = ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")


def compound(kind: Kind, row: Row, field: Field) -> dict[str, object] | None:
    """Return an address put together from the fields that are its parts; None when all are null."""
    prefix = field.name.removesuffix("Address")
    parts = {
        part: row.get(f"{prefix}{part[0].upper()}{part[1:]}")
        for part in PARTS
        if kind.field(f"{prefix}{part}") is not None
    }
    return parts if any(value is not None for value in parts.values()) else None


def attributes(version: str, kind: Kind, record_id: str) -> dict[str, str]:
    """Return what leads from a record's JSON to the record."""
    return {"type": kind.name, "url": f"/services/data/{version}/sobjects/{kind.name}/{record_id}"}


def record(org: Org, version: str, kind: Kind, row: Row, fields: Iterable[Field]) -> Row:
    """Return a record's *fields* as JSON shows them."""
    shown: Row = {"attributes": attributes(version, kind, row["Id"])}
    for field in fields:
        shown[field.name] = org.value(kind, row, field)
    return shown
