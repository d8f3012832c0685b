"""Quotes, wild cards, ways up and line ends in addresses and ids, through the real connectors against both CRMs.

Nothing is found or written but the one right record, and no request becomes another one than it was meant to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import RecordColumns
from connectors.values import Block, OutcomeKind, RecordRef
from sandbox.faults import Faults
from sandbox.hubspot import Portal
from sandbox.salesforce import Org, serve
from tests.contract.directory_contract import found
from tests.contract.hubspot_account import opened
from tests.salesforce import connected, with_nps_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOSTILE = [
    "' OR Email != null OR Email = '",
    "x' OR 'a' = 'a",
    "x\\' OR Id != null --",
    "\\",
    "'",
    '"',
    "%",
    "%@%",
    "_____@acme.example",
    "victim@acme.example' LIMIT 1",
    "victim@acme.example%0d%0aX-Evil: 1",
    "victim\r\nX-Evil: 1",
    "victim\nHost: evil.example",
    "../../Contact/VICTIM",
    "..%2f..%2fContact",
    "VICTIM?fields=Id",
    "VICTIM#",
    "VICTIM;VICTIM",
    "VICTIM,VICTIM",
    "VICTIM/../..",
    "{VICTIM}",
    '{"value": "VICTIM"}',
    "*",
    "@",
    "\t",
    "null",
    "NULL",
    "1' ; DELETE FROM Contact",
    "VICTIM\x1fVICTIM",
    "VICTIM\u2028",
    "\u202emitciv",
    "victim@acme.example\u200b.evil.example",
    "ｖictim＠acme．example",
    "\ufffd",
    "a" * 5_000,
    "a" * 245 + "@x.example",
    "a" * 3_985 + "@x.example",
    "'" * 255,
    "'" * 3_999,
    "%" * 3_000 + "@x.example",
    "漢" * 3_900,
    "\U0001f600" * 255,
    "9" * 300,
    "1.0e999",
    "üñî\U0001f600",
]
VICTIM = "victim@acme.example"
NUMBER = "C-1"
KINDS = (
    "email",
    "email_base",
    "email_canonical",
    "customer_id",
    "phone",
    "salesforce_id",
    "hubspot_id",
    "external_ref",
)


class Crm:
    """A played CRM with one customer who must not be touched, and a connection to it."""

    def __init__(self, world: Any, service: Any, connection: Any, names: dict[str, str]) -> None:
        self.world, self.service, self.connection, self.names = world, service, connection, names
        values = {names["email"]: VICTIM, names["number"]: NUMBER, names["last"]: "Victim"}
        self.victim = self.make(values)
        self.before = self.state(self.victim)

    def make(self, values: dict[str, str]) -> str:
        insert = self.world.insert if hasattr(self.world, "insert") else self.world.create
        id_: str = insert(self.names["object"], values)
        return id_

    def state(self, id_: str) -> dict[str, Any]:
        return dict(self.world.get(self.names["object"], id_))

    def directory(self) -> Any:
        names = self.names
        return self.connection.directory(
            RecordColumns(
                object=names["object"],
                id=names["id"],
                emails=(names["email"],),
                phones=(names["phone"],),
                ids={
                    names["own"]: (names["id"],),
                    "customer_id": (names["number"],),
                    "external_ref": (names["number"],),
                },
            )
        )

    def victim_is_safe(self) -> bool:
        return self.state(self.victim) == self.before

    def intact(self) -> bool:
        """Whether each call that arrived is one that the connector makes, and none broke the service."""
        odd = [each for each in self.service.log.entries if not each.path.isprintable() or each.status >= 500]
        roots = ("/services/", "/crm", "/oauth", "/account-info")
        return not odd and all(
            each.path.startswith(roots) and "evil" not in each.path for each in self.service.log.entries
        )


NAMES = {
    "salesforce": {
        "object": "Contact",
        "id": "Id",
        "own": "salesforce_id",
        "email": "Email",
        "phone": "Phone",
        "last": "LastName",
        "number": "NPS_Person_Id__c",
        "comment": "NPS_Comment__c",
    },
    "hubspot": {
        "object": "contacts",
        "id": "hs_object_id",
        "own": "hubspot_id",
        "email": "email",
        "phone": "phone",
        "last": "lastname",
        "number": "nps_person",
        "comment": "nps_comment",
    },
}


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def crm(request: pytest.FixtureRequest) -> Iterator[Crm]:
    names = NAMES[request.param]
    if request.param == "salesforce":
        org = with_nps_fields(Org(None))
        with serve(org, faults=Faults()) as service:
            connection = connected(service)
            yield Crm(org, service, connection, names)
            connection.close()
        return
    with opened(Portal(seed=1)) as account:
        yield Crm(account.portal, account.service, account.crm, names)


def asked(crm: Crm, values: Sequence[str]) -> set[str]:
    """Return the customer if *values* find them; records that other tests made by these very values do not count."""
    return {crm.victim}.intersection(found(crm.directory(), *[(kind, value) for value in values for kind in KINDS]))


def test_nobody_is_found_by_what_is_meant_to_find_everybody(crm: Crm) -> None:
    """All at once as a run asks them, then one by one: one must not spoil the others."""
    assert set() == asked(crm, HOSTILE)
    assert {crm.victim} == asked(crm, [*HOSTILE, NUMBER])
    assert crm.intact()


@pytest.mark.parametrize("value", [each for each in HOSTILE if len(each) < 100])
def test_each_finds_nobody_by_itself(crm: Crm, value: str) -> None:
    assert set() == asked(crm, [value])
    assert crm.intact()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.sampled_from("'\"\\%_*?()[]{}<>|&;:,./ \t\r\n=-+~#@aV\x1fü"), min_size=1, max_size=25))
def test_no_text_of_signs_finds_the_customer(crm: Crm, value: str) -> None:
    assert set() == asked(crm, [value])


@pytest.mark.parametrize("value", [each for each in HOSTILE if len(each) < 100])
def test_a_record_is_written_by_its_own_key_and_no_other(crm: Crm, value: str) -> None:
    """As a key it makes or finds the record with that very key, or is refused; as an id it is nobody's."""
    names = crm.names
    object_, comment = names["object"], names["comment"]
    for key in (names["id"], names["number"]):
        crm.connection.ensure(object_, [key], [])
        rows = [(value, "written by the enemy"), (f"{crm.victim}{value}", "written by the enemy")]
        outcomes = list(crm.connection.write(Block(object=object_, key=(key,), fields=(comment,), rows=rows).writes()))
        assert {value, f"{crm.victim}{value}"} == {each.id for each in outcomes}
        if key == names["id"]:
            assert OutcomeKind.WRITTEN not in {each.kind for each in outcomes}
        refs = [RecordRef(object=object_, id=id_) for id_, _ in rows]
        list(crm.connection.read(refs, [comment]))
    assert crm.victim_is_safe()
    assert crm.intact()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_comment_is_held_as_it_was_written(crm: Crm, value: str) -> None:
    names = crm.names
    id_ = crm.make({names["last"]: "Lee"})
    crm.connection.ensure(names["object"], [names["id"]], [])
    block = Block(object=names["object"], key=(names["id"],), fields=(names["comment"],), rows=[(id_, value)])

    [outcome] = crm.connection.write(block.writes())

    held = crm.state(id_).get(names["comment"])
    assert (OutcomeKind.WRITTEN, id_) == (outcome.kind, outcome.id)
    assert value.strip() == (held or "").strip()
    assert crm.intact()
