"""Every fault alone, and any two at once, over whole syncs: once they are over, the CRM is as if there had been none.

`python -m tests.flow.fault_pairs salesforce|hubspot [--all | fault+fault ...]` runs what it is asked for and ends with
the number of those that did not come out whole; the ordinary test run takes `chosen` of them.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.faults import NAMES, TRANSPORT
from tests.flow.played import VENDORS, Crm, accounted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: How often each fault strikes; a sync has one Bulk job or two.
RATE, OF_A_JOB = 0.3, 0.8
#: Faults of one vendor only; the rest concern both.
ONLY = {
    "salesforce": {"job_failed", "job_unprocessed", "slow_job", "reordered_results"},
    "hubspot": {"silent_batch", "silent_failure", "bare_errors", "trace_echo", "stale_read", "search_lag"},
}
#: Only Bulk jobs have them; those begin above two thousand records. HubSpot's results always come in another order.
OF_JOBS = {"job_failed", "job_unprocessed", "slow_job"}
FEW, MANY = 40, 2_100

Faults = tuple[str, ...]


@dataclass(slots=True)
class Found:
    """What came of one set of faults."""

    faults: Faults
    statuses: list[int] = field(default_factory=list)
    #: Fault → how often it struck.
    struck: dict[str, int] = field(default_factory=dict)
    #: What is not as it should be, in words; empty when all is well.
    wrong: list[str] = field(default_factory=list)


def names(vendor: str) -> list[str]:
    """Return the faults that can strike at *vendor*."""
    others = set().union(*(ONLY[other] for other in VENDORS if other != vendor))
    return sorted(NAMES.keys() - others)


def every(vendor: str) -> list[Faults]:
    """Return each fault alone, then each pair."""
    alone = names(vendor)
    sets = [(name,) for name in alone] + list(combinations(alone, 2))
    return sorted(sets, key=lambda faults: bool(OF_JOBS & set(faults)))


def chosen(vendor: str, count: int, seed: int = 3) -> list[Faults]:
    """Choose pairs in which every fault has its turn before any has its second; those of Bulk jobs cost too much."""
    draw = random.Random(f"{vendor}{seed}")
    pairs = [pair for pair in combinations(names(vendor), 2) if not OF_JOBS & set(pair)]
    draw.shuffle(pairs)
    met: dict[str, int] = dict.fromkeys(names(vendor), 0)
    found: list[Faults] = []
    while len(found) < count:
        pair = min(pairs, key=lambda each: sum(met[name] for name in each))
        pairs.remove(pair)
        found.append(pair)
        for name in pair:
            met[name] += 1
    return found


@cache
def fault_free(vendor: str, people: int) -> dict[str, Any]:
    """Return what the CRM holds after the same responses without any fault."""
    with _crm(vendor, people) as crm:
        for batches in ((1,), (1, 2, 0)):
            said = crm.sync(*batches)
            assert said.status == 0, said.err
        return crm.held()


def tried(vendor: str, faults: Faults, wanted: dict[str, Any], people: int) -> Found:
    """Sync twice under *faults* and twice without; say what is not as it should be."""
    found = Found(faults)
    # A service key of HubSpot's does not expire; tokens got by OAuth do.
    with _crm(vendor, people, oauth="expired_token" in faults) as crm:
        service = crm.service
        for name in faults:
            service.faults.set(name, OF_A_JOB if name in OF_JOBS else RATE)
        for batches in ((1,), (1, 2, 0)):
            _sync(crm, batches, found)
        found.struck = dict(service.faults.struck)
        service.faults.clear()
        _sync(crm, (1, 2, 0), found)
        if found.statuses[-1] != 0:
            found.wrong.append("the next sync ended with trouble of its own")
        found.wrong += _compared(wanted, crm)
        calls = len(service.log)
        _sync(crm, (1, 2, 0), found)
        if written := crm.writes(calls):
            found.wrong.append(f"a further sync wrote: {written[:2]}")
        if service.errors:
            found.wrong.append(f"the sandbox raised {service.errors[:1]!r}")
    return found


def _sync(crm: Crm, batches: tuple[int, ...], found: Found) -> None:
    said = crm.sync(*batches)
    found.statuses.append(said.status)
    # Only a field that has gone is a matter of the mapping.
    fine = {0, 1, 3, 5} | ({2} if "schema_drift" in found.faults else set())
    if said.status not in fine:
        found.wrong.append(f"a sync ended with {said.status}: {said.err.strip()[-200:]}")
    if not accounted(said):
        found.wrong.append("not every row is accounted for")


def _compared(wanted: dict[str, Any], crm: Crm) -> Iterable[str]:
    try:
        held = crm.held()
    except AssertionError as twins:
        return [str(twins)]
    wrong = []
    for kind, records in wanted.items():
        if lost := records.keys() ^ held[kind].keys():
            wrong.append(f"{len(lost)} of {kind} are lost or too many")
        differ = [name for name in records.keys() & held[kind].keys() if records[name] != held[kind][name]]
        if differ:
            one, other = records[min(differ)], held[kind][min(differ)]
            parts = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
            wrong.append(f"{len(differ)} of {kind} differ, the first in {sorted(parts)}")
    return wrong


@contextmanager
def _crm(vendor: str, people: int, *, oauth: bool = False) -> Iterator[Crm]:
    """A CRM in a folder of its own, which goes with it."""
    with (
        tempfile.TemporaryDirectory(prefix="npsync-faults-") as folder,
        Crm(vendor, Path(folder), people=people, strangers=3, oauth=oauth) as crm,
    ):
        yield crm
        # They are told of as `Found.wrong`; the service would raise them.
        crm.service.errors.clear()


def compared(vendor: str, faults: Faults, people: int = FEW) -> Found:
    """Try *faults* beside a fault-free run of as many people; of more of them where only that brings Bulk jobs."""
    people = MANY if OF_JOBS & set(faults) else people
    return tried(vendor, faults, fault_free(vendor, people), people)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vendor", choices=VENDORS)
    parser.add_argument("faults", nargs="*", help=f"names joined by +, of {', '.join(TRANSPORT)}, ...")
    parser.add_argument("--all", action="store_true", help="each alone and every pair")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    sets: Sequence[Faults] = [tuple(each.split("+")) for each in asked.faults]
    sets = sets or (every(asked.vendor) if asked.all else chosen(asked.vendor, 25))
    bad = 0
    with ProcessPoolExecutor(asked.processes) as pool:
        for found in pool.map(compared, [asked.vendor] * len(sets), sets):
            bad += bool(found.wrong)
            words = "; ".join(found.wrong) if found.wrong else "whole"
            print(f"{'+'.join(found.faults)}: {words}  {found.statuses} {found.struck}", flush=True)  # noqa: T201 - a command
    print(f"{asked.vendor}: {len(sets) - bad} of {len(sets)} came out whole")  # noqa: T201 - a command
    return min(bad, 100)


if __name__ == "__main__":
    sys.exit(main())
