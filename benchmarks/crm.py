"""Measure what writing many changed contacts to HubSpot and Salesforce costs, against the bounds of their limits.

Run it as `python -m benchmarks.crm`; README.md beside this says what each figure means.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONFIG = """\
version: 1
connections:
  survey: {{type: file, path: none.csv}}
  crm: {told}
"""
MAPPING = """\
version: 1
from: survey
to: crm
object: {object}
match: [{{{email}: person.email}}]
fields: {{{field}: score}}
"""
NAMES = {"salesforce": ("Contact", "Email", "nps_score__c"), "hubspot": ("contacts", "email", "nps_score")}
#: Calls beside those that write: sign-in, describing the object.
FURTHER = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    asked = parser.parse_args()
    results = [
        _measure("hubspot", asked.contacts, calls=100),
        _measure("hubspot", asked.contacts, calls=190),
        _measure("salesforce", asked.contacts, calls=0),
    ]
    for each in results:
        _show(each)
    print(json.dumps(results))


def _measure(vendor: str, contacts: int, *, calls: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="npsync-bench-") as made:
        folder = Path(made)
        (folder / "mappings").mkdir()
        command = [sys.executable, "-m", "benchmarks.crm_played", vendor, str(contacts), str(calls), str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as played:
            assert played.stdin is not None
            assert played.stdout is not None
            told = json.loads(played.stdout.readline())
            extra = {} if vendor == "salesforce" else {"calls_per_10s": calls, "tier": "enterprise"}
            (folder / "config.yaml").write_text(CONFIG.format(told=json.dumps(told["connection"] | extra)))
            object_, email, field = NAMES[vendor]
            text = MAPPING.format(object=object_, email=email, field=field)
            (folder / "mappings" / "crm.yaml").write_text(text)
            secrets = {f"NPSYNC_CRM_{name}".upper(): value for name, value in told["secrets"].items()}
            writer = [sys.executable, "-m", "benchmarks.crm_writer", str(folder), vendor]
            environment = {**os.environ, **secrets}
            done = subprocess.run(writer, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            counted, _ = played.communicate("")
    found: dict[str, Any] = {"vendor": vendor, "contacts": contacts, "calls_per_10s": calls}
    found.update(json.loads(done.stdout), **json.loads(counted))
    return found


def _show(found: dict[str, Any]) -> None:
    limit = f" at {found['calls_per_10s']} calls per 10 s" if found["calls_per_10s"] else ""
    print(f"{found['vendor']}{limit}: {found['written']:,.0f} contacts in {found['seconds']} s, {found['calls']} calls")
    if found["calls_per_10s"]:
        bound = 10 * (math.ceil(found["contacts"] / 100 / found["calls_per_10s"]) - 1)
        if bound:
            ratio = found["seconds"] / bound
            print(f"  time / bound      {ratio:.2f}  {_verdict(ratio <= 1.15, 'at most 1.15')}")
        most = found["most_in_10s"]
        print(f"  most calls in 10 s  {most}  {_verdict(most <= found['calls_per_10s'], 'never above the limit')}")
        print(f"  refused with 429  {found['refused']}  {_verdict(not found['refused'], 'none')}")
    else:
        bulk = 6 + 12
        most = min(math.ceil(found["contacts"] / 200), bulk * math.ceil(found["contacts"] / 100_000)) + FURTHER
        print(f"  calls             {found['calls']}  {_verdict(found['calls'] <= most, f'at most {most}')}")
    used = found["cpu_us_per_record"]
    print(f"  CPU of the writer {used} us a record  {_verdict(used <= 40, 'at most 40')}")
    print(f"  peak over base    {found['mb_over_base']} MB  {_verdict(found['mb_over_base'] <= 64, 'at most 64 MB')}")


def _verdict(held: bool, bar: str) -> str:  # noqa: FBT001 - a verdict is a yes or a no
    return f"{'ok' if held else 'MISSED'}: {bar}"


if __name__ == "__main__":
    main()
