"""Which fields of an object say what of a person, and its records in the directory's Arrow form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.records import RECORD_FIELDS
from connectors.salesforce.cells import out
from connectors.salesforce.ids import widened
from connectors.salesforce.reading import at
from connectors.salesforce.schema import ID, missing_fields
from connectors.values import Moved, RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.contract import RecordColumns
    from connectors.salesforce.paths import Path
    from connectors.salesforce.schema import Kind
    from connectors.values import FieldValue

#: Every org has these; they are taken where the mapping names nothing and the object has them.
_STANDARD = {
    "first_name": ("FirstName",),
    "last_name": ("LastName",),
    "account": ("AccountId",),
    "account_name": ("Account.Name", "Company"),
    "country": ("MailingCountryCode", "CountryCode"),
    "created_at": ("CreatedDate",),
}
_EMAILS = ("Email",)
_PHONES = ("Phone", "MobilePhone")
_DELETED, _MASTER, _CONVERTED, _CONTACT = "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId"
#: What leads become.
CONTACT = "Contact"
_NO = frozenset({"", "0", "0.0", "false", "f", "no", "n"})


class Layout:
    """What is read of each record of an object.

    Args:
        kind: The object.
        columns: What the mapping says of its fields.
        where: Which connection this is.
        written: Fields that will be written, and are read along.

    Raises:
        SchemaDrift: The object lacks a field that the mapping names.
    """

    def __init__(self, kind: Kind, columns: RecordColumns, where: str, written: Sequence[Path] = ()) -> None:
        self.kind = kind
        self._object = columns.object
        _check(kind, columns, where)
        self.id = kind.spelt(columns.id)
        self.emails = self._several(columns.emails, _EMAILS)
        self.phones = self._several(columns.phones, _PHONES)
        self.ids = {id_kind: tuple(map(kind.spelt, names)) for id_kind, names in columns.ids.items()}
        self._single = {word: name for word in _STANDARD if (name := self._one(columns, word))}
        self._single |= {"full_name": kind.spelt(columns.full_name)} if columns.full_name else {}
        self._merged = kind.spelt(columns.merged_into) if columns.merged_into else None
        self._flags = {word: kind.spelt(name) for word in ("deleted", "suppressed") if (name := getattr(columns, word))}
        self._written = written
        self._own = [name for name in (_DELETED, _MASTER, _CONVERTED, _CONTACT) if kind.has(name)]

    @property
    def account(self) -> str | None:
        """The field with the account's id."""
        return self._single.get("account")

    @property
    def alive(self) -> str:
        """The condition that a record is neither gone nor merged, by what the mapping says of its fields; or empty."""
        deleted = self.kind.column(self._flags.get("deleted", ""))
        parts = [f"{self._merged} = null"] if self._merged else []
        return " AND ".join([*parts, *([f"{deleted.name} = false"] if deleted and deleted.type == "boolean" else [])])

    def fields(self) -> list[str]:
        """Return what a query selects, each once."""
        ids = [name for names in self.ids.values() for name in names]
        rest = [*self._single.values(), *self._flags.values(), *([self._merged] if self._merged else [])]
        written = (path.name for path in self._written)
        names = [ID, self.id, *self.emails, *self.phones, *ids, *rest, *self._own, *written]
        return list(dict.fromkeys(names))

    def table(self, records: Iterable[Mapping[str, Any]]) -> pa.Table:
        """Return records as `RECORD_FIELDS`."""
        return pa.Table.from_pylist([self._row(record) for record in records], schema=RECORD_FIELDS)

    def held(self, record: Mapping[str, Any]) -> tuple[str, list[FieldValue]] | None:
        """Return a record's id and what it holds of the fields that will be written; None where it is deleted."""
        id_ = at(record, ID)
        gone = id_ is None or _yes(record, _DELETED)
        return None if gone else (widened(str(id_)), [path.of(record) for path in self._written])

    @property
    def moved(self) -> list[str]:
        """The flags of a record that is not there any longer."""
        return [name for name in (_DELETED, _CONVERTED) if name in self._own]

    @property
    def move_fields(self) -> list[str]:
        """What `move` looks at."""
        return [self.id, *self._own]

    def move(self, record: Mapping[str, Any]) -> list[Moved]:
        """Return where a record went that was deleted, merged or converted; nothing where it is still there."""
        old, master = at(record, self.id), at(record, _MASTER)
        if old is None or not any(_yes(record, flag) for flag in self.moved):
            return []
        new = RecordRef(object=self._object, id=master) if master and self.id == ID else None
        if new is None and (contact := at(record, _CONTACT)):
            # A converted lead that is deleted afterwards still says which contact it became.
            new = RecordRef(object=CONTACT, id=contact)
        return [Moved(old=RecordRef(object=self._object, id=old), new=new)]

    def _row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {word: at(record, name) for word, name in self._single.items()}
        if "created_at" in row:
            row["created_at"] = out(row["created_at"], "datetime")
        merged = self._leads_to(record)
        return row | {
            "object": self._object,
            "id": at(record, self.id),
            "emails": [text for name in self.emails if (text := at(record, name))],
            "phones": [text for name in self.phones if (text := at(record, name))],
            "ids": [
                {"kind": kind, "value": text}
                for kind, names in self.ids.items()
                for name in names
                if (text := at(record, name))
            ],
            "merged_into": merged,
            # Salesforce deletes what it merges; that it is gone says nothing beside where it went.
            "deleted": merged is None and (_yes(record, _DELETED) or _yes(record, self._flags.get("deleted"))),
            "suppressed": _yes(record, self._flags.get("suppressed")),
        }

    def _leads_to(self, record: Mapping[str, Any]) -> str | None:
        """Return the record that this one was merged into, or the contact that a lead was converted to."""
        if self._merged and (told := at(record, self._merged)):
            return told
        return at(record, _MASTER) or (at(record, _CONTACT) if _yes(record, _CONVERTED) else None)

    def _several(self, named: Sequence[str], standard: Sequence[str]) -> tuple[str, ...]:
        if named:
            return tuple(map(self.kind.spelt, named))
        return tuple(name for name in standard if self.kind.has(name))

    def _one(self, columns: RecordColumns, word: str) -> str | None:
        given: str | None = getattr(columns, word)
        if given:
            return self.kind.spelt(given)
        return next((name for name in _STANDARD[word] if _has_path(self.kind, name)), None)


def _check(kind: Kind, columns: RecordColumns, where: str) -> None:
    single = [getattr(columns, word) for word in (*_STANDARD, "full_name", "merged_into", "deleted", "suppressed")]
    ids = [name for names in columns.ids.values() for name in names]
    names = [columns.id, *columns.emails, *columns.phones, *ids, *(name for name in single if name)]
    missing = [name for name in dict.fromkeys(names) if not _has_path(kind, name)]
    if missing:
        raise missing_fields(kind, missing, where)


def _has_path(kind: Kind, path: str) -> bool:
    """Tell whether a field is there; of `Account.Name` only the way to it is known here."""
    first, dot, _ = path.partition(".")
    return any(column.relation == first for column in kind.columns.values()) if dot else kind.has(path)


def _yes(record: Mapping[str, Any], name: str | None) -> bool:
    return name is not None and (at(record, name) or "").strip().lower() not in _NO
