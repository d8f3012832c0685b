"""Fields made in an org by who asks for it: through the Tooling API, and shown to our user by a permission set.

A new field is invisible until field-level security is granted (design facts A11), so each one is granted through one
permission set of ours, which the signed-in user gets. What exists is never altered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from connectors.errors import Conflict, Refused, Rejected, SchemaDrift
from connectors.salesforce.metadata import PERMISSION_SET, check_names, home_of, metadata
from connectors.salesforce.query import quoted, select
from connectors.salesforce.session import Call

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.salesforce.schema import Kind, Org
    from connectors.salesforce.session import Session
    from connectors.values import Field

_THERE_ALREADY = frozenset({"DUPLICATE_DEVELOPER_NAME", "DUPLICATE_VALUE"})


class FieldMaker:
    """Makes fields in one org.

    Args:
        session: Of the org.
        org: Its objects.
    """

    def __init__(self, session: Session, org: Org) -> None:
        self._session = session
        self._org = org

    def make(self, kind: Kind, key: Collection[str], fields: Sequence[Field]) -> None:
        """Make those of *fields* that *kind* lacks; the ones in *key* become external ids.

        Raises:
            SchemaDrift: A missing field is none that can be made, because its name does not end in `__c`.
            Refused: The user may not customise the application.
        """
        missing = [each for each in fields if not kind.has(each.name)]
        check_names(kind.name, [each.name for each in missing], self._session.where)
        for each in missing:
            self._create(kind, each, is_key=each.name in key)
        if missing:
            self._show(kind, [each.name for each in missing])
            self._org.forget(kind.name)

    def _create(self, kind: Kind, field: Field, *, is_key: bool) -> None:
        named = {
            "FullName": f"{home_of(kind.name)}.{field.name}",
            "Metadata": metadata(field, is_key=is_key, object_=kind.name),
        }
        self._post("tooling/sobjects/CustomField", named, f"making {field.name}")

    def _show(self, kind: Kind, names: Sequence[str]) -> None:
        """Grant the fields to the permission set, and the set to our user."""
        set_ = self._one("PermissionSet", f"Name = {quoted(PERMISSION_SET)}") or self._post(
            "sobjects/PermissionSet", {"Name": PERMISSION_SET, "Label": PERMISSION_SET}, "making a permission set"
        )
        user = self._session.identity().rpartition("/")[2]
        given = f"PermissionSetId = {quoted(set_)} AND AssigneeId = {quoted(user)}"
        if not self._one("PermissionSetAssignment", given):
            assigned = {"PermissionSetId": set_, "AssigneeId": user}
            self._post("sobjects/PermissionSetAssignment", assigned, "assigning the permission set")
        for name in names:
            granted = {
                "ParentId": set_,
                "SobjectType": kind.name,
                "Field": f"{kind.name}.{name}",
                "PermissionsRead": True,
                "PermissionsEdit": True,
            }
            self._post("sobjects/FieldPermissions", granted, f"granting {name}")

    def _one(self, object_: str, where: str) -> str:
        soql = select(["Id"], object_, where, "LIMIT 1")
        return next((str(each["Id"]) for each in self._session.query(soql, what=f"looking for a {object_}")), "")

    def _post(self, path: str, body: dict[str, Any], what: str) -> str:
        """Create something; what is there already is as it should be."""
        call = Call(path, what, "POST", orjson.dumps(body), writes=True)
        try:
            told = self._session.call(call) or {}
        except SchemaDrift as error:
            raise Refused(
                f"{self._session.where}: {what} is not possible",
                next_step="It needs `Customize Application` and `Manage Profiles and Permission Sets`.",
            ) from error
        except (Conflict, Rejected) as error:
            if error.code not in _THERE_ALREADY:
                raise
            return ""
        return str(told.get("id") or "")
