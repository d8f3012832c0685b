"""The sandbox's token endpoint: each way to sign in that new orgs offer, and what ends a session."""

from __future__ import annotations

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from sandbox import Clock
from sandbox.salesforce import Org, serve
from tests.contract.salesforce_client import salesforce

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public(key):
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def org(clock, key):
    made = Org(seed=None, clock=clock)
    made.oauth.app.public_key = public(key)
    return made


@pytest.fixture
def service(org):
    with serve(org) as service:
        yield service


@pytest.fixture
def session():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def asked(service, session, auth=None, **form):
    return session.post(f"{service.url}/services/oauth2/token", data=form, auth=auth)


def limits(service, session, token):
    return session.get(f"{service.url}/services/data/v67.0/limits", headers={"Authorization": f"Bearer {token}"})


def test_a_signed_jwt_opens_a_session(service, org, key):
    app = org.oauth.app
    sf = salesforce(
        service, username=app.username, consumer_key=app.consumer_key, privatekey=private(key), domain="login"
    )
    with sf.session:
        assert sf.limits()


@pytest.mark.parametrize("change", [{"iss": "x"}, {"sub": "x@acme.example"}, {"aud": "https://x.example"}, {"exp": 1}])
def test_a_jwt_with_a_wrong_claim_is_refused(service, session, org, key, clock, change):
    app = org.oauth.app
    claims = {"iss": app.consumer_key, "sub": app.username, "aud": service.url, "exp": int(clock()) + 180}
    good, bad = (jwt.encode(each, private(key), algorithm="RS256") for each in (claims, claims | change))

    assert 200 == asked(service, session, grant_type=JWT_BEARER, assertion=good).status_code
    assert 400 == asked(service, session, grant_type=JWT_BEARER, assertion=bad).status_code


def test_a_jwt_signed_by_another_key_is_refused(service, session, org, clock):
    app = org.oauth.app
    claims = {"iss": app.consumer_key, "sub": app.username, "aud": service.url, "exp": int(clock()) + 180}
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode(claims, private(other), algorithm="RS256")

    for assertion in (forged, forged[:-4], "a.b.c", "", jwt.encode(claims, "x" * 32, algorithm="HS256")):
        reply = asked(service, session, grant_type=JWT_BEARER, assertion=assertion)
        assert (400, "invalid_grant") == (reply.status_code, reply.json()["error"])


def test_client_credentials_want_the_right_secret(service, session, org):
    app = org.oauth.app
    good = asked(service, session, auth=(app.consumer_key, app.consumer_secret), grant_type="client_credentials")

    assert {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"} == set(good.json())
    assert service.url == good.json()["instance_url"]
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_client"):
        salesforce(service, consumer_key=app.consumer_key, consumer_secret="wrong", domain="acme.my")
    assert "unsupported_grant_type" == asked(service, session, grant_type="password").json()["error"]


def test_a_password_opens_a_session_only_where_the_org_allows_it(service, session, org):
    asked = {"grant_type": "password", "username": org.oauth.app.username, "password": "made-up"}
    known = {"client_id": org.oauth.app.consumer_key, "client_secret": org.oauth.app.consumer_secret}
    url = f"{service.url}/services/oauth2/token"

    refused = session.post(url, data=asked | known, timeout=10)
    org.oauth.app.password = "made-up"
    opened = session.post(url, data=asked | known, timeout=10)
    wrong = session.post(url, data=asked | known | {"password": "other"}, timeout=10)

    assert "unsupported_grant_type" == refused.json()["error"]
    assert opened.json()["access_token"] in org.oauth.sessions
    assert "invalid_grant" == wrong.json()["error"]


def test_a_refresh_token_is_good_once_where_tokens_rotate(service, session, org):
    app = org.oauth.app
    form = {"client_id": app.consumer_key, "client_secret": app.consumer_secret, "grant_type": "refresh_token"}
    first = org.oauth.refresh_token()
    reply = asked(service, session, **form, refresh_token=first).json()

    assert 200 == limits(service, session, reply["access_token"]).status_code
    assert 400 == asked(service, session, **form, refresh_token=first).status_code
    assert 200 == asked(service, session, **form, refresh_token=reply["refresh_token"]).status_code
    app.rotates = False
    kept = org.oauth.refresh_token()
    assert ["refresh_token" in asked(service, session, **form, refresh_token=kept).json() for _ in "ab"] == [False] * 2


def test_sessions_end_when_unused_when_revoked_and_all_at_once(service, session, org, clock):
    tokens = [org.oauth.session() for _ in range(3)]
    assert [200] * 3 == [limits(service, session, token).status_code for token in tokens]

    session.post(f"{service.url}/services/oauth2/revoke", data={"token": tokens[0]})
    assert [401, 200] == [limits(service, session, token).status_code for token in tokens[:2]]
    clock.advance(org.oauth.session_s / 2)
    assert 200 == limits(service, session, tokens[1]).status_code
    clock.advance(org.oauth.session_s / 2 + 1)
    assert [200, 401] == [limits(service, session, token).status_code for token in tokens[1:]]
    org.oauth.expire_all()
    reply = limits(service, session, tokens[1])
    assert (401, "INVALID_SESSION_ID") == (reply.status_code, reply.json()[0]["errorCode"])
    assert 401 == session.get(f"{service.url}/services/data/v67.0/limits").status_code


def test_signing_in_costs_no_api_call(service, session, org):
    reply = limits(service, session, org.oauth.session())

    assert "api-usage=1/100000" == reply.headers["Sforce-Limit-Info"]
