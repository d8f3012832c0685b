"""Measure what writing many changed contacts to HubSpot and Salesforce costs: ours, the libraries' loops, and drt-core.

Run it as `python -m benchmarks.crm`; README.md beside this says what each figure means.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.crm_shown import show
from benchmarks.peer import PeerMissing
from benchmarks.peer_drt import Drt

if TYPE_CHECKING:
    from collections.abc import Sequence

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
#: Vendor, its calls in ten seconds.
CASES = (("hubspot", 100), ("hubspot", 190), ("salesforce", 0))
LOOPS = {
    "hubspot": ("hubspot-api-client",),
    "salesforce": ("simple-salesforce, one by one", "simple-salesforce, bulk2"),
}
#: Writers that send a call for each contact write a sample.
SAMPLED = ("simple-salesforce, one by one", "drt-core to HubSpot")
#: Until no window holds calls of the writer before.
PAUSE_S = 11.0


class Played:
    """A vendor in a process of its own, with so many contacts, and a folder that tells where it is."""

    def __init__(self, vendor: str, contacts: int, calls: int, folder: Path) -> None:
        self.vendor, self.folder = vendor, folder
        command = [sys.executable, "-m", "benchmarks.crm_played", vendor, str(contacts), str(calls), str(folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.told: dict[str, Any] = self._line()
        (folder / "played.json").write_text(json.dumps(self.told), encoding="utf-8")
        self.ids = (folder / "ids.txt").read_text(encoding="utf-8").split("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate("")

    def counted(self) -> dict[str, int]:
        """Return what arrived since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()  # type: ignore[no-any-return]

    def run(self, module: str, *words: str) -> dict[str, Any]:
        """Run a writer and return what it says it cost."""
        secrets = {f"NPSYNC_CRM_{name}".upper(): value for name, value in self.told["secrets"].items()}
        done = subprocess.run(
            [sys.executable, "-m", module, str(self.folder), *words],
            cwd=ROOT,
            env={**os.environ, **secrets},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    def _line(self) -> Any:  # noqa: ANN401 - a line of JSON
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--sample", type=int, default=500, help="contacts of a peer that sends a call for each")
    parser.add_argument("--without-peers", action="store_true", help="ours alone")
    parser.add_argument("--only", choices=sorted(NAMES), help="one vendor")
    parser.add_argument("--peer", type=Path, help="a folder that keeps drt's environment for the next time")
    asked = parser.parse_args()
    results = []
    for vendor, calls in CASES:
        if asked.only not in (None, vendor):
            continue
        with tempfile.TemporaryDirectory(prefix="npsync-bench-") as made:
            folder = Path(made)
            with Played(vendor, asked.contacts, calls, folder) as played:
                found = [_ours(played, calls)]
                show(found[0])
                if not asked.without_peers:
                    for peer in _peers(played, calls, asked.sample, asked.peer or folder):
                        show(peer, beside=found[0])
                        found.append(peer)
        results.extend(found)
    print(json.dumps(results))


def _ours(played: Played, calls: int) -> dict[str, Any]:
    extra = {} if played.vendor == "salesforce" else {"calls_per_10s": calls, "tier": "enterprise"}
    config = CONFIG.format(told=json.dumps(played.told["connection"] | extra))
    (played.folder / "config.yaml").write_text(config)
    (played.folder / "mappings").mkdir()
    object_, email, field = NAMES[played.vendor]
    text = MAPPING.format(object=object_, email=email, field=field)
    (played.folder / "mappings" / "crm.yaml").write_text(text)
    figures = played.run("benchmarks.crm_writer", played.vendor)
    return _case(played, "npsync", calls, len(played.ids)) | figures | played.counted()


def _peers(played: Played, calls: int, sample: int, kept: Path) -> Sequence[dict[str, Any]]:
    found = []
    for name in LOOPS[played.vendor]:
        count = min(sample, len(played.ids)) if name in SAMPLED else len(played.ids)
        time.sleep(PAUSE_S)
        figures = played.run("benchmarks.crm_loops", name, str(count))
        found.append(_case(played, name, calls, count) | figures | played.counted())
    name = f"drt-core to {'HubSpot' if played.vendor == 'hubspot' else 'Salesforce'}"
    ids = played.ids[:sample] if name in SAMPLED else played.ids
    case = _case(played, name, calls, len(ids))
    try:
        drt = Drt(kept, played.folder)
        drt.install()
        start = drt.start(played.vendor, played.told, ids)
        time.sleep(PAUSE_S)
        played.counted()
        found.append(case | drt.write(played.vendor, played.told, len(ids), start) | played.counted())
    except PeerMissing as missing:
        found.append(case | {"missing": str(missing)})
    return found


def _case(played: Played, writer: str, calls: int, contacts: int) -> dict[str, Any]:
    asked = {"vendor": played.vendor, "writer": writer, "calls_per_10s": calls}
    return asked | {"contacts": contacts, "of": len(played.ids)}


if __name__ == "__main__":
    main()
