"""Rows on their way to the org, kept on disk: a hundred thousand of them must not stand in memory.

They are converted by their field's type as they come in, and read back as often as needed: as records for collections,
or as CSV files of a Bulk job's size.
"""

from __future__ import annotations

import csv
import hashlib
import io
import marshal
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, cast

from connectors.salesforce.columns import as_csv, ready
from connectors.salesforce.ids import PREFIX, is_id
from connectors.values import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connectors.salesforce.collections import Row, Target
    from connectors.salesforce.columns import Ready
    from connectors.salesforce.schema import Kind
    from connectors.values import Block, FieldValue

#: Bytes of one upload: Salesforce takes 150 MB after base64, hence 100 (A6); the rest is for one long row.
LARGEST_FILE = 95_000_000
_READ = 1 << 20


def _temporary() -> IO[bytes]:
    return cast("IO[bytes]", TemporaryFile())


@dataclass(slots=True)
class CsvFile:
    """A part of a spool as one Bulk job takes it."""

    file: IO[bytes]
    #: Keys of its rows lie here in the spool: from the first to before the last, of those that travel as CSV.
    first: int
    last: int
    digest: str

    @property
    def rows(self) -> int:
        return self.last - self.first


@dataclass(slots=True)
class Spool:
    """The rows for one target."""

    target: Target
    kind: Kind
    #: The object as the engine calls it.
    object: str
    #: Lookup field → the first characters of the ids that it takes; an id of another object leaves it blank, so that
    #: one word (`record.id`) serves a lookup to contacts and one to leads.
    lookups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: Rows that are kept here.
    rows: int = 0
    #: Rows that were refused before they were sent.
    refused: list[Outcome] = field(default_factory=list)
    #: Every field that any row names, in the order of their first appearance.
    fields: dict[str, None] = field(default_factory=dict)
    #: Keys of rows that CSV cannot carry.
    unfit: set[str] = field(default_factory=set)
    _file: IO[bytes] = field(default_factory=_temporary)

    def add(self, block: Block) -> None:
        """Take the rows of *block* in; those that cannot be sent are refused with their field."""
        parts = self.target.parts
        names = (*parts, *(self.kind.spelt(name) for name in block.fields))
        types = [column.type for name in names if (column := self.kind.column(name)) is not None]
        assert len(types) == len(names), "fields are checked before"
        if not block.rows:
            return
        ids = block.ids()
        given = list(zip(*block.rows, strict=True))[0 if parts else len(block.key) :]
        cells = [ready(self._looked_up(*one[:2]), one[2]) for one in zip(names, given, types, strict=True)]
        keys = ready(ids, "string")
        self.unfit.update(ids[place] for column in (keys, *cells) for place in column.unfit)
        rows = list(zip(ids, *(column.values for column in cells), strict=True))
        troubled = self._troubled(ids, (self.target.key, *names), (keys, *cells))
        if troubled:
            self.refused += [outcome for _, outcome in sorted(troubled.items())]
            rows = [row for place, row in enumerate(rows) if place not in troubled]
        self.fields.update(dict.fromkeys(names))
        self.rows += len(rows)
        marshal.dump((names, rows), self._file)

    def _troubled(self, ids: Sequence[str], names: Sequence[str], columns: Sequence[Ready]) -> dict[int, Outcome]:
        """Return, by place, what is said of rows that cannot be sent at all."""
        parts = len(self.target.parts)
        nameless = [] if parts else [place for place, id_ in enumerate(ids) if not id_.strip()]
        bad: dict[int, tuple[str, ...]] = dict.fromkeys(nameless, (names[0],))
        for at, (name, column) in enumerate(zip(names, columns, strict=True)):
            # A part of a key must have a value: without it the key would be another one, or none.
            blank = [place for place, value in enumerate(column.values) if value is None] if 0 < at <= parts else []
            for place in (*column.bad, *blank):
                bad[place] = (*bad.get(place, ()), name)
        found = {
            place: Outcome(object=self.object, id=ids[place], kind=OutcomeKind.REJECTED, code="E502", fields=fields)
            for place, fields in bad.items()
        }
        if self.target.by_id:
            for place, id_ in enumerate(ids):
                if not is_id(id_):
                    found[place] = Outcome(object=self.object, id=id_, kind=OutcomeKind.GONE, code="MALFORMED_ID")
        return found

    def _looked_up(self, name: str, column: Sequence[FieldValue]) -> Sequence[FieldValue]:
        """Leave a lookup blank for records of another object than it takes."""
        prefixes = self.lookups.get(name)
        if not prefixes:
            return column
        return [None if is_id(value) and str(value)[:PREFIX] not in prefixes else value for value in column]

    def records(self, only: Collection[str] | None = None) -> Iterator[Row]:
        """Yield the rows as records, each with its key first; *only* those with these keys."""
        for id_, values in self.named():
            if only is None or id_ in only:
                yield {self.target.key: id_, **values}

    def named(self) -> Iterator[tuple[str, Row]]:
        """Yield each row's name, as `Block.ids` gives it, with its values."""
        for names, rows in self._blocks():
            for row in rows:
                yield str(row[0]), dict(zip(names, row[1:], strict=True))

    def ids(self) -> list[str]:
        """Return the name of every row, as `Block.ids` gives it."""
        return [id_ for id_, _ in self.named()]

    def keys(self, first: int = 0, last: int | None = None) -> list[str]:
        """Return the keys of the rows that travel as CSV, from *first* to before *last*."""
        every = [str(row[0]) for _, rows in self._blocks() for row in rows if row[0] not in self.unfit]
        return every[first:last]

    def csv_files(self, largest: int = LARGEST_FILE) -> Iterator[CsvFile]:
        """Yield files of at most about *largest* bytes; they are closed when all have been taken."""
        header = [self.target.key, *self.fields]
        # Two readers of one file would move each other's place, so all files are written before the first is sent.
        with ExitStack() as opened:
            files = []
            for made in self._written(header, largest):
                opened.enter_context(made.file)
                files.append(made)
            yield from files

    def _written(self, header: list[str], largest: int) -> Iterator[CsvFile]:
        places = {name: place for place, name in enumerate(header)}
        sheet = _Sheet(header)
        first = count = 0
        for names, rows in self._blocks():
            spots = [places[name] for name in names]
            straight = spots == list(range(1, len(header)))
            sent = rows if not self.unfit else [row for row in rows if row[0] not in self.unfit]
            cells = [as_csv(column) for column in zip(*sent, strict=True)]
            for row in zip(*cells, strict=True):
                if sheet.size() >= largest:
                    yield sheet.closed(first, count)
                    sheet, first = _Sheet(header), count
                sheet.write(row if straight else _spread(row, spots, len(header)))
                count += 1
        made = sheet.closed(first, count)
        if made.rows:
            yield made
        else:
            made.file.close()

    def _blocks(self) -> Iterator[tuple[tuple[str, ...], list[tuple[FieldValue, ...]]]]:
        self._file.seek(0)
        while True:
            try:
                yield marshal.load(self._file)  # noqa: S302 - our own temporary file, which has no name
            except EOFError:
                return

    def close(self) -> None:
        self._file.close()


class _Sheet:
    """A CSV file in the making. Every cell is quoted: nothing inside can be taken for an end of line."""

    def __init__(self, header: list[str]) -> None:
        self._file = _temporary()
        self._text = io.TextIOWrapper(
            cast("io.BufferedRandom", self._file), encoding="utf-8", newline="", write_through=False
        )
        self._writer = csv.writer(self._text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        self.write = self._writer.writerow
        self._rows = 0
        self.write(header)

    def size(self) -> int:
        """Bytes written so far, up to what is buffered."""
        return self._file.tell()

    def closed(self, first: int, last: int) -> CsvFile:
        self._text.flush()
        file = self._text.detach()
        digest = hashlib.sha256()
        file.seek(0)
        while part := file.read(_READ):
            digest.update(part)
        file.seek(0)
        return CsvFile(cast("IO[bytes]", file), first, last, digest.hexdigest())


def _spread(row: Sequence[str], spots: Sequence[int], width: int) -> list[str]:
    """Return a row whose unnamed cells are empty, which leaves their fields alone."""
    cells = [""] * width
    cells[0] = row[0]
    for spot, value in zip(spots, row[1:], strict=True):
        cells[spot] = value
    return cells
