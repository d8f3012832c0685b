"""No request makes a played vendor fail: whatever it cannot understand gets the vendor's own refusal.

Requests that real clients send are bent at random: values of another type, parts left out, other verbs, broken JSON,
broken SOQL. A 500 here would look like a vendor in trouble, which clients forgive by trying again.
"""

from __future__ import annotations

import json
import random
from typing import Any
from urllib.parse import quote

import pytest

from sandbox import Headers, Request, hubspot, salesforce

CALLS = 1_500
VERBS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "TRACE")
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, "", "x", "é\0", "9" * 50, "null", "2026-01-01", "../.."),
    *([], {}, [[]], [{}], [None], [1, 2], ["a", "b"], {"a": 1}, {"id": None}),
)
SEGMENTS = ("", "x", "0", "%00", "%E9", "..", "a b", "003", "null")
Call = tuple[str, str, Any]


class Bent:
    """Draws requests near to those that are understood."""

    def __init__(self, calls: list[Call], headers: list[tuple[str, str]], seed: int) -> None:
        self.draw = random.Random(seed)
        self.calls = calls
        self.headers = Headers([*headers, ("Content-Type", "application/json")])

    def __next__(self) -> Request:
        draw = self.draw
        method, target, body = draw.choice(self.calls)
        if draw.random() < 0.1:
            method = draw.choice(VERBS)
        if draw.random() < 0.3:
            target = target.replace(draw.choice(target.split("/")), draw.choice(SEGMENTS), 1)
        if "?q=" in target:
            path, _, soql = target.partition("?q=")
            target = f"{path}?q={quote(self.text(soql))}"
        sent = body or "" if body is None or isinstance(body, str) else json.dumps(self.value(body))
        if draw.random() < 0.05:
            sent = sent[: draw.randrange(len(sent) + 1)]
        raw = b"\xff\xfe" + sent.encode() if draw.random() < 0.02 else sent.encode()
        return Request.of(method, f"/{target.lstrip('/')}", raw, headers=self.headers)

    def value(self, value: Any) -> Any:
        if self.draw.random() < 0.15:
            return self.draw.choice(JUNK)
        if isinstance(value, dict):
            kept = {key: self.value(one) for key, one in value.items() if self.draw.random() > 0.07}
            return kept | ({self.draw.choice(["id", "properties", "x", ""]): None} if self.draw.random() < 0.1 else {})
        if isinstance(value, list):
            return [self.value(one) for one in value if self.draw.random() > 0.05]
        return value

    def text(self, text: str) -> str:
        if self.draw.random() < 0.4:
            return text
        at = self.draw.randrange(len(text))
        put = self.draw.choice(["", "(", ")", "'", ",", "\\", "NULL ", "0", "é", " AND "])
        return text[:at] + put + text[at + self.draw.randrange(4) :]


def not_refused(world: Any, bent: Bent) -> set[str]:
    """Send the calls; return what raised or was answered as a failure."""
    wrong = set()
    understood = 0
    for _ in range(CALLS):
        request = next(bent)
        said = f"{request.method} {request.target} {request.body[:300]!r}"
        try:
            reply = world.handle(request)
        except Exception as error:  # noqa: BLE001 - all of them are to be told at once
            wrong.add(f"{type(error).__name__}: {error}: {said}")
        else:
            understood += reply.status < 300
            if reply.status >= 500:
                wrong.add(f"{reply.status}: {said}")
    assert understood > CALLS // 20, "nearly everything was refused: this tests nothing"
    return wrong


def hubspot_calls(portal: hubspot.Portal, version: str) -> list[Call]:
    contacts = [
        portal.create("contacts", {"email": f"{version}{n}@x.example", "np": f"{version}{n}"}) for n in range(5)
    ]
    company = portal.create("companies", {"name": "X"})
    dated = version != "v3"
    objects, properties, lists = (
        f"/crm/{part}/{version}" if dated else f"/crm/v3/{part}" for part in ("objects", "properties", "lists")
    )
    links = f"/crm/associations/{version}" if dated else "/crm/v4/associations"
    primary = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    between = {"propertyName": "createdate", "operator": "BETWEEN", "value": "1", "highValue": "2"}
    among = {"propertyName": "email", "operator": "IN", "values": ["a"]}
    new = {"label": "p", "groupName": "contactinformation"}
    options = [{"label": "a", "value": "a", "displayOrder": 1, "hidden": False}]
    of = f"{objects}/contacts"
    return [
        ("GET", f"{of}?limit=2&after=x&properties=email&archived=true&associations=companies", None),
        ("GET", f"{of}?limit=abc", None),
        ("GET", f"{of}/{version}1@x.example?idProperty=email&propertiesWithHistory=email", None),
        (
            "POST",
            of,
            {
                "properties": {"email": "n@x.example", "np": "77"},
                "associations": [{"to": {"id": company}, "types": primary}],
            },
        ),
        ("PATCH", f"{of}/{contacts[1]}", {"properties": {"firstname": "A"}}),
        ("DELETE", f"{of}/{contacts[4]}", None),
        (
            "POST",
            f"{of}/batch/read",
            {
                "properties": ["email"],
                "propertiesWithHistory": ["email"],
                "idProperty": "email",
                "inputs": [{"id": "a@x.example"}],
            },
        ),
        (
            "POST",
            f"{of}/batch/create",
            {"inputs": [{"properties": {"email": "z@x.example"}, "objectWriteTraceId": "1", "associations": []}]},
        ),
        (
            "POST",
            f"{of}/batch/update",
            {
                "inputs": [
                    {"id": one, "properties": {"firstname": "z"}, "objectWriteTraceId": one} for one in contacts[:2]
                ]
            },
        ),
        (
            "POST",
            f"{of}/batch/upsert",
            {"inputs": [{"id": "3", "idProperty": "np", "properties": {"firstname": "z"}, "objectWriteTraceId": "1"}]},
        ),
        ("POST", f"{of}/batch/archive", {"inputs": [{"id": contacts[3]}]}),
        (
            "POST",
            f"{of}/search",
            {
                "filterGroups": [{"filters": [among, between]}],
                "sorts": [{"propertyName": "createdate", "direction": "ASCENDING"}],
                "properties": ["email"],
                "limit": 10,
                "after": "0",
                "query": "x",
            },
        ),
        ("POST", f"{of}/merge", {"primaryObjectId": contacts[0], "objectIdToMerge": contacts[1]}),
        ("GET", f"{properties}/contacts", None),
        (
            "POST",
            f"{properties}/contacts",
            new | {"name": "p1", "type": "enumeration", "fieldType": "select", "options": options},
        ),
        ("PATCH", f"{properties}/contacts/np", {"label": "x"}),
        ("DELETE", f"{properties}/contacts/p1", None),
        (
            "POST",
            f"{properties}/contacts/batch/create",
            {"inputs": [new | {"name": "p2", "type": "string", "fieldType": "text"}]},
        ),
        ("POST", f"{properties}/contacts/groups", {"name": "g", "label": "G"}),
        ("POST", f"{lists}/", {"name": "L", "objectTypeId": "0-1", "processingType": "MANUAL"}),
        ("PUT", f"{lists}/1/memberships/add", [contacts[0]]),
        ("PUT", f"{lists}/1/memberships/add-and-remove", {"recordIdsToAdd": [contacts[0]], "recordIdsToRemove": []}),
        ("GET", f"{lists}/1/memberships?limit=1", None),
        ("POST", f"{lists}/search", {"query": "L"}),
        ("POST", f"{links}/contacts/companies/batch/read", {"inputs": [{"id": contacts[0]}]}),
        (
            "POST",
            f"{links}/contacts/companies/batch/create",
            {"inputs": [{"from": {"id": contacts[0]}, "to": {"id": company}, "types": primary}]},
        ),
        ("PUT", f"{of}/{contacts[0]}/associations/companies/{company}", primary),
        ("GET", "/crm/v3/owners?limit=1", None),
        ("GET", "/crm/v3/schemas", None),
        ("POST", "/oauth/v1/token", "grant_type=refresh_token&refresh_token=x&client_id=a&client_secret=b"),
        ("GET", "/oauth/v1/access-tokens/x", None),
    ]


SOQL = (
    "SELECT Id FROM Contact WHERE Email IN ('a','b') AND CreatedDate > 2020-01-01T00:00:00Z ORDER BY Name LIMIT 3",
    "SELECT COUNT() FROM Contact",
    "SELECT AccountId, COUNT(Id) n FROM Contact GROUP BY AccountId HAVING COUNT(Id) > 1",
    "SELECT Id, Account.Name FROM Contact WHERE LastModifiedDate = LAST_N_DAYS:3 AND NOT (Name = null) OFFSET 2",
    "SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Name LIKE 'A%'",
    "SELECT FIELDS(ALL) FROM Lead LIMIT 5",
    "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account)",
)
DATA = "/services/data/v67.0"


def salesforce_calls(org: salesforce.Org) -> list[Call]:
    account = org.insert("Account", {"Name": "X"})
    contact = org.insert("Contact", {"LastName": "X", "AccountId": account})
    collection = f"{DATA}/composite/sobjects"
    job = {"contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"}

    def rows(*rows: dict[str, Any], kind: str = "Contact") -> list[dict[str, Any]]:
        return [{"attributes": {"type": kind}} | row for row in rows]

    grant = {"ParentId": "0PS", "SobjectType": "Contact", "Field": "Contact.X__c", "PermissionsRead": True}
    column = {"label": "X", "type": "Number", "precision": 18, "scale": 2, "externalId": True}
    return [
        *(("GET", f"{DATA}/{face}?q={soql}", None) for soql in SOQL for face in ("query", "queryAll", "query/")),
        *(("GET", path, None) for path in ("/services/data", DATA, f"{DATA}/limits", f"{DATA}/sobjects/")),
        ("GET", f"{DATA}/sobjects/Contact/describe", None),
        ("GET", f"{DATA}/sobjects/Contact/{contact}?fields=Id,Name", None),
        ("POST", f"{DATA}/sobjects/Contact", {"LastName": "X", "AccountId": account, "HasOptedOutOfEmail": True}),
        (
            "PATCH",
            f"{DATA}/sobjects/Contact/{contact}",
            {"LastName": "Y", "Account": {"attributes": {}, "Id": account}},
        ),
        ("PATCH", f"{DATA}/sobjects/Contact/Email/a@b.example", {"LastName": "Q"}),
        ("POST", collection, {"allOrNone": False, "records": rows({"LastName": "Z"}, {"LastName": "Y"})}),
        ("POST", collection, {"records": rows({"Subject": "s", "WhoId": contact}, kind="Task")}),
        ("PATCH", collection, {"allOrNone": True, "records": rows({"Id": contact, "LastName": "Z"})}),
        ("PATCH", f"{collection}/Contact/Email", {"records": rows({"Email": "a@b.example", "LastName": "Z"})}),
        ("DELETE", f"{collection}?ids=003000000000000,x&allOrNone=maybe", None),
        ("POST", f"{collection}/Contact", {"ids": [contact, "x"], "fields": ["Id", "Name"]}),
        (
            "POST",
            f"{DATA}/jobs/ingest",
            job | {"object": "Contact", "operation": "upsert", "externalIdFieldName": "Email"},
        ),
        ("POST", f"{DATA}/jobs/query", {"operation": "query", "query": SOQL[0]}),
        ("GET", f"{DATA}/jobs/ingest", None),
        ("POST", f"{DATA}/tooling/sobjects/CustomField", {"FullName": "Contact.X__c", "Metadata": column}),
        ("POST", f"{DATA}/sobjects/PermissionSet", {"Name": "P", "Label": "P"}),
        ("POST", f"{DATA}/sobjects/FieldPermissions", grant),
        ("GET", f"{DATA}/sobjects/Contact/updated?start=2026-11-01T00:00:00Z&end=2026-11-20T00:00:00Z", None),
        ("GET", f"{DATA}/sobjects/Contact/deleted?start=x&end=y", None),
        ("POST", "/services/oauth2/token", "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=a.b.c"),
        ("POST", "/services/oauth2/token", "grant_type=refresh_token&refresh_token=1"),
    ]


def token(org: salesforce.Org) -> str:
    app = org.oauth.app
    form = f"grant_type=client_credentials&client_id={app.consumer_key}&client_secret={app.consumer_secret}"
    reply = org.handle(Request.of("POST", "/services/oauth2/token", form, headers=Headers([("Host", "127.0.0.1:1")])))
    name: str = json.loads(reply.body)["access_token"]
    return name


@pytest.mark.parametrize("seed", range(4))
def test_hubspot_refuses_what_it_cannot_understand(seed):
    portal = hubspot.Portal()
    portal.add_property("contacts", "np", hasUniqueValue=True)
    calls = hubspot_calls(portal, "v3") + hubspot_calls(portal, "2026-09")

    assert set() == not_refused(portal, Bent(calls, [("Authorization", "Bearer pat-na1-x")], seed))


@pytest.mark.parametrize("seed", range(4))
def test_salesforce_refuses_what_it_cannot_understand(seed):
    org = salesforce.Org()
    headers = [("Authorization", f"Bearer {token(org)}"), ("Host", "127.0.0.1:1")]

    assert set() == not_refused(org, Bent(salesforce_calls(org), headers, seed))
