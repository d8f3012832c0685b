"""Records of one object found by id, address, number or a company's own ids, with merges and conversions followed.

What was deleted, merged away or converted is found too (`queryAll`): an old address leads to where its record went.
Few keys are asked for in addresses of 16 KB; many, or such as take the org too long, by one Bulk query of the object.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from connectors.errors import Rejected
from connectors.salesforce.cells import out
from connectors.salesforce.keys import exact, folded
from connectors.salesforce.layout import Layout
from connectors.salesforce.paths import known_paths
from connectors.salesforce.query import Term, select
from connectors.salesforce.reading import at
from connectors.salesforce.schema import ID
from connectors.salesforce.terms import by_email, by_id, by_identifier, by_phone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from connectors.contract import RecordColumns
    from connectors.salesforce.reading import Reader
    from connectors.salesforce.schema import Org
    from connectors.salesforce.seen import Seen
    from connectors.salesforce.session import Session
    from connectors.values import Moved

#: Records in one Arrow table.
BATCH = 5_000
#: Merges of merges that are followed; a longer chain is a cycle or a fault.
MERGE_HOPS = 10
#: The key kind that names a record by its own id.
RECORD = "record"
#: Keys for which no twenty addresses of 16 KB suffice, whatever they are: they are not even written down.
MOST_KEYS = 11_000
#: Patterns with a leading `%` let the org read every record for each; beyond so many one scan is cheaper.
MOST_LOOSE = 200
#: A change becomes visible when its transaction ends, with the time at which it began: so far are moves looked back.
LATE = timedelta(minutes=15)
#: The cursor of an object without records.
BEGINNING = "2000-01-01T00:00:00.000Z"
_STAMP = "SystemModstamp"
_SOQL_TIME = "%Y-%m-%dT%H:%M:%SZ"


class RecordDirectory:
    """See `Directory`, `Moves` and `Accounts` in `connectors.contract`.

    Args:
        session: Of the org.
        reader: Of the same.
        org: Its objects.
        columns: What the object's fields mean.
        seen: Takes in what is read of the fields that will be written.

    Raises:
        SchemaDrift: There is no such object or field.
    """

    def __init__(self, session: Session, reader: Reader, org: Org, columns: RecordColumns, seen: Seen) -> None:
        self._session = session
        self._reader = reader
        self._kind = org.get(columns.object)
        self._seen = seen
        written = known_paths(org, self._kind, columns.written)  # what is missing is said when it is to be written
        self._written = [path.given for path in written]
        self._layout = Layout(self._kind, columns, session.where, written)

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:
        """See `Directory.find`."""
        wanted: dict[str, list[str]] = {}
        for kind, value in zip(keys["kind"].to_pylist(), keys["value"].to_pylist(), strict=True):
            if value:
                wanted.setdefault(kind, []).append(value)
        if sum(len(values) for kind, values in wanted.items() if self._can_find(kind)) > MOST_KEYS:
            yield from self._with_merges(self._every(wanted))
        elif terms := list(dict.fromkeys(self._terms(wanted))):
            yield from self._with_merges(self._records(terms, wanted))

    def version(self) -> str:
        """See `Directory.version`: the newest change, deletions included."""
        soql = select([ID, _STAMP], self._kind.name, rest=f"ORDER BY {_STAMP} DESC,Id DESC LIMIT 1")
        what = f"asking for the newest {self._kind.name} record"
        for record in self._session.query(soql, what=what, deleted=True):
            return f"{record.get(_STAMP)} {record.get(ID)}"
        return "none"

    def moves(self, cursor: str | None) -> tuple[Sequence[Moved], str]:
        """See `Moves.moves`. The cursor is a `SystemModstamp`, inclusive, looked back from by `LATE`.

        What was purged before it was told (the bin emptied by hand, or after 15 days) shows only when it is written.
        """
        kind, flags = self._kind, self._layout.moved
        if cursor is None or not flags:
            newest = self.version().partition(" ")[0]
            return [], _stamped(newest) if newest != "none" else BEGINNING
        since = (datetime.fromisoformat(cursor) - LATE).strftime(_SOQL_TIME)
        moved = " OR ".join(f"{flag} = true" for flag in flags)
        fields = dict.fromkeys([ID, *self._layout.move_fields, _STAMP])
        soql = select(fields, kind.name, f"{_STAMP} >= {since} AND ({moved})", f"ORDER BY {_STAMP},Id")
        found: list[Moved] = []
        for record in self._session.query(soql, what=f"asking which {kind.name} records moved", deleted=True):
            found += self._layout.move(record)
            cursor = max(cursor, _stamped(str(record[_STAMP])))
        return found, cursor

    def sizes(self, accounts: Sequence[str]) -> Mapping[str, int]:
        """See `Accounts.sizes`."""
        name = self._layout.account
        if name is None or not accounts:
            return {}
        column = self._kind.column(name)
        assert column is not None
        asked = {folded(column, account): account for account in accounts}
        terms = [term for account in asked.values() if (term := exact(column, account)) is not None]
        alive = self._layout.alive
        counts: Counter[str] = Counter()
        grouped = self._reader.grouped(self._kind, name, terms, alive) if terms else ()
        if grouped is None:
            held = f"{name} != null{f' AND {alive}' if alive else ''}"
            counts.update(folded(column, record[name]) for record in self._reader.every([name], self._kind, held))
        else:
            counts.update({folded(column, account): number for account, number in grouped})
        return {given: counts[account] for account, given in asked.items() if counts[account]}

    def _terms(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[Term]:
        kind, layout = self._kind, self._layout
        yield from by_id(kind, layout.id, wanted.get(RECORD, ()))
        addresses, bases = wanted.get("email", ()), wanted.get("email_base", ())
        for name in layout.emails if addresses or bases else ():
            column = kind.column(name)
            if column is not None:
                yield from by_email(column, addresses, bases)
        for name in layout.phones:
            column = kind.column(name)
            if column is not None:
                yield from by_phone(column, wanted.get("phone", ()))
        for id_kind, names in layout.ids.items():
            for name in names:
                column = kind.column(name)
                if column is not None and column.type == "id":
                    yield from by_id(kind, name, wanted.get(id_kind, ()))
                elif column is not None:
                    yield from by_identifier(kind, name, wanted.get(id_kind, ()))

    def _records(self, terms: Sequence[Term], wanted: Mapping[str, Sequence[str]]) -> Iterator[Mapping[str, Any]]:
        fields = self._layout.fields()
        if sum(term.literal.startswith("'%") for term in terms) <= MOST_LOOSE:
            found = self._reader.any_of(fields, self._kind, terms, deleted=True)
            if found is not None:
                try:
                    yield from found
                except Rejected as error:
                    if error.code not in {"QUERY_TIMEOUT", "QUERY_TOO_COMPLICATED"}:
                        raise
                else:
                    return
        yield from self._every(wanted)

    def _every(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[Mapping[str, Any]]:
        return self._reader.every(self._layout.fields(), self._kind, self._any_held(wanted), deleted=True)

    def _can_find(self, kind: str) -> bool:
        layout = self._layout
        held = {"email": layout.emails, "email_base": layout.emails, "phone": layout.phones, RECORD: (layout.id,)}
        return bool({**layout.ids, **held}.get(kind))

    def _any_held(self, wanted: Mapping[str, Sequence[str]]) -> str:
        """Return the condition that a record holds anything that is looked for."""
        if RECORD in wanted:
            return ""
        layout = self._layout
        names = [*(layout.emails if wanted.keys() & {"email", "email_base"} else ())]
        names += layout.phones if "phone" in wanted else ()
        names += [name for id_kind, held in layout.ids.items() if id_kind in wanted for name in held]
        return " OR ".join(f"{name} != null" for name in dict.fromkeys(names))

    def _with_merges(self, records: Iterable[Mapping[str, Any]]) -> Iterator[pa.Table]:
        """Yield *records*, then those of this object that they were merged into, and so on.

        A lead's contact is of another object: whoever has a directory of contacts is asked for it by its id.
        """
        seen: set[str] = set()
        targets: set[str] = set()
        for _ in range(MERGE_HOPS + 1):
            for table in self._tables(records):
                seen.update(table["id"].to_pylist())
                targets.update(table["merged_into"].drop_null().to_pylist())
                yield table
            terms = list(by_id(self._kind, self._layout.id, sorted(targets - seen)))
            if not terms:
                return
            seen |= targets
            records = self._records(terms, {RECORD: sorted(targets)})
            targets = set()

    def _tables(self, records: Iterable[Mapping[str, Any]]) -> Iterator[pa.Table]:
        left = iter(records)
        while part := list(islice(left, BATCH)):
            if self._written:
                held = [one for record in part if (one := self._layout.held(record)) is not None]
                self._seen.keep(self._kind.name, self._written, held)
            yield self._layout.table([record for record in part if at(record, self._layout.id)])


def _stamped(text: str) -> str:
    """Return a time of Salesforce's in the form of our cursors, which sort as text."""
    return str(out(text, "datetime"))
