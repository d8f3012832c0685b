"""The sandbox against recordings of real orgs: each exchange that it claims to know gives the same status, keys, types.

The recordings are CumulusCI's, of scratch orgs, and lie beside the repository; without them there is nothing to hold
it against. Values differ, being another org's; records that a recording reads without having made them are put in.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from sandbox.salesforce import Field, Org, serve
from sandbox.salesforce.ids import widened

RECORDINGS = Path(__file__).parents[3] / "shared" / "fixtures" / "salesforce-cumulusci-cassettes"
if not RECORDINGS.is_dir():
    pytest.skip("the recordings do not lie beside this repository", allow_module_level=True)

#: Not claimed: Bulk API 1, and a reply that its authors made up by hand to see their client fail.
UNCLAIMED = ("/services/async/",)
MADE_UP = "network_errors"
#: Told since the oldest of the recordings was made; the newer ones have them.
NEWER = {"associateEntityType", "associateParentEntity", "sobjectDescribeOption"}
#: What to put into a required field of a record that a recording shows in part.
FILLERS = {"date": "2021-10-03", "picklist": "In Progress"}
#: The describe answer's words for what our fields know.
WORDS = {
    **{word: word for word in "type length precision scale nillable createable updateable permissionable".split()},
    **{word: word for word in "filterable sortable groupable".split()},
    "defaultedOnCreate": "defaulted",
    "idLookup": "id_lookup",
    "restrictedPicklist": "restricted",
    "relationshipName": "relationship",
    "compoundFieldName": "compound",
}
ORGANIZATION = "00D0xORGID00000000"
IDS = re.compile(r"\b(?:001|003|006)[0-9A-Za-z]{15}\b")
FILES = sorted(path.name for path in RECORDINGS.glob("*.yaml") if MADE_UP not in path.name)


@cache
def exchanges(name):
    """Return the exchanges of one recording that the sandbox claims to know, with those it includes."""
    told = yaml.safe_load((RECORDINGS / name).read_text(encoding="utf-8"))
    found = []
    for each in told.get("interactions", [told]):
        if "include_file" in each:
            if (RECORDINGS / each["include_file"]).exists():
                found += exchanges(each["include_file"])
        elif not any(part in each["request"]["uri"] for part in UNCLAIMED):
            found.append(each)
    return found


def recorded_body(exchange):
    body = exchange["response"]["body"]
    text = body["string"] if isinstance(body, dict) else body
    return json.loads(text) if text else None


def records_in(value):
    """Yield every record that a reply shows."""
    if isinstance(value, list):
        for each in value:
            yield from records_in(each)
    elif isinstance(value, dict):
        if isinstance(value.get("attributes"), dict) and value["attributes"].get("type") != "Organization":
            yield value
        for each in value.values():
            yield from records_in(each)


class Replayed:
    """One recording played to one org; ids of the recorded org stand for those of ours."""

    def __init__(self, org):
        self.org = org
        self.ids = {ORGANIZATION: org.organization_id}

    def people_in(self, recording):
        """Put in the records that are read, or written to, without having been made."""
        made: set[str] = set()
        for exchange in recording:
            shown = recorded_body(exchange)
            for record in records_in(shown):
                self._put_in(record["attributes"]["type"], record, made)
            for row in shown if isinstance(shown, list) else [shown]:
                if isinstance(row, dict) and row.get("success") and row.get("created", True):
                    made.add(row["id"])

    def _put_in(self, kind_name, record, made):
        record_id = record["attributes"]["url"].rsplit("/", 1)[-1]
        if record_id in self.ids or record_id in made:
            return
        kind = self.org.whole(kind_name)
        needed = {field.name: FILLERS.get(field.type, "x") for field in kind.fields.values() if field.required}
        given = {key: value for key, value in record.items() if (kind.field(key) or kind.fields["id"]).createable}
        self.ids[record_id] = self.org.insert(kind_name, needed | given)

    def asked(self, service, exchange):
        """Send the recorded request to *service*; return its reply."""
        request = exchange["request"]
        uri = urlsplit(self.ours(request["uri"]))
        body = request["body"]
        headers = {"Authorization": f"Bearer {self.org.oauth.session()}", "Content-Type": "application/json"}
        return requests.request(
            request["method"],
            f"{service.url}{uri.path}?{uri.query}",
            data=self.ours(body).encode() if body else None,
            headers=headers,
            timeout=30,
        )

    def ours(self, text):
        text = text.replace("vxx.0", "v62.0").replace(ORGANIZATION, self.ids[ORGANIZATION])
        return IDS.sub(lambda found: self.ids.get(found[0], found[0]), text)

    def remember(self, theirs, ours):
        """Note which of our ids stand for theirs."""
        if isinstance(theirs, dict) and isinstance(theirs.get("id"), str):
            self.ids[theirs["id"]] = ours["id"]
        elif isinstance(theirs, list):
            for their, our in zip(theirs, ours, strict=True):
                self.remember(their, our)


def differences(theirs, ours, where="$"):
    """Yield the places where *ours* has other keys or types than *theirs*."""
    if theirs is None or ours is None:
        return
    if isinstance(theirs, bool) != isinstance(ours, bool) or not _alike(theirs, ours):
        yield f"{where}: {type(ours).__name__} instead of {type(theirs).__name__}"
    elif isinstance(theirs, dict):
        # One recording's addresses were cut away by its authors.
        if theirs and set(theirs) != set(ours) - (NEWER - set(theirs)):
            yield f"{where}: lacks {set(theirs) - set(ours)}, has {set(ours) - set(theirs)}"
        for key in set(theirs) & set(ours):
            yield from differences(theirs[key], ours[key], f"{where}.{key}")
    elif isinstance(theirs, list):
        yield from _list_differences(theirs, ours, where)


def _alike(theirs, ours):
    numbers = (int, float)
    return type(theirs) is type(ours) or (isinstance(theirs, numbers) and isinstance(ours, numbers))


def _list_differences(theirs, ours, where):
    """Entries with names are held against those of the same name, others against the one in the same place."""
    # `recordCount` tells of some time ago.
    if theirs and not ours and where != "$.sObjects":
        yield f"{where}: {len(ours)} instead of {len(theirs)} entries"
    named = {each["name"]: each for each in ours if isinstance(each, dict) and "name" in each}
    for place, their in enumerate(theirs):
        name = their.get("name") if isinstance(their, dict) else None
        our = named.get(name) if name and where != "$.supportedScopes" else ours[place] if place < len(ours) else None
        yield from differences(their, our, f"{where}[{name or place}]")


@pytest.mark.parametrize("name", FILES)
def test_each_recorded_exchange_is_answered_alike(name):
    org = Org(seed=None)
    if "Custom__c" in name:
        org.add_object("Custom__c", fields=[Field(name="CustomField__c", length=80)])
    recording = exchanges(name)
    replay = Replayed(org)
    replay.people_in(recording)

    wrong = []
    with serve(org) as service:
        for exchange in recording:
            reply = replay.asked(service, exchange)
            theirs = recorded_body(exchange)
            ours = reply.json() if reply.content else None
            what = f"{exchange['request']['method']} {urlsplit(exchange['request']['uri']).path}"
            if exchange["response"]["status"]["code"] != reply.status_code:
                wrong.append(f"{what}: {reply.status_code} {reply.text[:200]}")
                continue
            wrong += [f"{what} {each}" for each in differences(theirs, ours)]
            if exchange["request"]["method"] != "GET":
                replay.remember(theirs, ours)
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert recording


@pytest.mark.parametrize("kind_name", ["Account", "Contact", "Lead"])
def test_standard_fields_are_what_real_orgs_have(kind_name):
    """Types, lengths, digits and what can be written, of every standard field that both have."""
    [exchange] = exchanges(f"GET_sobjects_{kind_name}_describe.yaml")
    kind = Org(seed=None).whole(kind_name)
    both = [
        (field, kind.field(field["name"])) for field in recorded_body(exchange)["fields"] if "__" not in field["name"]
    ]
    wrong = [
        (theirs["name"], word, theirs[word], getattr(ours, attribute))
        for theirs, ours in both
        for word, attribute in WORDS.items()
        if ours is not None and theirs[word] != getattr(ours, attribute)
    ]
    assert not wrong, "\n".join(map(str, wrong))
    assert len(both) > 50


def test_recorded_ids_carry_the_check_characters_that_we_compute():
    """Those that the authors did not make up by hand."""
    text = "".join((RECORDINGS / name).read_text(encoding="utf-8") for name in FILES if "TestUpsert" in name)
    found = set(IDS.findall(text))

    assert found
    assert found == {each for each in found if widened(each[:15]) == each}
