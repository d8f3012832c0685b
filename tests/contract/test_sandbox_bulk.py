"""Bulk API 2.0 in the sandbox: through `simple_salesforce` as its users call it, and step by step over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from simple_salesforce.exceptions import SalesforceOperationError

from tests.bulk_wire import JOB_KEYS, Wire, client, faults, org, service, wire
from tests.contract.salesforce_client import salesforce

if TYPE_CHECKING:
    from sandbox.salesforce import Org

__all__ = ["client", "faults", "org", "service", "wire"]


def contacts(org: Org, field: str = "Key__c") -> dict[str, dict[str, Any]]:
    return {row.get(field, ""): row for row in org.records("Contact")}


class TestAsTheLibraryCallsIt:
    def test_rows_are_inserted_whole_whatever_they_hold(self, org, client):
        comments = ['line one\nline two, "quoted"', "Grüße 你好 🎉\u2028next", "tab\tand ; and |", "=1+1"]
        rows = [{"LastName": f"L{n}", "Key__c": f"k{n}", "Comment__c": text} for n, text in enumerate(comments)]
        [result] = client.bulk2.Contact.insert(records=rows, wait=0)

        assert (4, 0, 4) == tuple(result[f"numberRecords{name}"] for name in ("Processed", "Failed", "Total"))
        assert {f"k{n}": text for n, text in enumerate(comments)} == {
            key: row["Comment__c"] for key, row in contacts(org).items()
        }

    def test_upsert_tells_what_was_created(self, org, client):
        org.insert("Contact", {"LastName": "Old", "Key__c": "a"})
        rows = [{"Key__c": "a", "LastName": "New"}, {"Key__c": "b", "LastName": "Made"}]
        [result] = client.bulk2.Contact.upsert(records=rows, external_id_field="Key__c", wait=0)
        told = client.bulk2.Contact.get_all_ingest_records(result["job_id"])

        assert {"a": "false", "b": "true"} == {row["Key__c"]: row["sf__Created"] for row in told["successfulRecords"]}
        assert ([], []) == (told["failedRecords"], told["unprocessedRecords"])
        assert {"a": "New", "b": "Made"} == {key: row["LastName"] for key, row in contacts(org).items()}

    def test_update_delete_and_hard_delete_go_by_id(self, org, client):
        ids = [org.insert("Contact", {"LastName": f"L{n}"}) for n in range(3)]
        client.bulk2.Contact.update(records=[{"Id": ids[0], "FirstName": "Zoë"}], wait=0)
        client.bulk2.Contact.delete(records=[{"Id": ids[1]}], wait=0)
        client.bulk2.Contact.hard_delete(records=[{"Id": ids[2]}], wait=0)
        kept = org.get("Contact", ids[0])

        assert kept is not None
        assert "Zoë" == kept["FirstName"]
        assert [True] == [row["IsDeleted"] for row in org.rows("Contact", deleted=True) if row["Id"] == ids[1]]
        assert org.row("Contact", ids[2]) is None

    def test_a_failed_job_raises(self, client):
        with pytest.raises(SalesforceOperationError, match="InvalidBatch : Field name not found : Nope__c"):
            client.bulk2.Contact.insert(records=[{"LastName": "L", "Nope__c": "x"}], wait=0)

    def test_queries_come_in_pages_of_csv(self, org, client):
        account = org.insert("Account", {"Name": "Mill", "NumberOfEmployees": 5})
        for n in range(5):
            org.insert("Contact", {"LastName": f"L{n}", "AccountId": account if n else None})
        soql = "SELECT LastName, Account.Name, CreatedDate, HasOptedOutOfEmail FROM Contact ORDER BY LastName"
        pages = list(client.bulk2.Contact.query(soql, max_records=2, wait=0))

        assert 3 == len(pages)
        assert (
            '"LastName","Account.Name","CreatedDate","HasOptedOutOfEmail"\n'
            '"L0","","2026-03-10T12:00:00.000Z","false"\n'
            '"L1","Mill","2026-03-10T12:00:00.000Z","false"\n'
        ) == pages[0]

    def test_query_all_sees_the_recycle_bin(self, org, client):
        org.delete("Contact", org.insert("Contact", {"LastName": "Gone"}))
        pages = client.bulk2.Contact.query_all("SELECT LastName, IsDeleted FROM Contact", wait=0)

        assert ['"LastName","IsDeleted"\n"Gone","true"\n'] == list(pages)

    def test_results_are_downloaded_to_a_file(self, org, client, tmp_path):
        org.insert("Contact", {"LastName": "Čapek"})
        [result] = client.bulk2.Contact.download("SELECT LastName FROM Contact", path=str(tmp_path), wait=0)
        [file] = tmp_path.iterdir()

        assert 1 == result["number_of_records"]
        assert '"LastName"\n"Čapek"\n' == file.read_text(encoding="utf-8")


class TestTheWayOfAJob:
    def test_a_job_tells_its_state_at_each_step(self, org, wire):
        org.bulk.pace.together = 1
        made = wire("POST", "ingest", json={"object": "contact", "operation": "insert", "contentType": "CSV"}).json()
        job = made["id"]

        assert JOB_KEYS | {"contentUrl"} == set(made)
        assert ("Open", "Contact", 67.0) == (made["state"], made["object"], made["apiVersion"])
        assert f"services/data/v67.0/jobs/ingest/{job}/batches" == made["contentUrl"]
        uploaded = wire.put(job, "LastName\nA\nB\n")
        assert (201, b"") == (uploaded.status_code, uploaded.content)
        assert "UploadComplete" == wire.close(job).json()["state"]
        states = [wire("GET", f"ingest/{job}").json() for _ in range(2)]
        assert ["InProgress", "JobComplete"] == [told["state"] for told in states]
        assert [1, 2] == [told["numberRecordsProcessed"] for told in states]
        assert {"jobType", "numberRecordsFailed", "retries", "totalProcessingTime"} <= set(states[1])

    def test_processed_rows_include_failed_ones_and_errors_name_code_and_fields(self, wire):
        told = wire.loaded('Key__c,LastName,FirstName\nk1,,Ann\nk2,"Two\nLines",\n')
        [failed] = wire.rows(told["id"], "failedResults")
        [written] = wire.rows(told["id"], "successfulResults/")

        assert ("JobComplete", 2, 1) == (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"])
        error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
        assert {"sf__Id": "", "sf__Error": error, "Key__c": "k1", "LastName": "", "FirstName": "Ann"} == failed
        assert ("true", "Two\nLines") == (written["sf__Created"], written["LastName"])

    def test_empty_cells_are_ignored_and_the_word_for_null_clears(self, org, wire):
        one = org.insert("Contact", {"LastName": "L", "FirstName": "F", "Title": "T", "Key__c": "k"})
        told = wire.loaded(f"Id,LastName,FirstName,Title\n{one},,#N/A,\n", "update")
        kept = org.get("Contact", one)

        assert 0 == told["numberRecordsFailed"]
        assert kept is not None
        assert ("L", None, "T", "k") == tuple(kept[name] for name in ("LastName", "FirstName", "Title", "Key__c"))

    def test_parents_are_named_by_their_external_id(self, org, wire):
        account = org.insert("Account", {"Name": "Mill", "Key__c": "m1"})
        told = wire.loaded("LastName,Key__c,Account.Key__c\nA,a,m1\nB,b,nobody\n")
        [failed] = wire.rows(told["id"], "failedResults")

        assert account == contacts(org)["a"]["AccountId"]
        assert "b" == failed["Key__c"]
        assert failed["sf__Error"].startswith("INVALID_FIELD:")

    def test_an_external_id_that_comes_twice_fails_both_rows(self, org, wire):
        """Rows are written two hundred together, and among those none may come twice; later ones update."""
        told = wire.loaded("Key__c,LastName\na,One\na,Two\nb,Three\n", "upsert", externalIdFieldName="Key__c")

        assert 2 == told["numberRecordsFailed"]
        assert {"b"} == set(contacts(org))

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("LastName,Nope\nA,B\n", "InvalidBatch : Field name not found : Nope"),
            ("LastName\r\nA\r\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding"),
            ("LastName,FirstName\nA\n", "InvalidBatch : Failed to parse CSV"),
            ('LastName\n"A"B\n', "InvalidBatch : Failed to parse CSV"),
            ("LastName,lastname\nA,B\n", "InvalidBatch : Duplicate field name"),
            (f"LastName,Comment__c\nA,{'x' * 32_001}\n", "InvalidBatch : Field value too long"),
            ("", "InvalidBatch : Field name not found"),
        ],
    )
    def test_data_that_cannot_be_used_fails_the_job_and_writes_nothing(self, org, wire, text, error):
        told = wire.loaded(text)

        assert ("Failed", 0) == (told["state"], told["numberRecordsProcessed"])
        assert error in told["errorMessage"]
        assert [] == org.records("Contact")

    def test_other_delimiters_and_line_endings_are_kept_in_the_results(self, org, wire):
        form = {"columnDelimiter": "PIPE", "lineEnding": "CRLF"}
        told = wire.loaded('LastName|Key__c\r\n"A|\nB"|k\r\n', **form)
        text = wire("GET", f"ingest/{told['id']}/successfulResults").content.decode()

        assert "A|\nB" == contacts(org)["k"]["LastName"]
        assert '"sf__Id"|"sf__Created"|"LastName"|"Key__c"\r\n' == text[: text.index("\n") + 1]

    def test_a_chunked_upload_arrives_whole(self, org, wire):
        job = wire.made()
        parts = (part for part in (b"LastName,", b"Key__c\nA", b"nn,k\n"))
        reply = wire("PUT", f"ingest/{job}/batches/", data=parts, headers={"Content-Type": "text/csv"})

        assert 201 == reply.status_code
        wire.close(job)
        assert 1 == wire.ended(job)["numberRecordsProcessed"]
        assert "Ann" == contacts(org)["k"]["LastName"]

    def test_a_job_that_nobody_polls_is_done_after_its_time(self, org, wire, client):
        job = wire.made()
        wire.put(job, "LastName,Key__c\nA,k\n")
        wire.close(job)
        client.query("SELECT Id FROM Contact")
        assert {} == contacts(org)
        org.clock.advance(org.bulk.pace.seconds)
        client.query("SELECT Id FROM Contact")

        assert {"k"} == set(contacts(org))

    def test_a_job_aborted_halfway_leaves_the_rest_unprocessed(self, org, wire):
        org.bulk.pace.together = 1
        job = wire.made()
        wire.put(job, "LastName,Key__c\nA,a\nB,b\nC,c\nD,d\n")
        wire.close(job)
        wire("GET", f"ingest/{job}")
        assert "Aborted" == wire.close(job, "Aborted").json()["state"]

        assert {"a", "b"} == set(contacts(org)) == {row["Key__c"] for row in wire.rows(job, "successfulResults")}
        for spelling in ("unprocessedrecords", "unprocessedRecords"):
            assert ["c", "d"] == [row["Key__c"] for row in wire.rows(job, spelling)]

    def test_jobs_are_listed_deleted_and_forgotten_after_a_week(self, org, service, wire):
        one, two = wire.made(), wire.made()
        listed = wire("GET", "ingest").json()

        assert [two, one] == [told["id"] for told in listed["records"]]
        assert listed["done"]
        assert 204 == wire("DELETE", f"ingest/{one}").status_code
        assert 404 == wire("GET", f"ingest/{one}").status_code
        assert 200 == wire("GET", f"ingest/{two[:15]}").status_code
        org.clock.advance(7 * 24 * 3600 + 1)
        later = salesforce(service)  # the session has ended long before
        assert [] == Wire(service, later)("GET", "ingest/").json()["records"]
        later.session.close()


class TestTheFirstApi:
    """`sf.bulk`, which speaks the API before 2.0."""

    def test_rows_are_written_and_each_is_told_apart(self, org, client):
        made = client.bulk.Contact.insert([{"LastName": "A", "Key__c": "a"}, {"FirstName": "no last name"}])
        upserted = client.bulk.Contact.upsert([{"LastName": "B", "Key__c": "a"}], "Key__c")

        assert [(True, True), (False, False)] == [(row["success"], row["created"]) for row in made]
        assert "REQUIRED_FIELD_MISSING" == made[1]["errors"][0]["statusCode"]
        assert [(True, False)] == [(row["success"], row["created"]) for row in upserted]
        assert "B" == contacts(org)["a"]["LastName"]
        assert client.bulk.Contact.delete([{"Id": made[0]["id"]}])[0]["success"]
        assert [] == org.records("Contact")

    def test_queries_give_records_as_rest_does(self, org, client):
        org.insert("Contact", {"LastName": "A", "AccountId": org.insert("Account", {"Name": "Mill"})})
        [record] = client.bulk.Contact.query("SELECT LastName, Account.Name FROM Contact")

        assert ("A", "Mill") == (record["LastName"], record["Account"]["Name"])
