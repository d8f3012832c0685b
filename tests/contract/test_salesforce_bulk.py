"""Many rows to Salesforce by Bulk jobs: intact, accounted for, and taken up again by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.values import OutcomeKind
from tests.salesforce import Jobs, block, calls, connected, contacts

if TYPE_CHECKING:
    from connectors.salesforce.destination import Salesforce
    from sandbox.salesforce import Org


class Killed(BaseException):
    """The process died."""


def dies(_seconds: float) -> None:
    """Stand for a process that is killed while it waits."""
    raise Killed


class TestBulk:
    ROWS = 2_500

    def rows(self, org: Org) -> list[tuple[Any, ...]]:
        ids = contacts(org, self.ROWS)
        rows: list[tuple[Any, ...]] = [(id_, number % 11, f'line\nZoë "{number}",') for number, id_ in enumerate(ids)]
        rows[7] = (ids[7], 7, "#N/A")
        rows[8] = (ids[8], 8, None)
        return rows

    def test_many_rows_go_by_one_job(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        rows = self.rows(org)
        org.update("Contact", rows[8][0], {"NPS_Comment__c": "old"})

        applied = salesforce.write_blocks(block(("NPS_Score__c", "NPS_Comment__c"), part) for part in parts(rows, 1000))

        assert (self.ROWS, ()) == (applied.written, tuple(applied.others))
        for id_, score, comment in rows:
            held = org.get("Contact", id_) or {}
            assert (score, comment) == (held["NPS_Score__c"], held.get("NPS_Comment__c"))
        assert 1 == calls(service, "POST", "jobs/ingest")
        assert calls(service) <= 20

    def test_failed_rows_are_told_by_key(self, salesforce: Salesforce, org: Org) -> None:
        ids = contacts(org, self.ROWS)
        rows = [(id_, "Promoter") for id_ in ids]
        rows[3], rows[2_000] = (ids[3], "nonsense"), (ids[2_000], "nonsense")

        applied = salesforce.write_blocks([block(("NPS_Category__c",), rows)])

        assert self.ROWS - 2 == applied.written
        assert {ids[3]: OutcomeKind.REJECTED, ids[2_000]: OutcomeKind.REJECTED} == {
            each.id: each.kind for each in applied.others
        }

    def test_upserts_by_bulk_make_no_twins(self, salesforce: Salesforce, org: Org) -> None:
        rows = [(f"p{number}", "Lee", 1) for number in range(self.ROWS)]

        for _ in range(2):
            applied = salesforce.write_blocks([block(("LastName", "NPS_Score__c"), rows, key="NPS_Person_Id__c")])
            assert self.ROWS == applied.written

        assert self.ROWS == len(org.records("Contact"))

    def test_a_job_whose_run_died_is_taken_up(self, org: Org, service: Any) -> None:
        """Killed after the upload: the next run sends nothing twice, and waits for what is under way."""
        rows = self.rows(org)
        jobs = Jobs()

        first = connected(service, jobs=jobs, sleep=dies)
        with pytest.raises(Killed):
            first.write_blocks([block(("NPS_Score__c", "NPS_Comment__c"), rows)])
        first.close()
        assert 1 == len(jobs.kept)

        second = connected(service, jobs=jobs)
        applied = second.write_blocks([block(("NPS_Score__c", "NPS_Comment__c"), rows)])
        second.close()

        assert (self.ROWS, ()) == (applied.written, tuple(applied.others))
        assert 1 == calls(service, "POST", "jobs/ingest")
        assert {} == jobs.kept
        assert all(score == (org.get("Contact", id_) or {})["NPS_Score__c"] for id_, score, _ in rows)

    def test_an_older_job_cannot_overwrite_newer_values(self, org: Org, service: Any) -> None:
        rows = self.rows(org)
        jobs = Jobs()

        first = connected(service, jobs=jobs, sleep=dies)
        with pytest.raises(Killed):
            first.write_blocks([block(("NPS_Score__c", "NPS_Comment__c"), rows)])
        first.close()

        second = connected(service, jobs=jobs)
        second.write_blocks([block(("NPS_Score__c",), [(id_, 10) for id_, _, _ in rows[:5]])])
        second.close()

        assert {10} == {(org.get("Contact", id_) or {})["NPS_Score__c"] for id_, _, _ in rows[:5]}
        assert rows[9][1] == (org.get("Contact", rows[9][0]) or {})["NPS_Score__c"]
        assert {} == jobs.kept

    @pytest.mark.parametrize("fault", ["cut_after", "cut_before", "status_503", "truncated"])
    def test_a_fault_on_the_way_loses_nothing(self, salesforce: Salesforce, org: Org, service: Any, fault: str) -> None:
        rows = self.rows(org)
        service.faults.set(fault, 2, only="jobs/ingest")

        salesforce.write_blocks([block(("NPS_Score__c", "NPS_Comment__c"), rows)])
        service.faults.clear()
        applied = salesforce.write_blocks([block(("NPS_Score__c", "NPS_Comment__c"), rows)])

        assert self.ROWS == applied.written
        assert all(score == (org.get("Contact", id_) or {})["NPS_Score__c"] for id_, score, _ in rows)


def parts(rows: list[tuple[Any, ...]], size: int) -> list[list[tuple[Any, ...]]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
