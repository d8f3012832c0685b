"""The parts of the Salesforce connector that need no org: SOQL, CSV, verdicts, error codes."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Gone, QuotaSpent, Refused, Rejected, SchemaDrift, SignedOut, Throttled, Unknown
from connectors.replies import Reply
from connectors.salesforce.bulk import Ended
from connectors.salesforce.bulk_results import results
from connectors.salesforce.collections import Row, Target, verdicts
from connectors.salesforce.query import MOST_BYTES, Term, conditions, encoded_size, quoted, select
from connectors.salesforce.rules import TABLE, complaint_of, complaint_of_row
from connectors.salesforce.schema import kind_of
from connectors.salesforce.spool import Spool
from connectors.salesforce.terms import by_email, by_identifier, by_phone
from connectors.values import Block, OutcomeKind
from connectors.verdicts import WRITTEN
from tests.salesforce import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = ("0035g00000XyZaBAAV", "0035g00000XyZaCAAV")
FIELDS = [
    {"name": "Id", "type": "id"},
    {"name": "Email", "type": "email", "updateable": True, "createable": True},
    {"name": "Phone", "type": "phone", "updateable": True},
    {"name": "NPS__c", "type": "double", "updateable": True},
    {"name": "Note__c", "type": "textarea", "updateable": True},
    {"name": "Customer__c", "type": "string", "externalId": True, "unique": True, "updateable": True},
]
CONTACT = kind_of({"name": "Contact", "keyPrefix": "003", "fields": FIELDS})
BY_ID = Target(object="Contact", key="Id")
BY_CUSTOMER = Target(object="Contact", key="Customer__c")


@contextmanager
def spool_of(target: Target, *blocks: tuple[tuple[str, ...], list[tuple[Any, ...]]]) -> Iterator[Spool]:
    spool = Spool(target, CONTACT, "Contact")
    for fields, rows in blocks:
        spool.add(Block(object="Contact", key=(target.key,), fields=fields, rows=rows))
    yield spool
    spool.close()


def sheets(spool: Spool, largest: int = 10**6) -> list[list[dict[str, str]]]:
    return [
        list(csv.DictReader(io.TextIOWrapper(io.BytesIO(made.file.read()), "utf-8", newline="")))
        for made in spool.csv_files(largest)
    ]


class TestSoql:
    @given(st.text(max_size=40))
    def test_a_literal_never_ends_before_its_end(self, text: str) -> None:
        inside = quoted(text)[1:-1].replace("\\\\", "")

        assert "'" not in inside.replace("\\'", "")

    @given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=60), st.integers(300, 3_000))
    def test_every_condition_fits_and_none_is_lost(self, texts: list[str], room: int) -> None:
        terms = [Term("Email", quoted(text)) for text in texts]

        made = list(conditions(terms, room))

        assert all(encoded_size(each) <= room for each in made) or max(map(len, texts)) * 12 > room
        assert all(any(term.literal in each for each in made) for term in terms)

    def test_an_address_of_16_kb_holds_some_270_emails(self) -> None:
        """Design facts, section E: the bound on look-ups counts with 43 characters an address."""
        terms = [Term("Email", quoted(f"{number:031}@example.com")) for number in range(540)]

        made = list(conditions(terms, MOST_BYTES - encoded_size(select(["Id", "Email"], "Contact", "x"))))

        assert 2 == len(made)
        assert all(len(quote_plus(select(["Id", "Email"], "Contact", each))) <= MOST_BYTES for each in made)


class TestTerms:
    def test_a_tagged_address_is_asked_for_by_its_base(self) -> None:
        column = CONTACT.column("Email")
        assert column is not None

        found = list(by_email(column, ["ann_x@example.com"], ["ann_x@example.com", "jdoe@gmail.com"]))

        assert [
            Term("Email", "'ann_x@example.com'"),
            Term("Email", "'ann\\_x+%@example.com'", like=True),
            Term("Email", "'j%d%o%e%@g%mail.com'", like=True),
        ] == found

    def test_a_number_is_found_however_it_is_spaced(self) -> None:
        column = CONTACT.column("Phone")
        assert column is not None

        assert [Term("Phone", "'%1%2%3%4%5%6%7%'", like=True)] == list(by_phone(column, ["01234567"]))

    def test_what_no_number_field_can_hold_is_not_asked(self) -> None:
        assert [] == list(by_identifier(CONTACT, "NPS__c", ["x'; DROP"]))
        assert [Term("NPS__c", "42")] == list(by_identifier(CONTACT, "NPS__c", ["0042"]))


class TestSpool:
    def test_values_survive_csv(self) -> None:
        rows = [(IDS[0], 'two\nlines\r\n"q", é \u2028 玉', 9), (IDS[1], None, None)]
        with spool_of(BY_ID, (("Note__c", "NPS__c"), rows)) as spool:
            assert [
                [
                    {"Id": IDS[0], "Note__c": 'two\nlines\r\n"q", é \u2028 玉', "NPS__c": "9"},
                    {"Id": IDS[1], "Note__c": "#N/A", "NPS__c": "#N/A"},
                ]
            ] == sheets(spool)

    def test_a_field_that_a_row_does_not_name_stays_empty(self) -> None:
        """An empty cell leaves the field alone; one job serves rows of different forms."""
        with spool_of(BY_ID, (("Note__c",), [(IDS[0], "a")]), (("NPS__c",), [(IDS[1], 3)])) as spool:
            assert [
                [{"Id": IDS[0], "Note__c": "a", "NPS__c": ""}, {"Id": IDS[1], "Note__c": "", "NPS__c": "3"}]
            ] == sheets(spool)
            assert [{"Id": IDS[0], "Note__c": "a"}, {"Id": IDS[1], "NPS__c": 3}] == list(spool.records())

    def test_a_text_that_would_clear_the_field_does_not_travel_by_csv(self) -> None:
        with spool_of(BY_ID, (("Note__c",), [(IDS[0], "#N/A"), (IDS[1], "x" * 32_001)])) as spool:
            assert [] == sheets(spool)
            assert [{"Id": IDS[0], "Note__c": "#N/A"}] == list(spool.records({IDS[0]}))
            assert set(IDS) == spool.unfit

    def test_large_files_are_cut_between_rows(self) -> None:
        with spool_of(BY_CUSTOMER, (("Note__c",), [(f"C-{number}", "x" * 1000) for number in range(50)])) as spool:
            made = sheets(spool, 20_000)

            assert 2 <= len(made) <= 5
            assert [f"C-{number}" for number in range(50)] == [row["Customer__c"] for sheet in made for row in sheet]

    def test_what_cannot_be_sent_is_refused_with_its_field(self) -> None:
        with spool_of(BY_ID, (("Note__c",), [("C-1", "a"), (IDS[0], "\ud83d"), (IDS[1], "a\0b")])) as spool:
            assert [
                ("C-1", OutcomeKind.GONE, ()),
                (IDS[0], OutcomeKind.REJECTED, ("Note__c",)),
                (IDS[1], OutcomeKind.REJECTED, ("Note__c",)),
            ] == [(each.id, each.kind, each.fields) for each in spool.refused]
            assert 0 == spool.rows


class TestVerdicts:
    ROWS: ClassVar[list[Row]] = [{"Id": id_, "NPS__c": 9} for id_ in IDS]

    def test_rows_are_matched_in_order(self) -> None:
        error = {"statusCode": "STRING_TOO_LONG", "message": "NPS: data value too large", "fields": ["NPS__c"]}
        reply = [{"id": IDS[0], "success": True, "errors": []}, {"success": False, "errors": [error]}]

        good, bad = verdicts(BY_ID, self.ROWS, reply)

        assert WRITTEN is good
        assert bad is not None
        assert (OutcomeKind.REJECTED, "STRING_TOO_LONG", ("NPS__c",)) == (bad.kind, bad.code, bad.fields)

    def test_a_reordered_reply_is_believed_only_where_it_names_the_record(self) -> None:
        error = {"statusCode": "STRING_TOO_LONG", "message": "", "fields": []}
        reply = [{"success": False, "errors": [error]}, {"id": IDS[0], "success": True, "errors": []}]

        assert [WRITTEN, None] == list(verdicts(BY_ID, self.ROWS, reply))

    @pytest.mark.parametrize("reply", [None, [], [{"id": IDS[0], "success": True}], {"x": 1}, ["a", "b"]])
    def test_a_reply_of_another_length_says_nothing(self, reply: Any) -> None:
        assert [None, None] == list(verdicts(BY_ID, self.ROWS, reply))


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "code", "text", "kind"),
        [
            (401, "INVALID_SESSION_ID", "Session expired or invalid", SignedOut),
            (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", QuotaSpent),
            (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", Throttled),
            (400, "INVALID_FIELD", "No such column 'Scoer__c' on sobject of type Contact", SchemaDrift),
            (404, "NOT_FOUND", "The requested resource does not exist", Gone),
            (403, "API_DISABLED_FOR_ORG", "", Refused),
            (400, "QUERY_TIMEOUT", "Your query request was running for too long.", Rejected),
            (400, "invalid_grant", "", Refused),
        ],
    )
    def test_a_reply_means_what_must_be_done(self, status: int, code: str, text: str, kind: type) -> None:
        import orjson

        body = {"error": code} if code.islower() else [{"errorCode": code, "message": text}]
        reply = Reply(status, {}, orjson.dumps(body))

        error = TABLE.error(reply, what="writing 2 Contact records", writes=True, now=NOW)

        assert kind is type(error)
        assert "Session expired" not in str(error)

    def test_an_unknown_field_is_named(self) -> None:
        body = b'[{"errorCode":"INVALID_FIELD","message":"No such column \'Scoer__c\' on sobject of type Contact"}]'

        error = TABLE.error(Reply(400, {}, body), what="writing", writes=True, now=NOW)

        assert "Scoer__c" in str(error)

    def test_a_page_of_a_proxy_leaves_a_write_in_doubt(self) -> None:
        error = TABLE.error(Reply(502, {}, b"<html>Bad gateway</html>"), what="writing", writes=True, now=NOW)

        assert Unknown is type(error)

    @pytest.mark.parametrize(
        ("code", "text", "kind"),
        [
            ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", OutcomeKind.DEFERRED),
            ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trg: UNABLE_TO_LOCK_ROW, unable", OutcomeKind.DEFERRED),
            ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trg: System.NullPointer", OutcomeKind.REJECTED),
            ("DUPLICATES_DETECTED", "Use one of these records?", OutcomeKind.CONFLICT),
            ("ENTITY_IS_DELETED", "entity is deleted", OutcomeKind.GONE),
            ("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", OutcomeKind.GONE),
            ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", OutcomeKind.GONE),
            ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", OutcomeKind.REJECTED),
            ("A_CODE_OF_TOMORROW", "", OutcomeKind.REJECTED),
        ],
    )
    def test_a_row_means_the_same_by_rest_and_by_bulk(self, code: str, text: str, kind: OutcomeKind) -> None:
        by_rest = TABLE.row(complaint_of({"statusCode": code, "message": text, "fields": []}))
        by_bulk = TABLE.row(complaint_of_row(f"{code}:{text}:--"))

        assert (kind, code) == (by_rest.kind, by_rest.code) == (by_bulk.kind, by_bulk.code)


class FakeLists:
    """Answers with result lists by name."""

    def __init__(self, **lists: str) -> None:
        self.lists, self.asked = lists, list[str]()

    def raw(self, call: Any, *, into: Any) -> None:
        which = call.path.rstrip("/").rpartition("/")[2]
        self.asked.append(which)
        into.write(self.lists[which].encode())
        into.seek(0)


class TestBulkResults:
    FAILED = '"sf__Id","sf__Error","Customer__c","Note__c"\n"","STRING_TOO_LONG:x:Note__c --","C-2","two\nlines"\n'

    def test_counts_that_add_up_cost_no_call(self) -> None:
        session = FakeLists()

        told = results(session, BY_CUSTOMER, Ended("750", "JobComplete", 3, 0), 3, list)  # type: ignore[arg-type]

        assert (3, {}, []) == (told.written, told.others, session.asked)

    def test_failed_rows_are_matched_by_key(self) -> None:
        session = FakeLists(failedResults=self.FAILED)

        told = results(session, BY_CUSTOMER, Ended("750", "JobComplete", 3, 1), 3, list)  # type: ignore[arg-type]

        assert 2 == told.written
        assert {"C-2": ("STRING_TOO_LONG", ("Note__c",))} == {k: (v.code, v.fields) for k, v in told.others.items()}

    def test_what_nobody_names_is_unknown(self) -> None:
        session = FakeLists(
            failedResults=self.FAILED,
            unprocessedrecords='"Customer__c"\n"C-3"\n',
            successfulResults='"sf__Id","sf__Created","Customer__c"\n"003","false","C-1"\n',
        )
        keys = ["C-1", "C-2", "C-3", "C-4"]

        told = results(session, BY_CUSTOMER, Ended("750", "Failed", 2, 1), 4, lambda: keys)  # type: ignore[arg-type]

        assert 1 == told.written
        assert {
            "C-2": OutcomeKind.REJECTED,
            "C-3": OutcomeKind.DEFERRED,
            "C-4": OutcomeKind.UNKNOWN,
        } == {key: verdict.kind for key, verdict in told.others.items()}


def test_editors_agree_with_the_ready_mapping() -> None:
    import jsonschema  # type: ignore[import-untyped] # its types are another package
    import yaml

    from sync.config.json_schema import schemas

    text = (Path(__file__).parents[2] / "mappings/salesforce.yaml").read_text(encoding="utf-8")
    schema = jsonschema.Draft7Validator(schemas()["mapping.schema.json"])

    assert [] == list(schema.iter_errors(yaml.safe_load(text)))
