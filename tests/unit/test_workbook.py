"""A sheet is read as a spreadsheet program shows it, without openpyxl's cost per cell."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files.sheet_xml import shared_texts, sheet_rows
from connectors.files.workbook import XlsxTable

START = datetime(1990, 1, 1, tzinfo=UTC).replace(tzinfo=None)
END = datetime(2040, 1, 1, tzinfo=UTC).replace(tzinfo=None)
CELL = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.datetimes(START, END).map(lambda moment: moment.replace(microsecond=0)),
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=8),
)


def shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(" ").removesuffix(" 00:00:00")
        case date():
            return value.isoformat()
        case _:
            return str(value)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELL, max_size=5), max_size=6), st.booleans())
def test_every_cell_is_the_text_of_what_was_written(tmp_path_factory, rows, old_calendar):
    path = tmp_path_factory.mktemp("books") / "book.xlsx"
    book = openpyxl.Workbook()
    if old_calendar:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904  # type: ignore[attr-defined]
    sheet: Any = book.active
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # a text that begins with "=" is no formula here
    book.save(path)

    read = dict(XlsxTable(path, name="book.xlsx").rows())

    for number, row in enumerate(rows, 1):
        expected = [shown(value) for value in row]
        cells = read.get(number, [])
        assert expected == cells[: len(row)] + [""] * (len(row) - len(cells))


def rows_of(xml: str, shared: list[str] | None = None, styles: frozenset[str] = frozenset()) -> list[Any]:
    sheet = io.BytesIO(f"<worksheet><sheetData>{xml}</sheetData></worksheet>".encode())
    return list(sheet_rows(sheet, shared or [], styles, name="book.xlsx", epoch_1904=False))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="s"><v>1</v></c>', "two"),
        ('<c t="str"><f>A1&amp;B1</f><v>a&amp;b</v></c>', "a&b"),
        ('<c t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r><rPh><t>furigana</t></rPh></is></c>', "rich"),
        ('<c t="b"><v>1</v></c>', "true"),
        ('<c t="e"><v>#N/A</v></c>', ""),
        ('<c t="d"><v>2026-01-05T10:00:00</v></c>', "2026-01-05T10:00:00"),
        ("<c><v>9</v></c>", "9"),
        ("<c><v>9.0</v></c>", "9"),
        ("<c><v>1.2345678901234567E+18</v></c>", "1.234568E+18"),
        ('<c s="5"><v>46027.4166666667</v></c>', "2026-01-05 10:00:00"),
        ('<c s="4"><v>46027</v></c>', "46027"),
        ('<x:c xmlns:x="urn:x"><x:v>7</x:v></x:c>', "7"),
    ],
)
def test_each_kind_of_cell_is_its_text(cell, text):
    found = rows_of(f"<row>{cell}<c><v>1</v></c></row>", ["one", "two"], frozenset({"5"}))

    assert [(1, [text, "1"])] == found


def test_sparse_cells_and_rows_keep_their_places():
    assert [(2, ["", "", "c"]), (7, ["a"])] == rows_of(
        '<row r="2"><c r="C2" t="str"><v>c</v></c></row><row r="5"/><row r="7"><c r="A7" t="str"><v>a</v></c></row>'
    )


def test_shared_texts_are_put_together_without_their_guides():
    xml = "<sst><si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r><rPh><t>x</t></rPh></si><si/></sst>"

    assert ["one", "two", ""] == shared_texts(io.BytesIO(xml.encode()), "book.xlsx")
