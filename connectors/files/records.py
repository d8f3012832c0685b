"""Exported records as a directory, and exported responses as claims: for `npsync resolve`, without a CRM."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

from connectors.errors import Refused
from connectors.files.delimited import DelimitedTable
from connectors.files.garbage import search_paused
from connectors.files.opening import open_table
from connectors.files.preset import key_of, shipped
from connectors.files.record_columns import RecordPlaces, named_records, object_of, recognise_records
from connectors.files.record_tables import ACCOUNTS, account_row, object_row, record_tables
from connectors.files.row_reader import clean
from connectors.files.settings import FIELDS
from connectors.scores import read_score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from connectors.contract import RecordColumns
    from connectors.files.table import Table

#: Records of one Arrow table: bounds the memory of reading.
AT_ONCE = 20_000


class FileDirectory:
    """The records of exported files. See `Directory`; every look-up reads all of them, so ask once for all keys.

    Args:
        paths: Contacts, leads, customers; and accounts, which `accounts` tells.
        columns: What the columns mean, where their names do not say; for all files but those of accounts.

    Raises:
        Refused: There is no such file (E110).
    """

    def __init__(self, paths: Sequence[Path], *, columns: RecordColumns | None = None) -> None:
        self._paths = tuple(paths)
        self._columns = columns
        for path in self._paths:
            if not path.is_file():
                raise Refused(f"`{path}`: no such file", code="E110", next_step="Check the path.")

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:  # noqa: ARG002 - the contract allows to yield everything
        """See `Directory.find`: yields every record.

        Raises:
            Refused: A file cannot be read (E111, E112), or has no column for the id (E113).
            SchemaDrift: A file lacks a column that was named.
        """
        for places, rows in self._files():
            for part in rows:
                with search_paused():
                    tables = list(record_tables(part, places))
                yield from tables

    def accounts(self) -> pa.Table | None:
        """Return the accounts of account files (`ACCOUNTS`); None when none of the files holds accounts."""
        found = [
            account_row(cells, places)
            for places, rows in self._files()
            if places.object == "Account" or "object" in places.single
            for part in rows
            for cells in part
            if object_row(cells, places) == "Account"
        ]
        return pa.Table.from_pylist(found, schema=ACCOUNTS) if found else None

    def version(self) -> str:
        """See `Directory.version`: the files' sizes and times."""
        stats = ((str(path), path.stat()) for path in self._paths)
        told = "\n".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()

    def _files(self) -> Iterator[tuple[RecordPlaces, Iterator[list[list[str]]]]]:
        for path in self._paths:
            chunks = _chunks(path)
            first = next(chunks, None)
            if not first:
                continue
            titles, rest = first[0], first[1:]
            if self._columns is None or object_of(path.stem) == "Account":
                places = recognise_records(titles, path.stem, path.name)
            else:
                places = named_records(titles, self._columns, path.name)
            yield places, _below(rest, chunks, len(titles))


def _below(first: list[list[str]], chunks: Iterator[list[list[str]]], width: int) -> Iterator[list[list[str]]]:
    yield [_padded(cells, width) for cells in first]
    for part in chunks:
        yield [_padded(cells, width) for cells in part]


def _padded(cells: list[str], width: int) -> list[str]:
    return cells[:width] if len(cells) >= width else cells + [""] * (width - len(cells))


def _chunks(path: Path) -> Iterator[list[list[str]]]:
    """Yield the rows of a file that are not blank, the header first.

    Raises:
        Refused: It cannot be read (E111), or is no table (E112).
    """
    try:
        for _, part in _opened(path).chunks(AT_ONCE):
            if rows := [cells for cells in part if any(cells)]:
                yield rows
    except OSError as error:
        raise Refused(
            f"{path.name}: cannot be read ({error.strerror})", code="E111", next_step="Check who may read it."
        ) from None


def _opened(path: Path) -> Table:
    table = open_table(path, name=path.name)
    if isinstance(table, DelimitedTable):
        try:
            table.check()
        except UnicodeDecodeError:
            return open_table(path, name=path.name, encoding="cp1252")
    return table


#: What `read_responses` returns: our fields, as the file spells their values; a missing one is null.
RESPONSES = pa.schema(
    [
        *((field, pa.string()) for field in ("response_id", "email", "recipient_email", "phone")),
        *((field, pa.string()) for field in ("first_name", "last_name", "full_name", "company", "account_ref")),
        *((field, pa.string()) for field in ("customer_id", "salesforce_id", "hubspot_id", "external_ref", "link")),
        ("score", pa.int32()),
    ]
)
# Beside the plain names of `presets/plain.yaml`.
_MORE = {
    "recipient_email": ("invitationemail", "invitedaddress"),
    "account_ref": ("account", "accountno"),
    "external_ref": ("ref", "reference"),
    "salesforce_id": ("crmid",),
    "link": ("token", "distributionid", "linkid"),
}


def read_responses(path: Path) -> pa.Table:
    """Return what the rows of a plain response file claim, for identity alone: neither score nor date is needed.

    A row without an id is called by its place: `row 7`.

    Raises:
        Refused: There is no such file (E110), it cannot be read (E111), or is no table (E112).
    """
    if not path.is_file():
        raise Refused(f"`{path}`: no such file", code="E110", next_step="Check the path.")
    chunks = _chunks(path)
    first: list[list[str]] = next(chunks, [[]])
    titles = first[0]
    at = _claims_at(titles)
    tables = [RESPONSES.empty_table()]
    number = 0
    for part in _below(first[1:], chunks, len(titles)):
        rows = []
        for cells in part:
            number += 1
            row: dict[str, object] = {field: clean(cells[index]) for field, index in at.items()}
            score = read_score(str(row.get("score") or ""))
            rows.append(
                row
                | {
                    "response_id": row.get("response_id") or f"row {number}",
                    "score": score if isinstance(score, int) else None,
                }
            )
        tables.append(pa.Table.from_pylist(rows, schema=RESPONSES))
    return pa.concat_tables(tables)


def _claims_at(titles: Sequence[str]) -> Mapping[str, int]:
    plain = shipped()["plain"]
    by_key = {key_of(title): index for index, title in reversed(list(enumerate(titles)))}
    found: dict[str, int] = {}
    for field in RESPONSES.names:
        known = plain.score.names if field == "score" else plain.columns.get(field, ())
        own = (key_of(field),) if field in FIELDS else ()
        names = (*own, *known, *_MORE.get(field, ()))
        index = next((by_key[key] for key in names if key in by_key and by_key[key] not in found.values()), None)
        if index is not None:
            found[field] = index
    return found
