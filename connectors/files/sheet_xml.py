"""The rows of a worksheet's XML, and a workbook's shared texts, streamed through expat.

openpyxl builds an object per element and a scan of the whole sheet besides: 90 to 180 µs a row of five cells where
this takes 25 (measured 2026-11-22). It still reads everything about the workbook around the rows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from connectors.files.table import MAX_CELL, MAX_COLUMNS, Row, plain_number, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_BLOCK = 1 << 16
# Expat before 2.6 reads one endless tag again with every block.
_MAX_TAG = 4 << 20
# Excel's own end; a ledger could not keep a number of twenty digits.
_MAX_ROWS = 1 << 20
_SAVE_AS = "Open it in a spreadsheet program and save it as CSV or as XLSX."


class _Feed:
    """An expat parser that takes a part block by block and refuses what no workbook holds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._fed = 0
        self._parser = expat.ParserCreate(namespace_separator=None)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self.start
        self._parser.EndElementHandler = self.end
        self._parser.CharacterDataHandler = self.text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, tag: str) -> None:
        raise NotImplementedError

    def text(self, text: str) -> None:
        raise NotImplementedError

    def feed(self, block: bytes) -> None:
        self._parser.Parse(block, not block)
        self._fed += len(block)
        if self._fed - self._parser.CurrentByteIndex > _MAX_TAG:
            raise refused(self.name, "has a tag without end", _SAVE_AS)

    def _doctype(self, *_: object) -> None:
        raise refused(self.name, "declares XML entities, which no workbook needs", _SAVE_AS)


class _SharedTexts(_Feed):
    """Gathers the texts of `sharedStrings.xml`; a rich text is its runs put together, without phonetic guides."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._taking = False
        self._guide = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        del attributes
        tag = tag.rpartition(":")[2]
        self._taking = tag == "t" and not self._guide
        self._guide = self._guide or tag == "rPh"

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        self._taking = False
        if tag == "rPh":
            self._guide = False
        elif tag == "si":
            self.texts.append("".join(self._parts))
            self._parts = []

    def text(self, text: str) -> None:
        if self._taking:
            self._parts.append(text)


def shared_texts(file: IO[bytes], name: str) -> list[str]:
    """Return the texts that cells refer to by number.

    Raises:
        Refused: The part declares entities.
        ExpatError: It is damaged.
    """
    feed = _SharedTexts(name)
    while block := file.read(_BLOCK):
        feed.feed(block)
    feed.feed(b"")
    return feed.texts


class _Cells(_Feed):
    """Gathers rows of cells as text."""

    def __init__(self, name: str, shared: Sequence[str], date_styles: frozenset[str], *, epoch_1904: bool) -> None:
        super().__init__(name)
        self.rows: list[Row] = []
        self._shared = shared
        self._date_styles = date_styles
        self._moment = moment_reader(epoch_1904=epoch_1904)
        self._row = 0
        self._cells: list[str] = []
        self._columns: dict[str, int] = {}
        self._at = 0
        self._kind = ""
        self._is_date = False
        self._parts: list[str] = []
        self._length = 0
        self._taking = False
        self._guide = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            place = attributes.get("r")
            self._at = self._column(place) if place else len(self._cells)
            self._kind = attributes.get("t", "n")
            self._is_date = attributes.get("s") in self._date_styles
            self._parts = []
            self._length = 0
        elif tag == "row":
            number = attributes.get("r")
            self._row = int(number) if number else self._row + 1
            if not 0 < self._row <= _MAX_ROWS:
                raise refused(self.name, "numbers a row as no workbook can", _SAVE_AS)
            self._cells = []
        elif tag == "rPh":
            self._guide = True
        self._taking = tag == "v" or (tag == "t" and not self._guide)

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        self._taking = False
        if tag == "c":
            self._put(self._value("".join(self._parts)) if self._parts else "")
        elif tag == "rPh":
            self._guide = False
        elif tag == "row" and any(self._cells):
            self.rows.append((self._row, self._cells))

    def text(self, text: str) -> None:
        if self._taking:
            self._parts.append(text)
            self._length += len(text)
            if self._length > MAX_CELL:
                raise refused(self.name, f"row {self._row}: a cell is larger than {MAX_CELL >> 20} MiB", _SAVE_AS)

    def _column(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = -1
            for letter in letters:
                column = (column + 1) * 26 + ord(letter) - ord("A")
            if not 0 <= column < MAX_COLUMNS:
                raise refused(self.name, f"row {self._row} has a cell in column {letters}", _SAVE_AS)
            self._columns[letters] = column
        return column

    def _put(self, text: str) -> None:
        cells = self._cells
        if self._at == len(cells):
            if self._at >= MAX_COLUMNS:
                raise refused(self.name, f"row {self._row} has more than {MAX_COLUMNS} columns", _SAVE_AS)
            cells.append(text)
        elif self._at > len(cells):
            cells.extend([""] * (self._at - len(cells)))
            cells.append(text)
        else:
            cells[self._at] = text

    def _value(self, text: str) -> str:
        match self._kind:
            case "s":
                if text[:1] == "-":
                    raise IndexError(text)
                return self._shared[int(text)]
            case "n":
                if self._is_date:
                    return self._moment(float(text))
                return text if text.isdigit() and len(text) < 16 else plain_number(float(text))
            case "b":
                return "true" if text == "1" else "false"
            case "e":
                return ""
            case _:
                return text


def sheet_rows(
    file: IO[bytes], shared: Sequence[str], date_styles: frozenset[str], *, name: str, epoch_1904: bool
) -> Iterator[Row]:
    """Yield the rows of a worksheet that hold anything, numbered as the sheet numbers them.

    Args:
        file: The part, unpacked.
        shared: `shared_texts`.
        date_styles: Numbers of the styles that show a number as a date.
        name: Of the workbook, for messages.
        epoch_1904: Whether days are counted from 1904.

    Raises:
        Refused: A cell or row is too large, or the part declares entities.
        ExpatError: It is damaged.
    """
    cells = _Cells(name, shared, date_styles, epoch_1904=epoch_1904)
    while True:
        block = file.read(_BLOCK)
        cells.feed(block)
        yield from cells.rows
        cells.rows = []
        if not block:
            return


def moment_reader(*, epoch_1904: bool) -> Callable[[float], str]:
    """Return what writes a workbook's day number as ISO text.

    >>> read = moment_reader(epoch_1904=False)
    >>> read(46027.0), read(46027.4166666667), read(1.0)
    ('2026-01-05', '2026-01-05 10:00:00', '1900-01-01')
    """
    # The calendar of a sheet has no zone.
    zero = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001

    def read(serial: float) -> str:
        if not 0 <= serial < 2_958_466:
            return plain_number(serial)
        # Excel believes in 29 February 1900, so the days before it are one less.
        days = serial + 1 if serial < 60 and not epoch_1904 else serial
        moment = zero + timedelta(seconds=round(days * 86_400))
        text = moment.isoformat(" ")
        return text[:10] if text.endswith("00:00:00") else text

    return read
