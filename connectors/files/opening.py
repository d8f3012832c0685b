"""A path becomes a table: the kind of file is told by its content, because names lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.files.delimited import DelimitedTable
from connectors.files.json_items import JsonTable
from connectors.files.table import refused
from connectors.files.text_file import encoding_of
from connectors.files.workbook import XlsTable, XlsxTable

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.files.table import Table

#: Endings that a folder is searched for.
ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".json", ".jsonl", ".ndjson")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
    b"{\\rtf": "a rich-text document",
}
_HEAD = 1 << 13


def open_table(
    path: Path, *, name: str, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """Open a file as rows.

    Args:
        path: The file.
        name: How messages name it.
        encoding: Of the text, where the user says so; found otherwise.
        delimiter: Of the columns, where the user says so; found otherwise.
        sheet: Of a workbook; the first otherwise.

    Raises:
        Refused: Not a file that can hold responses (E112), or no such sheet (E113).
        UnicodeDecodeError: The text is in another encoding.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"PK\x03\x04"):
        return XlsxTable(path, name=name, sheet=sheet)
    if head.startswith(_OLE):
        return XlsTable(path, name=name, sheet=sheet)
    for mark, what in _OTHERS.items():
        if head.startswith(mark):
            raise refused(name, f"is {what}, not a table", "Export the responses as CSV, XLSX or JSON.")
    found = encoding or encoding_of(head)
    text = head.decode(found, errors="replace").lstrip("\ufeff \t\r\n")
    if _is_binary(text):
        raise refused(name, "is binary, not text", "Export the responses as CSV, XLSX or JSON.")
    if text[:1] == "<":
        raise refused(name, "is HTML or XML", "Open it in a spreadsheet program and save it as CSV or as XLSX.")
    if text[:1] in ("{", "["):
        by_line = path.suffix.lower() in (".jsonl", ".ndjson") or _is_json_lines(text)
        return JsonTable(path, name=name, by_line=by_line, encoding=encoding)
    return DelimitedTable(path, name=name, encoding=encoding, delimiter=delimiter)


def _is_binary(text: str) -> bool:
    controls = sum(character < " " and character not in "\t\r\n\f\v" for character in text)
    return "\0" in text or controls * 100 > len(text)


def _is_json_lines(text: str) -> bool:
    """Tell whether the first line closes the bracket it opened and the second opens one of its own."""
    first, _, rest = text.partition("\n")
    return first.rstrip().endswith("}") and rest.lstrip()[:1] == "{"
