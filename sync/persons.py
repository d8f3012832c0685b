"""Records found by our own id of the person, which a field of theirs holds; of use where nothing else leads to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.errors import SchemaDrift
from connectors.values import RecordRef
from sync.identity.evidence import ids_text, person_of_record
from sync.identity.resolve import KEYS_SCHEMA
from sync.mapping.matching import PERSON_KIND
from sync.moved import PERSON_RULE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.contract import Schema
    from sync.mapping.schema import Mapping
    from sync.moved import Find


@dataclass(frozen=True, slots=True)
class Held:
    """A record that holds the id of a person."""

    ref: RecordRef
    account: str | None
    suppressed: bool
    gone: bool
    #: Another record held the id, and was merged into this one.
    merged: bool


class Persons:
    """Finds records by our ids of persons.

    Args:
        mapping: Names the field, where there is one.
        find: Looks records up.
    """

    def __init__(self, mapping: Mapping, find: Find) -> None:
        self._fields = mapping.person_fields
        self._find = find

    @property
    def can(self) -> bool:
        """Whether any field holds them."""
        return bool(self._fields)

    def find(self, persons: Collection[str]) -> dict[str, list[Held]]:
        """Return the records by person, in order: those that are there, or else where they went, or the deleted ones.

        What a deleted one leads to is for identity to say; nothing is made in its place.
        """
        if not persons or not self.can:
            return {}
        keys = {"kind": [PERSON_KIND] * len(persons), "value": sorted(persons)}
        wanted, living, lost = set(persons), _Found(), _Found()
        for found in self._find(pa.table(keys, schema=KEYS_SCHEMA)):
            for row in found.to_pylist():
                gone = row["deleted"] or row["merged_into"] is not None
                for id_ in row["ids"] or ():
                    if id_["kind"] == PERSON_KIND and id_["value"] in wanted:
                        (lost if gone else living).add(id_["value"], row)
        return lost.all | living.all


def check_unique(mapping: Mapping, destination: Schema) -> None:
    """Check that the field by which records are made holds an id once only.

    Raises:
        SchemaDrift: Two records could hold one id, and a lost answer could make a twin.
    """
    by = mapping.creates_by
    if by and not any(
        each.unique for each in destination.fields(mapping.object) if each.name.casefold() == by.casefold()
    ):
        step = f"Make `{by}` a unique field (in Salesforce an external id, too), or take `on_none: hold`."
        raise SchemaDrift(f"records are made by `{mapping.object}.{by}`, which is not unique", next_step=step)


def by_person(held: Sequence[Held]) -> dict[str, str | None]:
    """Return what the records that hold a person's id make of a decision that found nobody."""
    candidates = ids_text([each.ref.id for each in held])
    if any(each.suppressed for each in held):
        return {"outcome": "excluded", "reason": "suppressed", "candidates": candidates}
    if len(held) > 1:
        return {"reason": "many", "vetoes": "many", "candidates": candidates}
    (only,) = held
    if only.gone:
        return {"reason": "tombstone", "vetoes": "tombstone", "candidates": candidates}
    return {
        "outcome": "matched",
        "reason": "unique",
        "rule": PERSON_RULE,
        "object": only.ref.object,
        "record": only.ref.id,
        "person": person_of_record(only.ref.object, only.ref.id),
        "account": only.account,
        "candidates": candidates,
    }


def unmade(before: pa.Table) -> pa.Table:
    """Return earlier decisions with those that were to make a record as what they are: nobody was found."""
    rows = before.to_pylist()
    for row in rows:
        if row["outcome"] == "matched" and row["reason"] == "none":
            row |= {"outcome": "held", "object": None, "record": None, "rule": None}
    return pa.Table.from_pylist(rows, schema=before.schema)


def not_made(before: pa.Table) -> list[RecordRef]:
    """Return the records that earlier decisions were to make."""
    rows = before.to_pylist()
    made = {(row["object"], row["record"]) for row in rows if row["outcome"] == "matched" and row["reason"] == "none"}
    return [RecordRef(object=object_, id=record) for object_, record in sorted(made)]


class _Found:
    def __init__(self) -> None:
        self.all: dict[str, list[Held]] = {}

    def add(self, person: str, row: dict[str, object]) -> None:
        ref = RecordRef(object=str(row["object"]), id=str(row["id"]))
        account = None if row["account"] is None else str(row["account"])
        merged = bool(row["merged_into"])
        if merged:
            ref, account = RecordRef(object=ref.object, id=str(row["merged_into"])), None
        held = self.all.setdefault(person, [])
        if all(each.ref != ref for each in held):
            held.append(Held(ref, account, bool(row["suppressed"]), bool(row["deleted"]), merged))
            held.sort(key=lambda each: (each.ref.object, each.ref.id))
