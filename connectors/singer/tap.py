"""A tap as a process: what it says on one pipe, how it ends, and nothing of what it logs."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Self

from connectors.errors import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import IO

KEEPER = Path(__file__).with_name("keeper.py")
#: A response with every answer is a few KB; a STATE may hold a place in each of many surveys.
LONGEST_LINE = 16 << 20
_BLOCK = 1 << 16
#: Bytes of the log that are read as one line; of the rest of it no level is counted.
_LOG_LINE = 1 << 16
_LEVEL = re.compile(rb"\b(CRITICAL|FATAL|ERROR|WARNING|WARN)\b")
#: What npsync signs in with is not for taps.
_OURS = ("NPSYNC_", "CREDENTIALS_DIRECTORY")


class Tap:
    """One run of a tap, from entering to leaving, when it has ended or is made to.

    Args:
        command: The program and its arguments; no shell reads them.
        folder: Where it runs.
        environment: It gets all of it but our secrets.
        silence_s: How long it may say nothing while it is listened to.
        log: A file for what it logs, made anew and for this user alone; None: only levels are counted.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        silence_s: float,
        log: Path | None = None,
    ) -> None:
        self._command = [sys.executable, "-I", "-S", str(KEEPER), *command]
        self._folder = folder
        self._environment = {name: value for name, value in environment.items() if not name.startswith(_OURS)}
        self._silence_s = silence_s
        self._log = log
        #: Level → lines logged.
        self.levels: Counter[str] = Counter()

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603 - the user's own command, and no shell
            self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._out = self._process.stdout.fileno()
        self._listener = Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait()
        process.stdout.close()
        self._listener.join()

    def lines(self) -> Iterator[bytes]:
        """Yield what it says, line by line, to the end.

        Raises:
            Deferred: It says nothing for too long, or a line has no end (E504).
        """
        parts: list[bytes] = []
        size = number = 0
        while block := self._read():
            *whole, rest = block.split(b"\n")
            for each in whole:
                parts.append(each)
                yield b"".join(parts)
                parts, size = [], 0
                number += 1
            parts.append(rest)
            size += len(rest)
            if size > LONGEST_LINE:
                raise failed(f"line {number + 1} of its output is longer than {LONGEST_LINE >> 20} MiB")
        if size:
            yield b"".join(parts)

    def end(self) -> int:
        """Return the code that it ended with, once it has said all."""
        code = self._process.wait()
        self._listener.join()
        return code

    def _read(self) -> bytes:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        if not poll.poll(self._silence_s * 1000):
            raise failed(f"it said nothing for {self._silence_s:.0f} s, and was ended")
        return os.read(self._out, _BLOCK)

    def _listen(self, errors: IO[bytes]) -> None:
        """Take what is logged, so that no full pipe stops the tap; it may be about people, and is not kept unasked."""
        with errors, _private(self._log) as kept:
            while line := errors.readline(_LOG_LINE):
                if found := _LEVEL.search(line):
                    self.levels[found[1].decode()] += 1
                with suppress(OSError):  # a full disk is no reason to stop
                    kept.write(line)


def _private(path: Path | None) -> IO[bytes]:
    if path is None:
        return Path(os.devnull).open("wb")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb", buffering=0)


def failed(what: str, next_step: str = "Run the tap by itself to see why; rows that came before are kept.") -> Deferred:
    """Say that a tap did not do what a tap does; *what* holds nothing that it said."""
    return Deferred(what, code="E504", next_step=next_step)
