"""A client that knows nothing of the sandbox reaches it by the vendor's own name, and reaches nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox import Reply, Request, Service, Verdict
from sandbox.gateway import Gateway

#: As a user's program would be: it names the vendor's host and is told of the gateway by its environment alone.
CLIENT = """
import requests
with requests.Session() as session:
    for number in range(3):
        reply = session.post("https://acme.my.salesforce.com/services/data/v67.0/", data=b"x" * 300_000, timeout=10)
        print(reply.status_code, reply.json()["host"], reply.json()["size"])
"""


def clean() -> dict[str, str]:
    """This process's environment, without proxies of its own."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


class Mirror:
    def handle(self, request: Request) -> Reply:
        return Reply.json({"host": request.headers["Host"], "size": len(request.body), "path": request.path})

    def throttled(self, verdict: Verdict) -> Reply:
        return Reply.json(verdict.name, 429)


@pytest.fixture
def service():
    with Service(Mirror()) as service:
        yield service


@pytest.fixture
def gateway(service):
    with Gateway({"salesforce.com": service.url}) as gateway:
        yield gateway


@pytest.fixture
def session(gateway):
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": gateway.url, "http": gateway.url}
        session.verify = gateway.environment["REQUESTS_CA_BUNDLE"]
        yield session


def test_a_requests_client_reaches_the_service_unmodified(service, gateway):
    told = subprocess.run(
        [sys.executable, "-c", CLIENT],
        env=clean() | gateway.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ["200 acme.my.salesforce.com 300000"] * 3 == told.stdout.splitlines(), told.stderr
    assert 3 == len(service.log)
    assert [] == gateway.refused


def test_every_other_host_is_refused(service, gateway, session):
    for host in ("example.org", "evilsalesforce.com", "salesforce.com.example.org", "127.0.0.1"):
        with pytest.raises(requests.exceptions.ProxyError, match="403"):
            session.get(f"https://{host}/", timeout=10)

    assert 403 == session.get("http://acme.my.salesforce.com/", timeout=10).status_code
    assert ["example.org", "evilsalesforce.com", "salesforce.com.example.org", "127.0.0.1"] == gateway.refused[:4]
    assert 0 == len(service.log)


def test_nobody_trusts_it_by_accident(session):
    session.verify = True

    with pytest.raises(requests.exceptions.SSLError):
        session.get("https://login.salesforce.com/", timeout=10)


def test_faults_reach_the_client_through_it(service, session):
    for fault in ("cut_before", "cut_after", "truncated"):
        service.faults.set(fault, 1)
        with pytest.raises(requests.exceptions.RequestException):
            session.get("https://login.salesforce.com/", timeout=10)

    assert "login.salesforce.com" == session.get("https://login.salesforce.com/", timeout=10).json()["host"]


def test_no_key_is_left_and_a_certificate_only_where_it_was_asked_for(service, tmp_path):
    with Gateway({"salesforce.com": service.url}, ca=tmp_path / "ca.pem") as gateway:
        assert str(tmp_path / "ca.pem") == gateway.environment["SSL_CERT_FILE"]
    with Gateway({"salesforce.com": service.url}) as gateway:
        elsewhere = Path(gateway.environment["SSL_CERT_FILE"])
        assert elsewhere.is_file()

    assert not elsewhere.exists()
    assert b"PRIVATE" not in (tmp_path / "ca.pem").read_bytes()


#: As its documentation shows it; only the secrets are ours.
SIMPLE_SALESFORCE = """
import sys
from simple_salesforce import Salesforce
key, secret = sys.argv[1:]
sf = Salesforce(consumer_key=key, consumer_secret=secret, domain="acme.my", version="67.0")
made = sf.Contact.create({"LastName": "Smith", "Email": "smith@example.com"})
sf.Contact.update(made["id"], {"FirstName": "Ann"})
print(sf.query("SELECT Name FROM Contact WHERE Email = 'smith@example.com'")["records"][0]["Name"])
results = sf.bulk2.Contact.insert(records=[{"LastName": f"L{n}"} for n in range(20)], wait=0.1)
print(results[0]["numberRecordsProcessed"], results[0]["numberRecordsFailed"])
"""


def test_simple_salesforce_works_as_its_authors_wrote_it():
    """It has https written into its code, and asks login and data of different hosts."""
    from sandbox import salesforce

    with salesforce.serve() as service, Gateway({"salesforce.com": service.url}) as gateway:
        told = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SIMPLE_SALESFORCE, *salesforce.secrets(service).values()],
            env=clean() | gateway.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert ["Ann Smith", "20 0"] == told.stdout.splitlines(), told.stderr
    assert [] == gateway.refused
