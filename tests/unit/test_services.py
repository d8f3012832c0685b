"""Connections to services: what the config takes, what their connectors get, and which secrets they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors import registry
from connectors.connection_secrets import ConnectionSecrets
from sync.config.load import load_settings
from sync.config.services import HubSpotConnection, SalesforceConnection
from sync.errors import UserError
from sync.ledger.budgets import SharedMeter
from sync.wiring import open_connections

if TYPE_CHECKING:
    from pathlib import Path

KINDS = registry.kinds()
SANDBOX = "http://127.0.0.1:8080"


def connection(folder: Path, options: str) -> SalesforceConnection | HubSpotConnection:
    (folder / "config.yaml").write_text(f"version: 1\nconnections:\n  crm: {{{options}}}\n", encoding="utf-8")
    found = load_settings(folder / "config.yaml", KINDS).connections["crm"]
    assert isinstance(found, SalesforceConnection | HubSpotConnection)
    return found


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("type: salesforce", "`domain` is missing"),
        ("type: salesforce, domain: 'acme my'", "is no Salesforce domain"),
        ("type: salesforce, domain: 'acme.my.salesforce.com@evil.example'", "is no Salesforce domain"),
        ("type: salesforce, domain: login", "does not work at"),
        ("type: salesforce, domain: acme.my, auth: jwt", "acts as a user"),
        ("type: salesforce, domain: acme.my, username: a@b.c", "takes no `username`"),
        ("type: salesforce, domain: acme.my, auth: password", "cannot be the text `password`"),
        ("type: salesforce, domain: acme.my, api_version: '20.0'", "api_version"),
        ("type: salesforce, domain: acme.my, url: 'http://example.com'", "is not on this machine"),
        ("type: hubspot, url: 'http://me:pw@127.0.0.1'", "password"),
        ("type: hubspot, url: 'http://127.0.0.1@example.com'", "is not on this machine"),
        ("type: hubspot, api: v4", "api"),
        ("type: hubspot, calls_per_10s: 0", "calls_per_10s"),
        ("type: hubspot, quota_share: 120%", "percentage"),
        ("type: hubspot, token: pat-canary", "secrets do not stand in YAML"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, options: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        connection(tmp_path, options)

    assert what in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "domain",
    ["acme.my", "https://acme.my.salesforce.com/", "ACME.my", "acme.my.salesforce.com", "acme--uat.sandbox.my"],
)
def test_a_domain_may_be_pasted_as_it_stands_in_the_address(tmp_path: Path, domain: str) -> None:
    found = connection(tmp_path, f"type: salesforce, domain: '{domain}'")

    assert isinstance(found, SalesforceConnection)
    assert found.domain in {"acme.my", "acme--uat.sandbox.my"}


def test_a_version_may_stand_without_quotes(tmp_path: Path) -> None:
    found = connection(tmp_path, "type: salesforce, domain: acme.my, api_version: 62.0")

    assert found.options()["api_version"] == "62.0"


@pytest.mark.parametrize(
    ("options", "secrets"),
    [
        ("type: salesforce, domain: a", ("consumer_key", "consumer_secret")),
        ("type: salesforce, domain: a, auth: jwt, username: u", ("consumer_key", "private_key")),
        ("type: salesforce, domain: a, auth: refresh_token", ("consumer_key", "consumer_secret", "refresh_token")),
        ("type: hubspot", ("token",)),
        ("type: hubspot, auth: oauth", ("client_id", "client_secret", "refresh_token")),
    ],
)
def test_each_way_to_sign_in_has_its_secrets(tmp_path: Path, options: str, secrets: tuple[str, ...]) -> None:
    assert connection(tmp_path, options).secrets() == secrets


def test_hubspots_limits_follow_its_tier(tmp_path: Path) -> None:
    free = connection(tmp_path, "type: hubspot")
    large = connection(tmp_path, "type: hubspot, tier: enterprise, quota_share: 50%")
    slow = connection(tmp_path, "type: hubspot, tier: enterprise, calls_per_10s: 20")

    assert [each.options()["calls_per_10s"] for each in (free, large, slow)] == [100, 190, 20]
    assert isinstance(large, HubSpotConnection)
    assert large.daily_calls(large.share(0.2)) == 500_000


@pytest.mark.parametrize(
    "options", [f"type: salesforce, domain: acme.my, url: '{SANDBOX}'", f"type: hubspot, url: '{SANDBOX}'"]
)
def test_it_is_made_without_a_call_and_without_its_secrets(tmp_path: Path, options: str) -> None:
    """`npsync validate` and a mapping that does not use it must not need them."""
    connection(tmp_path, options)
    with open_connections(tmp_path / "config.yaml") as project:
        made = project.connection("crm")

        assert type(made).__name__ in {"Salesforce", "HubSpot"}
        assert (tmp_path / ".npsync/ledger.budgets.db").exists()


def test_secrets_and_meter_are_those_of_the_project(tmp_path: Path) -> None:
    found = connection(tmp_path, "type: hubspot, quota_share: 10%")
    with open_connections(tmp_path / "config.yaml") as project:
        means = project._means("crm", found)

    assert isinstance(means["meter"], SharedMeter)
    assert isinstance(means["secrets"], ConnectionSecrets)
    assert means["daily_calls"] == 25_000
