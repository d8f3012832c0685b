"""One command run to its end, with what it cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: `ru_maxrss` is in KiB on Linux and in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    #: Wall clock.
    seconds: float
    #: User and system time of the process and those it waited for.
    cpu_s: float
    #: Peak resident memory of the process, or of the largest that it waited for.
    peak_mb: float
    output: str


def run(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], fine: frozenset[int] = frozenset({0})
) -> Cost:
    """Run *command*; its errors go where ours go.

    Raises:
        RuntimeError: It ended with a status that is not *fine*.
    """
    started = time.perf_counter()
    with (folder / "output.txt").open("w+b") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, env={**os.environ, **environment})
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode not in fine:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Cost(
        seconds=seconds, cpu_s=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss * _RSS_UNIT / 1e6, output=text
    )
