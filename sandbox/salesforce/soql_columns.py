"""What names in a query stand for: fields of an object, or of those it refers to, and how to read them from a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.salesforce.soql_functions import derived
from sandbox.salesforce.soql_tree import Call
from sandbox.salesforce.soql_words import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.salesforce.objects import Field, Kind
    from sandbox.salesforce.records import Row
    from sandbox.salesforce.refusal import Refusal
    from sandbox.salesforce.soql_tree import Path

    Parent = tuple[str, Row]

_REFERENCE = "Please reference your WSDL or the describe call for the appropriate names."


class Catalog(Protocol):
    """What a query is asked of: the org's records, or the Tooling API's view of its schema."""

    def kind(self, name: str) -> Kind | None:
        """Return the object of that name, in any case, as far as the API user may see it."""

    def rows(self, kind_name: str, *, deleted: bool = False) -> Iterable[Row]:
        """Return its records; with *deleted*, also those in the recycle bin."""

    def row(self, kind_name: str, record_id: object) -> Row | None:
        """Return one record, also a deleted one."""

    def lookup(
        self,
        kind_name: str,
        field_name: str,
        values: Iterable[object],
        *,
        deleted: bool = False,
    ) -> Iterable[Row] | None:
        """Return records by an indexed field, or None where there is no index."""

    def value(self, kind: Kind, row: Row, field: Field) -> Any:  # noqa: ANN401 - any JSON value
        """Return what a reply shows of *field*, also of a compound one."""

    def clock(self) -> float:
        """Return the time in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field that a path leads to."""

    field: Field
    #: In the spelling of the schema: ("Account", "Name").
    names: tuple[str, ...]
    #: The stored value, to compare and sort by.
    read: Callable[[Row], Any]
    #: The value as replies show it.
    show: Callable[[Row], Any]
    #: For each relationship on the way: the kind and the row of the record that it leads to.
    parents: tuple[Callable[[Row], Parent | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One object that a query reads, and the words by which the query calls it."""

    catalog: Catalog
    kind: Kind
    text: str
    alias: str | None = None

    def column(self, target: Path | Call) -> Column:
        """Follow a path, also that of a function of one value.

        Raises:
            Refusal: INVALID_FIELD, there is no such field or relationship; MALFORMED_QUERY, there is no such function.
        """
        if not isinstance(target, Call):
            return self._of_path(target)
        if target.aggregates or target.path is None:
            message = f"aggregate function {target.function} is not allowed here"
            raise refused(self.text, target.at, "MALFORMED_QUERY", message)
        return derived(self.text, target, self._of_path(target.path))

    def _of_path(self, path: Path) -> Column:
        names = path.names
        own = {self.kind.name.lower(), (self.alias or self.kind.name).lower()}
        if len(names) > 1 and names[0].lower() in own and self.kind.parent(names[0]) is None:
            names = names[1:]
        return self._followed(self.kind, names, path)

    def missing(self, name: str, kind: Kind, at: int) -> Refusal:
        message = (
            f"No such column '{name}' on entity '{kind.name}'. If you are attempting to use a custom field, be sure "
            f"to append the '__c' after the custom field name. {_REFERENCE}"
        )
        return refused(self.text, at, "INVALID_FIELD", message)

    def _followed(self, kind: Kind, names: tuple[str, ...], path: Path) -> Column:
        if len(names) == 1:
            field = kind.field(names[0])
            if field is None:
                raise self.missing(names[0], kind, path.at)
            return _own(self.catalog, kind, field)
        reference = kind.parent(names[0])
        parents = self._parents(reference) if reference else []
        if reference is None or not parents:
            message = (
                f"Didn't understand relationship '{names[0]}' in field path. If you are attempting to use a custom "
                f"relationship, be sure to append the '__r' after the custom relationship name. {_REFERENCE}"
            )
            raise refused(self.text, path.at, "INVALID_FIELD", message)
        fitting = [parent for parent in parents if _leads(parent, names[1])] or parents[:1]
        columns = {parent.prefix: (parent.name, self._followed(parent, names[1:], path)) for parent in fitting}
        return _of_parent(self.catalog, reference, columns)

    def _parents(self, reference: Field) -> list[Kind]:
        kinds = (self.catalog.kind(name) for name in reference.reference_to)
        return [kind for kind in kinds if kind is not None]


def source_of(catalog: Catalog, name: str, at: int, text: str, alias: str | None = None) -> Source:
    """Find the object that FROM names.

    Raises:
        Refusal: INVALID_TYPE, there is none; in the words recorded by CumulusCI (`test_count_sobjects__errors`).
    """
    kind = catalog.kind(name)
    if kind is None:
        message = (
            f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
            f"the '__c' after the entity name. {_REFERENCE}"
        )
        raise refused(text, at, "INVALID_TYPE", message)
    return Source(catalog, kind, text, alias)


def _leads(kind: Kind, name: str) -> bool:
    return kind.field(name) is not None or kind.parent(name) is not None


def _own(catalog: Catalog, kind: Kind, field: Field) -> Column:
    name = field.name

    def stored(row: Row) -> Any:  # noqa: ANN401 - any JSON value
        return row.get(name)

    def flag(row: Row) -> bool:
        return bool(row.get(name))

    def shown(row: Row) -> Any:  # noqa: ANN401 - any JSON value
        return catalog.value(kind, row, field)

    read = flag if field.type == "boolean" else stored
    return Column(field, (name,), read, read if field.type in _PLAIN else shown)


#: Types whose replies show what is stored.
_PLAIN = frozenset("string textarea picklist multipicklist reference datetime date boolean phone email url id".split())


def _of_parent(catalog: Catalog, reference: Field, columns: dict[str, tuple[str, Column]]) -> Column:
    """Read a column of the record that *reference* names; which kind that is, its id's prefix says."""
    first = next(iter(columns.values()))

    def parent(row: Row) -> Parent | None:
        record_id = row.get(reference.name)
        if not record_id:
            return None
        name = columns.get(record_id[:3], first)[0]
        found = catalog.row(name, record_id)
        return None if found is None or found.get("IsDeleted") else (name, found)

    def through(pick: Callable[[Column], Callable[[Row], Any]]) -> Callable[[Row], Any]:
        readers = {name: pick(column) for name, column in columns.values()}

        def read(row: Row) -> Any:  # noqa: ANN401 - any JSON value
            found = parent(row)
            return None if found is None else readers[found[0]](found[1])

        return read

    def further(place: int) -> Callable[[Row], Parent | None]:
        return through(lambda column: column.parents[place])

    assert reference.relationship is not None
    return Column(
        first[1].field,
        (reference.relationship, *first[1].names),
        through(lambda column: column.read),
        through(lambda column: column.show),
        (parent, *(further(place) for place in range(len(first[1].parents)))),
    )
