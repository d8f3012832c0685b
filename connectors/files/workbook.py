"""Excel workbooks, new (XLSX) and old (XLS), told apart by what is inside, not by name."""

from __future__ import annotations

import errno
import zipfile
from typing import IO, TYPE_CHECKING

from connectors.characters import sound
from connectors.errors import Refused
from connectors.files.book import read_book
from connectors.files.sheet_xml import moment_reader, sheet_rows
from connectors.files.table import Chunk, Row, chunked, plain_number, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MIB = 1 << 20
_MAX_ENTRIES = 500
# XML of a worksheet packs 5:1 to 20:1; a bomb of repeated cells 464:1 (reference/reliability.md §9).
_MAX_RATIO = 100
_MAX_TOTAL = 300 * _MIB
#: Above `_MAX_TOTAL` a workbook is still honest when it packs no better than this.
_HONEST_RATIO = 25
# All shared texts are held in memory, and openpyxl parses the other small parts as trees.
_MAX_SHARED = 64 * _MIB
_MAX_PART = 16 * _MIB
_MAX_XLS = 64 * _MIB
_SAVE_AS = "Open it in a spreadsheet program and save it as CSV or as XLSX."


def check_package(path: Path, name: str) -> None:
    """Refuse a ZIP package that would unpack to more than a workbook of its size can hold, or that declares a DTD.

    Only the directory and the first bytes of each part are read. `zipfile` never yields more than the size
    that the directory states, so a lying directory gains nothing.

    Raises:
        Refused: The package is hostile, corrupt, or not a workbook.
    """
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            _check_parts(parts, path.stat().st_size, name)
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    with package.open(part) as file:
                        _check_prolog(file, name)
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged workbook fails anywhere inside openpyxl
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> Exception:
    """Return what to raise for *error*: the disk's faults are its own, all else is the file's."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        return error
    what = f"is a damaged workbook, or has a password ({type(error).__name__})"
    return refused(name, what, _SAVE_AS)


def _check_parts(parts: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    if len(parts) > _MAX_ENTRIES:
        raise refused(name, f"holds {len(parts)} parts, a workbook has fewer than {_MAX_ENTRIES}", _SAVE_AS)
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise refused(name, "is a ZIP archive, not a workbook", "Unpack it and give the path of the file inside.")
    total = sum(part.file_size for part in parts)
    ratio = total / max(packed, 1)
    if ratio > _MAX_RATIO or (total > _MAX_TOTAL and ratio > _HONEST_RATIO) or total > 10 * _MAX_TOTAL:
        raise refused(
            name,
            f"would unpack to {total // _MIB} MiB, {ratio:.0f} times its size; a workbook of responses does not",
            _SAVE_AS,
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")) and "/worksheets/" not in part.filename:
            limit = _MAX_SHARED if part.filename.endswith("sharedStrings.xml") else _MAX_PART
            if part.file_size > limit:
                raise refused(name, f"has a part of {part.file_size // _MIB} MiB beside its sheets", _SAVE_AS)


def _check_prolog(file: IO[bytes], name: str) -> None:
    head = file.read(1 << 16)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise refused(name, "declares XML entities, which no workbook needs", _SAVE_AS)
    # A DTD can stand only before the root element; if that is not in sight, or not in UTF-8, something is hidden.
    rest = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    while rest.startswith((b"<?", b"<!--")):
        end = b"?>" if rest.startswith(b"<?") else b"-->"
        _, found, rest = rest.partition(end)
        rest = rest.lstrip() if found else b""
    if head and not (rest[:1] == b"<" and rest[1:2].isalpha()):
        raise refused(name, "has a part that is not plain XML", _SAVE_AS)


class XlsxTable:
    """A sheet of an XLSX workbook. See `Table`."""

    kind = "xlsx"

    def __init__(self, path: Path, *, name: str, sheet: str | None = None) -> None:
        check_package(path, name)
        self._path = path
        self._name = name
        try:
            book = read_book(path, name)
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged workbook fails anywhere inside openpyxl
            raise _damaged(name, error) from None
        self.epoch_1904 = book.epoch_1904
        self._book = book
        chosen, self.notes = _choose(list(book.sheets), sheet, name)
        self._part = book.sheets[chosen]

    def chunks(self, size: int) -> Iterator[Chunk]:
        return chunked(self.rows(), size)

    def rows(self) -> Iterator[Row]:
        book = self._book
        try:
            with zipfile.ZipFile(self._path) as package, package.open(self._part) as file:
                yield from sheet_rows(file, book.shared, book.date_styles, name=self._name, epoch_1904=self.epoch_1904)
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - numbers that are none, texts that are missing, broken XML or ZIP
            raise _damaged(self._name, error) from None


class XlsTable:
    """A sheet of a workbook from before 2007. See `Table`."""

    kind = "xls"

    def __init__(self, path: Path, *, name: str, sheet: str | None = None) -> None:
        import xlrd

        if path.stat().st_size > _MAX_XLS:
            raise refused(name, f"is an old workbook larger than {_MAX_XLS // _MIB} MiB", _SAVE_AS)
        self._name = name
        try:
            self._book = xlrd.open_workbook(str(path), logfile=_Silence(), on_demand=True, ragged_rows=True)
            self.epoch_1904 = self._book.datemode == 1
            self._moment = moment_reader(epoch_1904=self.epoch_1904)
            names: list[str] = self._book.sheet_names()
        except Exception as error:  # noqa: BLE001 - a damaged workbook fails anywhere inside xlrd
            raise _damaged(name, error) from None
        self._sheet, self.notes = _choose(names, sheet, name)

    def chunks(self, size: int) -> Iterator[Chunk]:
        return chunked(self.rows(), size)

    def rows(self) -> Iterator[Row]:
        try:
            sheet = self._book.sheet_by_name(self._sheet)
        except Exception as error:  # noqa: BLE001 - see __init__
            raise _damaged(self._name, error) from None
        for index in range(sheet.nrows):
            types, values = sheet.row_types(index), sheet.row_values(index)
            cells = [self._text_of(kind, value) for kind, value in zip(types, values, strict=True)]
            if any(cells):
                yield index + 1, cells

    def _text_of(self, kind: int, value: str | float) -> str:
        import xlrd

        if isinstance(value, str):
            return sound(value)
        if kind == xlrd.XL_CELL_DATE:
            return self._moment(value)
        if kind in (xlrd.XL_CELL_ERROR, xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return ""
        return ("true" if value else "false") if kind == xlrd.XL_CELL_BOOLEAN else plain_number(value)


class _Silence:
    """Takes what xlrd would print; a damaged file's cells do not belong on a terminal."""

    def write(self, _text: str) -> None:
        return

    def flush(self) -> None:
        return


def _choose(names: list[str], wanted: str | None, file: str) -> tuple[str, tuple[str, ...]]:
    if not names:
        raise refused(file, "has no sheet", _SAVE_AS)
    if wanted is not None and wanted not in names:
        raise Refused(
            f"{file}: has no sheet `{wanted}`",
            code="E113",
            next_step=f"Set `sheet:` to one of: {', '.join(names[:12])}.",
        )
    chosen = wanted or names[0]
    if len(names) == 1 or wanted:
        return chosen, ()
    return chosen, (f"sheet: `{chosen}`, the first of {len(names)}; set `sheet:` to read another",)
