"""The kernels of identity say what a plain model says, whatever the world, the order and the chunks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.records import RECORD_FIELDS
from connectors.values import Place, SurveyResponse
from sync.identity.claims import claims_table, respondent_of
from sync.identity.evidence import DECISION_SCHEMA
from sync.identity.gather import Gathering
from sync.identity.plain import clear_cases
from sync.identity.resolve import decide
from sync.identity.settings import IdentitySettings, Rule
from sync.kernel import Kernel
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


def decided(
    claims: pa.Table,
    records: list[dict[str, Any]],
    chunk: int,
    rules: tuple[Rule, ...] = RULES,
    how: IdentitySettings = SETTINGS,
    **past: Any,
) -> list[tuple[Any, ...]]:
    chunks = [pa.Table.from_pylist(records[at : at + chunk], RECORD_FIELDS) for at in range(0, len(records), chunk)]
    rows = decide(claims, chunks, rules, how, clear_from=0, **past).to_pylist()
    again = decide(claims, chunks, rules, how, clear_from=0, find=lambda _: chunks, **past).to_pylist()
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


#: One number in several spellings, with and without its country; others that end alike; what nobody has.
NUMBER = "+4930901820"
CLAIMED = [NUMBER, NUMBER, "+49 30 901820 x5", "030 901820", "+4330901820", "+1234567890", "+7777777", "7777777"]
HELD = [
    *CLAIMED, "0049 (0)30 901820", "tel:+49-30-901820", "901820", "30901820", "+49 30 901820;ext=5", "030901820 ext. 7",
    "+1 30 901820", "n/a",
]  # fmt: skip
NAMES = [
    ("Ann", "Lee"),
    ("Ann", "Lee"),
    ("Prof", "Lee"),
    ("Ann", "Frau"),
    ("\u212aim", "Lee"),
    ("Kim", "Lee"),
    (None, None),
]


@st.composite
def by_phone(draw: st.DrawFn, phones: list[str]) -> dict[str, Any]:
    first, last = draw(st.sampled_from(NAMES))
    split = draw(st.booleans())
    return {
        "phones": draw(st.lists(st.sampled_from(phones), min_size=1, max_size=2)),
        "emails": draw(st.lists(st.sampled_from(["ann@acme.com", "kim@acme.com"]), max_size=1)),
        "first_name": first if split else None, "last_name": last if split else None,
        "full_name": f"{first} {last}" if first and not split else None,
    }  # fmt: skip


@st.composite
def phone_record(draw: st.DrawFn) -> dict[str, Any]:
    rest = {"id": draw(st.sampled_from(IDS)), "country": draw(st.sampled_from([None, "DE", "AT", "de"]))}
    odd = {"merged_into": draw(st.sampled_from([None] * 9 + IDS[:1])), "deleted": draw(st.integers(0, 9)) == 0}
    return draw(record()) | draw(by_phone(HELD)) | rest | odd | {"suppressed": False, "ids": []}


@st.composite
def phone_response(draw: st.DrawFn) -> SurveyResponse:
    given = draw(by_phone(CLAIMED))
    phone, emails = given.pop("phones")[0], given.pop("emails")
    ids = {"customer_id": "42"} if draw(st.integers(0, 4)) == 0 else {}
    return replace(draw(response()), ids=ids, phone=phone, email=emails[0] if emails else None, **given)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(phone_record(), min_size=1, max_size=4).map(unique),
    st.lists(phone_response(), min_size=1, max_size=4),
    st.sampled_from(["auto", "review"]),
    st.sampled_from([None, "first_name"]),
    st.sampled_from(["require_name", "accept"]),
    st.sampled_from([None, "DE"]),
)
def test_the_kernel_hears_phones_as_the_plain_model_does(
    records: list[dict[str, Any]],
    responses: list[SurveyResponse],
    strength: Literal["auto", "review"],
    require: Literal["first_name"] | None,
    alone: str,
    region: str | None,
) -> None:
    """Shared, national, foreign and extended numbers, numbers nobody has, and names that are only titles."""
    rules = (Rule(kind="email"), Rule(object="Contact", kind="phone", strength=strength, require=require))
    how = SETTINGS.model_copy(update={"phone_alone": alone, "default_region": region})
    claims = claims_table(respondent_of(one) for one in responses)
    reference = Reference(records, rules, how).decide(claims)
    assert reference == decided(claims, records, 2, rules, how)


def test_the_kernel_decides_by_a_phone_without_the_bench() -> None:
    """Of those who claim a number known for certain, whoever it leads to by name, and whoever it leads nowhere."""
    blank: dict[str, Any] = {
        "full_name": None,
        "account": None,
        "account_name": None,
        "created_at": None,
        "merged_into": None,
    }
    plain = {"object": "Contact", "emails": [], "ids": [], "deleted": False, "suppressed": False, **blank}
    ann: dict[str, Any] = {"first_name": "Ann", "last_name": "Lee"}
    records = [
        plain | ann | {"id": "1", "phones": ["030 901820"], "country": "DE"},
        plain | ann | {"id": "2", "phones": ["+1 212 555 0188"], "country": None},
    ]
    place: dict[str, Any] = {
        "survey": "s",
        "score": 9,
        "responded_at": datetime(2026, 1, 1, tzinfo=UTC),
        "place": Place(file="f"),
    }
    phones = [NUMBER, "+12125550188", "+442125550188", "030 901820"]
    answers = [SurveyResponse(response_id=phone, phone=phone, **place, **ann) for phone in phones]
    claims = claims_table(respondent_of(one) for one in answers)
    with Kernel() as kernel:
        gathering = Gathering(kernel, claims, RULES, SETTINGS)
        gathering.take(pa.Table.from_pylist(records, RECORD_FIELDS))
        gathering.settle()
        clear = clear_cases(claims, gathering, RULES, SETTINGS, (), None)
    assert {"1", "2"} == set(clear.matched.column("record").to_pylist())
    assert ["+442125550188"] == clear.nowhere.column("value").to_pylist()


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
