"""Responses of a service on this machine, read by npsync, dlt and Airbyte in turns: `python -m benchmarks.pulls`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

HERE = Path(__file__).parent
ROOT = HERE.parent
PACKAGES = ("dlt[sqlalchemy]", "airbyte-cdk")
#: Reader → its script, and whether it runs with the peers' Python.
READERS = {
    "npsync": ("pulled_ours.py", False),
    "dlt, reading": ("pulled_dlt.py", True),
    "Airbyte CDK": ("pulled_airbyte.py", True),
    "dlt, loading": ("pulled_dlt.py", True),
}


def install(folder: Path) -> Path | None:
    """Return the peers' Python, in an environment of its own; None where they cannot be had."""
    python = folder / "bin" / "python"
    if python.exists():
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        sys.stdout.write("dlt and Airbyte were not measured: they could not be installed here.\n")
        return None
    return python


def served(url: str) -> float:
    """Return the seconds of CPU that the service has cost."""
    with urlopen(f"{url}/cost") as reply:
        return float(json.load(reply))


def read(name: str, url: str, peers: Path | None, folder: Path) -> dict[str, Any]:
    """Let one reader read everything, and return what it cost, the service's share with it."""
    script, theirs = READERS[name]
    command: list[str | Path] = (
        [peers, HERE / script] if theirs and peers else [sys.executable, "-m", "benchmarks.pulled_ours"]
    )
    command.append(url)
    if name == "dlt, loading":
        command.append(tempfile.mkdtemp(dir=folder))
    before = served(url)
    out = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    return told | {"service_cpu_s": served(url) - before}


def measured(url: str, rounds: int, responses: int, peers: Path | None) -> dict[str, dict[str, Any]]:
    """Return the medians of each reader; they take turns, so that a busy machine is busy for all."""
    names = [name for name, (_, theirs) in READERS.items() if not theirs or peers]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name in names:
                told = read(name, url, peers, Path(folder))
                if told["rows"] != responses:
                    raise RuntimeError(f"{name} read {told['rows']} of {responses} responses")
                runs[name].append(told)
    kept = ("seconds", "cpu_s", "service_cpu_s")
    return {name: {key: median(run[key] for run in each) for key in kept} for name, each in runs.items()}


def main() -> None:
    """Measure, and print a table and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path, help="keep the peers' environment here for the next time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peers = install((given.peers or Path(folder) / "venv").absolute())
        command = [sys.executable, "-m", "benchmarks.pulled_service", str(given.responses)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as service:
            try:
                assert service.stdout is not None
                url = service.stdout.readline().strip()
                found = measured(url, given.rounds, given.responses, peers)
            finally:
                service.terminate()
    ours = found["npsync"]
    for name, each in found.items():
        ratios = f"{each['seconds'] / ours['seconds']:.2f} x time, {each['cpu_s'] / ours['cpu_s']:.2f} x CPU of ours"
        share = each["service_cpu_s"] / each["seconds"]
        line = (
            f"{name:13} {each['seconds']:6.1f} s {each['cpu_s']:6.1f} s CPU; {ratios}; the service: {share:.0%} of it\n"
        )
        sys.stdout.write(line)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
