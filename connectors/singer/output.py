"""What a tap says, line by line: SCHEMA, RECORD and STATE, gathered into pages that end where it says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from connectors.contract import Page
from connectors.errors import Refused
from connectors.singer.columns import RecordReader
from connectors.singer.tap import failed
from connectors.values import Reject, Skip, SurveyResponse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from connectors.files.settings import FileSettings

_NOT_SINGER = (
    "A tap writes nothing but Singer messages to its output: look whether this is one, and for a newer version."
)
_NO_BATCHES = "Take `batch_config` out of the tap's config: records come as messages then."


class Output:
    """Turns lines into pages.

    Rows wait for the STATE that covers them: a page with a cursor holds nothing that came after it. Where too many
    wait, they go without a cursor, and come again if the tap dies before its next STATE.

    Args:
        name: Of the stream of pages.
        streams: The tap's that hold responses; records of others are passed over.
        settings: How columns are mapped.
        mark: What rows are read as.
        root: Folder of the configuration file.
        now: The time.
        page_rows: Rows of a page.
    """

    def __init__(  # noqa: PLR0913 - what records are read by
        self,
        name: str,
        streams: Sequence[str],
        settings: FileSettings,
        *,
        mark: str,
        root: Path,
        now: datetime,
        page_rows: int,
    ) -> None:
        self._name = name
        self._streams = streams
        self._settings = settings
        self._mark = mark
        self._root = root
        self._now = now
        self._page_rows = page_rows
        self._line = 0
        self._schemas: dict[str, bytes] = {}
        self._readers: dict[str, RecordReader] = {}
        self._waiting: list[SurveyResponse | Reject | Skip] = []
        #: How many of those waiting the last STATE covers, and the cursor that it makes; None: there is no new one.
        self._covered = 0
        self._cursor: str | None = None
        self._notes: list[str] = []
        self._others: Counter[str] = Counter()

    def take(self, line: bytes) -> Iterator[Page]:
        """Take a line in, and yield what is complete.

        Raises:
            Deferred: It is no message (E504).
            Refused: The stream's columns are not what the config says (E113).
        """
        self._line += 1
        if not line.strip():
            return
        try:
            message = orjson.loads(line)
            self._heed(message)
        except (ValueError, KeyError, TypeError, AttributeError):
            # Neither what was said nor what Python thinks of it is shown: both may hold an answer.
            raise failed(f"line {self._line} of the tap's output is no Singer message", _NOT_SINGER) from None
        if len(self._waiting) >= self._page_rows:
            yield self._page() if self._covered else self._uncovered()

    def rest(self) -> Iterator[Page]:
        """Yield what is left: what the last STATE covers, then what came after it, which moves no cursor."""
        if self._covered or self._cursor is not None:
            yield self._page()
        if self._waiting or self._notes:
            yield self._uncovered()

    def closing_notes(self, *, first: bool) -> tuple[str, ...]:
        """Return what the person running it should know; *first*: nothing was read before."""
        notes = []
        if self._others:
            names = ", ".join(f"`{name[:60]}`" for name in sorted(self._others)[:5])
            notes.append(f"{self._name}: {self._others.total()} records of other streams were passed over: {names}")
        if first and (missing := [each for each in self._streams if each not in self._schemas]):
            names = ", ".join(f"`{name}`" for name in missing)
            notes.append(f"{self._name}: the tap said nothing of {names}; are the names right?")
        return tuple(notes)

    def _heed(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "RECORD":
                self._record(message["stream"], message["record"])
            case "STATE":
                state = {"mark": self._mark, "state": message["value"]}
                self._cursor = orjson.dumps(state, option=orjson.OPT_SORT_KEYS).decode()
                self._covered = len(self._waiting)
            case "SCHEMA":
                self._schema(message["stream"], message["schema"], message.get("key_properties") or ())
            case "BATCH":
                raise Refused("the tap hands records over in files", code="E504", next_step=_NO_BATCHES)
            case str():
                pass  # ACTIVATE_VERSION says that older rows are gone: a response that was given stays one
            case _:
                raise TypeError

    def _schema(self, stream: str, schema: dict[str, Any], keys: Sequence[str]) -> None:
        told = orjson.dumps([schema, keys])
        if stream not in self._streams or self._schemas.get(stream) == told:
            return
        self._schemas[stream] = told
        reader = self._readers[stream] = RecordReader(
            stream,
            schema,
            keys,
            self._settings,
            survey=self._settings.survey or self._name,
            root=self._root,
            now=self._now,
        )
        self._notes.extend(reader.notes)

    def _record(self, stream: str, record: dict[str, Any]) -> None:
        if stream not in self._streams:
            self._others[stream] += 1
            return
        if not isinstance(record, dict):
            raise TypeError
        found = self._readers[stream].read(record)
        if found is not None:
            self._waiting.append(found)

    def _page(self) -> Page:
        rows, self._waiting = self._waiting[: self._covered], self._waiting[self._covered :]
        cursor, self._cursor, self._covered = self._cursor, None, 0
        return self._made(rows, cursor)

    def _uncovered(self) -> Page:
        rows, self._waiting = self._waiting, []
        return self._made(rows, None)

    def _made(self, rows: Sequence[SurveyResponse | Reject | Skip], cursor: str | None) -> Page:
        notes, self._notes = tuple(self._notes), []
        return Page(
            stream=self._name,
            responses=[each for each in rows if isinstance(each, SurveyResponse)],
            rejects=[each for each in rows if isinstance(each, Reject)],
            skips=[each for each in rows if isinstance(each, Skip)],
            cursor=cursor,
            notes=notes,
        )
