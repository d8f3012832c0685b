"""The records of one stream as the rows of a table, read by the columns that its SCHEMA names.

A nested name is joined with dots, as in files; what a schema leaves open is reached by a path of the user's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.characters import sound
from connectors.dates import EARLIEST, TOLERANCE, DateReader
from connectors.errors import Refused
from connectors.files.json_items import text_of
from connectors.files.layout import find_layout
from connectors.files.row_reader import RowReader
from connectors.files.table import MAX_COLUMNS
from connectors.surveys.paths import at
from connectors.values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from connectors.files.settings import FileSettings
    from connectors.values import Reject, Skip, SurveyResponse

#: Levels of a schema whose names become columns; a record of more is reached by a path.
_DEEPEST = 8


class RecordReader:
    """Reads the records of one stream.

    Args:
        stream: Its name.
        schema: The JSON schema of its records.
        keys: The names that tell its records apart; they make the response's id, unless a column is named for it.
        settings: How columns are mapped.
        survey: The survey's name, where no column holds it.
        root: Folder of the configuration file.
        now: The time.

    Raises:
        Refused: A column that is named is not there, or two readings are possible (E113).
    """

    def __init__(  # noqa: PLR0913 - what a stream is read by
        self,
        stream: str,
        schema: Mapping[str, Any],
        keys: Sequence[str],
        settings: FileSettings,
        *,
        survey: str,
        root: Path,
        now: datetime,
    ) -> None:
        self._stream = stream
        titles = list(_titles(schema, settings))
        #: Titles of what makes the id, where it is more than a column.
        self._keys = tuple(keys) if len(keys) > 1 and "response_id" not in settings.columns else ()
        if keys and "response_id" not in settings.columns:
            title = " + ".join(keys)
            titles += [title] if title not in titles else []
            settings = replace(settings, columns={**settings.columns, "response_id": title})
        if len(titles) > MAX_COLUMNS:
            raise Refused(
                f"stream `{stream}`: has {len(titles)} columns",
                code="E113",
                next_step="Select fewer in a `catalog:` of your own.",
            )
        layout = find_layout([(0, titles)], settings, root=root, file=f"stream `{stream}`")
        self._titles = titles
        self._id_at = layout.fields.get("response_id")
        self.notes = tuple(f"{stream}: {note}" for note in layout.notes)
        dates = DateReader(
            settings.date_order, zone=settings.zone(layout.zone), latest=now + TOLERANCE, earliest=EARLIEST
        )
        self._rows = RowReader(layout, dates, settings, file=stream, survey=survey)

    def read(self, record: Mapping[str, Any]) -> SurveyResponse | Reject | Skip | None:
        """Return what a record is; None when it says nothing."""
        cells = [self._cell(record, title) for title in self._titles]
        if self._keys:
            parts = [self._cell(record, key) for key in self._keys]
            cells[-1] = ":".join(parts) if all(parts) else ""
        found = self._rows.read(0, cells)
        if found is None:
            return None
        id_ = cells[self._id_at].strip() if self._id_at is not None else ""
        place = Place(file=f"{self._stream}/{id_}" if id_ else self._stream, column=found.place.column)
        return replace(found, place=place)

    @staticmethod
    def _cell(record: Mapping[str, Any], title: str) -> str:
        value = record.get(title)
        return sound(text_of(value if value is not None else at(record, title)))


def _titles(schema: Mapping[str, Any], settings: FileSettings) -> Iterator[str]:
    """Yield the names of a schema, and before them the paths of the user's that lead into it."""
    known = _flat(schema)
    first = set(schema.get("properties") or ())
    named = dict.fromkeys([*settings.columns.values(), *settings.where])
    inner = {title for title in named if title not in known and "." in title and title.partition(".")[0] in first}
    yield from inner and sorted(inner)
    yield from known


def _flat(schema: Mapping[str, Any], path: str = "", depth: int = 0) -> dict[str, None]:
    flat: dict[str, None] = {}
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        title = f"{path}.{name}" if path else str(name)
        below = _flat(inner, title, depth + 1) if isinstance(inner, dict) and depth < _DEEPEST else {}
        flat |= below or {sound(title): None}
    return flat
