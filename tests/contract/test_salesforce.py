"""Salesforce, against the org that the sandbox plays, over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Bulk, Destination, Matchable, Schema
from connectors.errors import Refused, SchemaDrift
from connectors.values import Block, Field, OutcomeKind, RecordRef, Write
from sandbox.faults import Faults
from sandbox.salesforce import Org, serve
from tests.salesforce import Jobs, connected, with_nps_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.salesforce.destination import Salesforce
    from connectors.values import FieldValue


class Killed(BaseException):
    """The process died."""


def dies(_seconds: float) -> None:
    """Stand for a process that is killed while it waits."""
    raise Killed


AT = "2026-01-31T09:30:00.000Z"


@pytest.fixture
def org() -> Org:
    made: Org = with_nps_fields(Org(None))
    return made


@pytest.fixture
def service(org: Org) -> Iterator[Any]:
    with serve(org, faults=Faults()) as running:
        yield running


@pytest.fixture
def salesforce(service: Any) -> Iterator[Salesforce]:
    made = connected(service)
    yield made
    made.close()


def contacts(org: Org, count: int, **values: Any) -> list[str]:
    return [org.insert("Contact", {"LastName": f"Lee{number}", **values}) for number in range(count)]


def block(fields: tuple[str, ...], rows: list[tuple[Any, ...]], *, key: str = "Id", object_: str = "Contact") -> Block:
    return Block(object=object_, key=(key,), fields=fields, rows=rows)


def calls(service: Any, method: str | None = None, path: str = "/services/data/") -> int:
    return sum(1 for each in service.log.entries if path in each.path and (method is None or each.method == method))


class TestWriting:
    def test_it_is_what_the_engine_asks_for(self, salesforce: Salesforce) -> None:
        assert isinstance(salesforce, Bulk)
        assert isinstance(salesforce, Matchable)
        assert isinstance(salesforce, Schema)
        writes: Destination = salesforce
        assert writes is salesforce

    def test_values_are_written_and_read_back(self, salesforce: Salesforce, org: Org) -> None:
        [id_] = contacts(org, 1)
        values: dict[str, FieldValue] = {
            "NPS_Score__c": 9,
            "NPS_Category__c": "Promoter",
            "NPS_Comment__c": 'Zoë: "two\nlines", 玉兰',
            "NPS_Responded_At__c": AT,
            "NPS_Risk__c": True,
        }

        [outcome] = salesforce.write([Write(object="Contact", key={"Id": id_}, values=values)])

        assert OutcomeKind.WRITTEN is outcome.kind
        ref = RecordRef(object="Contact", id=id_)
        assert {ref: values} == salesforce.read([ref], list(values))

    def test_fields_that_are_not_mapped_are_never_touched(self, salesforce: Salesforce, org: Org) -> None:
        """Issue 3, point 6: whole records are compared."""
        account = org.insert("Account", {"Name": "Acme"})
        ids = contacts(org, 5, Email="a@example.com", Phone="+1 555 0100", AccountId=account, Title="Boss")
        before = {id_: dict(org.get("Contact", id_) or {}) for id_ in ids}

        salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids])])

        ours = {"NPS_Score__c", "SystemModstamp", "LastModifiedDate", "LastModifiedById"}
        for id_ in ids:
            after = dict(org.get("Contact", id_) or {})
            assert 9 == after["NPS_Score__c"]
            assert {k: v for k, v in before[id_].items() if k not in ours} == {
                k: v for k, v in after.items() if k not in ours
            }

    def test_rows_of_different_forms_share_a_call(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        ids = contacts(org, 4)

        applied = salesforce.write_blocks(
            [
                block(("NPS_Score__c",), [(ids[0], 1), (ids[1], 2)]),
                block(("NPS_Comment__c",), [(ids[2], "a"), (ids[3], None)]),
            ]
        )

        assert (4, ()) == (applied.written, tuple(applied.others))
        assert 1 == calls(service, "PATCH")

    def test_a_field_can_be_emptied(self, salesforce: Salesforce, org: Org) -> None:
        [id_] = contacts(org, 1, NPS_Score__c=3, NPS_Comment__c="x")

        salesforce.write([Write(object="Contact", key={"Id": id_}, values={"NPS_Comment__c": None})])

        held = org.get("Contact", id_) or {}
        assert (3, None) == (held["NPS_Score__c"], held.get("NPS_Comment__c"))

    def test_the_later_write_of_a_batch_wins(self, salesforce: Salesforce, org: Org) -> None:
        [id_] = contacts(org, 1)
        writes = [Write(object="Contact", key={"Id": id_}, values={"NPS_Score__c": score}) for score in (1, 2, 3)]

        assert 3 == len(salesforce.write(writes))
        assert 3 == (org.get("Contact", id_) or {})["NPS_Score__c"]

    def test_upserts_make_no_twins(self, salesforce: Salesforce, org: Org) -> None:
        rows = [(f"p{number}", "Lee", number % 11) for number in range(250)]
        fields = ("LastName", "NPS_Score__c")

        for _ in range(2):
            applied = salesforce.write_blocks([block(fields, rows, key="NPS_Person_Id__c")])
            assert (250, ()) == (applied.written, tuple(applied.others))

        assert 250 == len(org.records("Contact"))
        refs = [RecordRef(object="Contact", id=row[0]) for row in rows]
        assert 250 == len(salesforce.read(refs, ["NPS_Score__c"]))

    def test_an_id_that_another_record_holds_is_a_conflict(self, salesforce: Salesforce, org: Org) -> None:
        contacts(org, 1, NPS_Person_Id__c="p1")
        [other] = contacts(org, 1)

        applied = salesforce.write_blocks([block(("NPS_Person_Id__c",), [(other, "p1")])])

        assert [(other, OutcomeKind.CONFLICT)] == [(each.id, each.kind) for each in applied.others]

    def test_a_poisoned_record_is_isolated(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        ids = contacts(org, 100)
        rows = [(id_, "Promoter") for id_ in ids]
        rows[37] = (ids[37], "nonsense")

        applied = salesforce.write_blocks([block(("NPS_Category__c",), rows)])

        assert 99 == applied.written
        assert [(ids[37], OutcomeKind.REJECTED, ("NPS_Category__c",))] == [
            (each.id, each.kind, each.fields) for each in applied.others
        ]
        assert calls(service, "PATCH") <= 15

    def test_records_that_are_gone_are_told(self, salesforce: Salesforce, org: Org) -> None:
        kept, deleted = contacts(org, 2)
        org.delete("Contact", deleted)
        never = kept[:-4] + "9AAA"

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(kept, 1), (deleted, 2), (never, 3)])])

        assert 1 == applied.written
        assert {deleted: OutcomeKind.GONE, never: OutcomeKind.GONE} == {each.id: each.kind for each in applied.others}

    def test_a_value_that_does_not_fit_its_field_costs_no_call(
        self, salesforce: Salesforce, org: Org, service: Any
    ) -> None:
        """Salesforce refuses the whole call for one number that is none."""
        ids = contacts(org, 3)
        rows = [(ids[0], 9, AT), (ids[1], "nine", AT), (ids[2], 8, "soon")]

        applied = salesforce.write_blocks([block(("NPS_Score__c", "NPS_Responded_At__c"), rows)])

        assert 1 == applied.written
        assert {ids[1]: ("NPS_Score__c",), ids[2]: ("NPS_Responded_At__c",)} == {
            each.id: each.fields for each in applied.others
        }
        assert 1 == calls(service, "PATCH")

    def test_a_lookup_takes_only_ids_of_its_object(self, salesforce: Salesforce, org: Org) -> None:
        lead = org.insert("Lead", {"LastName": "Roe", "Company": "Acme"})
        [contact] = contacts(org, 1)
        rows = [("k1", contact, contact), ("k2", lead, lead)]

        applied = salesforce.write_blocks(
            [block(("Contact__c", "Lead__c"), rows, key="External_Key__c", object_="NPS_Response__c")]
        )

        assert (2, ()) == (applied.written, tuple(applied.others))
        assert {"k1": (contact, None), "k2": (None, lead)} == {
            each["External_Key__c"]: (each.get("Contact__c"), each.get("Lead__c"))
            for each in org.records("NPS_Response__c")
        }

    def test_a_deleted_record_stays_deleted(self, salesforce: Salesforce, org: Org) -> None:
        contacts(org, 1, NPS_Person_Id__c="p1")
        delete = Block(object="Contact", key=("NPS_Person_Id__c",), fields=(), rows=[("p1",), ("p2",)], delete=True)

        for _ in range(2):
            applied = salesforce.write_blocks([delete])
            assert (2, ()) == (applied.written, tuple(applied.others))

        assert [] == org.records("Contact")


class TestDrift:
    @pytest.mark.parametrize(
        ("field", "named"), [("NPS_Scoer__c", "Did you mean `NPS_Score__c`"), ("Name", "cannot be written")]
    )
    def test_a_field_that_cannot_be_written_stops_before_anything_is(
        self, salesforce: Salesforce, org: Org, service: Any, field: str, named: str
    ) -> None:
        [id_] = contacts(org, 1)

        with pytest.raises(SchemaDrift, match=field) as caught:
            salesforce.write_blocks([block(("NPS_Score__c", field), [(id_, 1, "x")])])

        assert named in f"{caught.value} {caught.value.next_step}"
        assert 0 == calls(service, "PATCH")

    def test_an_unknown_object_is_drift(self, salesforce: Salesforce) -> None:
        with pytest.raises(SchemaDrift, match="Contcat") as caught:
            salesforce.write([Write(object="Contcat", key={"Id": "x"}, values={"NPS_Score__c": 1})])

        assert "Did you mean `Contact`" in caught.value.next_step
        assert [] == list(salesforce.fields("Contcat"))

    def test_a_field_lost_in_the_middle_is_drift_and_named(self, salesforce: Salesforce, org: Org) -> None:
        """The org was described before; then an admin hides a field."""
        [id_] = contacts(org, 1)
        salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 1)])])
        org.hide_field("Contact", "NPS_Score__c")

        with pytest.raises(SchemaDrift, match="NPS_Score__c"):
            salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 2)])])


class TestMaking:
    FIELDS = (
        Field(name="Made_Key__c", type="text"),
        Field(name="Made_Score__c", type="number"),
        Field(name="Made_Comment__c", type="text", length=32_000),
        Field(name="Made_At__c", type="datetime"),
        Field(name="Made_Flag__c", type="boolean"),
        Field(name="NPS_Score__c", type="text"),
    )

    def test_missing_fields_are_named_by_a_sync_and_made_on_request(self, salesforce: Salesforce, org: Org) -> None:
        before = {each.name: each for each in salesforce.fields("Contact")}
        with pytest.raises(SchemaDrift, match=r"`Made_Key__c`.*`Made_Score__c`"):
            salesforce.ensure("Contact", ["Made_Key__c"], self.FIELDS)

        for _ in range(2):
            salesforce.make("Contact", ["Made_Key__c"], self.FIELDS)

        salesforce.ensure("Contact", ["Made_Key__c"], self.FIELDS)
        after = {each.name: each for each in salesforce.fields("Contact")}
        assert before.items() <= after.items()
        assert {"Made_Key__c", "Made_Score__c", "Made_Comment__c", "Made_At__c", "Made_Flag__c"} == (
            after.keys() - before.keys()
        )
        assert after["Made_Key__c"].unique
        values: dict[str, FieldValue] = {"LastName": "Lee", "Made_Score__c": 9, "Made_At__c": AT, "Made_Flag__c": True}
        salesforce.write([Write(object="Contact", key={"Made_Key__c": "k1"}, values=values)])
        [made] = org.records("Contact")
        assert ("k1", 9, True) == (made["Made_Key__c"], made["Made_Score__c"], made["Made_Flag__c"])

    def test_a_standard_field_cannot_be_made(self, salesforce: Salesforce) -> None:
        with pytest.raises(SchemaDrift, match="`Nickname`"):
            salesforce.make("Contact", [], [Field(name="Nickname", type="text")])


class TestTrouble:
    def test_an_expired_token_is_renewed_once(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        [id_] = contacts(org, 1)
        service.faults.set("expired_token", 1)

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9)])])

        assert 1 == applied.written
        assert 2 == calls(service, "POST", "/oauth2/token")

    def test_a_lasting_401_ends(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        [id_] = contacts(org, 1)
        service.faults.set("expired_token", 1.0)

        with pytest.raises(Refused):
            salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9)])])

        assert calls(service, "POST", "/oauth2/token") <= 3

    def test_a_locked_row_is_tried_again(self, salesforce: Salesforce, org: Org, service: Any) -> None:
        ids = contacts(org, 20)
        service.faults.set("row_lock", 2)

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids])])

        assert (20, ()) == (applied.written, tuple(applied.others))

    @pytest.mark.parametrize("fault", ["status_503", "html_body", "cut_before", "cut_after", "truncated", "status_500"])
    def test_a_passing_fault_loses_nothing(self, salesforce: Salesforce, org: Org, service: Any, fault: str) -> None:
        ids = contacts(org, 30)
        service.faults.set(fault, 1, only="composite")

        applied = salesforce.write_blocks([block(("NPS_Score__c",), [(id_, 9) for id_ in ids])])

        assert (30, ()) == (applied.written, tuple(applied.others))
        assert {9} == {record["NPS_Score__c"] for record in org.records("Contact")}


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
