"""Exported records as a directory, for `npsync resolve`, without a CRM."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from connectors.dates import DateEvidence, DateReader
from connectors.errors import Refused
from connectors.files.header import shown
from connectors.files.plain_table import PlainTable, told_of
from connectors.files.record_columns import MEANINGS, RecordPlaces, recognise_records
from connectors.files.record_ids import both_forms, id_lengths, numbers_overlap
from connectors.files.record_tables import ACCOUNTS, Column, Reading, account_row, is_gone, object_row, record_tables
from connectors.files.record_words import RECORD
from connectors.garbage import search_paused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_OVERLAP = (
    "\n  ids and numbers are alike: a reference of unstated kind is taken for a number, never for an id"
    " (--own-id external_ref turns that round)"
)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)


class _RecordFile(NamedTuple):
    """A file of records and how it is read."""

    table: PlainTable
    places: RecordPlaces
    created: DateReader
    #: Of the Salesforce ids in its first rows.
    id_lengths: set[int]


class FileDirectory:
    """The records of exported files. See `Directory`; every look-up reads all of them, so ask once for all keys.

    Args:
        paths: Contacts, leads, customers; and accounts, which `accounts` tells. In any order.
        given: Meaning (`record_columns.MEANINGS`) → headers, where their names do not say what columns hold.
        own_kind: The id kind that a record's own id is of, where the header does not tell.
        bare_ids: Ids are compared without their prefixes or leading zeros.

    Raises:
        Refused: There is no such file (E110), or no file has a column that was named (E113).
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        given: Mapping[str, Sequence[str]] = {},
        own_kind: str | None = None,
        bare_ids: bool = False,
    ) -> None:
        # The order in which files are named must not matter.
        self._tables = [PlainTable(path) for path in sorted(set(paths), key=lambda path: (path.name, str(path)))]
        self._given = dict(given)
        self._own_kind = own_kind
        self._bare_ids = bare_ids
        self._check_given()

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:  # noqa: ARG002 - the contract allows to yield everything
        """See `Directory.find`: yields every record.

        Raises:
            Refused: A file cannot be read (E111, E112), or has no column for the id (E113).
        """
        lengths = set().union(*(file.id_lengths for file in self._files if file.places.object != "Account"))
        reading = Reading(accounts=self._account_ids, id_length=lengths.pop() if len(lengths) == 1 else None)
        for file in self._files:
            created = partial(_iso, reader=file.created)
            for part in file.table.rows():
                with search_paused():
                    tables = list(record_tables(part, file.places, created, reading))
                yield from tables

    @cached_property
    def _files(self) -> list[_RecordFile]:
        return [self._file(table) for table in self._tables]

    @cached_property
    def _accounts(self) -> list[dict[str, object]]:
        return [
            account_row(cells, places)
            for table, places, *_ in self._files
            if _may_hold_accounts(places)
            for part in table.rows()
            for cells in part
            if cells[places.id].strip() and object_row(cells, places) == "Account" and not is_gone(cells, places)
        ]

    def accounts(self) -> pa.Table | None:
        """Return the accounts of account files (`ACCOUNTS`); None when none of the files holds accounts."""
        return pa.Table.from_pylist(self._accounts, schema=ACCOUNTS) if self._accounts else None

    @cached_property
    def _account_ids(self) -> Mapping[str, str]:
        """What else accounts are called by → their ids: the other form of the id, a number, `=` and the name."""
        ids = {str(row["id"]) for row in self._accounts}
        found: dict[str, set[str]] = {}
        for row in self._accounts:
            id_ = str(row["id"])
            called = {*both_forms(id_), *row["numbers"]} - ids  # type: ignore[misc] # a list of texts
            for text in called | ({f"={str(row['name']).casefold()}"} if row["name"] else set()):
                found.setdefault(text, set()).add(id_)
        return {text: only for text, named in found.items() for only in named if len(named) == 1}

    def account_id(self, text: str) -> str:
        """Return the id of the account that *text* names, by its id in another form or its number; else *text*."""
        return self._account_ids.get(text, text)

    def alias_domains(self) -> list[tuple[str, ...]]:
        """Return the groups of domains that account files list as the same mailboxes.

        A domain that two accounts list is nobody's alias.
        """
        holders: dict[str, int] = {}
        groups = []
        for row in self._accounts:
            hosts = list(dict.fromkeys(host for text in row["domains"] if (host := _host(text))))  # type: ignore[attr-defined]
            for host in hosts:
                holders[host] = holders.get(host, 0) + 1
            if row["aliases"] and not row["merged_into"]:
                groups.append(hosts)
        alone = ([host for host in group if holders[host] == 1] for group in groups)
        return sorted(tuple(group) for group in alone if len(group) > 1)

    def version(self) -> str:
        """See `Directory.version`: the files' sizes and times."""
        stats = ((str(table.path), table.path.stat()) for table in self._tables)
        told = "\n".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()

    def notes(self) -> list[str]:
        """Return, file by file, what the columns were taken for; headers only, never what stands in them."""
        return [
            told_of(table.path.name, f"{places.object} records", table.titles, places.taken())
            + ("" if places.own_is_reference else _OVERLAP)
            for table, places, *_ in self._files
        ]

    def _check_given(self) -> None:
        if unknown := [meaning for meaning in self._given if meaning not in MEANINGS]:
            raise Refused(
                f"a column of a record cannot mean `{unknown[0]}`",
                code="E103",
                next_step=f"There are: {', '.join(sorted(MEANINGS))}.",
            )
        if self._given:
            titles = {title.strip() for table in self._tables for title in table.titles}
            missing = [title for named in self._given.values() for title in named if title not in titles]
            if missing:
                raise Refused(
                    f"no file of records has a column {', '.join(f'`{title}`' for title in missing)}",
                    code="E113",
                    next_step=f"The files have: {', '.join(sorted(shown(titles))[:20])}.",
                )

    def _file(self, table: PlainTable) -> _RecordFile:
        name = table.path.name
        if not table.titles:
            raise Refused(f"{name}: is empty", code="E113", next_step="Export the records again.")
        places = recognise_records(table.titles, table.path.stem, name, self._given, self._own_kind)
        # Twenty thousand rows tell the order of day and month and the form of the ids, if any do.
        rows = next(table.rows(), [])
        evidence = DateEvidence()
        if (at := places.single.get("created_at")) is not None:
            evidence.add({cells[at].strip() for cells in rows})
        if numbers_overlap(rows, places, bare=self._bare_ids):
            # A number that nobody has must not find the record that happens to have it as its id.
            places = replace(places, own_is_reference=False)
        lengths = id_lengths(cells[places.id].strip() for cells in rows)
        return _RecordFile(table, places, DateReader(evidence.order(), zone=UTC, latest=_LATEST), lengths)


def _may_hold_accounts(places: RecordPlaces) -> bool:
    unsaid = places.object_at is not None or places.object == RECORD
    return places.object == "Account" or (unsaid and bool(places.object_at is not None or places.websites))


def _iso(texts: Column, reader: DateReader) -> Column:
    """Write moments so that the older one sorts first; what cannot be read is unknown."""
    return [None if text is None else _moment(text, reader) for text in texts]


def _moment(text: str, reader: DateReader) -> str | None:
    if text[4:5] == "-" and text[7:8] == "-" and text[:4].isdigit() and text[-1:] in "Z0123456789" and "+" not in text:
        return text.replace(" ", "T", 1).removesuffix("Z")
    found = reader.read(text)
    return found.replace(tzinfo=None).isoformat() if isinstance(found, datetime) else None


def _host(text: object) -> str:
    host = str(text).strip().lower()
    host = host.partition("://")[2] or host
    host = host.lstrip("@").partition("/")[0].partition(":")[0].rstrip(".").removeprefix("www.")
    return host if "." in host else ""
