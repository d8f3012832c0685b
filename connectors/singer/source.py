"""A Singer tap as a source of responses: what it says becomes pages, and its STATE is the cursor."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from connectors.contract import Page
from connectors.dates import DateOrder
from connectors.durations import parse_duration
from connectors.errors import ConnectorError, Refused
from connectors.files.preset import named, shipped
from connectors.files.settings import FileSettings, checked_scale, checked_word
from connectors.singer.catalog import select
from connectors.singer.desk import Desk
from connectors.singer.output import Output
from connectors.singer.tap import Tap, failed
from connectors.values import SurveyKind

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import timedelta

    from connectors.connection_secrets import ConnectionSecrets

#: Rows of a page. Memory is bounded by it, whatever the tap does.
PAGE_ROWS = 5_000
#: The largest catalog of a CRM has some 20 MB.
_LONGEST_CATALOG = 64 << 20


class SingerSource:
    """See `SurveySource`. All streams of a tap share its STATE, so they are one stream here, called as the connection.

    Args:
        name: The connection's name in the config.
        command: The tap and its arguments; no shell reads them.
        streams: Those that hold responses, as the tap calls them.
        config: The tap's config, without secrets.
        private: Names in its config whose values are secrets.
        catalog: A catalog of the user's; None: the tap is asked for one, and the streams are selected in it.
        discover: Whether the tap can be asked.
        log: A file for what the tap logs; None: levels are counted and nothing is kept.
        silence: How long the tap may say nothing.
        columns, preset, survey, kind, scale, where, date_order, time_zone: See `FileSource`.
        root: Folder of the configuration file.
        secrets: The connection's.
        now: The clock.
        environment: What the tap inherits, without our own secrets.
        page_rows: Rows of a page.

    Raises:
        Refused: An option has no meaning (E103), or the scale is not NPS (E114).
    """

    def __init__(  # noqa: PLR0913 - one keyword per option of the configuration
        self,
        *,
        name: str,
        command: Sequence[str],
        streams: Sequence[str],
        config: Mapping[str, Any] = {},
        private: Sequence[str] = (),
        catalog: str | None = None,
        discover: bool = True,
        log: str | None = None,
        silence: str | timedelta = "30m",
        columns: Mapping[str, str] = {},
        preset: str = "auto",
        survey: str | None = None,
        kind: str = "relational",
        scale: str | None = None,
        where: Mapping[str, str] = {},
        date_order: str | None = None,
        time_zone: str = "UTC",
        root: Path,
        secrets: ConnectionSecrets,
        now: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
        environment: Mapping[str, str] | None = None,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._name = name
        self._command = tuple(command)
        self._streams = tuple(streams)
        self._config = dict(config)
        self._private = tuple(private)
        self._catalog = catalog
        self._discover = discover
        self._log = root / log if log else None
        self._silence_s = parse_duration(silence).total_seconds()
        self._root = root
        self._secrets = secrets
        self._now = now
        self._environment = dict(os.environ if environment is None else environment)
        self._page_rows = page_rows
        self._settings = FileSettings(
            preset=preset,
            columns=dict(columns),
            survey=survey,
            kind=SurveyKind(checked_word("kind", kind, SurveyKind)),
            scale=checked_scale(scale),
            where={title: str(text) for title, text in where.items()},
            date_order=DateOrder(date_order) if date_order else None,
            time_zone=time_zone,
        )
        used = shipped().values() if preset == "auto" else (named(preset, root), shipped()["plain"])
        told = orjson.dumps([command, sorted(streams), self._config], option=orjson.OPT_SORT_KEYS).decode()
        self._mark = self._settings.mark(name, told + "".join(one.model_dump_json() for one in used))

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """See `SurveySource.pull`. What a tap said before it failed is stored, and the failure told."""
        program = self._program()
        with Desk(self._config, {key: self._secrets(key) for key in self._private}) as desk:
            state = self._state(cursors.get(self._name))
            try:
                yield from self._read(program, desk, state)
            except ConnectorError as error:
                yield self._refused(error)
            finally:
                # A token that the tap has exchanged is kept, whatever else became of the run.
                for key, value in desk.exchanged().items():
                    self._secrets.put(key, value)

    def _read(self, program: str, desk: Desk, state: Any) -> Iterator[Page]:  # noqa: ANN401 - JSON
        arguments = [program, *self._command[1:], "--config", str(desk.config)]
        if catalog := self._selected(arguments, desk):
            arguments += ["--catalog", str(catalog)]
        if state is not None:
            arguments += ["--state", str(desk.write("state.json", state))]
        output = Output(
            self._name,
            self._streams,
            self._settings,
            mark=self._mark,
            root=self._root,
            now=self._now(),
            page_rows=self._page_rows,
        )
        with self._tap(arguments) as tap:
            failure: ConnectorError | None = None
            try:
                for line in tap.lines():
                    yield from output.take(line)
                if code := tap.end():
                    failure = failed(self._ended(code, tap.levels), self._how_to_see())
            except ConnectorError as error:
                failure = error
            yield from output.rest()
        if failure is not None:
            raise failure
        if notes := output.closing_notes(first=state is None):
            yield Page(stream=self._name, cursor=None, notes=notes)

    def _selected(self, arguments: Sequence[str], desk: Desk) -> Path | None:
        """Return the catalog to read by.

        Raises:
            Refused: See `select`; or the user's is not there (E110).
            Deferred: The tap cannot be asked (E504).
        """
        if self._catalog is not None:
            path = self._root / self._catalog
            if not path.is_file():
                raise Refused(f"`{self._catalog}`: there is no such file", code="E110", next_step="See `catalog:`.")
            return path
        if not self._discover:
            return None
        found = bytearray()
        with self._tap([*arguments, "--discover"]) as tap:
            for line in tap.lines():
                found += line + b"\n"
                if len(found) > _LONGEST_CATALOG:
                    raise failed(f"its catalog is larger than {_LONGEST_CATALOG >> 20} MiB")
            if code := tap.end():
                hint = " Where it has no catalog, say `discover: false`."
                raise failed(f"`--discover` {self._ended(code, tap.levels)}", self._how_to_see() + hint)
        try:
            catalog = orjson.loads(bytes(found))
        except ValueError:
            catalog = None
        return desk.write("catalog.json", select(catalog, self._streams, tap=self._command[0]))

    def _tap(self, arguments: Sequence[str]) -> Tap:
        return Tap(
            arguments, folder=self._root, environment=self._environment, silence_s=self._silence_s, log=self._log
        )

    def _program(self) -> str:
        """Return where the tap is.

        Raises:
            Refused: Nowhere (E110).
        """
        word = self._command[0]
        path = str(self._root / Path(word).expanduser()) if os.sep in word else word
        found = shutil.which(path, path=self._environment.get("PATH"))
        if found is None:
            raise Refused(
                f"connection `{self._name}`: there is no program `{word}`",
                code="E110",
                next_step="Install the tap in an environment of its own, and give the path of its program.",
            )
        return str(Path(found).absolute())

    def _state(self, cursor: str | None) -> Any:  # noqa: ANN401 - JSON
        """Return the tap's STATE that a cursor holds; None, where it was made by another reading."""
        try:
            told = orjson.loads(cursor or "{}")
            return told["state"] if told.get("mark") == self._mark else None
        except (ValueError, LookupError, AttributeError):
            return None

    def _refused(self, error: ConnectorError) -> Page:
        told = type(error)(f"connection `{self._name}`: {error}", code=error.code, next_step=error.next_step)
        return Page(stream=self._name, cursor=None, refused=told)

    def _how_to_see(self) -> str:
        if self._log is not None:
            return f"Look into `{self._log.name}`, where it logs."
        return "Set `log:` to a file, and run again: the tap's own words are kept nowhere else."

    @staticmethod
    def _ended(code: int, levels: Counter[str]) -> str:
        logged = ", ".join(f"{number} {level}" for level, number in sorted(levels.items()))
        return f"the tap ended with code {code}" + (f", having logged {logged}" if logged else "")
