"""Exported records and responses as identity takes them, for `resolve`."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from connectors.records import RECORD_FIELDS
from connectors.values import Place, SurveyResponse
from sync.cli.export_columns import RECORDS, RESPONSES, recognise
from sync.errors import Problem, UserError
from sync.identity.normalise import salesforce_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sync.cli.export_columns import Columns

#: Records handed on at once; bounds the memory of the reading side.
AT_ONCE = 50_000
#: Id kinds that a record can hold; its own id counts as one, too.
ID_KINDS = ("customer_id", "salesforce_id", "hubspot_id", "external_ref")
#: A file of these is one of that object, so that a contact goes before a lead.
_OBJECTS = {"contact": "Contact", "contacts": "Contact", "lead": "Lead", "leads": "Lead"}
#: What a response says of a person, beside ids.
TEXTS = ("email", "recipient_email", "phone", "first_name", "last_name", "full_name", "company", "account_ref", "link")
_TRUE = frozenset({"1", "true", "yes", "y", "t"})
_LONGEST_CELL = 1_000_000


@contextmanager
def table_of(path: Path) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    """Open a table of text: its header, and its rows, each as long as the header.

    Raises:
        UserError: There is no such file (E110), it cannot be read (E111), or is no text (E112).
    """
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(",;\t|", key=first.count)
            file.seek(0)
            rows = csv.reader(file, delimiter=delimiter)
            header = next(rows, [])
            yield header, ((row + [""] * len(header))[: len(header)] for row in rows if row)
    except FileNotFoundError as error:
        raise _stop("E110", path, "no such file", "Check the path.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _stop("E112", path, "this is not a table of UTF-8 text", "Export it as CSV in UTF-8.") from error
    except OSError as error:
        raise _stop("E111", path, f"cannot be read ({error.strerror})", "Check who may read it.") from error


@dataclass(frozen=True, slots=True)
class ExportedRecords:
    """Whole exports as a directory: every record is handed out, whatever is asked for.

    Args:
        paths: One file per object, or one with a column `object`.
        given: Meaning → header, where the name does not tell.
        own: The id kind that a record's own id is of.
    """

    paths: Sequence[Path]
    given: Mapping[str, str]
    own: str

    def find(self, keys: pa.Table) -> Iterator[pa.Table]:  # noqa: ARG002 - see above
        """See `Directory.find`."""
        for path in self.paths:
            with table_of(path) as (header, rows):
                columns = recognise(header, RECORDS, self.given)
                if "id" not in columns.places:
                    hint = "Name the column of the record's own id: --record-column id=HEADER"
                    raise _stop("E113", path, "no column holds the record's id", hint)
                stem = _OBJECTS.get(path.stem.casefold(), path.stem)
                while part := list(islice(rows, AT_ONCE)):
                    made = [_record(row, columns, stem, self.own) for row in part]
                    yield pa.Table.from_pylist([one for one in made if one["id"]], schema=RECORD_FIELDS)

    def version(self) -> str:
        """See `Directory.version`; files do not change while they are read."""
        return ""


def _record(row: Sequence[str], columns: Columns, stem: str, own: str) -> dict[str, Any]:
    id_ = columns.first(row, "id") or ""
    names = ("first_name", "last_name", "full_name", "account", "account_name", "country", "created_at", "merged_into")
    return {name: columns.first(row, name) for name in names} | {
        "object": columns.first(row, "object") or stem,
        "id": id_,
        "emails": columns.all(row, "email"),
        "phones": columns.all(row, "phone"),
        "ids": [{"kind": kind, "value": value} for kind, value in _ids(row, columns, id_, own)],
        "deleted": (columns.first(row, "deleted") or "").casefold() in _TRUE,
        "suppressed": (columns.first(row, "suppressed") or "").casefold() in _TRUE,
    }


def _ids(row: Sequence[str], columns: Columns, id_: str, own: str) -> list[tuple[str, str]]:
    """Every id of a record by kind. A reference of unstated kind may be any of them."""
    found = [(kind, value) for kind in ID_KINDS for value in columns.all(row, kind)]
    found.append((own, id_))
    if salesforce_id(id_):
        found.append(("salesforce_id", id_))
    found += [("external_ref", value) for _, value in found]
    return list(dict.fromkeys(found))


def is_plain(path: Path) -> bool:
    """Tell whether a file is a table with a column `response_id`, and not what a survey tool writes."""
    if path.suffix.casefold() not in {".csv", ".tsv", ".txt"}:
        return False
    with table_of(path) as (header, _):
        return "response_id" in {title.strip().casefold() for title in header}


def responses_of(path: Path, given: Mapping[str, str]) -> list[SurveyResponse]:
    """Return the responses of a plain table, one row each; only identity matters, so none needs a score or a date."""
    with table_of(path) as (header, rows):
        columns = recognise(header, RESPONSES, given)
        return [_response(row, columns, path, number) for number, row in enumerate(rows, 2)]


def _response(row: Sequence[str], columns: Columns, path: Path, number: int) -> SurveyResponse:
    texts: dict[str, Any] = {name: columns.first(row, name) for name in TEXTS}
    ids = {kind: value for kind in ID_KINDS if (value := columns.first(row, kind))}
    return SurveyResponse(
        response_id=columns.first(row, "response_id") or f"row {number}",
        survey="",
        score=0,
        responded_at=datetime.fromtimestamp(0, UTC),
        ids=ids,
        place=Place(file=str(path), row=number),
        **texts,
    )


def _stop(code: str, path: Path, what: str, hint: str) -> UserError:
    return UserError(code, Problem(where=str(path), what=what, hint=hint))
