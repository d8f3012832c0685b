"""HubSpot over real sockets: what is written arrives, what cannot be is told row by row, nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.errors import Refused, SchemaDrift
from connectors.values import OutcomeKind, RecordRef, Write
from sandbox.faults import Faults
from sandbox.hubspot import Portal
from tests.contract.hubspot_account import ID, Account, block, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Applied
    from connectors.values import FieldValue

AWKWARD = ("Zoë 玉兰 👩‍🔬", "two\nlines\tand a tab", '"quoted" \\back\\', "  outer  ", "<b>&amp;</b>", "#N/A", "0")


@pytest.fixture(params=["2026-09", "v3"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with opened(options={"api": request.param}) as made:
        yield made


@pytest.fixture
def plain() -> Iterator[Account]:
    with opened() as made:
        yield made


def ref(id_: str, object_: str = "contacts") -> RecordRef:
    return RecordRef(object=object_, id=id_)


def others(applied: Applied) -> dict[str, tuple[OutcomeKind, str | None]]:
    return {each.id: (each.kind, each.code) for each in applied.others}


class TestWriting:
    def test_what_is_written_is_read_back_as_it_was(self, account: Account) -> None:
        [id_] = account.contacts(1)
        values: dict[str, FieldValue] = {
            "nps_score": 9,
            "nps_category": "promoter",
            "nps_segments": "advocates;silent",
            "nps_comment": AWKWARD[0],
            "nps_responded_at": "2026-01-31T09:30:00.250Z",
            "nps_risk": True,
        }
        applied = account.crm.write_blocks([block([(id_, *values.values())], *values)])

        assert (1, ()) == (applied.written, tuple(applied.others))
        assert {ref(id_): values} == account.crm.read([ref(id_), ref("999")], list(values))

    @pytest.mark.parametrize("text", AWKWARD)
    def test_text_arrives_as_it_was(self, plain: Account, text: str) -> None:
        [id_] = plain.contacts(1)
        plain.crm.write_blocks([block([(id_, text)], "nps_comment")])

        assert (text,) == plain.held(id_, "nps_comment")

    def test_a_day_takes_a_moment(self, plain: Account) -> None:
        [id_] = plain.contacts(1)
        applied = plain.crm.write_blocks([block([(id_, "2026-01-31T09:30:00.250Z")], "nps_day")])

        assert 1 == applied.written
        assert {"nps_day": "2026-01-31"} == plain.crm.read([ref(id_)], ["nps_day"])[ref(id_)]

    def test_blank_clears_and_can_be_repeated(self, account: Account) -> None:
        [id_] = account.contacts(1)
        account.crm.write_blocks([block([(id_, 9, "fine")], "nps_score", "nps_comment")])
        for _ in range(2):
            account.crm.write_blocks([block([(id_, None)], "nps_comment")])

        assert {"nps_score": 9, "nps_comment": None} == account.crm.read([ref(id_)], ["nps_score", "nps_comment"])[
            ref(id_)
        ]

    def test_properties_that_are_not_mapped_are_never_touched(self, account: Account) -> None:
        """Whole records before and after, of those written and of those beside them."""
        about = {"firstname": "Ann", "lastname": "Lee", "phone": "+49 170 1234567", "hs_email_optout": "true"}
        ids = [account.portal.create("contacts", about | {"email": f"a{n}@example.com"}) for n in range(150)]
        before = account.portal.records("contacts")

        account.crm.write_blocks([block([(id_, 9) for id_ in ids[:120]], "nps_score")])

        touched = {"nps_score", "lastmodifieddate"}
        after = account.portal.records("contacts")
        assert [{k: v for k, v in each.items() if k not in touched} for each in before] == [
            {k: v for k, v in each.items() if k not in touched} for each in after
        ]
        assert before[120:] == after[120:]

    def test_ten_thousand_rows_take_a_hundred_calls(self) -> None:
        with opened(tier="enterprise", options={"calls_per_10s": 190}) as account:
            ids = account.contacts(10_000)
            applied = account.crm.write_blocks([block([(id_, n % 11) for n, id_ in enumerate(ids)], "nps_score")])

            assert 10_000 == applied.written
            assert 100 == account.writes()
            assert {str(n % 11) for n in range(11)} == {
                each["nps_score"] for each in account.portal.records("contacts")
            }

    def test_records_of_ours_are_made_once_by_their_unique_property(self, account: Account) -> None:
        rows = [(f"p-{n}", n % 11, f"new{n}@example.com") for n in range(150)]
        for _ in range(2):
            applied = account.crm.write_blocks([block(rows, "nps_score", "email", key="nps_person")])
            assert (150, []) == (applied.written, list(applied.others))

        assert 150 == len(account.portal.records("contacts"))
        assert {"nps_score": 7} == account.crm.read([ref("p-7")], ["nps_score"])[ref("p-7")]

    def test_what_left_us_leaves_hubspot(self, account: Account) -> None:
        account.crm.write_blocks([block([("p-1", 1), ("p-2", 2)], "nps_score", key="nps_person")])
        gone = Write(object="contacts", key={"nps_person": "p-1"}, values={}, delete=True)
        never = Write(object="contacts", key={"nps_person": "p-9"}, values={}, delete=True)

        assert {OutcomeKind.WRITTEN} == {each.kind for each in account.crm.write([gone, never])}
        assert ["p-2"] == [each["nps_person"] for each in account.portal.records("contacts")]

    def test_the_later_write_of_a_batch_wins(self, plain: Account) -> None:
        [id_] = plain.contacts(1)
        batch = [Write(object="contacts", key={ID: id_}, values={"nps_score": n}) for n in (1, 2, 3)]

        assert [OutcomeKind.WRITTEN] * 3 == [each.kind for each in plain.crm.write(batch)]
        assert ("3",) == plain.held(id_, "nps_score")


class TestRowsThatCannotBe:
    def test_one_in_a_hundred_is_told_and_the_others_are_written(self, account: Account) -> None:
        ids = account.contacts(100)
        rows: list[tuple[FieldValue, ...]] = [(id_, "promoter") for id_ in ids]
        rows[37] = (ids[37], "enthusiast")
        before = len(account.service.log)
        applied = account.crm.write_blocks([block(rows, "nps_category")])

        assert 99 == applied.written
        assert [(ids[37], OutcomeKind.REJECTED, ("nps_category",))] == [
            (each.id, each.kind, each.fields) for each in applied.others
        ]
        assert len(account.service.log) - before <= 2  # with trace ids it takes one call, and one for the properties

    def test_one_that_spoils_the_whole_batch_is_found_by_halving(self, plain: Account) -> None:
        """Two old ids of one contact make HubSpot refuse all hundred."""
        ids = plain.contacts(100)
        survivor = plain.portal.merge("contacts", ids[0], ids[1])
        before = plain.writes()
        applied = plain.crm.write_blocks([block([(id_, 5) for id_ in ids], "nps_score")])

        assert 98 <= applied.written + sum(each.kind is OutcomeKind.UNKNOWN for each in applied.others)
        assert {ids[0], ids[1]} >= set(others(applied))
        assert ("5",) == plain.held(survivor, "nps_score")
        assert plain.writes() - before <= 15

    def test_records_that_are_gone_are_told(self, account: Account) -> None:
        ids = account.contacts(3)
        account.portal.archive(account.portal.store("contacts"), account.portal.store("contacts").records[ids[1]], 0.0)
        rows = [(ids[0], 1), (ids[1], 2), (ids[2], 3), ("424242", 4), ("p-7", 5)]
        applied = account.crm.write_blocks([block(rows, "nps_score")])

        assert 2 == applied.written
        assert {
            ids[1]: (OutcomeKind.GONE, "OBJECT_NOT_FOUND"),
            "424242": (OutcomeKind.GONE, "OBJECT_NOT_FOUND"),
            "p-7": (OutcomeKind.REJECTED, "INVALID_ID"),
        } == others(applied)

    def test_rows_that_the_answer_leaves_out_are_unknown(self) -> None:
        with opened(faults=Faults(silent_failure=1)) as account:
            ids = account.contacts(2)
            applied = account.crm.write_blocks([block([(id_, 9) for id_ in ids], "nps_score")])

            assert 0 == applied.written
            assert {OutcomeKind.UNKNOWN} == {each.kind for each in applied.others}
            assert {"nps_score": None} == account.crm.read([ref(ids[0])], ["nps_score"])[ref(ids[0])]

    def test_rows_that_were_applied_but_not_told_are_read_back(self) -> None:
        with opened(faults=Faults(silent_batch=1.0)) as account:
            ids = account.contacts(3)
            applied = account.crm.write_blocks([block([(id_, 9) for id_ in ids], "nps_score")])

            assert {OutcomeKind.UNKNOWN} == {each.kind for each in applied.others}
            assert [{"nps_score": 9}] * 3 == list(account.crm.read([ref(id_) for id_ in ids], ["nps_score"]).values())

    def test_the_old_id_of_a_merged_contact_is_followed(self, account: Account) -> None:
        """HubSpot writes the survivor and answers with its id; nothing in the answer names ours."""
        first, second, other = account.contacts(3)
        survivor = account.portal.merge("contacts", first, second)
        applied = account.crm.write_blocks([block([(first, 9), (other, 3)], "nps_score")])

        assert 1 == applied.written
        assert {first: (OutcomeKind.UNKNOWN, None)} == others(applied)
        assert {"nps_score": 9} == account.crm.read([ref(first)], ["nps_score"])[ref(first)]
        assert ("9",) == account.held(survivor, "nps_score")


class TestMappingsThatCannotBe:
    def test_nothing_is_sent_when_a_property_is_missing(self, account: Account) -> None:
        ids = account.contacts(2)
        blocks = [block([(ids[0], 9)], "nps_score"), block([(ids[1], 9)], "nps_scoer")]
        with pytest.raises(SchemaDrift, match="nps_scoer") as caught:
            account.crm.write_blocks(blocks)

        assert "Did you mean `nps_score`" in caught.value.next_step
        assert 0 == account.writes()

    def test_a_property_that_goes_while_we_run_stops_the_mapping(self, account: Account) -> None:
        ids = account.contacts(2)
        account.crm.write_blocks([block([(ids[0], 9)], "nps_score")])
        account.portal.catalogue("contacts").archive("nps_score", "2026-01-01T00:00:00Z")
        applied = account.crm.write_blocks([block([(ids[1], 9)], "nps_score")])

        assert isinstance(applied.stopped, SchemaDrift)
        assert "nps_score" in str(applied.stopped)
        assert {ids[1]: (OutcomeKind.DEFERRED, None)} == others(applied)

    def test_an_unknown_object_is_drift(self, account: Account) -> None:
        with pytest.raises(SchemaDrift, match="contcats") as caught:
            account.crm.write_blocks([block([("1", 9)], "nps_score", object_="contcats")])

        assert "Did you mean `contacts`" in caught.value.next_step
        assert [] == list(account.crm.fields("contcats"))

    def test_e_mail_is_no_key(self, account: Account) -> None:
        account.contacts(1)
        with pytest.raises(SchemaDrift, match="`email` of `contacts` cannot be a key"):
            account.crm.write_blocks([block([("person0@example.com", 9)], "nps_score", key="email")])


class TestWho:
    def test_the_account_is_named(self, account: Account) -> None:
        assert str(account.portal.id) == account.crm.who()["portal"]

    def test_a_revoked_key_is_told_at_once(self) -> None:
        portal = Portal(seed=1)
        portal.doors.keys["pat-na1-test"] = frozenset()
        with opened(portal) as account, pytest.raises(Refused, match="401"):
            account.crm.who()
