"""Fields read by name or by the way to them: `NPS_Score__c`, `Account.OwnerId`, `Owner.Email`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.salesforce.cells import out
from connectors.salesforce.schema import MOST_REFERENCES, missing_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.salesforce.schema import Kind, Org
    from connectors.values import FieldValue

#: Relationships that Salesforce follows in one path.
MOST_HOPS = 5


@dataclass(frozen=True, slots=True)
class Path:
    """One field, of an object's records or of those that they lead to."""

    #: As it was asked for.
    given: str
    #: As the org spells it.
    name: str
    #: Describe's word.
    type: str

    def of(self, record: Mapping[str, Any]) -> FieldValue:
        """Return its value in a record, in our canonical form."""
        return out(value_at(record, self.name), self.type)


def paths(org: Org, kind: Kind, names: Sequence[str], where: str) -> list[Path]:
    """Return how *names* are read.

    Raises:
        SchemaDrift: There is no such field, or no such way.
    """
    found = {name: _followed(org, kind, name) for name in names}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise missing_fields(kind, missing, where)
    return [path for path in found.values() if path is not None]


def known_paths(org: Org, kind: Kind, names: Sequence[str]) -> list[Path]:
    """Return how those of *names* are read that there are."""
    return [path for name in names if (path := _followed(org, kind, name)) is not None]


def _followed(org: Org, kind: Kind, given: str) -> Path | None:
    """Follow a path; a lookup that may lead to many objects is followed on trust, for it shows their common fields."""
    *ways, last = given.split(".")
    spelt: list[str] = []
    kinds = [kind]
    for way in ways:
        steps = [
            column
            for each in kinds
            for column in each.columns.values()
            if column.relation and column.relation.lower() == way.lower()
        ]
        if not steps or len(ways) > MOST_HOPS:
            return None
        spelt.append(steps[0].relation or way)
        if len(steps[0].refers_to) > MOST_REFERENCES:
            return Path(given, ".".join([*spelt, *given.split(".")[len(spelt) :]]), "string")
        kinds = [found for name in steps[0].refers_to if (found := org.find(name)) is not None]
    column = next((column for each in kinds if (column := each.column(last)) is not None), None)
    return None if column is None else Path(given, ".".join([*spelt, column.name]), column.type)


def value_at(record: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - of JSON
    """Return a value from a record of REST (nested) or of a Bulk query (flat).

    >>> value_at({"Account": {"Size": 9}}, "Account.Size"), value_at({"Account.Size": "9"}, "Account.Size")
    (9, '9')
    >>> value_at({"Account": None}, "Account.Size") is None
    True
    """
    value: Any = record.get(path)
    if value is None and "." in path:
        value = record
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
    return value
