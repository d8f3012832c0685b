"""The four ways to write a record, each row by itself: it is saved, or it is not and says why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.computed import alone, complete, defaults, stamps
from sandbox.salesforce.guards import guard
from sandbox.salesforce.ids import widened
from sandbox.salesforce.incoming import accepted, parsed
from sandbox.salesforce.refusal import Refusal
from sandbox.salesforce.rules import Breach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org

Row = dict[str, Any]
#: Deleting the one deletes the others: kind → (kind, its field).
CASCADES = {
    "Account": [("Contact", "AccountId"), ("Opportunity", "AccountId")],
    "Contact": [("CampaignMember", "ContactId")],
    "Lead": [("CampaignMember", "LeadId")],
    "Campaign": [("CampaignMember", "CampaignId")],
}


@dataclass(slots=True)
class Saved:
    """What became of one row. Where there are errors, nothing of it was applied."""

    id: str | None = None
    created: bool = False
    #: (status code, message, fields)
    errors: list[tuple[str, str, list[str]]] = field(default_factory=list)

    @property
    def success(self) -> bool:
        return not self.errors


@dataclass(frozen=True, slots=True)
class Manner:
    """How a call wants its rows written."""

    #: Save although a duplicate rule objects.
    allow_duplicates: bool = False
    #: Tests that set a scene up write past validation, duplicate rules, locks and faults.
    unguarded: bool = False

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Manner:
        """Read it from a request's headers."""
        said = headers.get("Sforce-Duplicate-Rule-Header", "").replace(" ", "").lower()
        return cls(allow_duplicates="allowsave=true" in said)


class Writer:
    """Writes rows of one kind, seen as the caller may see it."""

    def __init__(self, org: Org, kind: Kind, manner: Manner) -> None:
        self._org = org
        #: With all its fields, as records are stored; and as the caller sees it.
        self._whole = org.whole(kind.name)
        self._kind = kind
        self._manner = manner
        self._uniques = [each for each in self._whole.fields.values() if each.unique]

    def each(self, rows: Sequence[Mapping[str, object]], operation: str, key: str | None) -> list[Saved]:
        """Write *rows* one by one.

        Raises:
            Refusal: There is no such operation, or *key* cannot be upserted by.
        """
        match operation:
            case "insert":
                return [self._tried(self._insert, row) for row in rows]
            case "update":
                return [self._tried(self._update, row) for row in rows]
            case "delete" | "hardDelete":
                return [self._tried(lambda row: self._delete(row, hard=operation == "hardDelete"), row) for row in rows]
            case "upsert":
                return self._upserts(rows, self.key_field(key or "Id"))
        raise Refusal(400, "INVALID_OPERATION", f"unknown operation: {operation}")

    def key_field(self, name: str) -> Field:
        """Return the field that rows may be upserted by.

        Raises:
            Refusal: It cannot.
        """
        found = self._kind.field(name)
        if found is None or not found.id_lookup:
            raise Refusal(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")
        return found

    def _tried(self, write: Callable[[Mapping[str, object]], Saved], row: Mapping[str, object]) -> Saved:
        try:
            return write(row)
        except Breach as breach:
            return Saved(errors=[(breach.code, breach.message, list(breach.fields))])

    def _need(self, right: str) -> None:
        if right not in self._kind.allowed and not self._manner.unguarded:
            raise Breach("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ())

    def _insert(self, values: Mapping[str, object]) -> Saved:
        self._need("create")
        row = parsed(self._org, self._kind, values)
        if row.pop("Id", None) is not None:
            raise Breach("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ("Id",))
        given = accepted(self._org, self._kind, row, creating=True)
        record_id = self._org.new_id(self._whole.prefix)
        first = {"Id": record_id, "IsDeleted": False} if "isdeleted" in self._whole.fields else {"Id": record_id}
        made = defaults(self._org, self._whole) | {k: v for k, v in given.items() if v is not None} | first
        made |= stamps(self._org, self._whole, creating=True)
        self._save(made, None)
        return Saved(record_id, created=True)

    def _update(self, values: Mapping[str, object]) -> Saved:
        self._need("edit")
        row = parsed(self._org, self._kind, values)
        given_id = row.pop("Id", None)
        if given_id is None:
            raise Breach("MISSING_ARGUMENT", "Id not specified in an update call", ("Id",))
        before = self._present(given_id)
        changes = accepted(self._org, self._kind, row, creating=False)
        after = before | changes | stamps(self._org, self._whole, creating=False)
        self._save(after, before)
        return Saved(before["Id"])

    def _save(self, after: Row, before: Row | None) -> None:
        complete(self._org, self._whole, after)
        if not self._manner.unguarded:
            guard(self._org, self._whole, after, before, allow_duplicates=self._manner.allow_duplicates)
        self._unique(after)
        alone(self._org, self._whole, after)
        self._org.store.put(self._whole, after)
        self._org.changed(self._whole)

    def _unique(self, row: Row) -> None:
        for each in self._uniques:
            if row.get(each.name) is not None:
                for other in self._org.store.lookup(self._whole, each, [row[each.name]]):
                    if other["Id"] != row["Id"]:
                        found = f"{each.name} duplicates value on record with id: {other['Id']}"
                        raise Breach("DUPLICATE_VALUE", f"duplicate value found: {found}")

    def _present(self, given_id: object) -> Row:
        """Return the record of that id.

        Raises:
            Breach: There is none, or not any more.
        """
        row = self._org.store.get(self._whole, given_id)
        if row is None:
            wide = widened(given_id)
            if wide is None or not wide.startswith(self._whole.prefix):
                raise Breach("MALFORMED_ID", f"{self._whole.label} ID: id value of incorrect type: {given_id}", ("Id",))
            raise Breach("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("IsDeleted"):
            raise Breach("ENTITY_IS_DELETED", "entity is deleted")
        return row

    def _upserts(self, rows: Sequence[Mapping[str, object]], key: Field) -> list[Saved]:
        keys = [self._key_of(row, key) for row in rows]
        often = Counter(each for each in keys if each is not None)
        return [
            Saved(errors=[("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [key.name])])
            if value is not None and often[value] > 1
            else self._tried(lambda row: self._upsert(row, key), row)
            for row, value in zip(rows, keys, strict=True)
        ]

    def _key_of(self, row: Mapping[str, object], key: Field) -> str | None:
        """Return the value that *row* is upserted by, as it is compared."""
        value = next((value for name, value in row.items() if name.lower() == key.name.lower()), None)
        if value is None or value == "":
            return None
        if key.type == "id":
            return widened(value) or str(value)
        text = str(value).strip()
        return text if key.case_sensitive else text.lower()

    def _upsert(self, values: Mapping[str, object], key: Field) -> Saved:
        row = parsed(self._org, self._kind, values)
        wanted = row.get(key.name)
        if key.type == "id":
            return self._update(row) if wanted is not None else self._insert(row)
        if wanted is None:
            raise Breach("MISSING_ARGUMENT", f"{key.name} not specified", (key.name,))
        found = [each["Id"] for each in self._org.store.lookup(self._whole, key, [wanted])]
        if len(found) > 1:
            listed = ", ".join(found)
            raise Breach(
                "DUPLICATE_EXTERNAL_ID",
                f"{key.name}: more than one record found for external id field: [{listed}]",
                (key.name,),
            )
        if not found:
            return self._insert(row)
        if row.pop("Id", found[0]) != found[0]:
            raise Breach("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an upsert by an external id", ("Id",))
        # Found by it already: it stays as it is spelt.
        del row[key.name]
        row["Id"] = found[0]
        return self._update(row)

    def _delete(self, values: Mapping[str, object], *, hard: bool) -> Saved:
        self._need("delete")
        given = next((value for name, value in values.items() if name.lower() == "id"), None)
        if given is None or given == "":
            raise Breach("MISSING_ARGUMENT", "Id not specified in a delete call", ("Id",))
        row = self._present(given)
        if not self._manner.unguarded:
            guard(self._org, self._whole, None, row, allow_duplicates=True)
        discard(self._org, self._whole, row, hard=hard)
        return Saved(row["Id"])


def discard(org: Org, kind: Kind, row: Row, *, hard: bool = False, master_id: str | None = None) -> None:
    """Put a record into the recycle bin with what hangs on it, or, *hard*, remove it for good."""
    for child_name, field_name in CASCADES.get(kind.name, ()) if master_id is None else ():
        child = org.whole(child_name)
        for each in list(org.store.lookup(child, child.fields[field_name.lower()], [row["Id"]])):
            discard(org, child, each, hard=hard)
    if hard or "isdeleted" not in kind.fields:
        org.store.purge(kind, row["Id"])
    else:
        gone = row | {"IsDeleted": True, "MasterRecordId": master_id} | stamps(org, kind, creating=False)
        org.store.put(kind, gone)
    org.deleted.append((kind.name, row["Id"], org.stamp()))
    org.changed(kind)
