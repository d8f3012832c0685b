"""What is decided from a whole file before its first row is read, so that every row is read the same way.

All of it is a function of the content and the settings: a file that is read on after a crash is read as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from connectors.dates import DateOrder
from connectors.errors import Refused
from connectors.files.header import shown
from connectors.files.layout import Layout, find_layout
from connectors.files.opening import open_table
from connectors.files.question import names_nps
from connectors.files.table import MAX_COLUMNS, Table, refused
from connectors.files.weighing import weigh
from connectors.scores import doubtful_scale, other_scale

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.files.settings import FileSettings

_HEAD_ROWS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """A file, opened and decided."""

    table: Table
    layout: Layout
    date_order: DateOrder | None
    notes: tuple[str, ...]


def decide(path: Path, settings: FileSettings, *, root: Path, file: str) -> Reading | None:
    """Open a file and decide how it is read; None when it holds nothing at all.

    Raises:
        Refused: It cannot be read, or not without guessing.
        OSError: The file system says no.
    """
    try:
        return _decide(path, settings, settings.encoding, root=root, file=file)
    except UnicodeDecodeError as error:
        if settings.encoding is not None:
            raise refused(
                file, f"is not in {settings.encoding} ({error.reason})", "Leave `encoding:` out, and it is found."
            ) from None
    reading = _decide(path, settings, "cp1252", root=root, file=file)
    if reading is None:
        return None
    notes = [note for note in reading.notes if note != "encoding: cp1252"]
    notes.insert(0, "encoding: Windows-1252, because it is not UTF-8")
    return Reading(reading.table, reading.layout, reading.date_order, tuple(notes))


def _decide(path: Path, settings: FileSettings, encoding: str | None, *, root: Path, file: str) -> Reading | None:
    table = open_table(path, name=file, encoding=encoding, delimiter=settings.delimiter, sheet=settings.sheet)
    head = [(row, list(cells)) for row, cells in islice(table.rows(), _HEAD_ROWS)]
    if not head:
        return None
    if not head[0][1]:
        raise refused(file, "holds items without names", "Export it as a list of objects, or as CSV.")
    if (width := max(len(cells) for _, cells in head)) > MAX_COLUMNS:
        raise refused(file, f"has {width} columns", "Export the responses alone.")
    layout = find_layout(head, settings, root=root, file=file)
    score_at = layout.score.indexes[0] if layout.score and not layout.score.scores else None
    notes = [*table.notes, *layout.notes]
    weight = weigh(table, score_at, layout.dates, header_rows=layout.header.rows)
    if settings.scale is None and layout.score and (scale := other_scale(weight.scores)):
        title = (shown([layout.score.title]) or ["?"])[0]
        raise Refused(
            f"{file}: the score column `{title}` holds numbers from {scale}, not an NPS scale",
            code="E114",
            next_step='Name the column with the answers, or declare this one with `scale: "0-10"`.',
        )
    if settings.scale is None and (doubt := _doubt(layout, weight.scores)):
        notes.append(doubt)
    declared = settings.date_order or (DateOrder(layout.preset.date_order) if layout.preset.date_order else None)
    if declared is None and (because := weight.dates.because()):
        notes.append(because)
    return Reading(table, layout, declared or weight.dates.order(), tuple(notes))


def _doubt(layout: Layout, scores: Mapping[str, int]) -> str | None:
    """Say that the scores may be on another scale, where nothing in the export names NPS."""
    if layout.score is None or layout.preset.name != "plain" or names_nps(layout.score.title):
        return None
    if any(rule.reason == "not_nps" for rule, _ in layout.skips):  # a column says what each row was asked
        return None
    if (scale := doubtful_scale(scores)) is None:
        return None
    title = (shown([layout.score.title]) or ["?"])[0]
    return (
        f"scale: every score in `{title}` is from {scale}, and nothing says that it is NPS; taken as 0 to 10. If that "
        'is right, declare `scale: "0-10"`; if not, leave the file out or name the NPS column: `columns: {score: ...}`'
    )
