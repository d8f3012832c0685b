"""Bulk API 2.0 in the sandbox: what it refuses, how queries are paged, and the switches that make it harder."""

from __future__ import annotations

import pytest

from tests.bulk_wire import JOB_KEYS, client, faults, org, service, wire

__all__ = ["client", "faults", "org", "service", "wire"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("settings", "code"),
        [
            ({"object": "Nope", "operation": "insert"}, "INVALIDENTITY"),
            ({"object": "Contact", "operation": "conquer"}, "INVALIDJOB"),
            ({"object": "Contact", "operation": "upsert"}, "INVALIDJOB"),
            ({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Title"}, "INVALIDJOB"),
            ({"object": "Contact", "operation": "insert", "columnDelimiter": "DASH"}, "INVALIDJOB"),
            (["nonsense"], "JSON_PARSER_ERROR"),
        ],
    )
    def test_a_job_that_cannot_be_is_not_made(self, wire, settings, code):
        reply = wire("POST", "ingest", json=settings)

        assert (400, code) == (reply.status_code, reply.json()[0]["errorCode"])

    def test_data_is_csv_in_utf_8(self, wire):
        job = wire.made()
        json = wire("PUT", f"ingest/{job}/batches", data=b"[]", headers={"Content-Type": "application/json"})
        wire("PUT", f"ingest/{job}/batches", data=b"LastName\n\xff\n", headers={"Content-Type": "text/csv"})
        wire.close(job)

        assert 415 == json.status_code
        assert "Failed" == wire.ended(job)["state"]
        assert "" == wire("GET", f"ingest/{job}/failedResults").text

    def test_delete_takes_ids_and_nothing_else(self, wire):
        assert "must contain only ids" in wire.loaded("Id,LastName\n1,A\n", "delete")["errorMessage"]

    def test_the_first_api_refuses_in_words_of_its_own(self, service, client):
        def said(path: str, body: object, **headers: str) -> tuple[int, str]:
            url = f"{service.url}/services/async/67.0/{path}"
            reply = client.session.post(url, json=body, headers=headers)
            return reply.status_code, reply.json().get("exceptionCode", reply.json().get("id"))

        session = {"X-SFDC-Session": client.session_id}
        asked = {"object": "Contact", "operation": "insert", "contentType": "JSON"}
        created, job = said("job", asked, **session)

        assert (400, "InvalidSessionId") == said("job", asked)
        assert (400, "InvalidJob") == said("job", asked | {"contentType": "XML"}, **session)
        assert (400, "InvalidJob") == said("job", asked | {"operation": "upsert"}, **session)
        assert (400, "InvalidJob") == said("job", [], **session)
        assert (400, "InvalidUrl") == said("nonsense", {}, **session)
        assert 201 == created
        _, batch = said(f"job/{job}/batch", {"not": "a list"}, **session)
        told = client.session.get(f"{service.url}/services/async/67.0/job/{job}/batch/{batch}", headers=session).json()
        assert ("Failed", True) == (told["state"], told["stateMessage"].startswith("InvalidBatch : "))
        said(f"job/{job}", {"state": "Closed"}, **session)
        assert (400, "InvalidJobState") == said(f"job/{job}/batch", [], **session)

    def test_a_job_goes_its_way_only_once(self, wire):
        job = wire.made()
        wire.put(job, "LastName\nA\n")

        assert "INVALIDJOBSTATE" == wire.put(job, "LastName\nB\n").json()[0]["errorCode"]
        assert 400 == wire("GET", f"ingest/{job}/successfulResults").status_code
        wire.close(job)
        assert "INVALIDJOBSTATE" == wire.close(job).json()[0]["errorCode"]
        wire.ended(job)
        assert "INVALIDJOBSTATE" == wire.close(job, "Aborted").json()[0]["errorCode"]

    @pytest.mark.parametrize(
        ("path", "method", "status"),
        [
            ("ingest/7505g0000009999AAA", "GET", 404),
            ("nonsense", "GET", 404),
            ("ingest", "PATCH", 405),
            ("query", "PUT", 405),
            ("ingest/x/y/z", "GET", 404),
        ],
    )
    def test_what_is_not_there_is_refused(self, wire, path, method, status):
        reply = wire(method, path)

        assert status == reply.status_code
        assert {"message", "errorCode"} == set(reply.json()[0])

    @pytest.mark.parametrize(
        "soql",
        [
            "SELECT COUNT() FROM Contact",
            "SELECT LastName, COUNT(Id) FROM Contact GROUP BY LastName",
            "SELECT Id FROM Contact LIMIT 1 OFFSET 1",
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "SELECT MailingAddress FROM Contact",
            "SELECT Nope FROM Contact",
            "",
        ],
    )
    def test_bulk_queries_know_less_than_rest(self, wire, soql):
        reply = wire("POST", "query", json={"operation": "query", "query": soql})

        assert 400 == reply.status_code
        assert {"message", "errorCode"} == set(reply.json()[0])


class TestQueryJobs:
    def test_the_locator_leads_to_the_end_where_it_says_null(self, org, wire):
        for n in range(3):
            org.insert("Contact", {"LastName": f"L{n}"})
        soql = "SELECT LastName FROM Contact ORDER BY LastName"
        made = wire("POST", "query", json={"operation": "query", "query": soql}).json()
        told = wire.ended(made["id"], "query")
        first = wire("GET", f"query/{made['id']}/results", params={"maxRecords": 2})
        rest = wire("GET", f"query/{made['id']}/results", params={"locator": first.headers["Sforce-Locator"]})

        assert (JOB_KEYS, "UploadComplete") == (set(made), made["state"])
        assert ("JobComplete", "V2Query", 3) == (told["state"], told["jobType"], told["numberRecordsProcessed"])
        assert ("2", "1") == tuple(page.headers["Sforce-NumberOfRecords"] for page in (first, rest))
        assert "null" == rest.headers["Sforce-Locator"]
        assert '"LastName"\n"L2"\n' == rest.text
        assert 400 == wire("GET", f"query/{made['id']}/results", params={"locator": "§"}).status_code

    def test_results_are_refused_before_the_end(self, wire):
        made = wire("POST", "query", json={"operation": "query", "query": "SELECT Id FROM Contact"}).json()

        assert 400 == wire("GET", f"query/{made['id']}/results").status_code
        assert "Aborted" == wire("PATCH", f"query/{made['id']}", json={"state": "Aborted"}).json()["state"]


class TestSwitches:
    def test_batches_are_counted_against_the_day(self, org, wire, client):
        wire.loaded("LastName\nA\n")
        left = client.limits()["DailyBulkApiBatches"]
        assert (15_000, 14_999) == (left["Max"], left["Remaining"])
        org.bulk.batches.append((org.clock(), 14_999))
        told = wire.loaded("LastName\nB\n")

        assert ("Failed", "ExceededQuota : ApiBatchItems Limit exceeded.") == (told["state"], told["errorMessage"])

    def test_results_may_come_in_any_order(self, wire, faults):
        keys = [f"k{n}" for n in range(20)]
        told = wire.loaded("LastName,Key__c\n" + "".join(f"L,{key}\n" for key in keys))
        assert keys == [row["Key__c"] for row in wire.rows(told["id"], "successfulResults")]
        faults.set("reordered_results", 1.0)
        found = [row["Key__c"] for row in wire.rows(told["id"], "successfulResults")]

        assert keys != found
        assert keys == sorted(found, key=keys.index)

    @pytest.mark.parametrize(
        ("fault", "state", "written"), [("job_failed", "Failed", 0), ("job_unprocessed", "Aborted", 2)]
    )
    def test_a_job_may_end_before_its_time(self, org, wire, faults, fault, state, written):
        org.bulk.pace.together = 1
        faults.set(fault, 1)
        told = wire.loaded("LastName,Key__c\n" + "".join(f"L,k{n}\n" for n in range(4)))

        assert state == told["state"]
        assert written == len(org.records("Contact")) == len(wire.rows(told["id"], "successfulResults"))
        assert 4 - written == len(wire.rows(told["id"], "unprocessedrecords"))

    def test_a_job_may_be_slow(self, wire, faults):
        faults.set("slow_job", 1)
        job = wire.made()
        wire.put(job, "LastName\nA\n")
        wire.close(job)
        states = [wire("GET", f"ingest/{job}").json()["state"] for _ in range(8)]

        assert ["InProgress"] * 7 + ["JobComplete"] == states

    def test_rows_locked_by_others_fail_alone(self, org, wire, faults):
        ids = [org.insert("Contact", {"LastName": f"L{n}"}) for n in range(3)]
        faults.set("row_lock", 1)
        told = wire.loaded("Id,Title\n" + "".join(f"{each},T\n" for each in ids), "update")
        [failed] = wire.rows(told["id"], "failedResults")

        assert failed["sf__Id"] == failed["Id"]
        assert failed["sf__Error"].startswith("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record")
        assert 2 == len(wire.rows(told["id"], "successfulResults"))
