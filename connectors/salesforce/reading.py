"""Records read by key: few by addresses of 16 KB, many by one Bulk query."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.salesforce.cells import out
from connectors.salesforce.ids import is_id, widened
from connectors.salesforce.query import MOST_BYTES, Term, can_be_asked, conditions, encoded_size, quoted, select
from connectors.salesforce.schema import ID, missing_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from connectors.salesforce.bulk_query import BulkQuery
    from connectors.salesforce.schema import Kind
    from connectors.salesforce.session import Session
    from connectors.values import FieldValue

#: Calls above which one Bulk query is cheaper (design facts, section E).
MOST_CALLS = 20
#: Groups of one answer; Salesforce gives 2,000.
MOST_GROUPS = 1_000
_NUMBERS = frozenset({"double", "int", "currency", "percent", "long"})


class Reader:
    """Reads records of one org.

    Args:
        session: Of the org.
        bulk: Of the same.
    """

    def __init__(self, session: Session, bulk: BulkQuery) -> None:
        self._session = session
        self._bulk = bulk

    def any_of(
        self, fields: Sequence[str], kind: Kind, terms: Sequence[Term], *, deleted: bool = False
    ) -> Iterator[Mapping[str, Any]] | None:
        """Yield the records that one of *terms* fits; None: that would take too many calls.

        Args:
            fields: What to read, as the org spells it.
            kind: The object.
            terms: Conditions, of which one must hold.
            deleted: See `Session.query`.
        """
        room = MOST_BYTES - encoded_size(select(fields, kind.name, "x"))
        wheres = list(islice(conditions(terms, room), MOST_CALLS + 1))
        if len(wheres) > MOST_CALLS:
            return None
        return self._asked([select(fields, kind.name, where) for where in wheres], kind, deleted=deleted)

    def _asked(self, queries: Iterable[str], kind: Kind, *, deleted: bool) -> Iterator[Mapping[str, Any]]:
        for soql in queries:
            yield from self._session.query(soql, what=f"looking for {kind.name} records", deleted=deleted)

    def every(
        self, fields: Sequence[str], kind: Kind, where: str = "", *, deleted: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Yield all records of an object; values are texts, empty for nothing."""
        soql = select(fields, kind.name, where)
        return self._bulk.rows(soql, what=f"reading all {kind.name} records", deleted=deleted)

    def grouped(self, kind: Kind, name: str, terms: Sequence[Term]) -> Iterator[tuple[str, int]] | None:
        """Yield how many records hold each value of a field; None: that would take too many calls."""
        head, tail = f"SELECT {name},COUNT(Id) n FROM {kind.name} WHERE (", f") GROUP BY {name}"  # noqa: S608 - of describe
        room = MOST_BYTES - encoded_size(head + tail)
        # An answer with groups has no second page.
        parts = [where for start in range(0, len(terms), MOST_GROUPS) for where in _parts(terms, start, room)]
        if len(parts) > MOST_CALLS:
            return None
        asked = self._asked([head + where + tail for where in parts], kind, deleted=False)
        return ((str(record[name]), int(record["n"])) for record in asked)

    def by_key(
        self, kind: Kind, key: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, FieldValue]]:
        """Return the values of *fields* by the keys asked for; records that do not exist are absent.

        Raises:
            SchemaDrift: The object lacks one of *fields*.
        """
        missing = [name for name in (key, *fields) if not kind.has(name)]
        if missing:
            raise missing_fields(kind, missing, self._session.where)
        spelt, named = kind.spelt(key), [kind.spelt(name) for name in fields]
        asked: dict[str, list[str]] = {}
        for id_ in ids:
            asked.setdefault(folded(spelt, id_), []).append(id_)
        selected = list(dict.fromkeys([spelt, *named]))
        terms = [term for id_ in asked if (term := exact(kind, spelt, id_)) is not None]
        if not terms:
            return {}
        records = self.any_of(selected, kind, terms)
        if records is None:
            records = self.every(selected, kind, f"{spelt} != null")
        types = [column.type if (column := kind.column(name)) else "string" for name in named]
        found: dict[str, dict[str, FieldValue]] = {}
        for record in records:
            for id_ in asked.get(folded(spelt, _text(record.get(spelt))), ()):
                found[id_] = {
                    given: out(record.get(name), type_) for given, name, type_ in zip(fields, named, types, strict=True)
                }
        return found


def _parts(terms: Sequence[Term], start: int, room: int) -> Iterator[str]:
    return conditions(terms[start : start + MOST_GROUPS], room)


def exact(kind: Kind, name: str, value: str) -> Term | None:
    """Return the condition that a field holds *value*; None where it cannot."""
    column = kind.column(name)
    if column is None or not can_be_asked(value):
        return None
    if column.type in {"id", "reference"}:
        return Term(column.name, quoted(value)) if is_id(value) else None
    if column.type in _NUMBERS:
        try:
            return Term(column.name, repr(float(value)) if "." in value else str(int(value)))
        except ValueError:
            return None
    return Term(column.name, quoted(value))


def at(record: Mapping[str, Any], path: str) -> str | None:
    """Return a value as text, from a record of REST (nested) or of a Bulk query (flat).

    >>> at({"Account": {"Name": "Acme"}}, "Account.Name"), at({"Account.Name": "Acme"}, "Account.Name"), at({}, "x.y")
    ('Acme', 'Acme', None)
    """
    value: Any = record.get(path)
    if value is None and "." in path:
        value = record
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
    return _text(value) or None


def folded(key: str, value: str) -> str:
    """Return a key as it is compared: ids in their long form, others as Salesforce compares text."""
    if key == ID:
        return widened(value) if is_id(value) else value
    return value.strip().casefold()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
