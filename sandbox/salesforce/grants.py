"""Which fields the API user may see and write: those that need a permission are closed until a set grants it.

A grant counts when its permission set is assigned to the user or belongs to the user's profile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org


class Grants:
    """Field-level security for the one API user."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._needed: set[tuple[str, str]] = set()
        self._seen: dict[str, Kind] = {}
        #: While set, each kind lacks its first custom field, as if somebody had just deleted it.
        self.drifted = False

    def need(self, field: tuple[str, str]) -> None:
        """Close (kind, field) to everybody whom no permission set lets in."""
        self._needed.add(field)
        self.again()

    def again(self) -> None:
        """Look again: permissions or fields have changed."""
        self._seen.clear()

    def visible(self, kind: Kind) -> Kind:
        """Return *kind* with the fields that the API user may see, as it may write them."""
        seen = self._seen.get(kind.name)
        if seen is None:
            seen = self._seen[kind.name] = self._closed(kind)
        if not self.drifted:
            return seen
        gone = next((name for name, field in seen.fields.items() if field.custom), None)
        return replace(seen, fields={name: field for name, field in seen.fields.items() if name != gone})

    def _closed(self, kind: Kind) -> Kind:
        if not any(name == kind.name for name, _ in self._needed):
            return kind
        fields: dict[str, Field] = {}
        granted = self._granted()
        for key, field in kind.fields.items():
            read, edit = granted.get(f"{kind.name}.{field.name}".lower(), (False, False))
            if (kind.name, field.name) not in self._needed or edit:
                fields[key] = field
            elif read:
                fields[key] = replace(field, createable=False, updateable=False)
        return replace(kind, fields=fields)

    def _granted(self) -> dict[str, tuple[bool, bool]]:
        """Return "kind.field" → whether it may be read, and edited."""
        org = self._org
        sets = {
            row["PermissionSetId"]
            for row in org.rows("PermissionSetAssignment")
            if row.get("AssigneeId") == org.api_user_id
        }
        sets |= {row["Id"] for row in org.rows("PermissionSet") if row.get("IsOwnedByProfile")}
        granted: dict[str, tuple[bool, bool]] = {}
        for row in org.rows("FieldPermissions"):
            if row["ParentId"] in sets:
                read, edit = granted.get(row["Field"].lower(), (False, False))
                edits = edit or bool(row.get("PermissionsEdit"))
                granted[row["Field"].lower()] = (read or edits or bool(row.get("PermissionsRead")), edits)
        return granted
