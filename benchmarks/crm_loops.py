"""The vendors' libraries as their own pages show them, in a process of its own; prints what it cost.

Folder with `ids.txt` and `played.json`, name of the loop, contacts to write. Nothing here is tuned: one thread, the
library's defaults, and the wait that its users add when they meet their first 429.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.crm_played import FIELDS, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

AT_ONCE = 100
#: The length of HubSpot's window: what a loop waits when it is told that it was too fast.
WINDOW_S = 10.0
#: Updated (200, or 204 in older versions) or created.
UPSERTED = (200, 201, 204)


def main(folder: Path, loop: str, count: int) -> None:
    played = json.loads((folder / "played.json").read_text(encoding="utf-8"))
    ids = (folder / "ids.txt").read_text(encoding="utf-8").split("\n")[:count]
    write = LOOPS[loop](played, ids)
    base, cpu, started = _peak_mb(), time.process_time(), time.perf_counter()
    written = write()
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    told = {
        "written": written,
        "seconds": seconds,
        "cpu_us_per_record": used / len(ids) * 1e6,
        "mb_over_base": _peak_mb() - base,
    }
    print(json.dumps({name: round(value, 1) for name, value in told.items()}))


def values(id_: str, ending: str = "") -> dict[str, str]:
    """Return what is written to one contact, other than what another writer wrote before."""
    return {f"{name}{ending}": f"text {at} of {id_}" for at, name in enumerate(FIELDS)}


def hubspot_batches(played: dict[str, Any], ids: Sequence[str]) -> Callable[[], int]:
    """`batch_api.update` with its model classes, a hundred at a time, and a wait on 429."""
    from hubspot import HubSpot
    from hubspot.crm.contacts import BatchInputSimplePublicObjectBatchInput, SimplePublicObjectBatchInput
    from hubspot.crm.contacts.exceptions import ApiException

    client = HubSpot(access_token=played["secrets"]["token"], host=played["connection"]["url"])
    assert client.crm.contacts.batch_api  # the module is imported

    def write() -> int:
        written = 0
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            inputs = [SimplePublicObjectBatchInput(id=id_, properties=values(id_)) for id_ in some]
            while True:
                try:
                    done = client.crm.contacts.batch_api.update(BatchInputSimplePublicObjectBatchInput(inputs=inputs))
                except ApiException as error:
                    if error.status != 429:
                        raise
                    time.sleep(WINDOW_S)
                else:
                    written += len(done.results)
                    break
        return written

    return write


def salesforce_single(played: dict[str, Any], ids: Sequence[str]) -> Callable[[], int]:
    """`sf.Contact.upsert` of one contact after the other."""
    client = _salesforce(played)

    def write() -> int:
        replies = (client.Contact.upsert(f"{KEY}/{number}", values(id_, "__c")) for number, id_ in enumerate(ids))
        return sum(status in UPSERTED for status in replies)

    return write


def salesforce_bulk(played: dict[str, Any], ids: Sequence[str]) -> Callable[[], int]:
    """`sf.bulk2.Contact.upsert` of a list of dicts."""
    client = _salesforce(played)

    def write() -> int:
        records = [{KEY: str(number), **values(id_, "__c")} for number, id_ in enumerate(ids)]
        jobs = client.bulk2.Contact.upsert(records=records, external_id_field=KEY)
        return sum(job["numberRecordsProcessed"] - job["numberRecordsFailed"] for job in jobs)

    return write


def _salesforce(played: dict[str, Any]) -> Any:  # noqa: ANN401 - the library's attributes are made up as they are named
    import requests
    from simple_salesforce.api import Salesforce

    from benchmarks.detour import Detour

    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Detour(played["connection"]["url"]))
    client: Any = Salesforce(**played["secrets"], domain="acme.my", version="67.0", session=session)
    client.Contact.describe()
    return client


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


LOOPS = {
    "hubspot-api-client": hubspot_batches,
    "simple-salesforce, one by one": salesforce_single,
    "simple-salesforce, bulk2": salesforce_bulk,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
