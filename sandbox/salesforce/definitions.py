"""What an org has defined, as records for the Tooling API to query: CustomField, EntityDefinition, FieldDefinition."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.field_metadata import TYPES
from sandbox.salesforce.ids import DIGITS, checksum, widened
from sandbox.salesforce.objects import kind_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.records import Row
    from sandbox.salesforce.soql_columns import Catalog

_KINDS = {
    "customfield": kind_from(
        "CustomField",
        "00N",
        """
        Id id
        DeveloperName string(80)
        NamespacePrefix string(15)
        TableEnumOrId string(40)
        EntityDefinitionId reference ->EntityDefinition
        FullName string(255)
        """,
    ),
    "entitydefinition": kind_from(
        "EntityDefinition",
        "4ie",
        """
        Id id
        DurableId string(255)
        QualifiedApiName string(255)
        DeveloperName string(80)
        Label string(80)
        PluralLabel string(80)
        KeyPrefix string(3)
        IsCustomizable boolean
        """,
    ),
    "fielddefinition": kind_from(
        "FieldDefinition",
        "4fe",
        """
        Id id
        DurableId string(255)
        QualifiedApiName string(255)
        DeveloperName string(80)
        Label string(80)
        DataType string(255)
        Length int
        Precision int
        Scale int
        IsNillable boolean
        EntityDefinitionId reference ->EntityDefinition
        """,
    ),
}


class Definitions:
    """A catalog for queries, made anew from the org's schema by each."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def kind(self, name: str) -> Kind | None:
        return _KINDS.get(name.lower())

    def rows(self, kind_name: str, *, deleted: bool = False) -> Iterator[Row]:  # noqa: ARG002 - there is no recycle bin
        match kind_name:
            case "EntityDefinition":
                yield from (_entity(kind) for kind in self._org.kinds.values())
            case "FieldDefinition":
                yield from (_field(kind, field) for kind, field in self._fields())
            case _:
                yield from (_custom(kind, field) for kind, field in self._fields() if field.custom)

    def row(self, kind_name: str, record_id: object) -> Row | None:
        wanted = {record_id, widened(record_id)}
        return next((row for row in self.rows(kind_name) if row["Id"] in wanted), None)

    def lookup(
        self,
        kind_name: str,  # noqa: ARG002 - as `Catalog` has it
        field_name: str,  # noqa: ARG002
        values: Iterable[object],  # noqa: ARG002
        *,
        deleted: bool = False,  # noqa: ARG002
    ) -> Iterable[Row] | None:
        """Have no index: a schema is small."""
        return None

    def value(self, kind: Kind, row: Row, field: Field) -> object:  # noqa: ARG002 - as `Catalog` has it
        return row.get(field.name)

    def clock(self) -> float:
        return self._org.clock()

    def metadata(self, row: Row) -> dict[str, Any]:
        """Describe a custom field as it was described when it was created."""
        field = self._org.whole(row["EntityDefinitionId"]).fields[f"{row['DeveloperName']}__c".lower()]
        return {
            "label": field.label,
            "type": _word(field),
            "length": field.length or None,
            "precision": field.precision or None,
            "scale": field.scale if field.precision else None,
            "required": not field.nillable,
            "externalId": field.external_id,
            "unique": field.unique,
            "caseSensitive": field.case_sensitive,
            "inlineHelpText": field.help,
        }

    def _fields(self) -> Iterator[tuple[Kind, Field]]:
        for kind in self._org.kinds.values():
            for field in kind.fields.values():
                yield kind, field


class Whole:
    """The org's records and its definitions in one: REST's query reaches both."""

    def __init__(self, org: Org) -> None:
        self._org, self._definitions = org, Definitions(org)
        self.clock = org.clock
        self.value = org.value

    def kind(self, name: str) -> Kind | None:
        found = self._org.kind(name)
        return found if found is not None or name.lower() == "customfield" else self._definitions.kind(name)

    def rows(self, kind_name: str, *, deleted: bool = False) -> Iterable[Row]:
        return self._of(kind_name).rows(kind_name, deleted=deleted)

    def row(self, kind_name: str, record_id: object) -> Row | None:
        return self._of(kind_name).row(kind_name, record_id)

    def lookup(
        self, kind_name: str, field_name: str, values: Iterable[object], *, deleted: bool = False
    ) -> Iterable[Row] | None:
        return self._of(kind_name).lookup(kind_name, field_name, values, deleted=deleted)

    def _of(self, kind_name: str) -> Catalog:
        return self._org if self._org.find(kind_name) is not None else self._definitions


def field_id(kind_name: str, field_name: str) -> str:
    """Return a custom field's id, which follows from its name."""
    number = int.from_bytes(hashlib.blake2b(f"{kind_name}.{field_name}".encode(), digest_size=6).digest())
    short = "00N5g0" + "".join(DIGITS[number // len(DIGITS) ** place % len(DIGITS)] for place in range(9))
    return short + checksum(short)


def _entity(kind: Kind) -> Row:
    return {
        "Id": kind.name,
        "DurableId": kind.name,
        "QualifiedApiName": kind.name,
        "DeveloperName": kind.name.removesuffix("__c"),
        "Label": kind.label,
        "PluralLabel": kind.plural,
        "KeyPrefix": kind.prefix,
        "IsCustomizable": kind.writable,
    }


def _field(kind: Kind, field: Field) -> Row:
    return {
        "Id": f"{kind.name}.{field.name}",
        "DurableId": f"{kind.name}.{field.name}",
        "QualifiedApiName": field.name,
        "DeveloperName": field.name.removesuffix("__c"),
        "Label": field.label,
        "DataType": f"{_word(field)}({field.length})" if field.type in {"string", "textarea"} else _word(field),
        "Length": field.length,
        "Precision": field.precision,
        "Scale": field.scale,
        "IsNillable": field.nillable,
        "EntityDefinitionId": kind.name,
    }


def _custom(kind: Kind, field: Field) -> Row:
    return {
        "Id": field_id(kind.name, field.name),
        "DeveloperName": field.name.removesuffix("__c"),
        "TableEnumOrId": kind.name,
        "EntityDefinitionId": kind.name,
        "FullName": f"{kind.name}.{field.name}",
    }


def _word(field: Field) -> str:
    """Return the Metadata API's word for a field's type."""
    if field.long:
        return "LongTextArea"
    return next((word for word, (described, _) in TYPES.items() if described == field.type), field.type)
