#!/usr/bin/env python3
"""Set up once, then run: `python3 dev.py` is the demo, `python3 dev.py test` all checks, anything else goes to npsync.

Needs Python 3.11 and pip, nothing more: `.venv` is made without ensurepip (Debian ships none) and filled from the hash
locks by the pip of the Python that runs this file.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENV = ROOT / ".venv"
BIN = ENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
RUNTIME = ROOT / "requirements.lock"
#: Holds every pin of the runtime lock too; `tests/house` checks it.
DEV = ROOT / "requirements-dev.lock"
#: Status of a pytest that ran to its end.
TESTS_FAILED = 1
#: Each gate by name, cheapest first; pytest is last, so that its closing line is ours.
GATES: dict[str, list[Path | str]] = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "import-linter": [BIN / "lint-imports"],
    "mypy": [PYTHON, "-m", "mypy"],
    "simulator": [PYTHON, "-m", "tests.simulation", "--pull-request"],
    "mutants": [PYTHON, "-m", "tests.simulation", "--mutants"],
    "pytest": [PYTHON, "-m", "pytest", "-n", "auto", "--dist", "loadfile"],
}
#: The tests that failed, once more and one after the other: is it the code, or what ran beside them?
ALONE: list[Path | str] = [PYTHON, "-m", "pytest", "--last-failed", "--last-failed-no-failures", "none", "-x"]


def main(args: list[str]) -> int:
    """Run what *args* ask for and return its exit status."""
    if args[:1] != ["test"]:
        install(RUNTIME)
        return call([PYTHON, "-m", "sync.cli", *(args or ["demo"])])
    install(DEV)
    if args[1:]:
        return call([*GATES["pytest"], *args[1:]])
    failed = [name for name in GATES if not holds(name)]
    if failed:
        say(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def install(lock: Path) -> None:
    """Make `.venv` hold what *lock* pins; do nothing when its stamp says that it does."""
    if is_current(lock):
        return
    check_tools()
    if not is_current(RUNTIME):
        # Begun afresh, so that nothing of an older lock or of an interrupted install stays behind.
        say("Setting up .venv (once; about 40 s and 400 MB)...")
        venv.create(ENV, clear=True, symlinks=os.name != "nt")
    pip: list[Path | str] = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "--quiet", "--no-compile"]
    status = call([*pip, "--disable-pip-version-check", "--no-input", "--require-hashes", "-r", lock])
    if status:
        sys.exit(
            f"dev.py: pip could not install {lock.name} (its reason stands above).\n"
            "    No network? pip needs a package index or a folder of wheels: set `index-url` or `find-links` with "
            "`pip config`, then run the same command again.",
        )
    for held in {RUNTIME, lock}:
        stamp(held).write_text(digest(held), encoding="utf-8")


def check_tools() -> None:
    """Leave with the next step when this Python cannot fill an environment."""
    pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if pip.returncode:
        sys.exit(
            f"dev.py: {sys.executable} has no pip.\n"
            "    Debian and Ubuntu: `apt-get install python3-pip`. Elsewhere: `python3 -m ensurepip --user`.",
        )


def stamp(lock: Path) -> Path:
    """Return the file that says which content of *lock* was installed."""
    return ENV / f"{lock.name}.sha256"


def digest(lock: Path) -> str:
    """Return what the stamp of *lock* must say; it names the Python too, whose minor version `.venv` is bound to."""
    return f"{sys.version_info.major}.{sys.version_info.minor} {hashlib.sha256(lock.read_bytes()).hexdigest()}"


def is_current(lock: Path) -> bool:
    """Tell whether `.venv` works and holds *lock*."""
    return PYTHON.exists() and stamp(lock).is_file() and stamp(lock).read_text(encoding="utf-8") == digest(lock)


def call(command: list[Path | str], cwd: Path | None = None) -> int:
    """Run *command* with our packages importable, wherever the caller stands; return its status."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    try:
        return subprocess.run(command, cwd=cwd, env=os.environ | {"PYTHONPATH": path}, check=False).returncode
    except KeyboardInterrupt:
        return 130


def holds(gate: str) -> bool:
    """Run one gate over the whole project."""
    say(f"--- {gate}")
    status = call(GATES[gate], cwd=ROOT)
    if gate == "pytest" and status == TESTS_FAILED:
        say("--- pytest, what failed, alone")
        status = call(ALONE, cwd=ROOT)
        if not status:
            say("Each test passes, but those just named failed beside others: that is a fault too, of a test or of us.")
    return status == 0


def say(text: str) -> None:
    """Print a message, never data, for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit(f"npsync needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    sys.exit(main(sys.argv[1:]))
