"""One export job: made, asked about until it is done, fetched, and read line by line."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import orjson

from connectors.budget import Window
from connectors.errors import Deferred, Refused
from connectors.surveys.paths import at, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import IO

    from connectors.surveys.lists import Request
    from connectors.surveys.session import Session
    from connectors.surveys.spec import Export

#: Bytes of one response at most; a longer line is no response.
LONGEST_LINE = 16 << 20
#: Bytes of a whole file, unpacked: twice what the largest service allows.
MOST_BYTES = 4 << 30
_WAIT = "Nothing to do: the next run asks for a new export."


class Job:
    """See the module.

    Args:
        session: Asks.
        export: How the service does it.
        request: Makes the job.
        values: What placeholders stand for.
        stream: What is exported, for messages.
    """

    def __init__(
        self,
        session: Session,
        export: Export,
        request: Request,
        values: Mapping[str, str | None],
        *,
        stream: str,
    ) -> None:
        self._session = session
        self._export = export
        self._request = request
        self._values = dict(values)
        self._stream = stream
        #: What the next job may ask with; empty where the service gave nothing.
        self.continuation = ""

    def finish(self, *, sleep: Callable[[float], None]) -> None:
        """Make the job and wait until it is done.

        Raises:
            Deferred: It failed, or takes too long.
            ConnectorError: See `Session.ask`.
        """
        limit = self._export.limit
        windows = [Window(limit.calls, limit.seconds, name="export")] if limit else []
        what = f"export `{self._stream}`"
        made, _ = self._session.ask(self._request, self._values, what=what, windows=windows)
        self._values["job"] = text(at(made, self._export.job))
        if self._values["job"] is None:
            raise Deferred(f"an export of `{self._stream}` was made without an id", next_step=_WAIT)
        every = max(1.0, self._export.every.total_seconds())
        for _ in range(int(self._export.within.total_seconds() / every) + 1):
            told, _ = self._session.ask(self._export.poll, self._values, what=f"ask for the {what}")
            state = text(at(told, self._export.state)) or ""
            if state in self._export.failed:
                raise Deferred(f"the export of `{self._stream}` failed at the service", next_step=_WAIT)
            if state in self._export.done:
                self._values["file"] = text(at(told, self._export.file))
                self.continuation = text(at(told, self._export.continuation)) or "" if self._export.continuation else ""
                return
            sleep(every)
        raise Deferred(f"the export of `{self._stream}` takes longer than {self._export.within}", next_step=_WAIT)

    def rows(self, most: int) -> Iterator[list[Any]]:
        """Yield the rows of the file, at most *most* at a time.

        Raises:
            Refused: It is no file of JSON lines.
        """
        reply = self._session.raw(self._export.fetch, self._values, what=f"fetch the export of `{self._stream}`")
        rows: list[Any] = []
        for line in _lines(reply.body, self._stream):
            rows.append(_row(line, self._stream))
            if len(rows) >= most:
                yield rows
                rows = []
        if rows:
            yield rows


def _lines(body: bytes, stream: str) -> Iterator[bytes]:
    if body[:2] != b"PK":
        yield from _bounded(io.BytesIO(body), stream)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    yield from _bounded(file, stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise _unreadable(stream) from None


def _bounded(file: IO[bytes], stream: str) -> Iterator[bytes]:
    left = MOST_BYTES
    while line := file.readline(LONGEST_LINE + 1):
        left -= len(line)
        if len(line) > LONGEST_LINE or left < 0:
            raise _unreadable(stream)
        if line.strip():
            yield line


def _row(line: bytes, stream: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        raise _unreadable(stream) from None


def _unreadable(stream: str) -> Refused:
    return Refused(
        f"the export of `{stream}` is no file of JSON lines, or a broken one",
        code="E112",
        next_step="Run again; if it stays so, tell the service's support.",
    )
