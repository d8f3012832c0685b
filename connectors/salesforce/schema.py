"""What the org's objects and fields are, as describe tells it; asked once per object and kept."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from connectors.errors import Gone, Refused, SchemaDrift
from connectors.salesforce.session import Call
from connectors.shaping import Object
from connectors.values import Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.salesforce.keys import Key
    from connectors.salesforce.session import Session

_TYPES = {"boolean": "boolean", "datetime": "datetime", "date": "date"} | dict.fromkeys(
    ("double", "int", "currency", "percent", "long"), "number"
)
#: Values that have parts of their own, or are no text.
_OTHER = frozenset({"address", "location", "base64", "anyType", "complexvalue"})
ID = "Id"
#: Objects that a lookup may lead to, for us to describe them all; a task's `WhatId` leads to a hundred.
MOST_REFERENCES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One field of an object."""

    name: str
    #: Describe's word: `string`, `double`, `reference`, ...
    type: str
    length: int | None
    createable: bool
    updateable: bool
    unique: bool
    #: Rows can be matched by it in an upsert.
    matchable: bool
    #: Conditions of a query may name it; long texts cannot be looked for.
    filterable: bool
    #: Only where it is unique or an external id.
    case_sensitive: bool
    #: By which its record is reached in a query (`Account` of `AccountId`), and what that is.
    relation: str | None
    refers_to: tuple[str, ...]
    #: A picklist's active values; only they may be written where it is *restricted*.
    values: tuple[str, ...] = ()
    restricted: bool = False
    #: A record cannot be made without it.
    required: bool = False
    #: Digits after the point; None of what is no number.
    scale: int | None = None
    label: str = ""
    #: The org computes it: a formula, a roll-up, a number of its own.
    computed: bool = False

    def as_field(self) -> Field:
        return Field(
            name=self.name,
            type=_TYPES.get(self.type, "other" if self.type in _OTHER else "text"),
            length=self.length,
            writable=self.createable or self.updateable,
            unique=self.unique or self.name == ID,
            values=self.values,
            restricted=self.restricted,
            several=self.type == "multipicklist",
            required=self.required,
            key=self.matchable or self.name == ID,
            refers_to=self.refers_to,
            decimals=self.scale,
            label=self.label,
            native="formula" if self.computed else self.type,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One object of the org."""

    name: str
    #: The first three characters of its records' ids; empty where it has none.
    prefix: str
    #: By name in lower case: Salesforce does not mind case.
    columns: Mapping[str, Column]
    #: Made by the org, not by Salesforce.
    custom: bool = False
    #: What the signed-in user may do with its records, besides reading them: `create`, `edit`, `delete`.
    allowed: frozenset[str] = frozenset()

    def column(self, name: str) -> Column | None:
        """Return a field by its name in any case."""
        return self.columns.get(name.lower())

    def has(self, name: str) -> bool:
        return name.lower() in self.columns

    def sets_once(self, names: Sequence[str]) -> bool:
        """Tell whether one of *names* can be given to a new record only, as a detail's master."""
        found = (self.column(name) for name in names)
        return any(column.createable and not column.updateable for column in found if column)

    def spelt(self, name: str) -> str:
        """Return a field's name as the org spells it; a name it does not have comes back as it is."""
        found = self.column(name)
        return name if found is None else found.name

    def as_fields(self) -> list[Field]:
        return [each.as_field() for each in self.columns.values()]


class Org:
    """The objects of one org.

    Args:
        session: Of the org.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kinds: dict[str, Kind] = {}
        self._lock = Lock()

    def find(self, object_: str) -> Kind | None:
        """Return an object; None when there is none of that name, or the user may not see it."""
        with self._lock:
            known = self._kinds.get(object_.lower())
            if known is not None:
                return known
            try:
                told = self._session.call(
                    Call(f"sobjects/{_named(object_)}/describe", what=f"describing {object_[:80]}")
                )
            except Gone:
                return None
            kind = self._kinds[object_.lower()] = kind_of(told)
            return kind

    def get(self, object_: str) -> Kind:
        """Return an object.

        Raises:
            SchemaDrift: There is none; says which there are that sound alike.
        """
        found = self.find(object_)
        if found is None:
            raise self._missing(object_)
        return found

    def lookups(self, kind: Kind, names: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return, for those of *names* that are lookups to a few objects, how the ids that they take begin."""
        found = {}
        for name in names:
            column = kind.column(name)
            if column is not None and column.type == "reference" and len(column.refers_to) <= MOST_REFERENCES:
                others = [self.find(each) for each in column.refers_to]
                if all(others):
                    found[column.name] = frozenset(each.prefix for each in others if each)
        return found

    def forget(self, object_: str) -> None:
        """Describe it anew when it is next asked for."""
        self._kinds.pop(object_.lower(), None)

    def objects(self) -> list[Object]:
        """Return the objects whose records can be queried, by name."""
        told = self._session.call(Call("sobjects", what="listing objects")) or {}
        shown = [each for each in told.get("sobjects", ()) if each.get("queryable", True)]
        return sorted((_object(each) for each in shown), key=lambda one: one.name)

    def _missing(self, object_: str) -> SchemaDrift:
        names = [each.name for each in self.objects()]
        close = difflib.get_close_matches(object_, names, n=1)
        meant = f"Did you mean `{close[0]}`? " if close else ""
        step = f"{meant}It must exist in Salesforce, and the integration user needs the right to read it."
        return SchemaDrift(f"{self._session.where}: there is no object `{object_[:80]}`", next_step=step)


def kind_of(told: Mapping[str, Any]) -> Kind:
    """Read a reply to describe."""
    columns = [_column(each) for each in told["fields"]]
    return Kind(
        name=str(told["name"]),
        prefix=str(told.get("keyPrefix") or ""),
        columns={each.name.lower(): each for each in columns},
        custom=bool(told.get("custom")),
        allowed=allowed(told),
    )


def allowed(told: Mapping[str, Any]) -> frozenset[str]:
    """Return what the signed-in user may do with an object's records."""
    words = {"create": "createable", "edit": "updateable", "delete": "deletable"}
    return frozenset(ours for ours, theirs in words.items() if told.get(theirs))


def check(kind: Kind, names: Sequence[str], where: str, *, key: Key) -> None:
    """Raise for everything among *names* that we may not write, all at once.

    Args:
        kind: The object.
        names: Fields that are to be written; it has them.
        where: Which connection this is.
        key: By what records are told apart.

    Raises:
        Refused: The integration user may not edit (or, where they are made, create) the object's records at all:
            each of them would be refused.
        SchemaDrift: It may not write some of the fields.
    """
    lacking = ({"edit"} if key.by_id else {"edit", "create"}) - kind.allowed
    if lacking:
        rights = " and ".join(sorted(lacking))
        raise Refused(
            f"{where}: the integration user may not {rights} records of `{kind.name}`",
            code="E303",
            next_step="Give it the right by a permission set (object settings), then run again.",
        )
    made = key.names if key.looked_up else ()
    fixed = [name for name in (*made, *names) if not _may_write(kind, name, key)]
    if fixed:
        listed = ", ".join(f"`{name}`" for name in fixed)
        raise SchemaDrift(
            f"{where}: {listed} of `{kind.name}` cannot be written",
            next_step="It is a formula or system field, or the integration user lacks edit rights on it (field-level"
            " security): give the right, or delete the line from the mapping.",
        )


def missing_fields(kind: Kind, missing: Sequence[str], where: str) -> SchemaDrift:
    """Return the error for fields that an object does not have."""
    known = [column.name for column in kind.columns.values()]
    close = [(name, difflib.get_close_matches(name, known, n=1)) for name in missing]
    meant = " ".join(f"Did you mean `{found[0]}` for `{name}`?" for name, found in close if found)
    names = ", ".join(f"`{name[:80]}`" for name in missing)
    step = f"{meant} The field must exist, and the integration user must see it (field-level security).".strip()
    return SchemaDrift(f"{where}: object `{kind.name}` has no field {names}", next_step=step)


def _may_write(kind: Kind, name: str, key: Key) -> bool:
    column = kind.column(name)
    assert column is not None
    if key.by_id:
        return column.updateable
    # What is looked up is made with all its fields; those that are set once (a member's campaign) stay as they are.
    return column.createable or (column.updateable and not key.looked_up)


def _column(told: Mapping[str, Any]) -> Column:
    number = _TYPES.get(str(told["type"])) == "number"
    return Column(
        name=str(told["name"]),
        type=str(told["type"]),
        length=int(told.get("length") or 0) or None,
        createable=bool(told.get("createable")),
        updateable=bool(told.get("updateable")),
        unique=bool(told.get("unique")),
        matchable=bool(told.get("externalId") or told.get("idLookup")),
        filterable=bool(told.get("filterable", True)),
        case_sensitive=bool(told.get("caseSensitive")),
        relation=told.get("relationshipName"),
        refers_to=tuple(told.get("referenceTo") or ()),
        values=tuple(str(each["value"]) for each in told.get("picklistValues") or () if each.get("active")),
        restricted=bool(told.get("restrictedPicklist")),
        required=told.get("nillable") is False and bool(told.get("createable")) and not told.get("defaultedOnCreate"),
        scale=int(told.get("scale") or 0) if number else None,
        label=str(told.get("label") or ""),
        computed=bool(told.get("calculated") or told.get("autoNumber")),
    )


def _object(told: Mapping[str, Any]) -> Object:
    may = allowed(told)
    return Object(
        name=str(told["name"]),
        label=str(told.get("label") or told["name"]),
        creates="create" in may,
        edits="edit" in may,
        deletes="delete" in may,
    )


def _named(object_: str) -> str:
    """Return *object_* as a part of a path; what is no name becomes one that no org has."""
    return object_ if object_.replace("_", "").isalnum() and object_.isascii() else "npsync__none"
