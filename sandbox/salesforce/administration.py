"""What an administrator defines in an org: fields and objects of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.salesforce.objects import kind_from
from sandbox.salesforce.people_kinds import FIRST, OWNER, STAMPS
from sandbox.salesforce.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org


def relate(org: Org) -> None:
    """Look again which relationships lead from where to where."""
    for kind in org.kinds.values():
        kind.relate()
        kind.children = {
            field.children.lower(): (child.name, field.name)
            for child in org.kinds.values()
            for field in child.fields.values()
            if field.children and kind.name in field.reference_to
        }


def add_field(org: Org, kind: Kind, field: Field, *, visible: bool) -> None:
    """See `Org.add_field`."""
    if kind.field(field.name) is not None:
        name = field.name.removesuffix("__c")
        raise Refusal(400, "DUPLICATE_DEVELOPER_NAME", f"There is already a field named {name} on {kind.label}.")
    kind.fields[field.name.lower()] = replace(field)
    _redefined(org, kind)
    if not visible:
        org.grants.need((kind.name, field.name))


def drop_field(org: Org, kind: Kind, name: str) -> None:
    """See `Org.drop_field`."""
    org.store.forget_field(kind, kind.fields.pop(name.lower()))
    _redefined(org, kind)


def add_object(org: Org, name: str, label: str, fields: Sequence[Field]) -> Kind:
    """See `Org.add_object`."""
    if org.find(name) is not None:
        raise Refusal(400, "DUPLICATE_DEVELOPER_NAME", f"There is already an object named {name}.")
    number = sum(kind.custom for kind in org.kinds.values())
    kind = kind_from(name, f"a{number:02d}", FIRST + "Name string(80) defaulted idlookup\n" + OWNER + STAMPS)
    kind.label, kind.plural = label or kind.label, f"{label or kind.label}s"
    kind.fields["name"].nillable = False
    kind.fields |= {field.name.lower(): replace(field) for field in fields}
    org.kinds[name] = kind
    _redefined(org, kind)
    return kind


def _redefined(org: Org, kind: Kind) -> None:
    org.defined[kind.name] = org.stamp()
    relate(org)
    org.grants.again()
