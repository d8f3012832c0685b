"""A phone that only another customer has, in a survey that was delivered to somebody else: the link was forwarded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from connectors.records import RECORD_FIELDS
from connectors.values import Place, SurveyResponse
from sync.identity.claims import claims_table, respondent_of
from sync.identity.resolve import decide
from sync.identity.settings import DEFAULT_RULES, IdentitySettings

PHONE = "+49 30 901820"
EMPTY: dict[str, Any] = dict.fromkeys(RECORD_FIELDS.names) | {"emails": [], "phones": [], "ids": []}


def record(id_: str, first: str, phones: list[str], **values: Any) -> dict[str, Any]:
    ids = [{"kind": "customer_id", "value": id_}]
    name = {"first_name": first, "last_name": f"{first}son"}
    return EMPTY | {"object": "customers", "id": id_, "ids": ids, "phones": phones, **name} | values


ANN, BOB = record("A", "Ann", [], emails=["ann@x.test"]), record("B", "Bob", [PHONE])


def decision(
    records: list[dict[str, Any]], how: dict[str, Any] | None = None, **said: Any
) -> tuple[str, str, str | None]:
    response = SurveyResponse(
        response_id="r",
        survey="s",
        score=9,
        responded_at=datetime(2026, 1, 1, tzinfo=UTC),
        place=Place(file="f"),
        phone=PHONE,
        **said,
    )
    tables = [pa.Table.from_pylist(records, RECORD_FIELDS)]
    settings = IdentitySettings.model_validate(how or {})
    outcomes = {
        tuple(row[name] for name in ("outcome", "reason", "record"))
        for clear_from in (0, 1_000)
        for row in decide(
            claims_table([respondent_of(response)]), tables, DEFAULT_RULES, settings, clear_from=clear_from
        ).to_pylist()
    }
    (only,) = outcomes
    return only


@pytest.mark.parametrize(
    "said", [{"ids": {"customer_id": "A"}}, {"recipient_email": "ann@x.test"}], ids=["id", "invited address"]
)
@pytest.mark.parametrize("name", [{}, {"last_name": "Annson"}], ids=["nameless", "last name"])
def test_a_phone_that_only_another_has_holds_what_was_delivered_to_somebody(
    said: dict[str, Any], name: dict[str, Any]
) -> None:
    assert decision([ANN, BOB], **said, **name) == ("held", "evidence_conflict", None)


def test_the_name_settles_it() -> None:
    assert decision([ANN, BOB], ids={"customer_id": "A"}, first_name="Ann") == ("matched", "unique", "A")


@pytest.mark.parametrize(
    "other",
    [
        record("B", "Bob", []),
        record("B", "Bob", [PHONE], deleted=True),
        record("B", "Bob", ["030 901820"]),
        record("B", "Ann", [PHONE], merged_into="A"),
    ],
    ids=["nobody's", "of a deleted record", "perhaps another country's", "of a record merged into it"],
)
def test_a_phone_that_points_at_nobody_else_does_not(other: dict[str, Any]) -> None:
    assert decision([ANN, other], ids={"customer_id": "A"}) == ("matched", "unique", "A")


def test_a_phone_that_both_have_does_not() -> None:
    assert decision([ANN | {"phones": [PHONE]}, BOB], ids={"customer_id": "A"}) == ("matched", "unique", "A")


def test_who_typed_the_address_typed_the_phone_too() -> None:
    assert decision([ANN, BOB], email="ann@x.test") == ("matched", "unique", "A")


def test_the_veto_can_be_switched_off() -> None:
    how = {"veto": {"evidence_conflict": "ignore"}}

    assert decision([ANN, BOB], how, ids={"customer_id": "A"}) == ("matched", "unique", "A")
