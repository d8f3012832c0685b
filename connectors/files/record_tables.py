"""Rows of record files as Arrow tables, made column by column: dictionaries would cost three times as much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.files.record_columns import RecordPlaces, object_in
from connectors.files.row_reader import clean, clean_column
from connectors.records import RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The accounts of account files. `domains` are raw: a website, a domain, an alias.
ACCOUNTS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("domains", pa.list_(pa.string())),
        ("merged_into", pa.string()),
        ("parent", pa.string()),
    ]
)

_SEVERAL = re.compile(r"[;|,\s]+")
_BETWEEN = re.compile(r"\s*[;|]\s*")
_TRUE = frozenset({"true", "1", "yes", "y", "t", "wahr", "ja"})
_SALESFORCE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_TEXTS = ("first_name", "last_name", "full_name", "account", "account_name", "created_at")


def object_row(cells: list[str], places: RecordPlaces) -> str:
    """Return the object that one row is of."""
    at = places.single.get("object")
    return places.object if at is None else object_in(cells[at], places.object)


def record_tables(part: list[list[str]], places: RecordPlaces) -> Iterator[pa.Table]:
    """Yield the people of *part*, made column by column: a hundred thousand dictionaries are slow."""
    rows = [cells for cells in part if cells[places.id].strip() and object_row(cells, places) != "Account"]
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    own = clean_column(columns[places.id])
    objects = [object_row(cells, places) for cells in rows]
    single = {field: clean_column(columns[index]) for field, index in places.single.items()}
    none: list[str | None] = [None] * len(rows)
    merged = none
    for index in reversed(places.merged_into):
        merged = [text or old for text, old in zip(clean_column(columns[index]), merged, strict=True)]
    made = {field: single.get(field, none) for field in _TEXTS} | {
        "object": objects,
        "id": own,
        "emails": _lists(columns, places.emails, _SEVERAL, len(rows)),
        "phones": _lists(columns, places.phones, _BETWEEN, len(rows)),
        "country": [text.upper() if text and len(text) == 2 else None for text in single.get("country", none)],
        "merged_into": merged,
        "deleted": [(text or "").casefold() in _TRUE for text in single.get("deleted", none)],
        "suppressed": [(text or "").casefold() in _TRUE for text in single.get("suppressed", none)],
    }
    arrays = {name: pa.array(values, RECORD_FIELDS.field(name).type) for name, values in made.items()}
    arrays["ids"] = _ids(columns, places, [text or "" for text in own])
    yield pa.table([arrays[name] for name in RECORD_FIELDS.names], schema=RECORD_FIELDS)
    if places.merged_from:
        gone = [
            {"object": object_row(cells, places), "id": old, "merged_into": clean(cells[places.id])}
            for cells in rows
            for old in _split(cells, places.merged_from, _SEVERAL)
            if old != clean(cells[places.id])
        ]
        yield pa.Table.from_pylist(
            [{"emails": [], "phones": [], "ids": []} | one for one in gone], schema=RECORD_FIELDS
        )


def _lists(
    columns: list[tuple[str, ...]], indexes: Sequence[int], between: re.Pattern[str], count: int
) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(count)]
    for index in indexes:
        for held, text in zip(found, clean_column(columns[index]), strict=True):
            if text:
                held.extend(part for part in between.split(text) if part and part not in held)
    return found


def _ids(columns: list[tuple[str, ...]], places: RecordPlaces, own: list[str]) -> pa.Array:
    named = [(kind, clean_column(columns[index])) for kind, index in places.kinds]
    kinds: list[str] = []
    values: list[str] = []
    ends = [0]
    for i, id_ in enumerate(own):
        found = {(kind, text): None for kind, column in named if (text := column[i])}
        if places.own_kind is not None:
            found[places.own_kind, id_] = None
        if _SALESFORCE.fullmatch(id_) and not id_.isdigit():
            found["salesforce_id", id_] = None
        # A reference of unstated kind may be any of them.
        found |= {("external_ref", text): None for _, text in (*found, ("", id_))}
        for kind, text in found:
            kinds.append(kind)
            values.append(text)
        ends.append(len(kinds))
    item = RECORD_FIELDS.field("ids").type.value_type
    structs = pa.StructArray.from_arrays(
        [pa.array(kinds, pa.string()), pa.array(values, pa.string())], fields=list(item)
    )
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs)


def _split(cells: list[str], indexes: Sequence[int], between: re.Pattern[str]) -> list[str]:
    texts = (text for index in indexes if (text := clean(cells[index])))
    return list(dict.fromkeys(part for text in texts for part in between.split(text) if part))


def account_row(cells: list[str], places: RecordPlaces) -> dict[str, object]:
    """Return one row as `ACCOUNTS` has it."""
    name = places.single.get("full_name", places.single.get("account_name"))
    parent = places.single.get("parent")
    return {
        "id": clean(cells[places.id]),
        "name": None if name is None else clean(cells[name]),
        "domains": _split(cells, places.domains, _SEVERAL),
        "merged_into": next((text for index in places.merged_into if (text := clean(cells[index]))), None),
        "parent": None if parent is None else clean(cells[parent]),
    }
