"""npsync's writer alone, in a process of its own: a folder with a config and `ids.txt`; prints what it cost."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.crm_played import FIELDS
from connectors.contract import Streams
from connectors.values import Block
from sync.wiring import open_project

#: As `sync.deliver` hands them over.
AT_ONCE = 10_000
PEOPLE = {"salesforce": ("Contact", "Id", "__c"), "hubspot": ("contacts", "hs_object_id", "")}


def main(folder: Path, vendor: str) -> None:
    object_, key, ending = PEOPLE[vendor]
    ids = (folder / "ids.txt").read_text(encoding="utf-8").split("\n")
    fields = tuple(f"{name}{ending}" for name in FIELDS)
    with open_project(folder / "config.yaml") as project:
        destination = project.connection("crm")
        destination.fields(object_)  # clients are imported, the token fetched, the schema known
        base, cpu, started = _peak_mb(), time.process_time(), time.perf_counter()
        blocks = (
            Block(object=object_, key=(key,), fields=fields, rows=[_row(id_) for id_ in ids[start : start + AT_ONCE]])
            for start in range(0, len(ids), AT_ONCE)
        )
        if isinstance(destination, Streams):
            written = destination.write_blocks(blocks).written
        else:
            written = sum(destination.write_blocks([block]).written for block in blocks)
        seconds, used = time.perf_counter() - started, time.process_time() - cpu
    told = {
        "written": written,
        "seconds": seconds,
        "cpu_us_per_record": used / len(ids) * 1e6,
        "mb_over_base": _peak_mb() - base,
    }
    print(json.dumps({name: round(value, 1) for name, value in told.items()}))


def _row(id_: str) -> tuple[str, ...]:
    return (id_, *(f"value {at} of {id_}" for at in range(len(FIELDS))))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
