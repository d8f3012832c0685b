"""More answers than one chunk of the outbox holds: a Bulk job for each object, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.flow.test_salesforce import HEAD, Crm, crm

if TYPE_CHECKING:
    from typing import Any

__all__ = ["crm"]

MANY = 12_000


def test_many_answers_cost_one_job_for_each_object(crm: Crm) -> None:
    org: Any = crm.org
    ids = [org.insert("Contact", {"LastName": "Lee", "Email": f"p{number}@many.example"}) for number in range(MANY)]
    lines = (f"m{number},{number % 11},2026-10-01 10:00:00,p{number}@many.example,\n" for number in range(MANY))
    crm.desk.write("responses.csv", HEAD + "".join(lines))
    poisoned = ids[11_000]
    org.locked.add(poisoned)

    crm.sync()

    calls = [(each.method, each.path) for each in crm.service.log.entries if "/services/data/" in each.path]
    assert 2 == sum(method == "POST" and path.rstrip("/").endswith("jobs/ingest") for method, path in calls)
    # Two Bulk jobs and the query that finds the contacts are some twenty of them, polls included. What contacts held
    # came with that query, and the responses' object was empty: nothing is read before it is written.
    assert len(calls) <= 45
    assert {poisoned} == {id_ for id_ in ids if (org.get("Contact", id_) or {}).get("NPS_Score__c") is None}

    org.locked.clear()
    crm.sync()
    assert all((org.get("Contact", id_) or {})["NPS_Score__c"] == number % 11 for number, id_ in enumerate(ids))
    assert MANY == len(org.records("NPS_Response__c"))
