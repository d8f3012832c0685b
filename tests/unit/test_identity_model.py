"""The kernels of identity say what a plain model says, whatever the world, the order and the chunks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.records import RECORD_FIELDS
from connectors.values import Place, SurveyResponse
from sync.identity.claims import claims_table, respondent_of
from sync.identity.evidence import DECISION_SCHEMA
from sync.identity.resolve import decide
from sync.identity.settings import IdentitySettings, Rule
from tests.reference_identity import Reference

MAILS = [
    "ann@acme.com", "Ann@ACME.com", "ann+x@acme.com", "ann+y@acme.com", "ann@acme.eu", "a.nn@gmail.com",
    "ann@googlemail.com",
    "ann+t@gmail.com", "info@acme.com", "jo@faß.de", "Jo <jo@xn--fa-hia.de>", "test@test.com", "me@ours.example", "n/a",
]  # fmt: skip
PHONES = ["+4930901820", "030 901820", "+49 30 901820", "0000000000", "901820", "+1 212 555 0188"]
FIRSTS, LASTS = [None, "Ann", "Bob", "Robert", "J."], [None, "Lee", "Kay", "王"]
NUMBERS = ["C-0042", "42", "C42", "0042", "x-7", "null"]
SALESFORCE = ["0035g00000XyZaB", "0035g00000XyZaBAAV", "0035g00000xyzab", "0035G00000XYZABAAV"]
IDS = ["1", "2", "3", "4", "5"]
RULES = (
    Rule(kind="salesforce_id"),
    Rule(kind="customer_id"),
    Rule(object="Contact", kind="email"),
    Rule(object="Lead", kind="email"),
    Rule(kind="phone"),
    Rule(kind="external_ref", strength="review"),
)
SETTINGS = IdentitySettings.model_validate(
    {
        "exclude": {"domains": ["ours.example"], "values": ["x-7"]},
        "ids": {"customer_id": {"numeric": True, "strip_prefix": ["C", "C-"]}},
        "alias_domains": [["acme.com", "acme.eu"]],
        "protect": {"max_records_per_key": 3},
    }
)


@st.composite
def record(draw: st.DrawFn) -> dict[str, Any]:
    kinds = st.sampled_from(["customer_id", "external_ref"])
    ids = [{"kind": draw(kinds), "value": draw(st.sampled_from(NUMBERS))} for _ in range(draw(st.integers(0, 2)))]
    if draw(st.booleans()):
        ids.append({"kind": "salesforce_id", "value": draw(st.sampled_from(SALESFORCE))})
    return {
        "object": draw(st.sampled_from(["Contact", "Contact", "Lead"])), "id": draw(st.sampled_from(IDS)),
        "emails": draw(st.lists(st.sampled_from(MAILS), max_size=2)),
        "phones": draw(st.lists(st.sampled_from(PHONES), max_size=1)),
        "ids": ids, "first_name": draw(st.sampled_from(FIRSTS)), "last_name": draw(st.sampled_from(LASTS)),
        "full_name": None,
        "account": draw(st.sampled_from([None, "A1", "A2"])), "account_name": None,
        "country": draw(st.sampled_from([None, "DE"])), "created_at": draw(st.sampled_from([None, "2020-01-01",
        "2021-01-01"])),
        "merged_into": draw(st.sampled_from([None, None, None, *IDS])),
        "deleted": draw(st.booleans()) and draw(st.booleans()),
        "suppressed": draw(st.integers(0, 9)) == 0,
    }  # fmt: skip


@st.composite
def response(draw: st.DrawFn) -> SurveyResponse:
    ids = {
        kind: draw(st.sampled_from(values))
        for kind, values in (("customer_id", NUMBERS), ("external_ref", NUMBERS), ("salesforce_id", SALESFORCE))
        if draw(st.integers(0, 3)) == 0
    }
    return SurveyResponse(
        response_id="r", survey="s", score=9, responded_at=datetime(2026, 1, 1, tzinfo=UTC), place=Place(file="f"),
        ids=ids,
        email=draw(st.sampled_from([None, *MAILS])), recipient_email=draw(st.sampled_from([None, None, *MAILS])),
        phone=draw(st.sampled_from([None, None, None, *PHONES])), first_name=draw(st.sampled_from(FIRSTS)),
        last_name=draw(st.sampled_from(LASTS)), account_ref=draw(st.sampled_from([None, None, "A9"])),
    )  # fmt: skip


def unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(row["object"], row["id"]): row for row in rows}.values())


def decided(claims: pa.Table, records: list[dict[str, Any]], chunk: int, **past: Any) -> list[tuple[Any, ...]]:
    chunks = [pa.Table.from_pylist(records[at : at + chunk], RECORD_FIELDS) for at in range(0, len(records), chunk)]
    rows = decide(claims, chunks, RULES, SETTINGS, clear_from=0, **past).to_pylist()
    again = decide(claims, chunks, RULES, SETTINGS, clear_from=0, find=lambda _: chunks, **past).to_pylist()
    assert rows == again, "records fetched again are as good as records kept"
    return [tuple(row.values()) for row in rows]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(record(), max_size=8).map(unique), st.lists(response(), min_size=1, max_size=6), st.integers(1, 8))
def test_the_kernel_says_what_the_plain_model_says(
    records: list[dict[str, Any]], responses: list[SurveyResponse], chunk: int
) -> None:
    """Set work in SQL and clear cases without judging are only faster."""
    claims = claims_table(respondent_of(one) for one in responses)
    reference = Reference(records, RULES, SETTINGS).decide(claims)
    assert reference == decided(claims, records, chunk)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(record(), max_size=8).map(unique),
    st.lists(record(), max_size=8).map(unique),
    st.lists(response(), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["pin", "never", "drop"]), st.sampled_from(IDS)), max_size=3),
)
def test_the_kernel_hears_the_past_as_the_plain_model_does(
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
    responses: list[SurveyResponse],
    said: list[tuple[int, str, str]],
) -> None:
    """Earlier decisions and people's are weighed against the records as they stand now."""
    claims = claims_table(respondent_of(one) for one in responses)
    respondents = claims.column("respondent").to_pylist()
    human = [
        {"respondent": respondents[at % len(respondents)], "verb": verb, "object": "Contact", "record": id_}
        for at, verb, id_ in said
    ]
    prior = Reference(before, RULES, SETTINGS).decide(claims)
    rows = [dict(zip(DECISION_SCHEMA.names, row, strict=True)) for row in prior]
    past = {
        "prior": pa.Table.from_pylist(rows, DECISION_SCHEMA),
        "human": pa.Table.from_pylist(
            human, pa.schema([(n, pa.string()) for n in ("respondent", "verb", "object", "record")])
        ),
    }
    assert Reference(after, RULES, SETTINGS).decide(claims, rows, human) == decided(claims, after, 3, **past)
