"""Records as HubSpot gives them, as rows of `RECORD_FIELDS`; usual properties stand in for what no mapping names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.hubspot.batches import held_by
from connectors.hubspot.properties import ID, MERGED
from connectors.records import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from connectors.contract import RecordColumns
    from connectors.hubspot.properties import Properties

EMAIL = "email"
#: Further addresses of a contact, joined by `;`; a look-up by e-mail goes through these too.
MORE_EMAILS = "hs_additional_emails"
#: The contact's primary company.
COMPANY = "associatedcompanyid"
#: Which properties mean what, unless the mapping says otherwise; those that an object lacks do not count.
_USUAL = {
    "first_name": ("firstname",),
    "last_name": ("lastname",),
    "account": (COMPANY,),
    "account_name": ("company",),
    "country": ("hs_country_region_code",),
    "created_at": ("createdate", "hs_createdate"),
}
_SINGLE = (
    *("first_name", "last_name", "full_name", "account", "account_name", "country"),
    *("created_at", "merged_into"),
)
_FLAGS = ("deleted", "suppressed")


def completed(columns: RecordColumns, known: Properties) -> RecordColumns:
    """Return *columns* with HubSpot's own properties where the mapping names none.

    Raises:
        SchemaDrift: The object lacks a property that the mapping names.
    """
    known.check(_named(columns))
    usual: dict[str, Any] = {}
    for meaning, names in _USUAL.items():
        if getattr(columns, meaning) is None:
            usual[meaning] = next((name for name in names if name in known.by_name), None)
    emails = columns.emails
    if EMAIL in emails and MORE_EMAILS in known.by_name and MORE_EMAILS not in emails:
        emails = (*emails, MORE_EMAILS)
    return replace(columns, emails=emails, **usual)


class Reading:
    """Turns records of one object into tables.

    Args:
        columns: Completed.
        known: The object's properties.
    """

    def __init__(self, columns: RecordColumns, known: Properties) -> None:
        self._columns = columns
        self._own_id = columns.id == ID
        merged = [MERGED] if MERGED in known.by_name else []
        #: What must be asked for; nothing else is read.
        self.properties: Sequence[str] = sorted({*_named(columns), *merged} - {ID})

    def table(self, records: Sequence[Mapping[str, Any]], asked: AbstractSet[str] = frozenset()) -> pa.Table:
        """Return the rows of *records*; the old ids among *asked* become rows that point to their survivor."""
        columns = self._columns
        held = [held_by(each) for each in records]
        ids = [self._id(each, values) for each, values in zip(records, held, strict=True)]
        filled: dict[str, list[Any]] = {
            "id": ids,
            "emails": [_several(values, columns.emails) for values in held],
            "phones": [_several(values, columns.phones) for values in held],
            "ids": [self._ids(id_, values) for id_, values in zip(ids, held, strict=True)],
        }
        filled |= {name: _texts(held, getattr(columns, name)) for name in _SINGLE}
        filled |= {name: _flags(held, getattr(columns, name)) for name in _FLAGS}
        old = self._old_ids(records, held, asked) if asked and self._own_id else []
        _append_old(filled, old)
        filled["object"] = [columns.object] * len(filled["id"])
        arrays = [pa.array(filled[field.name], field.type) for field in RECORD_FIELDS]
        return pa.Table.from_arrays(arrays, schema=RECORD_FIELDS)

    def _id(self, record: Mapping[str, Any], held: Mapping[str, Any]) -> str:
        return str(record.get("id") if self._own_id else held.get(self._columns.id) or "")

    def _ids(self, id_: str, held: Mapping[str, Any]) -> list[dict[str, str]]:
        return [
            {"kind": kind, "value": str(value)}
            for kind, names in self._columns.ids.items()
            for name in names
            if (value := id_ if name == self._columns.id else held.get(name))
        ]

    def _old_ids(
        self, records: Iterable[Mapping[str, Any]], held: Iterable[Mapping[str, Any]], asked: AbstractSet[str]
    ) -> list[tuple[str, str]]:
        """Return (old id, id of the survivor)."""
        return [
            (old, str(record.get("id")))
            for record, values in zip(records, held, strict=True)
            for old in str(values.get(MERGED) or "").split(";")
            if old in asked and old != str(record.get("id"))
        ]


def _append_old(filled: dict[str, list[Any]], old: Sequence[tuple[str, str]]) -> None:
    filled["id"] += [each for each, _ in old]
    filled["merged_into"] += [survivor for _, survivor in old]
    for name in ("emails", "phones", "ids"):
        filled[name] += [[] for _ in old]
    for name in _SINGLE:
        if name != "merged_into":
            filled[name] += [None] * len(old)
    for name in _FLAGS:
        filled[name] += [False] * len(old)


def _several(held: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    texts = (str(held.get(name) or "") for name in names)
    return list(dict.fromkeys(part.strip() for text in texts for part in text.split(";") if part.strip()))


def _texts(held: Iterable[Mapping[str, Any]], name: str | None) -> list[str | None]:
    if name is None:
        return [None for _ in held]
    return [str(value) if (value := values.get(name)) else None for values in held]


def _flags(held: Iterable[Mapping[str, Any]], name: str | None) -> list[bool]:
    return [name is not None and str(values.get(name)).lower() in {"true", "1", "yes"} for values in held]


def _named(columns: RecordColumns) -> list[str]:
    """Return every property that *columns* name."""
    ids = [name for names in columns.ids.values() for name in names]
    single = [getattr(columns, name) for name in (*_SINGLE, *_FLAGS)]
    return [columns.id, *columns.emails, *columns.phones, *ids, *(name for name in single if name is not None)]
