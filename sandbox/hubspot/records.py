"""The records of one type of object: ids, unique values, e-mails, earlier values, archiving."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.hubspot import emails, values
from sandbox.hubspot.errors import Refusal, invalid_values
from sandbox.hubspot.values import BadValue, stamp

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.hubspot.kinds import Kind
    from sandbox.hubspot.properties import Catalogue

    #: Tells whether an owner of this id exists.
    Owners = Callable[[str], bool]

_KEPT_EDITS = 45  # versions of a property that HubSpot keeps for contacts
#: (property, value) → the row that wants it, within one batch.
Claims = dict[tuple[str, str], object]
_PHONES = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}


@dataclass(slots=True)
class Record:
    """One record. Every value is text; a property without a value is absent."""

    id: str
    values: dict[str, str]
    #: Seconds since 1970.
    created: float
    updated: float
    archived: float | None = None
    #: Since when it has had this id, if a merge gave it.
    since: float = 0.0
    #: (when, the values that were replaced then; None: there was none), oldest first.
    edits: list[tuple[float, dict[str, str | None]]] = field(default_factory=list)

    def at(self, moment: float) -> dict[str, str] | None:
        """Return the values the record had at *moment*, None if it did not exist."""
        if max(self.created, self.since) > moment:
            return None
        if not self.edits or self.edits[-1][0] <= moment:
            return self.values
        found: dict[str, str | None] = dict(self.values)
        for when, before in reversed(self.edits):
            if when <= moment:
                break
            found |= before
        return {name: value for name, value in found.items() if value is not None}

    def history(self, name: str) -> list[tuple[float, str]]:
        """Return a property's values and when each was set, newest first."""
        found: list[tuple[float, str]] = []
        value = self.values.get(name)
        for when, before in reversed(self.edits):
            if name in before:
                found.append((when, value or ""))
                value = before[name]
        return [*found, (self.created, value)] if value is not None else found


class Store:
    """All records of one type."""

    def __init__(self, kind: Kind, catalogue: Catalogue, dice: random.Random, owners: Owners) -> None:
        """Start empty; ids begin at a place that *dice* chooses."""
        self.kind = kind
        self.catalogue = catalogue
        self.records: dict[str, Record] = {}
        #: The ids as numbers, ascending: the order of listings.
        self.order: list[int] = []
        #: Ids that merges ended → the id of the survivor.
        self.forwards: dict[str, str] = {}
        #: Grows with every change.
        self.revision = 0
        #: When the latest change was made, in seconds since 1970.
        self.changed = 0.0
        #: A merge's survivor keeps its id (HubSpot's "Primary ID Preservation" beta).
        self.merge_keeps_id = False
        self._owners = owners
        self._dice = dice
        self._last = dice.randrange(10**9, 9 * 10**9)
        self._unique: dict[str, dict[str, str]] = {}

    def resolve(self, id_: str) -> Record | None:
        """Return the record of this id, archived or not, through any merges."""
        while id_ in self.forwards:
            id_ = self.forwards[id_]
        return self.records.get(id_)

    def find(self, id_property: str, value: str) -> Record | None:
        """Return the record that *value* names.

        Raises:
            Refusal: The property cannot name a record.
        """
        if id_property in {"", "hs_object_id"}:
            return self.resolve(value)
        self.check_identifying(id_property)
        if id_property == "email":
            value = value.strip().lower()
        owner = self._index(id_property).get(value)
        return self.records[owner] if owner is not None else None

    def check_identifying(self, name: str) -> None:
        """Make sure that values of *name* are unique.

        Raises:
            Refusal: They are not.
        """
        if name == "email" and self.kind.name == "contacts":
            return
        prop = self.catalogue.get(name)
        if prop is None or not prop.unique:
            raise Refusal(400, f"Unable to perform update/upsert by non-unique {self.kind.id} property: {name}")

    def live(self) -> Iterator[Record]:
        """Iterate over the records that are not archived."""
        return (record for record in self.records.values() if record.archived is None)

    def checked(self, given: Mapping[str, Any], record: Record | None, claims: Claims, row: object) -> dict[str, str]:
        """Return the values of a write as HubSpot would keep them; empty clears.

        Args:
            given: What the request says.
            record: The record it is for, None for a new one.
            claims: Unique values that earlier rows of the batch will take; this row's are added.
            row: Names this row in *claims*.

        Raises:
            Refusal: A property is unknown or read only, a value does not fit, or is another record's.
        """
        problems, made = [], {}
        for name, value in given.items():
            prop = self.catalogue.get(name)
            if prop is None:
                problems.append((name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
            elif prop.read_only:
                problems.append(
                    (name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
                )
            else:
                try:
                    made[name] = values.canonical(prop, values.as_text(value))
                except BadValue as error:
                    problems.append((name, error.code, str(error)))
        owner = made.get("hubspot_owner_id")
        if owner and not self._owners(owner):
            problems.append(("hubspot_owner_id", "INVALID_OWNER_ID", f"Owner {owner} does not exist"))
        if problems:
            raise invalid_values(problems)
        if self.kind.name == "contacts":
            emails.settle(made, record.values if record is not None else {})
        self._check_required(made, record)
        self._claim(made, record, claims, row)
        return made

    def create(self, made: Mapping[str, str], at: float) -> Record:
        """Keep a new record of checked values."""
        return self.keep(self.new_id(), made, at, at)

    def update(self, record: Record, made: Mapping[str, str], at: float) -> None:
        """Put checked values into a record."""
        if "lifecyclestage" in made and not self._moves_forward(record, made["lifecyclestage"]):
            made = {name: value for name, value in made.items() if name != "lifecyclestage"}
        before = {name: record.values.get(name) for name in made if record.values.get(name, "") != made[name]}
        self._release(record)
        for name in before:
            if made[name]:
                record.values[name] = made[name]
            else:
                record.values.pop(name, None)
        self._take(record)
        before |= {self.kind.changed: record.values.get(self.kind.changed)}
        record.updated = at
        self._derive(record)
        record.edits.append((at, before))
        del record.edits[:-_KEPT_EDITS]
        self._note(at)

    def archive(self, record: Record, at: float) -> None:
        """Put a record into the recycling bin; its unique values are free again."""
        if record.archived is None:
            self._release(record)
            record.archived = at
            self._note(at)

    def erase(self, record: Record) -> None:
        """Forget a record for ever."""
        if record.archived is None:
            self._release(record)
        del self.records[record.id]
        del self.order[bisect_left(self.order, int(record.id))]
        self.revision += 1

    def new_id(self) -> str:
        """Return an id that no record had."""
        self._last += self._dice.randint(1, 60)
        return str(self._last)

    def keep(self, id_: str, made: Mapping[str, str], created: float, at: float) -> Record:
        """Keep a record of checked values, changed last at *at*."""
        record = Record(id_, {name: value for name, value in made.items() if value}, created, at)
        self.records[id_] = record
        insort(self.order, int(id_))
        self._derive(record)
        self._take(record)
        self._note(at)
        return record

    def _note(self, at: float) -> None:
        self.revision += 1
        self.changed = max(self.changed, at)

    def _derive(self, record: Record) -> None:
        kept = record.values
        kept["hs_object_id"] = record.id
        kept[self.kind.created], kept[self.kind.changed] = stamp(record.created), stamp(record.updated)
        if self.kind.name == "contacts":
            if "email" in kept:
                kept["hs_email_domain"] = kept["email"].rpartition("@")[2]
            for name, digits in _PHONES.items():
                if name in kept:
                    kept[digits] = re.sub(r"\D", "", kept[name])
                else:
                    kept.pop(digits, None)

    def _moves_forward(self, record: Record, stage: str) -> bool:
        now = record.values.get("lifecyclestage")
        stages = list(self.catalogue.need("lifecyclestage").choices)
        return not stage or now not in stages or stages.index(stage) >= stages.index(now)

    def _check_required(self, made: dict[str, str], record: Record | None) -> None:
        missing = [name for name in self.kind.required if not made.get(name) and (record is None or name in made)]
        if missing:
            message = f"Error creating {self.kind.singular.upper()}. Some required properties were not set."
            detail = {"message": message, "code": "REQUIRED_FIELD", "context": {"properties": missing}}
            raise Refusal(400, message, errors=[detail])

    def _claim(self, made: Mapping[str, str], record: Record | None, claims: Claims, row: object) -> None:
        wanted = dict(self._keys(made))
        for (name, value), label in wanted.items():
            owner = self._index(name).get(value)
            taken = owner is not None and (record is None or owner != record.id)
            if taken or claims.get((name, value), row) is not row:
                raise self._conflict(name, value, label, record, owner)
        claims |= dict.fromkeys(wanted, row)

    def _conflict(self, name: str, value: str, label: str, record: Record | None, owner: str | None) -> Refusal:
        if name == "email":
            existing = f" Existing ID: {owner}" if owner else ""
            return Refusal(409, f"Contact already exists.{existing}", "CONFLICT")
        place = f"PropertyValueCoordinates{{objectTypeId={self.kind.id}, propertyName={label}, value={value}}}"
        on = record.id if record is not None else "a new object"
        message = f"Cannot set {place} on {on}. {owner or 'Another'} already has that value."
        return invalid_values([(label, "CONFLICTING_UNIQUE_VALUE", message)])

    def _keys(self, held: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], str]]:
        """Yield ((index, value), property) for every value that only one record may have."""
        if self.kind.name == "contacts":
            for one in emails.of(held):
                yield ("email", one), "email"
        for name in self.catalogue.unique:
            if value := held.get(name):
                yield (name, value), name

    def _index(self, name: str) -> dict[str, str]:
        return self._unique.setdefault(name, {})

    def _take(self, record: Record) -> None:
        for (name, value), _ in self._keys(record.values):
            self._index(name)[value] = record.id

    def _release(self, record: Record) -> None:
        for (name, value), _ in self._keys(record.values):
            self._index(name).pop(value, None)
