"""What an encrypted ledger costs: the same company with and without it.

    python -m benchmarks.encryption [--responses 20000] [--times 3]

Each first sync and each sync of a hundred new responses is a process of its own; the two ledgers take turns, so that
a busy machine slows both. Prints the medians of CPU seconds, their ratios, and both sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.ours import Project
from benchmarks.population import Company

ENCRYPTED = "privacy: {encrypt_ledger: true}\n"
LATER = 100


def measured(home: Path, responses: int, times: int) -> dict[str, float]:
    """Return CPU seconds, memory and sizes of both."""
    company = Company(customers=responses, seed=7)
    fresh = Project(home / "fresh", company)
    fresh.prepare()
    fresh.add(responses)
    seen: dict[str, list[float]] = {}
    for turn in range(times):
        for kind in ("plain", "encrypted"):
            folder = home / f"{kind}{turn}"
            shutil.copytree(home / "fresh", folder)
            if kind == "encrypted":
                with (folder / "config.yaml").open("a") as config:
                    config.write(ENCRYPTED)
            project = Project(folder, company, fresh.responses, fresh.files)
            cost, _ = project.sync()
            seen.setdefault(f"first_{kind}_cpu_s", []).append(cost.cpu_s)
            seen.setdefault(f"first_{kind}_peak_mb", []).append(cost.peak_mb)
            for _ in range(3):
                project.add(LATER)
                cost, _ = project.sync()
                seen.setdefault(f"later_{kind}_cpu_s", []).append(cost.cpu_s)
            seen.setdefault(f"{kind}_mb", []).append((folder / ".npsync" / "ledger.db").stat().st_size / 1e6)
            shutil.rmtree(folder)
    told = {name: median(each) for name, each in seen.items()}
    for which in ("first", "later"):
        told[f"{which}_ratio"] = told[f"{which}_encrypted_cpu_s"] / told[f"{which}_plain_cpu_s"]
    return told


def main(words: list[str]) -> None:
    """Measure as *words* say."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encryption")
    parser.add_argument("--responses", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args(words)
    os.environ["NPSYNC_LEDGER_KEY"] = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="npsync-encryption-") as home:
        told = measured(Path(home), given.responses, given.times)
    print(json.dumps({name: round(value, 3) for name, value in told.items()}, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
