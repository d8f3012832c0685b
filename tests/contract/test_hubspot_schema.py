"""The shape of an account is told as it is, and changed only for who asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.errors import Refused, SchemaDrift
from connectors.values import Field
from tests.contract.hubspot_account import ID, Account, block, opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with opened(options={"api": request.param}) as made:
        yield made


class TestSchema:
    def test_fields_are_told_with_what_they_take(self, account: Account) -> None:
        told = {each.name: each for each in account.crm.fields("contacts")}

        assert {
            "nps_score": "number",
            "nps_comment": "text",
            "nps_responded_at": "datetime",
            "nps_risk": "boolean",
        } == {name: told[name].type for name in ("nps_score", "nps_comment", "nps_responded_at", "nps_risk")}
        assert told["nps_person"].unique
        assert told[ID].unique
        assert not told["createdate"].writable

    def test_choices_are_told_and_made(self, account: Account) -> None:
        wanted = [
            Field(name="nps_kind", type="text", values=("promoter", "Detractor"), restricted=True),
            Field(name="nps_groups", type="text", values=("at_risk", "silent"), several=True),
            Field(name="nps_day", type="date"),
        ]
        said = [account.crm.made_as("contacts", each, is_key=False) for each in wanted]
        account.crm.make("contacts", ["hs_object_id"], wanted)

        told = {each.name: each for each in account.crm.fields("contacts")}
        kind, groups, day = (told[each.name] for each in wanted)
        assert (("promoter", "Detractor"), True, False) == (kind.values, kind.restricted, kind.several)
        assert (("at_risk", "silent"), True) == (groups.values, groups.several)
        assert "date" == day.type
        assert said == [
            "dropdown select of promoter, Detractor",
            "multiple checkboxes of at_risk, silent",
            "date picker",
        ]
        assert {"contacts", "companies"} <= {each.name for each in account.crm.objects()}

    def test_missing_properties_are_made_only_when_asked_for_and_nothing_else_changes(self, account: Account) -> None:
        before = account.crm.fields("contacts")
        wanted = [
            Field(name="nps_score", type="text"),
            Field(name="nps_trend", type="text"),
            Field(name="nps_key", type="text"),
            Field(name="nps_silent", type="boolean"),
        ]
        with pytest.raises(SchemaDrift, match="`nps_trend`, `nps_silent`"):
            account.crm.ensure("contacts", ["nps_key"], wanted)
        account.crm.make("contacts", ["nps_key"], wanted)
        account.crm.make("contacts", ["nps_key"], wanted)
        account.crm.ensure("contacts", ["nps_key"], wanted)

        after = {each.name: each for each in account.crm.fields("contacts")}
        assert {each.name: each for each in before}.items() <= after.items()
        assert {"nps_trend", "nps_key", "nps_silent"} == after.keys() - {each.name for each in before}
        assert after["nps_key"].unique
        applied = account.crm.write_blocks(
            [block([("k-1", "declining", True)], "nps_trend", "nps_silent", key="nps_key")]
        )
        assert 1 == applied.written

    def test_a_key_without_the_right_says_which_one(self) -> None:
        with opened() as account:
            account.portal.doors.keys["pat-na1-test"] = frozenset({"crm.schemas.contacts.read"})
            applied = account.crm.write_blocks([block([("1", 9)], "nps_score")])

            assert isinstance(applied.stopped, Refused)
            assert "MISSING_SCOPES" in str(applied.stopped)
