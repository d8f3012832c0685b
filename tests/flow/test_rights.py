"""`npsync auth test`: rights granted beside rights needed, as each sandbox tells them."""

from __future__ import annotations

from typing import Any

import pytest

import sandbox.hubspot
from tests.flow.crm_desk import Crm, both, crm, hubspot, salesforce

__all__ = ["crm"]

NEEDED = frozenset(
    f"crm.{area}.{name}.{right}"
    for name in ("contacts", "companies")
    for area, right in (("objects", "read"), ("objects", "write"), ("schemas", "read"))
)
SECRET = "pat-canary-2b7e"


def told(crm: Crm, *, status: int = 0) -> dict[str, Any]:
    """Return the rights by state: name → why."""
    kind = "hubspot" if isinstance(crm.world, sandbox.hubspot.Portal) else "salesforce"
    said = crm.npsync("auth", "test", kind, "--output", "json", status=status)
    rights: dict[str, Any] = said.object["rights"]
    return {state: {each["name"]: each["why"] for each in listed} for state, listed in rights.items()}


@pytest.fixture
def key(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """The portal with a key that has exactly what the ready mapping needs."""
    crm.world.doors.keys[SECRET] = NEEDED
    monkeypatch.setenv("NPSYNC_HUBSPOT_TOKEN", SECRET)
    return crm


@hubspot
def test_exactly_what_is_needed_is_nothing_to_speak_of(key: Crm) -> None:
    found = told(key)

    assert NEEDED == set(found["needed"])
    assert not found["missing"] | found["superfluous"] | found["untold"]
    said = key.npsync("auth", "test", "hubspot")
    assert "warning" not in said.err
    assert SECRET not in said.out + said.err


@hubspot
@pytest.mark.parametrize("scope", sorted(NEEDED))
def test_a_missing_scope_is_named_first_with_what_to_do(key: Crm, scope: str) -> None:
    key.world.doors.keys[SECRET] = NEEDED - {scope}

    assert {scope} == set(told(key, status=3)["missing"])
    said = key.npsync("auth", "test", "hubspot", status=3)
    table = said.out[said.out.index("right ") :].splitlines()
    assert table[1].startswith(scope)
    assert "MISSING" in table[1]
    assert "service key" in said.err
    assert "[E303]" in said.err


@hubspot
def test_a_scope_too_many_is_a_warning(key: Crm) -> None:
    key.world.doors.keys[SECRET] = NEEDED | {"crm.objects.deals.write", "crm.schemas.contacts.write"}

    found = told(key)

    assert {"crm.objects.deals.write", "crm.schemas.contacts.write"} == set(found["superfluous"])
    assert "fields create" in found["superfluous"]["crm.schemas.contacts.write"]
    assert "2 rights are granted and not needed" in key.npsync("auth", "test", "hubspot").err


@hubspot
def test_what_hubspot_does_not_tell_is_found_by_looking_or_left_open(key: Crm) -> None:
    """It is not certain that service keys are told of, as private apps are."""
    key.world.doors.tells = False
    key.world.doors.keys[SECRET] = NEEDED - {"crm.schemas.companies.read"}

    found = told(key, status=3)

    assert {"crm.schemas.companies.read"} == set(found["missing"])
    assert {"crm.schemas.contacts.read"} == set(found["needed"])
    assert "crm.objects.contacts.write" in found["untold"]


@hubspot
def test_a_key_that_is_not_taken_is_no_question_of_rights(key: Crm) -> None:
    key.world.doors.keys[SECRET] = frozenset()

    said = key.npsync("auth", "test", "hubspot", status=3)

    assert "[E301]" in said.err
    assert SECRET not in said.out + said.err


@hubspot
def test_an_oauth_app_tells_its_scopes_with_its_token(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    doors = crm.world.doors
    doors.scopes = (NEEDED - {"crm.objects.companies.write"}) | {"oauth"}
    config = (crm.desk.folder / "config.yaml").read_text(encoding="utf-8")
    crm.desk.write("config.yaml", config.replace('"service_key"', '"oauth"'))
    for field in ("client_id", "client_secret"):
        monkeypatch.setenv(f"NPSYNC_HUBSPOT_{field.upper()}", getattr(doors, field))
    monkeypatch.setenv("NPSYNC_HUBSPOT_REFRESH_TOKEN", doors.refresh_token)

    found = told(crm, status=3)

    assert ({"crm.objects.companies.write"}, {}) == (set(found["missing"]), found["superfluous"])


@salesforce
def test_rights_to_objects_and_fields_are_those_that_describe_tells(crm: Crm) -> None:
    crm.world.add_object("NPS_Response__c")
    crm.npsync("fields", "create", "--yes")
    for kind in ("Contact", "Lead", "Account"):
        crm.world.allow(kind, "edit")
    crm.world.allow("NPS_Response__c", "create", "edit")
    found = told(crm)
    assert ({}, {}) == (found["missing"], found["superfluous"])
    assert "edit 10 fields of Contact" in found["needed"]

    crm.world.allow("Contact", "create")
    crm.world.hide_field("Lead", "Email")
    for row in crm.world.records("FieldPermissions"):
        if row["Field"] == "Account.NPS__c":
            crm.world.update("FieldPermissions", row["Id"], {"PermissionsEdit": False})

    found = told(crm, status=3)
    assert {"edit Contact", "read Lead.Email", "edit Account.NPS__c"} == set(found["missing"])
    assert {"create Contact"} == set(found["superfluous"])


@salesforce
def test_scopes_and_rights_over_the_whole_org_are_told(crm: Crm) -> None:
    crm.world.oauth.app.scopes = "full refresh_token web"
    [row] = crm.world.rows("UserPermissionAccess")
    row["PermissionsModifyAllData"] = True

    found = told(crm, status=3)

    assert {"scope full", "scope web", "ModifyAllData"} <= set(found["superfluous"])
    assert "scope api" in found["needed"]
    crm.world.oauth.app.scopes = "openid"
    assert "scope api" in told(crm, status=3)["missing"]


@salesforce
def test_an_object_that_may_not_be_edited_refuses_writes(crm: Crm) -> None:
    """The sandbox keeps to the rights that it tells."""
    crm.world.allow("Contact", "create")
    contact = crm.world.insert("Contact", {"LastName": "Ada"})

    [saved] = crm.world.write("Contact", "update", [{"Id": contact, "LastName": "Bea"}])

    assert "INSUFFICIENT_ACCESS_OR_READONLY" == saved.errors[0][0]


@both
def test_without_a_mapping_nothing_is_compared(crm: Crm) -> None:
    for path in (crm.desk.folder / "mappings").iterdir():
        path.unlink()
    kind = "hubspot" if isinstance(crm.world, sandbox.hubspot.Portal) else "salesforce"

    said = crm.npsync("auth", "test", kind)

    assert "not compared with what is needed: there is no mapping yet" in said.err
    assert "MISSING" not in said.out
    crm.desk.write(f"mappings/{kind}.yaml", "version: 1\n")
    assert "npsync validate" in crm.npsync("auth", "test", kind).err
