"""Survey exports as a source of responses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.contract import Page
from connectors.dates import EARLIEST, TOLERANCE, DateOrder, DateReader
from connectors.errors import Refused
from connectors.files.found import find_files, stream_of, unread_files
from connectors.files.page_reader import PageReader
from connectors.files.place_kept import FileCursor, hash_of, trusted_mtime
from connectors.files.preset import named, shipped
from connectors.files.reading import Reading, decide
from connectors.files.row_reader import RowReader
from connectors.files.settings import FileSettings, checked_delimiter, checked_encoding, checked_scale, checked_word
from connectors.garbage import search_paused
from connectors.values import Reject, Skip, SurveyKind, SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from connectors.files.page_reader import Found

#: Rows of a page. Memory is bounded by it, and a crash repeats no more than it.
PAGE_ROWS = 5_000


class FileSource:
    """One or many survey exports. See `SurveySource`; a stream is a file, its cursor the content and rows read.

    Args:
        name: Of the connection; also the survey's name where nothing else names it.
        path: A file, a folder or a glob, relative to *root*.
        preset: A shipped preset's name, the path of one of your own, or `auto`.
        columns: Our field → the header of the column that holds it.
        survey: Name of the survey, where no column is named for it in *columns*.
        kind: `relational` or `transactional`.
        scale: Declares that the score column holds NPS answers: `0-10` or `1-10`.
        where: Header → text: only rows that hold it count.
        date_order: `dmy`, `mdy` or `ymd`, where the file cannot say; else `auto`.
        time_zone: Of dates that state none.
        delimiter: Of the columns; found where not given.
        encoding: Of the text; found where not given.
        sheet: Of a workbook; the first where not given.
        root: Folder of the configuration file.
        now: The clock.

    Raises:
        Refused: An option has no meaning (E103), or the scale is not NPS (E114).
    """

    def __init__(  # noqa: PLR0913 - one keyword per option of the configuration
        self,
        *,
        name: str,
        path: str,
        preset: str = "auto",
        columns: Mapping[str, str] = {},
        survey: str | None = None,
        kind: str = "relational",
        scale: str | None = None,
        where: Mapping[str, str] = {},
        date_order: str = "auto",
        time_zone: str = "UTC",
        delimiter: str | None = None,
        encoding: str | None = None,
        sheet: str | None = None,
        root: Path,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._path = path
        self._root = root
        self._now = now
        try:
            self._settings = FileSettings(
                preset=preset,
                columns=dict(columns),
                survey=survey,
                kind=SurveyKind(checked_word("kind", kind, SurveyKind)),
                scale=checked_scale(scale),
                where={header: str(text) for header, text in where.items()},
                date_order=_order(date_order),
                time_zone=time_zone,
                delimiter=checked_delimiter(delimiter),
                encoding=checked_encoding(encoding),
                sheet=sheet,
            )
            self._settings.zone()
            used = shipped().values() if preset == "auto" else (named(preset, root), shipped()["plain"])
            self._mark = self._settings.mark(name, "".join(one.model_dump_json() for one in used))
        except Refused as error:
            raise Refused(f"connection `{name}`: {error}", code=error.code, next_step=error.next_step) from None

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """See `SurveySource.pull`. A file that was read whole and has not changed yields nothing."""
        files = find_files(self._path, self._root)
        if not files:
            yield Page(stream=self._path, cursor=None, notes=(f"{self._path}: the folder holds no exports yet",))
        if unread := unread_files(self._path, self._root):
            names = ", ".join(f"`{name}`" for name in unread[:5])
            more = f" and {len(unread) - 5} more" if len(unread) > 5 else ""
            note = f"{self._path}: not read, unpack them or export as CSV, XLSX or JSON: {names}{more}"
            yield Page(stream=self._path, cursor=None, notes=(note,))
        for file in files:
            yield from self._pull_file(file, stream_of(file, self._root), cursors)

    def _pull_file(self, path: Path, stream: str, cursors: Mapping[str, str]) -> Iterator[Page]:
        try:
            yield from self._read_file(path, stream, cursors.get(stream))
        except Refused as error:
            yield Page(stream=stream, cursor=None, refused=error)
        except OSError as error:
            code = "E110" if isinstance(error, FileNotFoundError) else "E111"
            why = Refused(
                f"{stream}: cannot be read ({error.strerror or type(error).__name__})",
                code=code,
                next_step="Check that it is still there, and that this user may read it.",
            )
            yield Page(stream=stream, cursor=None, refused=why)

    def _read_file(self, path: Path, stream: str, cursor: str | None) -> Iterator[Page]:
        before = FileCursor.parse(cursor)
        if before and before.reading != self._mark:
            before = None
        size, mtime_ns = trusted_mtime(path, int(self._now().timestamp() * 1e9))
        if before and before.done and mtime_ns and (size, mtime_ns) == (before.size, before.mtime_ns):
            return
        if before and before.done and size == before.size and hash_of(path) == before.sha256:
            if before.mtime_ns != mtime_ns:
                yield Page(stream=stream, cursor=replace(before, mtime_ns=mtime_ns).text())
            return
        reading = decide(path, self._settings, root=self._root, file=stream)
        start = FileCursor(
            sha256=hash_of(path), size=size, mtime_ns=mtime_ns, rows=0, done=False, page=0, reading=self._mark
        )
        if reading is None:
            done = replace(start, done=True)
            yield Page(stream=stream, cursor=done.text(), notes=(f"{stream}: is empty",), whole=0)
            return
        if before and not before.done and before.sha256 == start.sha256:
            start = replace(start, rows=before.rows, page=before.page)
        yield from self._pages(reading, stream, start)

    def _pages(self, reading: Reading, stream: str, cursor: FileCursor) -> Iterator[Page]:
        rows = self._reader(reading, stream)
        pages = PageReader(rows)
        already, notes = cursor.rows, reading.notes
        left = reading.layout.header.rows
        chunks = reading.table.chunks(PAGE_ROWS)
        while True:
            with search_paused():
                all_numbers, whole = next(chunks, ((), []))
                numbers, chunk, left = _below(all_numbers, whole, left)
                found = [one for one in pages.read(numbers, chunk) if one is not None]
            if not whole:
                break
            # Rows stored before a crash are read all the same: made ids count the equal rows before them.
            found, already = found[already:], max(already - len(found), 0)
            if found:
                cursor = replace(cursor, rows=cursor.rows + len(found), page=cursor.page + 1)
                yield _page(stream, found, cursor, notes)
                notes = ()
        yield replace(_page(stream, [], replace(cursor, done=True), notes), whole=cursor.rows)

    def _reader(self, reading: Reading, stream: str) -> RowReader:
        dates = DateReader(
            reading.date_order,
            zone=self._settings.zone(reading.layout.zone),
            latest=self._now() + TOLERANCE,
            earliest=EARLIEST,
            epoch_1904=reading.table.epoch_1904,
        )
        return RowReader(reading.layout, dates, self._settings, file=stream, survey=self._settings.survey or self._name)


def _order(word: str) -> DateOrder | None:
    known = ("auto", *DateOrder)
    return None if checked_word("date_order", word, known) == "auto" else DateOrder(word)


def _below(numbers: Sequence[int], chunk: list[list[str]], header: int) -> tuple[Sequence[int], list[list[str]], int]:
    """Return the rows below the header, and how much of the header is still to come. Blank rows are not of it."""
    if not header:
        return numbers, chunk, 0
    at = 0
    while header and at < len(chunk):
        header -= bool(chunk[at])
        at += 1
    return numbers[at:], chunk[at:], header


def _page(stream: str, found: Sequence[Found], cursor: FileCursor, notes: tuple[str, ...]) -> Page:
    by_kind: dict[type, list[Found]] = {SurveyResponse: [], Reject: [], Skip: []}
    for one in found:
        by_kind[type(one)].append(one)
    return Page(
        stream=stream,
        responses=by_kind[SurveyResponse],  # type: ignore[arg-type]
        rejects=by_kind[Reject],  # type: ignore[arg-type]
        skips=by_kind[Skip],  # type: ignore[arg-type]
        cursor=cursor.text(),
        notes=notes,
    )
