"""One row as a client sent it → the fields that a record will hold, or the breach that refuses the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.ids import widened
from sandbox.salesforce.reading import Stored, Unreadable, read
from sandbox.salesforce.rules import Breach, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org


class Parsed(dict[str, Stored]):
    """Values by the fields' own names, of the types that the fields have; not checked beyond that."""


def no_column(kind: Kind, name: str) -> Breach:
    """Make the error for a name that is no field of *kind*, or none that its reader may see."""
    return Breach("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")


def parsed(org: Org, kind: Kind, values: Mapping[str, object]) -> Parsed:
    """Read *values*, which are by field name in any case, or by relationship with `{unique field: value}`.

    Args:
        org: Where references by another record's unique field are looked up.
        kind: As the caller may see it; a field that is hidden from them does not exist.
        values: What was sent.

    Raises:
        Breach: There is no such field or record, or the field's type cannot hold the value.
    """
    if isinstance(values, Parsed):
        return values
    row = Parsed()
    for name, value in values.items():
        field = kind.fields.get(name.lower())
        if field is not None:
            row[field.name] = _read(field, value)
        elif name.lower() != "attributes":
            field = kind.parent(name)
            if field is None or field.type != "reference":
                raise no_column(kind, name)
            row[field.name] = _found(org, field, name, value)
    return row


def _read(field: Field, value: object) -> Stored:
    try:
        return read(field, value)
    except Unreadable as problem:
        raise Breach("INVALID_TYPE_ON_FIELD_IN_RECORD", str(problem), (field.name,)) from None


def _found(org: Org, field: Field, relationship: str, value: object) -> str | None:
    """Return the id of the record that `{unique field: value}` names."""
    if value is None:
        return None
    pairs = {k: v for k, v in value.items() if k != "attributes"} if isinstance(value, dict) else {}
    for kind in filter(None, map(org.kind, field.reference_to)):
        for name, wanted in pairs.items():
            key = kind.field(name)
            if key is None or not key.id_lookup:
                continue
            rows = list(org.store.lookup(org.whole(kind.name), key, [_read(key, wanted)]))
            if len(rows) == 1:
                return str(rows[0]["Id"])
            raise Breach(
                "DUPLICATE_EXTERNAL_ID" if rows else "INVALID_FIELD",
                f"Foreign key external ID: {str(wanted).lower()} not found for field {key.name} in entity {kind.name}",
            )
    raise Breach("INVALID_FIELD", f"The relationship {relationship} needs one external ID field and its value")


def accepted(org: Org, kind: Kind, row: Parsed, *, creating: bool) -> dict[str, Stored]:
    """Return *row* with every rule checked that looks at one field alone.

    Raises:
        Breach: A field may not be written, a value breaks a rule, or a reference leads nowhere.
    """
    fields = [(kind.fields[name.lower()], value) for name, value in row.items()]
    closed = [field.name for field, _ in fields if not (field.createable if creating else field.updateable)]
    if closed:
        raise Breach(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set.",
            tuple(closed),
        )
    _required(kind, row, creating=creating)
    return {field.name: _linked(org, field, checked(field, value)) for field, value in fields}


def _required(kind: Kind, row: Parsed, *, creating: bool) -> None:
    """Refuse a row that lacks what a record must have, or would take it away."""
    if creating:
        missing = [field.name for field in kind.fields.values() if field.required and row.get(field.name) is None]
    else:
        named = [kind.fields[name.lower()] for name, value in row.items() if value is None]
        missing = [field.name for field in named if not field.nillable]
    if missing:
        raise Breach("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", tuple(missing))


def _linked(org: Org, field: Field, value: Stored) -> Stored:
    """Return *value*; where it is a reference, the record must be there and of a kind that the field takes."""
    if field.type != "reference" or value is None:
        return value
    kinds = [kind for kind in map(org.kinds.get, field.reference_to) if kind is not None]
    kind = next((kind for kind in kinds if str(value).startswith(kind.prefix)), None)
    if kind is None:
        raise Breach("FIELD_INTEGRITY_EXCEPTION", f"{field.label}: id value of incorrect type: {value}", (field.name,))
    target = org.store.get(kind, widened(value))
    if target is None:
        raise Breach("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
    if target.get("IsDeleted"):
        raise Breach("ENTITY_IS_DELETED", "entity is deleted", (field.name,))
    return value
