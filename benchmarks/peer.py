"""The peer's environment and its runs; never part of our own lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measured import Cost, run

PACKAGES = ("dlt[filesystem,sqlalchemy]", "pandas")
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}


class PeerMissing(Exception):
    """dlt cannot be had here; the message is a sentence."""


class Dlt:
    """dlt in an environment of its own, `venv` in *kept*; what it loads goes under *folder*, which is made anew."""

    def __init__(self, kept: Path, folder: Path) -> None:
        self._environment = kept / "venv"
        self._folder = folder
        self._python = self._environment / "bin" / "python"

    def install(self) -> None:
        """Make the environment, where it is not there yet.

        Raises:
            PeerMissing: No venv, or no package index.
        """
        self._folder.mkdir(parents=True)
        if self._python.exists():
            return
        try:
            subprocess.run([sys.executable, "-m", "venv", self._environment], check=True, capture_output=True)
            subprocess.run([self._python, "-m", "pip", "install", "-q", *PACKAGES], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self._python.unlink(missing_ok=True)
            raise PeerMissing("dlt was not measured: it could not be installed here.") from None

    def load(self, exports: Path) -> Cost:
        """Load what is new in *exports*."""
        script = Path(__file__).with_name("peer_dlt.py")
        target, state = self._folder / "target.db", self._folder / "state"
        return run([self._python.absolute(), script, *map(Path.resolve, (exports, target, state))], self._folder, QUIET)
