"""Records read by key: few by addresses of 16 KB, many ids in bodies, very many by one Bulk query."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from connectors.salesforce.collections import WORKERS
from connectors.salesforce.ids import widened
from connectors.salesforce.keys import is_id_of, text_of
from connectors.salesforce.paths import value_at
from connectors.salesforce.query import MOST_BYTES, Term, combinations, conditions, encoded_size, select
from connectors.salesforce.schema import ID
from connectors.salesforce.session import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from connectors.salesforce.bulk_query import BulkQuery
    from connectors.salesforce.keys import Key
    from connectors.salesforce.paths import Path
    from connectors.salesforce.schema import Kind
    from connectors.salesforce.session import Session
    from connectors.values import FieldValue

T = TypeVar("T")

#: Calls above which one Bulk query is cheaper (design facts, section E).
MOST_CALLS = 20
#: Ids that fit into one address; more are sent in the bodies of calls, so many in each (the API's most).
MOST_IDS = 500
RETRIEVED = 2_000
#: Groups of one answer; Salesforce gives 2,000.
MOST_GROUPS = 1_000


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

    def _asked(self, queries: Sequence[str], kind: Kind, *, deleted: bool) -> Iterator[Mapping[str, Any]]:
        """Yield what *queries* find."""
        what = f"looking for {kind.name} records"
        asked = self._together(lambda soql: list(self._session.query(soql, what=what, deleted=deleted)), queries)
        return chain.from_iterable(asked)

    def _retrieved(self, fields: Sequence[str], kind: Kind, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield the records with these ids, by calls that carry them in their bodies; or all, where these are many."""
        parts = [ids[start : start + RETRIEVED] for start in range(0, len(ids), RETRIEVED)]
        if len(parts) > MOST_CALLS:
            yield from self.every(fields, kind)
            return
        for records in self._together(lambda part: self._session.call(_retrieve(fields, kind, part)) or [], parts):
            yield from (record for record in records if isinstance(record, dict))

    def _together(self, ask: Callable[[T], list[Any]], questions: Sequence[T]) -> Iterator[list[Any]]:
        """Yield the answers to *questions*, in their order; several are asked at the same time."""
        if len(questions) <= 1:
            yield from map(ask, questions)
            return
        pool = ThreadPoolExecutor(min(WORKERS, len(questions)), thread_name_prefix="ask")
        try:
            yield from pool.map(ask, questions)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def every(
        self, fields: Sequence[str], kind: Kind, where: str = "", *, deleted: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Yield all records of an object; values are texts, empty for nothing."""
        soql = select(fields, kind.name, where)
        return self._bulk.rows(soql, what=f"reading all {kind.name} records", deleted=deleted)

    def grouped(self, kind: Kind, name: str, terms: Sequence[Term], also: str = "") -> Iterator[tuple[str, int]] | None:
        """Yield how many records hold each value of a field, and *also*; None: that would take too many calls."""
        head = f"SELECT {name},COUNT(Id) n FROM {kind.name} WHERE ("  # noqa: S608 - names of describe
        tail = f"){f' AND {also}' if also else ''} GROUP BY {name}"
        room = MOST_BYTES - encoded_size(head + tail)
        # An answer with groups has no second page.
        parts = [where for start in range(0, len(terms), MOST_GROUPS) for where in _parts(terms, start, room)]
        if len(parts) > MOST_CALLS:
            return None
        asked = self._asked([head + where + tail for where in parts], kind, deleted=False)
        return ((str(record[name]), int(record["n"])) for record in asked)

    def by_key(
        self, kind: Kind, key: Key, ids: Sequence[str], paths: Sequence[Path]
    ) -> dict[str, dict[str, FieldValue]]:
        """Return what *paths* lead to, by the keys asked for; what no record holds, or several do, is absent."""
        found: dict[str, dict[str, FieldValue]] = {}
        several: set[str] = set()
        for id_, record in self._holders(kind, key, ids, [path.name for path in paths]):
            if id_ in found:
                several.add(id_)
            found[id_] = {path.given: path.of(record) for path in paths}
        return {id_: values for id_, values in found.items() if id_ not in several}

    def ids(self, kind: Kind, key: Key, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the records that hold each key, by their own ids in order; a key that no record holds is absent."""
        found: dict[str, list[str]] = {}
        for id_, record in self._holders(kind, key, ids, [ID]):
            found.setdefault(id_, []).append(widened(str(record[ID])))
        return {id_: sorted(set(records)) for id_, records in found.items()}

    def _holders(
        self, kind: Kind, key: Key, ids: Sequence[str], names: Sequence[str]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each of *ids* with each record that has this key."""
        asked: dict[tuple[str, ...], list[str]] = {}
        terms: dict[tuple[Term, ...], None] = {}
        for id_ in ids:
            values = key.values(id_)
            found = None if values is None else key.terms(values)
            if values is not None and found is not None:
                asked.setdefault(key.folded(values), []).append(id_)
                terms[found] = None
        selected = list(dict.fromkeys([*key.names, *names]))
        for record in self._of_keys(selected, kind, key, list(terms)) if terms else ():
            for id_ in asked.get(key.folded([value_at(record, name) for name in key.names]), ()):
                yield id_, record

    def _of_keys(
        self, selected: Sequence[str], kind: Kind, key: Key, terms: Sequence[tuple[Term, ...]]
    ) -> Iterator[Mapping[str, Any]]:
        if key.by_id and len(terms) > MOST_IDS and not any("." in name for name in selected):
            ids = [term.literal.strip("'") for [term] in terms]
            return self._retrieved(selected, kind, [id_ for id_ in ids if is_id_of(kind, id_)])
        if len(key.columns) == 1:
            few = self.any_of(selected, kind, [term for [term] in terms])
            return self.every(selected, kind, f"{key.names[0]} != null") if few is None else few
        # By the field with the fewest values first, keys that share them stand together and fill an address best.
        order = sorted(range(len(key.columns)), key=lambda place: len({term[place] for term in terms}))
        together = sorted(tuple(term[place] for place in order) for term in terms)
        room = MOST_BYTES - encoded_size(select(selected, kind.name, "x"))
        wheres = combinations(together, room)
        return self._asked([select(selected, kind.name, where) for where in wheres], kind, deleted=False)


def _retrieve(fields: Sequence[str], kind: Kind, ids: Sequence[str]) -> Call:
    body = orjson.dumps({"ids": ids, "fields": fields})
    return Call(f"composite/sobjects/{kind.name}", f"reading {len(ids)} {kind.name} records", "POST", body)


def _parts(terms: Sequence[Term], start: int, room: int) -> Iterator[str]:
    return conditions(terms[start : start + MOST_GROUPS], room)


def at(record: Mapping[str, Any], path: str) -> str | None:
    """Return a value as text, from a record of REST (nested) or of a Bulk query (flat).

    >>> at({"Account": {"Name": "Acme"}}, "Account.Name"), at({"Account.Name": "Acme"}, "Account.Name"), at({}, "x.y")
    ('Acme', 'Acme', None)
    """
    return text_of(value_at(record, path)) or None
