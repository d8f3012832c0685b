"""What HubSpot's replies and values mean, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.errors import (
    Conflict,
    Deferred,
    Gone,
    QuotaSpent,
    Refused,
    Rejected,
    SchemaDrift,
    SignedOut,
    Throttled,
    Unknown,
)
from connectors.hubspot.batches import settle
from connectors.hubspot.blocks import blocks_of, inputs_of
from connectors.hubspot.errors import TABLE, complaints, row_verdict
from connectors.hubspot.paths import Paths, host_of
from connectors.hubspot.properties import Properties
from connectors.hubspot.searching import LONGEST_BODY, phone_groups, value_groups
from connectors.reply import Reply
from connectors.values import Block, OutcomeKind, Write
from connectors.verdicts import WRITTEN, Verdict

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
TOLD: list[dict[str, Any]] = [
    {"name": "email", "type": "string"},
    {"name": "nps_score", "type": "number"},
    {"name": "nps_day", "type": "date"},
    {"name": "nps_at", "type": "datetime"},
    {"name": "nps_risk", "type": "bool"},
    {"name": "nps_comment", "type": "string"},
    {"name": "nps_person", "type": "string", "hasUniqueValue": True},
    {"name": "createdate", "type": "datetime", "modificationMetadata": {"readOnlyValue": True}},
]
KNOWN = Properties.of("contacts", TOLD, "crm")


def judged(status: int, body: object = None, *, writes: bool = True, wait: str = "") -> Exception:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return TABLE.error(Reply(status, {"retry-after": wait}, raw), what="write 100 contacts", writes=writes, now=NOW)


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (401, {"category": "EXPIRED_AUTHENTICATION"}, SignedOut),
            (401, b"<html>who are you</html>", SignedOut),
            (403, {"category": "MISSING_SCOPES"}, Refused),
            (403, b"", Refused),
            (404, {"category": "OBJECT_NOT_FOUND"}, Gone),
            (409, {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 123"}, Conflict),
            (423, None, Throttled),
            (429, {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}, Throttled),
            (429, {"errorType": "RATE_LIMIT", "policyName": "DAILY"}, QuotaSpent),
            (477, None, Throttled),
            (500, b"<html>oops</html>", Unknown),
            (502, b"", Unknown),
            (503, b"", Throttled),
            (524, None, Unknown),
            (525, None, Refused),
            (302, None, Refused),
            (400, {"category": "VALIDATION_ERROR"}, Rejected),
            (400, {"message": "Unable to infer object type from: poeple"}, SchemaDrift),
        ],
    )
    def test_each_means_what_the_engine_does_next(self, status: int, body: object, kind: type[Exception]) -> None:
        assert type(judged(status, body)) is kind

    def test_a_lost_answer_to_a_read_is_only_waited_for(self) -> None:
        assert type(judged(502, b"", writes=False)) is Deferred

    def test_search_is_asked_again_after_a_second(self) -> None:
        """It has a limit of its own and names no policy."""
        error = judged(429, {"errorType": "RATE_LIMIT", "message": "You have reached your secondly limit."})

        assert isinstance(error, Throttled)
        assert error.retry_after_s == 1.0

    def test_the_server_knows_better_how_long(self) -> None:
        error = judged(477, None, wait="90")

        assert isinstance(error, Throttled)
        assert error.retry_after_s == 90.0

    def test_a_spent_day_is_tried_again_at_the_full_hour(self) -> None:
        """It begins at midnight in the account's time zone, which is not ours."""
        error = judged(429, {"policyName": "DAILY"})

        assert isinstance(error, QuotaSpent)
        assert error.resume_at == datetime(2026, 11, 22, 13, tzinfo=UTC)

    def test_old_complaints_stand_inside_the_sentence(self) -> None:
        text = 'Property values were not valid: [{"isValid":false,"error":"PROPERTY_DOESNT_EXIST","name":"nps_scoer"}]'
        error = judged(400, {"status": "error", "message": text, "category": "VALIDATION_ERROR"})

        assert isinstance(error, SchemaDrift)
        assert "nps_scoer" in str(error)

    def test_nothing_that_a_person_wrote_is_repeated(self) -> None:
        body = {"message": "Email address ann@example.com is invalid", "errors": [{"in": "ann@example.com"}]}

        assert "ann@" not in str(judged(400, body))
        assert judged(400, body).fields == ()  # type: ignore[attr-defined]

    @pytest.mark.parametrize("body", [[], "text", {"errors": "x"}, {"errors": [7]}, {"context": 7, "message": 7}, 1])
    def test_every_part_may_be_missing_or_odd(self, body: object) -> None:
        assert isinstance(judged(400, body), Rejected)
        assert isinstance(complaints(body), list)

    @pytest.mark.parametrize(
        ("told", "kind", "code"),
        [
            ({"category": "OBJECT_NOT_FOUND"}, OutcomeKind.GONE, "OBJECT_NOT_FOUND"),
            ({"category": "CONFLICT"}, OutcomeKind.CONFLICT, "CONFLICT"),
            (
                {"category": "VALIDATION_ERROR", "errors": [{"code": "INVALID_INTEGER"}]},
                OutcomeKind.REJECTED,
                "INVALID_INTEGER",
            ),
            ({"category": "INTERNAL_ERROR"}, OutcomeKind.UNKNOWN, "INTERNAL_ERROR"),
            ({"category": "RATE_LIMITS"}, OutcomeKind.DEFERRED, "RATE_LIMITS"),
            ({"message": "There was a problem with the request."}, OutcomeKind.UNKNOWN, None),
            ({}, OutcomeKind.REJECTED, None),
        ],
    )
    def test_a_row_has_a_verdict_of_its_own(self, told: dict[str, Any], kind: OutcomeKind, code: str | None) -> None:
        assert (kind, code) == (row_verdict(told).kind, row_verdict(told).code)


class TestReplies:
    def settled(self, told: object, key: str = "hs_object_id", ids: str = "123") -> list[Verdict | None]:
        verdicts: list[Verdict | None] = [None] * len(ids)
        settle(verdicts, {each: place for place, each in enumerate(ids)}, told, key)
        return verdicts

    def test_results_count_by_id_in_any_order(self) -> None:
        told = {"results": [{"id": "3", "properties": {}}, {"id": "1"}, {"id": "2"}]}

        assert [WRITTEN] * 3 == self.settled(told)

    def test_what_is_not_mentioned_is_unknown(self) -> None:
        """HubSpot answers 200 with nothing in it to some requests that it did not understand."""
        odd: list[object] = [{"status": "COMPLETE", "results": []}, {}, None, [], "ok", {"results": 1, "errors": None}]
        for told in odd:
            assert [None] * 3 == self.settled(told)

    def test_another_id_is_not_taken_for_one_of_ours(self) -> None:
        assert [WRITTEN, None, None] == self.settled({"results": [{"id": "1"}, {"id": "77"}]})

    def test_errors_are_told_by_trace_or_by_id(self) -> None:
        traced = {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["1"]}}
        named = {"category": "OBJECT_NOT_FOUND", "context": {"ids": ["3"]}}
        found = self.settled({"results": [{"id": "1"}], "errors": [traced, named]})

        assert [OutcomeKind.WRITTEN, OutcomeKind.REJECTED, OutcomeKind.GONE] == [each.kind for each in found if each]

    def test_an_upserted_row_is_known_by_its_unique_value(self) -> None:
        """In whatever case HubSpot gives it back; the record's own id may look like another row's value."""
        told = {"results": [{"id": "c", "properties": {"nps_person": "A"}}, {"id": "b", "properties": {}}]}

        assert [WRITTEN, None, None] == self.settled(told, "nps_person", "abc")

    def test_a_property_that_is_gone_stops_the_mapping(self) -> None:
        error = {"category": "VALIDATION_ERROR", "errors": [{"code": "PROPERTY_DOESNT_EXIST", "in": "nps_score"}]}

        with pytest.raises(SchemaDrift, match="nps_score"):
            self.settled({"errors": [error | {"context": {"objectWriteTraceId": ["0"]}}]})


class TestValues:
    @pytest.mark.parametrize(
        ("name", "value", "sent"),
        [
            ("nps_score", 9, "9"),
            ("nps_score", 9.0, "9"),
            ("nps_score", 45.5, "45.5"),
            ("nps_score", True, "1"),
            ("nps_score", None, ""),
            ("nps_risk", True, "true"),
            ("nps_at", "2026-01-31T10:30:00+01:00", "2026-01-31T09:30:00.000Z"),
            ("nps_at", "2026-01-31 09:30:00", "2026-01-31T09:30:00.000Z"),
            ("nps_at", "soon", "soon"),
            ("nps_day", "2026-01-31T23:30:00-05:00", "2026-02-01"),
            ("nps_comment", "玉兰 👩‍🔬\n", "玉兰 👩‍🔬\n"),
            ("nps_comment", None, ""),
        ],
    )
    def test_values_travel_as_text(self, name: str, value: Any, sent: str) -> None:
        block = Block(object="contacts", key=("hs_object_id",), fields=(name,), rows=[("7", value)])
        [given] = inputs_of(block, KNOWN, "crm")

        assert ("7", {name: sent}, None) == (given.id, given.properties, given.unfit)

    @pytest.mark.parametrize(
        ("name", "told", "held"),
        [
            ("nps_score", "9.0", 9),
            ("nps_score", "", None),
            ("nps_score", None, None),
            ("nps_at", "1769851800000", "2026-01-31T09:30:00.000Z"),
            ("nps_at", "2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"),
            ("nps_day", "2026-01-31", "2026-01-31"),
            ("nps_risk", "false", False),
            ("nps_comment", " 9 ", " 9 "),
        ],
    )
    def test_texts_are_read_as_values(self, name: str, told: str | None, held: object) -> None:
        assert held == KNOWN.by_name[name].held()(told)

    @pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
    def test_what_json_cannot_carry_is_refused_before_it_spoils_a_batch(self, text: str) -> None:
        block = Block(object="contacts", key=("hs_object_id",), fields=("nps_comment",), rows=[("7", text), ("8", "x")])
        bad, good = inputs_of(block, KNOWN, "crm")

        assert bad.unfit is not None
        assert ("nps_comment",) == bad.unfit.fields
        assert good.unfit is None

    def test_what_is_not_there_or_not_ours_stops_before_anything_is_sent(self) -> None:
        def block(key: str, field: str) -> Block:
            return Block(object="contacts", key=(key,), fields=(field,), rows=[("7", 1)])

        with pytest.raises(SchemaDrift, match="no property `nps_scoer`") as caught:
            inputs_of(block("hs_object_id", "nps_scoer"), KNOWN, "crm")
        assert "Did you mean `nps_score`" in caught.value.next_step
        with pytest.raises(SchemaDrift, match="fills `createdate`"):
            inputs_of(block("hs_object_id", "createdate"), KNOWN, "crm")
        with pytest.raises(SchemaDrift, match="`email` of `contacts` cannot be a key"):
            inputs_of(block("email", "nps_score"), KNOWN, "crm")
        with pytest.raises(SchemaDrift, match="`nps_comment` of `contacts` cannot be a key"):
            inputs_of(block("nps_comment", "nps_score"), KNOWN, "crm")
        wide = Block(object="contacts", key=("nps_person", "email"), fields=(), rows=[("7", "8")])
        with pytest.raises(SchemaDrift, match="several properties"):
            inputs_of(wide, KNOWN, "crm")

    def test_a_record_goes_once_into_a_batch(self) -> None:
        """HubSpot refuses all hundred when an id comes twice."""

        def write(id_: str, **values: Any) -> Write:
            return Write(object="contacts", key={"hs_object_id": id_}, values=values)

        [block] = blocks_of([write("1", a=1, b=1), write("2", a=1, b=1), write("1", b=2)])

        assert [("2", 1, 1), ("1", 1, 2)] == list(block.rows)


class TestPaths:
    def test_one_setting_changes_them_all(self) -> None:
        dated, legacy = Paths("2026-09"), Paths("v3")

        assert "/crm/properties/2026-09/contacts" == dated.properties("contacts")
        assert "/crm/v3/properties/contacts" == legacy.properties("contacts")
        assert "/crm/v4/associations/companies/contacts/batch/read" == legacy.associations("companies", "contacts")
        assert "/oauth/2026-09/token" == dated.token()

    def test_a_name_never_leaves_its_place(self) -> None:
        assert "/crm/objects/2026-09/..%2F..%2Foauth/batch/read" == Paths("2026-09").batch("../../oauth", "read")

    @pytest.mark.parametrize(
        "url", ["https://evil.example", "http://127.0.0.1:80@evil.example", "http://127.0.0.1.evil.example:80"]
    )
    def test_a_token_is_sent_to_hubspot_or_to_this_machine(self, url: str) -> None:
        assert "http://127.0.0.1:8080" == host_of("http://127.0.0.1:8080/", "crm")
        with pytest.raises(Refused, match="not on this machine"):
            host_of(url, "crm")


class TestSearches:
    def test_a_query_stays_within_three_thousand_characters(self) -> None:
        values = [f"kunde-{number}-äöü" for number in range(500)]
        groups = list(value_groups(KNOWN.by_name["nps_comment"], values, 2_500))

        assert values == [value for [[only]] in groups for value in only["values"]]
        assert max(len(orjson.dumps(group).decode().encode("ascii", "backslashreplace")) for group in groups) < 2_500
        assert LONGEST_BODY < 3_000

    def test_phones_are_looked_for_by_their_last_digits(self) -> None:
        has = {"hs_searchable_calculated_phone_number": None}
        [groups] = phone_groups(["phone", "tel"], ["93012345"], has)

        assert [("hs_searchable_calculated_phone_number", "*3012345"), ("tel", "*3012345")] == [
            (only["propertyName"], only["value"]) for [only] in groups
        ]
