"""Signing in to the sandbox's org in each way, and what a refused sign-in says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.errors import Refused
from tests.salesforce import Secrets, connected

if TYPE_CHECKING:
    from sandbox.salesforce import Org


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A private key and the public one that the app knows."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def who(service: Any, secrets: Secrets, **options: Any) -> Any:
    made = connected(service, secrets=secrets, **options)
    try:
        return made.who()
    finally:
        made.close()


def test_client_credentials_sign_in(service: Any, org: Org) -> None:
    app = org.oauth.app

    told = who(service, Secrets(consumer_key=app.consumer_key, consumer_secret=app.consumer_secret))

    assert org.api_user_id == told["user"]
    assert told["organisation"]
    assert told["calls left today"].endswith("of 100000")


def test_a_signed_assertion_signs_in(service: Any, org: Org, keys: tuple[str, str]) -> None:
    app = org.oauth.app
    private, app.public_key = keys

    told = who(service, Secrets(consumer_key=app.consumer_key, private_key=private), auth="jwt", username=app.username)

    assert org.api_user_id == told["user"]


def test_an_assertion_of_another_key_is_refused(service: Any, org: Org, keys: tuple[str, str]) -> None:
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    app = org.oauth.app
    app.public_key = keys[1]

    with pytest.raises(Refused, match="invalid_grant") as caught:
        who(
            service,
            Secrets(consumer_key=app.consumer_key, private_key=other.decode()),
            auth="jwt",
            username=app.username,
        )

    assert "npsync auth test" in caught.value.next_step


@pytest.mark.parametrize("key", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_told_without_showing_it(service: Any, key: str) -> None:
    with pytest.raises(Refused, match="private key") as caught:
        who(service, Secrets(consumer_key="k", private_key=key), auth="jwt", username="u@example.com")

    assert not key or key not in str(caught.value)


def test_a_rotated_refresh_token_is_kept_and_used_next(service: Any, org: Org) -> None:
    app = org.oauth.app
    first = org.oauth.refresh_token()
    secrets = Secrets(consumer_key=app.consumer_key, refresh_token=first)

    for _ in range(3):
        assert org.api_user_id == who(service, secrets, auth="refresh_token")["user"]

    assert first != secrets.held["refresh_token"]
    assert {secrets.held["refresh_token"]} == org.oauth.refresh_tokens


def test_an_expired_session_is_renewed_with_the_rotated_token(service: Any, org: Org) -> None:
    app = org.oauth.app
    secrets = Secrets(consumer_key=app.consumer_key, refresh_token=org.oauth.refresh_token())
    made = connected(service, secrets=secrets, auth="refresh_token")
    made.who()

    org.oauth.expire_all()

    assert org.api_user_id == made.who()["user"]
    assert 2 == org.oauth.given
    made.close()


def test_a_refused_sign_in_is_asked_for_once_and_says_nothing_secret(service: Any, org: Org) -> None:
    """Each further try burns quota and may lock the account."""
    with pytest.raises(Refused, match="invalid_client") as caught:
        who(service, Secrets(consumer_key=org.oauth.app.consumer_key, consumer_secret="canary-secret"))

    assert 1 == len(service.log.entries)
    assert "canary" not in f"{caught.value} {caught.value.next_step}"


def test_plain_http_leads_nowhere_but_here(org: Org) -> None:
    from types import SimpleNamespace

    for url in ("http://example.com:80", "https://127.0.0.1:1"):
        with pytest.raises(Refused) as caught:
            who(SimpleNamespace(url=url, world=org), Secrets())
        assert "E103" == caught.value.code


def test_the_share_of_the_day_is_kept(service: Any, org: Org) -> None:
    """The org tells with each answer how many calls a day it has."""
    from connectors.budget import MemoryMeter
    from connectors.errors import QuotaSpent

    app = org.oauth.app
    secrets = Secrets(consumer_key=app.consumer_key, consumer_secret=app.consumer_secret)
    made = connected(service, secrets=secrets, meter=MemoryMeter(), quota_share=0.0002)  # 20 of 100,000

    for _ in range(10):  # two calls each
        made.who()
    with pytest.raises(QuotaSpent) as caught:
        made.who()

    assert caught.value.resume_at > datetime.now(tz=UTC)
    assert sum("/services/data/" in each.path for each in service.log.entries) <= 21
    made.close()
