"""Associations between records: which types there are, and who is associated with whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.errors import Refusal, bad_json, not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.hubspot.kinds import Kind

DEFINED, USER = "HUBSPOT_DEFINED", "USER_DEFINED"
CONTACT, COMPANY = "0-1", "0-2"
PRIMARY_COMPANY = 1
#: HubSpot's own types: from, to, the type's id, the id of the other direction, label.
_STANDARD = (
    ("0-1", "0-2", 279, 280, None),
    ("0-1", "0-2", 1, 2, "Primary"),
    ("0-3", "0-2", 341, 342, None),
    ("0-3", "0-2", 5, 6, "Primary"),
    ("0-3", "0-1", 3, 4, None),
    ("0-1", "0-5", 15, 16, None),
    ("0-2", "0-5", 340, 339, None),
    ("0-27", "0-1", 204, 203, None),
    ("0-27", "0-2", 192, 191, None),
    ("0-27", "0-3", 216, 215, None),
    ("0-27", "0-5", 230, 229, None),
    ("0-46", "0-1", 202, 201, None),
    ("0-46", "0-2", 190, 189, None),
    ("0-46", "0-3", 214, 213, None),
    ("0-46", "0-5", 228, 227, None),
    ("0-48", "0-1", 194, 193, None),
    ("0-48", "0-2", 182, 181, None),
    ("0-49", "0-1", 198, 197, None),
    ("0-49", "0-2", 186, 185, None),
    ("0-47", "0-1", 200, 199, None),
    ("0-47", "0-2", 188, 187, None),
    ("0-8", "0-3", 20, 19, None),
    ("0-19", "0-1", 98, 97, None),
)
_FIRST_OF_OURS = 1001


@dataclass(frozen=True, slots=True)
class LinkType:
    """One type of association, in one direction."""

    from_id: str
    to_id: str
    category: str
    type_id: int
    label: str | None
    #: The type of the other direction.
    inverse: int
    name: str | None = None

    def spec(self) -> dict[str, Any]:
        """Return it with its label, as v4 answers do."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


class Links:
    """All association types and associations of a portal."""

    def __init__(self, exists: Callable[[str, str], bool], changed: Callable[[str, str], None]) -> None:
        """Start with HubSpot's own types.

        Args:
            exists: Whether there is a record of that type's id and that id.
            changed: Called with both after the primary company of a contact changed.
        """
        self.types: list[LinkType] = []
        self._exists = exists
        self._changed = changed
        self._next = _FIRST_OF_OURS
        #: (type of object, id) → (type of object, id) → ids of association types.
        self._held: dict[tuple[str, str], dict[tuple[str, str], set[int]]] = {}
        for from_id, to_id, forth, back, label in _STANDARD:
            self.types.append(LinkType(from_id, to_id, DEFINED, forth, label, back))
            self.types.append(LinkType(to_id, from_id, DEFINED, back, label, forth))

    def connect(self, one: Kind, other: Kind) -> None:
        """Make the unlabelled types between two types of object, unless there are some."""
        if not self.between(one.id, other.id):
            forth, back = self._new_ids()
            self.types.append(LinkType(one.id, other.id, USER, forth, None, back, f"{one.name}_to_{other.name}"))
            self.types.append(LinkType(other.id, one.id, USER, back, None, forth, f"{other.name}_to_{one.name}"))

    def add_type(
        self, from_id: str, to_id: str, name: str | None, label: str | None = None, inverse: str | None = None
    ) -> list[LinkType]:
        """Make a type of ours, in both directions; *inverse* is the label of the other one, the same by default."""
        forth, back = self._new_ids()
        made = [LinkType(from_id, to_id, USER, forth, label, back, name)]
        made.append(LinkType(to_id, from_id, USER, back, inverse or label, forth, name))
        self.types += made
        return made

    def relabel(self, type_id: int, label: str | None) -> None:
        """Give a type of ours another label, or (None) end it.

        Raises:
            Refusal: It is HubSpot's own, or there is none.
        """
        for one in self.types:
            if one.type_id == type_id and one.category == USER:
                self.types.remove(one)
                if label is not None:
                    self.types.append(replace(one, label=label))
                return
        raise not_found(f"There is no custom association type {type_id}")

    def between(self, from_id: str, to_id: str) -> list[LinkType]:
        """Return the types of that direction, those without a label first."""
        found = [one for one in self.types if (one.from_id, one.to_id) == (from_id, to_id)]
        return sorted(found, key=lambda one: one.label is not None)

    def type(self, from_id: str, to_id: str, spec: Any) -> LinkType:
        """Return the type that a request names.

        Raises:
            Refusal: There is none for these objects.
        """
        type_id = spec.get("associationTypeId") if isinstance(spec, dict) else None
        category = spec.get("associationCategory") if isinstance(spec, dict) else None
        for one in self.between(from_id, to_id):
            if one.type_id == type_id and one.category == category:
                return one
        raise Refusal(400, f"{category} association type {type_id} doesn't exist between {from_id} and {to_id}")

    def check(self, kind: Kind, associations: Any) -> None:
        """Make sure that the associations wished for a new record can be made.

        Raises:
            Refusal: They can't.
        """
        if associations is not None and not isinstance(associations, list):
            raise bad_json("associations must be a list")
        for wish in associations or []:
            types = wish.get("types") if isinstance(wish, dict) else None
            if not isinstance(types, list) or not types or not isinstance(wish.get("to"), dict):
                raise bad_json("an association needs `to` and `types`")
            for spec in wish["types"]:
                self._wished(kind, wish["to"].get("id"), spec)

    def attach(self, kind: Kind, id_: str, associations: Any) -> None:
        """Make the associations of a new record, which were checked."""
        for wish in associations or []:
            for spec in wish["types"]:
                self.add(self._wished(kind, wish["to"]["id"], spec), id_, str(wish["to"]["id"]))

    def add(self, link: LinkType, from_id: str, to_id: str) -> None:
        """Associate two records; a new primary one takes the place of the old.

        Raises:
            Refusal: One of them does not exist.
        """
        for kind, id_ in ((link.from_id, from_id), (link.to_id, to_id)):
            if not self._exists(kind, id_):
                raise Refusal(404, f"No object with id {id_} of type {kind} exists", "OBJECT_NOT_FOUND")
        one, other = (link.from_id, from_id), (link.to_id, to_id)
        if link.label == "Primary" and COMPANY in {link.from_id, link.to_id}:
            self._end_primary(one if link.to_id == COMPANY else other)
        for start, end, type_id in ((one, other, link.type_id), (other, one, link.inverse)):
            held = self._held.setdefault(start, {}).setdefault(end, set())
            held.add(type_id)
            held |= {plain.type_id for plain in self.between(start[0], end[0])[:1] if plain.label is None}
        self._tell(one, other)

    def remove(self, from_: tuple[str, str], to: tuple[str, str], type_ids: Sequence[int] | None = None) -> None:
        """End an association, or only some types of it."""
        inverses = {one.type_id: one.inverse for one in self.types}
        back = None if type_ids is None else [inverses[one] for one in type_ids]
        for start, end, gone in ((from_, to, type_ids), (to, from_, back)):
            held = self._held.get(start, {})
            if end in held:
                held[end] -= held[end] if gone is None else set(gone)
                if not held[end]:
                    del held[end]
        self._tell(from_, to)

    def of(self, kind_id: str, id_: str, to_id: str) -> list[tuple[str, list[LinkType]]]:
        """Return the ids of a record's associates of one type of object, and how they are associated."""
        known = {one.type_id: one for one in self.between(kind_id, to_id)}
        held = self._held.get((kind_id, id_), {})
        return [
            (other, [known[type_id] for type_id in sorted(types) if type_id in known])
            for (other_kind, other), types in held.items()
            if other_kind == to_id and self._exists(other_kind, other)
        ]

    def shown(self, kind: Kind, id_: str, to: Kind) -> list[dict[str, str]]:
        """Return associations as an object's JSON lists them."""
        return [
            {"id": other, "type": f"{kind.singular}_to_{to.singular}" + ("" if one.label is None else "_primary")}
            for other, types in self.of(kind.id, id_, to.id)
            for one in types
        ]

    def move(self, kind_id: str, old: str, new: str) -> None:
        """Hand everything that *old* is associated with to *new*."""
        for (other_kind, other), types in list(self._held.pop((kind_id, old), {}).items()):
            held = self._held.get((other_kind, other), {})
            back = held.pop((kind_id, old), set())
            held.setdefault((kind_id, new), set()).update(back)
            self._held.setdefault((kind_id, new), {}).setdefault((other_kind, other), set()).update(types)

    def primary_company(self, contact_id: str) -> str | None:
        """Return the id of a contact's primary company."""
        held = self._held.get((CONTACT, contact_id), {})
        return next((id_ for (kind, id_), types in held.items() if kind == COMPANY and PRIMARY_COMPANY in types), None)

    def _wished(self, kind: Kind, to_id: Any, spec: Any) -> LinkType:
        type_id = spec.get("associationTypeId") if isinstance(spec, dict) else None
        for one in self.types:
            if one.from_id == kind.id and one.type_id == type_id and one.category == spec.get("associationCategory"):
                if self._exists(one.to_id, str(to_id)):
                    return one
                raise Refusal(404, f"No object with id {to_id} of type {one.to_id} exists", "OBJECT_NOT_FOUND")
        raise Refusal(400, f"Association type {type_id} doesn't exist from {kind.id}")

    def _end_primary(self, holder: tuple[str, str]) -> None:
        for other in [one for one in self._held.get(holder, {}) if one[0] == COMPANY]:
            primaries = [one.type_id for one in self.between(holder[0], COMPANY) if one.label == "Primary"]
            self.remove(holder, other, primaries)

    def _tell(self, *ends: tuple[str, str]) -> None:
        if {kind for kind, _ in ends} == {CONTACT, COMPANY}:
            for kind, id_ in ends:
                if kind == CONTACT:
                    self._changed(kind, id_)

    def _new_ids(self) -> tuple[int, int]:
        self._next += 2
        return self._next - 2, self._next - 1
