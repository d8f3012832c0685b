"""HubSpot on a bad day: lost answers, limits, locks, expired tokens. Every row is accounted for; no twin is made."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from connectors.budget import MemoryMeter
from connectors.errors import Deferred, QuotaSpent, Refused, SignedOut
from connectors.hubspot.session import WORKERS
from connectors.values import OutcomeKind, RecordRef
from sandbox.faults import Faults
from sandbox.hubspot import Portal
from tests.contract.hubspot_account import Account, FastTime, Keys, block, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.contract import Applied
    from connectors.hubspot.destination import HubSpot

PASSING = (
    "status_429",
    "status_500",
    "status_502",
    "status_503",
    "html_body",
    "cut_before",
    "cut_after",
    "applied_500",
    "truncated",
)


def settled(account: Account, ids: list[str], applied: Applied) -> dict[OutcomeKind, int]:
    """Count the rows by outcome, and hold what is said to be written against what is held."""
    kinds = {each.id: each.kind for each in applied.others}
    assert applied.written == len(ids) - len(applied.others)
    for n, id_ in enumerate(ids):
        if id_ not in kinds:
            assert (str(n % 11),) == account.held(id_, "nps_score"), "said to be written"
    found: dict[OutcomeKind, int] = {OutcomeKind.WRITTEN: applied.written}
    for kind in kinds.values():
        found[kind] = found.get(kind, 0) + 1
    return found


def scores(account: Account, ids: list[str]) -> Applied:
    return account.crm.write_blocks([block([(id_, n % 11) for n, id_ in enumerate(ids)], "nps_score")])


class TestFaults:
    @pytest.mark.parametrize("fault", PASSING)
    def test_what_passes_is_waited_out(self, fault: str) -> None:
        """Writing a known record twice leaves what writing it once does, so a lost answer is asked for again."""
        with opened() as account:
            ids = account.contacts(250)
            account.crm.fields("contacts")
            account.service.faults.set(fault, 2)
            applied = scores(account, ids)

            assert {OutcomeKind.WRITTEN: 250} == settled(account, ids, applied)
            assert 2 == account.service.faults.struck[fault]

    @pytest.mark.parametrize("fault", [*PASSING, "row_lock", "silent_batch", "silent_failure", "partial_batch"])
    def test_whatever_happens_every_row_is_accounted_for(self, fault: str) -> None:
        with opened() as account:
            ids = account.contacts(450)
            account.crm.fields("contacts")
            account.service.faults.set(fault, 0.3)
            with suppress(Deferred):  # a lock on every batch: then nothing was applied
                settled(account, ids, scores(account, ids))
            account.service.faults.clear()

            again = account.connection()  # the breaker of the first may still be open
            assert 450 == again.write_blocks([block([(id_, 5) for id_ in ids], "nps_score")]).written

    def test_a_lost_answer_makes_no_twin(self) -> None:
        with opened() as account:
            account.crm.fields("contacts")
            account.service.faults.set("cut_after", 2, only="/batch/upsert")
            rows = [(f"p-{n}", n % 11) for n in range(150)]
            applied = account.crm.write_blocks([block(rows, "nps_score", key="nps_person")])

            assert {("written", True)} == {(each.kind.value, each.in_doubt) for each in applied.others}
            assert 150 == applied.written + len(applied.others)
            assert 150 == len(account.portal.records("contacts"))
            assert 2 == account.service.faults.struck["cut_after"]

    def test_what_stays_lost_is_unknown_and_can_be_read_back(self) -> None:
        with opened() as account:
            ids = account.contacts(3)
            account.crm.fields("contacts")
            account.service.faults.set("cut_after", True, only="/batch/update")
            applied = scores(account, ids)

            assert {OutcomeKind.WRITTEN: 0, OutcomeKind.UNKNOWN: 3} == settled(account, ids, applied)
            refs = [RecordRef(object="contacts", id=id_) for id_ in ids]
            assert [0, 1, 2] == [each["nps_score"] for each in account.crm.read(refs, ["nps_score"]).values()]

    def test_a_server_that_is_down_leaves_everything_for_the_next_run(self) -> None:
        with opened() as account:
            ids = account.contacts(3)
            account.crm.fields("contacts")
            account.service.vanish()

            with pytest.raises(Deferred, match="cannot be reached"):
                scores(account, ids)

    def test_lost_errors_are_read_by_their_status(self) -> None:
        """Every part of an error is optional, HubSpot's own description says."""
        with opened() as account:
            ids = account.contacts(100)
            account.portal.omit = frozenset({"category", "errors", "context", "status", "correlationId"})
            rows = [(id_, "promoter" if n != 7 else "enthusiast") for n, id_ in enumerate(ids)]
            applied = account.crm.write_blocks([block(rows, "nps_category")])

            told = {each.id: each.kind for each in applied.others}
            assert {ids[7]} == set(told)
            assert 99 == sum(each.get("nps_category") == "promoter" for each in account.portal.records("contacts"))


class TestLimits:
    def test_no_window_ever_holds_more_than_the_tier_allows(self) -> None:
        """By the sandbox's own log. Time runs little faster than ours: what is late here is late by as much there."""
        with opened(calls_per_10s=20, options={"calls_per_10s": 20}, faster=2.0) as account:
            ids = account.contacts(4_900)
            applied = scores(account, ids)

            assert len(ids) == applied.written
            assert 20 >= account.service.log.most_in_window(10, "api")
            assert 0 == sum(each.status == 429 for each in account.service.log.entries)

    def test_two_runs_share_one_limit(self) -> None:
        with opened(calls_per_10s=20, faster=2.0) as account:
            meter = MemoryMeter(account.clock)
            ids = account.contacts(1_200)
            for _ in range(2):
                crm = account.connection(calls_per_10s=20, meter=meter)
                crm.write_blocks([block([(id_, 3) for id_ in ids], "nps_score")])

            assert 20 >= account.service.log.most_in_window(10, "api")
            assert 0 == sum(each.status == 429 for each in account.service.log.entries)

    def test_being_told_to_wait_is_obeyed_by_all_threads(self) -> None:
        """Somebody else of the account uses the limit too."""
        with opened(calls_per_10s=20, options={"calls_per_10s": 100}) as account:
            account.crm.fields("contacts")
            ids = account.contacts(4_000)
            applied = scores(account, ids)

            assert {OutcomeKind.WRITTEN: 4_000} == settled(account, ids, applied)
            refused = sum(each.status == 429 for each in account.service.log.entries)
            assert 1 <= refused <= 3 * WORKERS

    def test_a_spent_day_ends_the_delivery_and_says_when_to_go_on(self) -> None:
        with opened(calls_per_day=4) as account:
            ids = account.contacts(800)
            applied = scores(account, ids)

            assert isinstance(applied.stopped, QuotaSpent)
            assert 300 == applied.written  # one of the four calls asked for the properties
            assert {OutcomeKind.DEFERRED} == {each.kind for each in applied.others}

    def test_our_own_share_of_the_day_is_never_exceeded(self) -> None:
        with opened(options={"daily_calls": 3}) as account:
            ids = account.contacts(800)
            applied = scores(account, ids)

            assert isinstance(applied.stopped, QuotaSpent)
            assert (200, 3) == (applied.written, len(account.service.log))


def signed_in(account: Account, **more: str) -> tuple[HubSpot, Keys]:
    doors = account.portal.doors
    given = {"client_id": doors.client_id, "client_secret": doors.client_secret, "refresh_token": doors.refresh_token}
    keys = Keys(given | more)
    return account.connection(auth="oauth", secrets=keys), keys


class TestSigningIn:
    @pytest.fixture
    def account(self) -> Iterator[Account]:
        with opened() as made:
            yield made

    @pytest.mark.parametrize("api", ["2026-09", "v3"])
    def test_oauth_asks_for_one_token_for_all_threads(self, account: Account, api: str) -> None:
        keys = signed_in(account)[1]
        crm = account.connection(auth="oauth", secrets=keys, api=api)
        ids = account.contacts(1_500)

        assert 1_500 == crm.write_blocks([block([(id_, 3) for id_ in ids], "nps_score")]).written
        assert 1 == account.service.log.count(group="oauth")
        assert [] == keys.kept

    def test_a_token_is_renewed_before_its_end(self, account: Account) -> None:
        crm, _ = signed_in(account)
        ids = account.contacts(1)
        for _ in range(3):
            account.clock.ahead += 1_750
            assert 1 == crm.write_blocks([block([(ids[0], 3)], "nps_score")]).written

        assert 3 == account.service.log.count(group="oauth")
        assert 0 == sum(each.status == 401 for each in account.service.log.entries)

    def test_a_token_that_ends_early_is_renewed_once(self, account: Account) -> None:
        crm, _ = signed_in(account)
        ids = account.contacts(1_500)
        crm.fields("contacts")
        account.service.faults.set("expired_token", 1)

        assert 1_500 == crm.write_blocks([block([(id_, 3) for id_ in ids], "nps_score")]).written
        assert 2 == account.service.log.count(group="oauth")

    def test_a_fresh_token_that_is_refused_once_is_renewed_as_any_other(self, account: Account) -> None:
        crm, _ = signed_in(account)
        account.service.faults.set("expired_token", 1)
        assert 1 == crm.write_blocks([block([(account.contacts(1)[0], 3)], "nps_score")]).written
        assert 2 == account.service.log.count(group="oauth")

    def test_a_new_refresh_token_is_kept(self, account: Account) -> None:
        account.portal.doors.rotates = True
        crm, keys = signed_in(account)
        crm.fields("contacts")
        account.clock.ahead += 2_000
        crm.who()

        assert 2 == len(keys.kept)
        assert account.portal.doors.knows_refresh(keys.values["refresh_token"])

    @pytest.mark.parametrize("wrong", ["client_id", "client_secret", "refresh_token"])
    def test_a_wrong_secret_stops_at_the_first_call(self, account: Account, wrong: str) -> None:
        crm, _ = signed_in(account, **{wrong: "wrong"})
        ids = account.contacts(300)
        with pytest.raises(Refused, match="sign in") as caught:
            crm.write_blocks([block([(id_, 3) for id_ in ids], "nps_score")])

        assert "npsync auth set" in caught.value.next_step
        assert 1 == len(account.service.log)

    def test_a_key_that_is_revoked_while_we_run_ends_the_delivery(self, account: Account) -> None:
        ids = account.contacts(300)
        account.crm.fields("contacts")
        account.portal.doors.keys["pat-na1-test"] = frozenset()
        applied = account.crm.write_blocks([block([(id_, 3) for id_ in ids], "nps_score")])

        assert isinstance(applied.stopped, SignedOut)
        assert {OutcomeKind.DEFERRED} == {each.kind for each in applied.others}
        assert len(account.service.log) <= 4  # those under way, never one more

    def test_no_secret_is_shown(self, account: Account) -> None:
        crm, keys = signed_in(account)
        crm.fields("contacts")
        shown = " ".join(map(repr, _all_of(crm)))

        assert not [each for each in keys.values.values() if each in shown]


def _all_of(thing: Any, depth: int = 4) -> list[Any]:
    """Return everything that hangs on a connection, for looking through what it shows of itself."""
    names = [*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())]
    parts = [getattr(thing, name) for name in names if hasattr(thing, name)]
    ours = [each for each in parts if type(each).__module__.startswith("connectors")]
    return [thing, *(found for each in ours for found in (_all_of(each, depth - 1) if depth else [each]))]


def test_a_bad_day_ends_as_a_good_one() -> None:
    """Many faults at once, sync after sync: when they are over, every record holds its value once."""
    with opened(Portal(seed=3), faults=Faults.harsh(seed=3)) as account:
        rows = [(f"p-{n}", n % 11) for n in range(600)]
        waiting = dict(rows)
        for _ in range(8):
            crm = account.connection()
            try:
                applied = crm.write_blocks([block(list(waiting.items()), "nps_score", key="nps_person")])
            except Deferred:
                continue
            left = {each.id for each in applied.others}
            waiting = {id_: score for id_, score in waiting.items() if id_ in left}
            if not waiting:
                break

        assert {} == waiting
        held = {each["nps_person"]: each["nps_score"] for each in account.portal.records("contacts")}
        assert {id_: str(score) for id_, score in rows} == held
        assert 600 == len(account.portal.records("contacts"))


def test_the_clock_of_these_tests_runs_faster() -> None:
    clock = FastTime(1_000.0)
    began = clock()
    clock.sleep(1.0)

    assert clock() - began >= 1.0
