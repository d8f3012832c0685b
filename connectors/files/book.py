"""What a workbook says about its sheets: their names, its calendar, its shared texts, and which styles are dates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.files.sheet_xml import shared_texts

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook without its rows."""

    #: Name → the part that holds it, in the order of the tabs; hidden sheets last.
    sheets: dict[str, str]
    shared: list[str]
    #: Numbers of the styles that show a number as a date, as cells write them.
    date_styles: frozenset[str]
    epoch_1904: bool


def read_book(path: Path, name: str) -> Book:
    """Read a workbook, but not its rows.

    Raises:
        Refused: It declares XML entities.
        Exception: Whatever a damaged package makes openpyxl or expat raise.
    """
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet
    from openpyxl.xml.constants import SHARED_STRINGS

    with path.open("rb") as file, warnings.catch_warnings():
        # openpyxl warns of styles and extensions that no answer depends on.
        warnings.simplefilter("ignore")
        reader: Any = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        with reader.archive as package:
            reader.read_manifest()
            shared = []
            if (part := reader.package.find(SHARED_STRINGS)) is not None:
                with package.open(part.PartName[1:]) as texts:
                    shared = shared_texts(texts, name)
            reader.read_workbook()
            apply_stylesheet(package, reader.wb)
            found = [(sheet.state == "visible", sheet.name, rel) for sheet, rel in reader.parser.find_sheets()]
        parts = [one for one in found if one[2].target in reader.valid_files and "chartsheet" not in one[2].Type]
        parts.sort(key=lambda one: not one[0])
        return Book(
            {title: rel.target for _, title, rel in parts},
            shared,
            frozenset(str(style) for style in reader.wb._date_formats),  # noqa: SLF001 - openpyxl's own reader takes it there
            reader.wb.epoch.year == 1904,
        )
