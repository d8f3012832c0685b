"""The gates of identity resolution, on a small made-up population; `python -m tests.population` makes large ones."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from connectors.records import RECORD_FIELDS
from sync.identity.claims import claims_table, respondent_of
from sync.identity.evidence import REASONS
from sync.identity.explain import explain
from sync.identity.listing import Listing as KeptListing
from sync.identity.resolve import decide, decisions
from sync.identity.settings import DEFAULT_RULES
from sync.identity.standalone import ResponseDecision, resolve_files
from tests.population.__main__ import settings_for
from tests.population.answers import make_answers
from tests.population.changes import change
from tests.population.listing import Listing
from tests.population.planting import make_crm
from tests.population.scoring import Score, recall_det, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.population.crm import Crm
    from tests.population.respondents import Answer

ROOT = Path(__file__).parents[2]
CONTACTS = RESPONSES = 4_000
SEED = 20_001
NEVER_WRONG = (
    "couple_named", "couple_nameless", "role_named", "role_nameless", "role_stranger", "family_phone",
    "family_phone_nameless",
    "twins_phone", "recycled_mail", "recycled_phone", "suppressed", "deleted_mail", "deleted_id", "internal",
    "junk_mail",
    "junk_phone", "subsidiary_homonym", "homonym_company", "dots_nongmail", "plus_distinct", "unknown_colleague",
    "unknown_free",
)  # fmt: skip


@cache
def world(profile: str) -> tuple[Crm, list[Answer]]:
    crm = make_crm(CONTACTS, SEED, profile)
    return crm, make_answers(crm, RESPONSES, SEED, profile)


@cache
def decided(profile: str = "default", *, accept: bool = False) -> list[ResponseDecision]:
    crm, answers = world(profile)
    return list(
        resolve_files(
            Listing(crm.table()),
            [answer.response for answer in answers],
            settings_for(crm, accept=accept),
            accounts=crm.accounts(),
        )
    )


def scored(profile: str = "default", *, accept: bool = False) -> Score:
    crm, answers = world(profile)
    return score(answers, decided(profile, accept=accept), crm.owner)


class TestGates:
    """Numbers of `identity.md` §7; the large runs are reported, these keep them from slipping."""

    @pytest.mark.parametrize("profile", ["default", "hostile"])
    @pytest.mark.parametrize("accept", [False, True])
    def test_nobody_is_mistaken_for_another(self, profile: str, accept: bool) -> None:
        assert {} == dict(scored(profile, accept=accept).wrong)

    def test_the_traps_stay_traps(self) -> None:
        """Each trap that must never match wrongly occurs, and no wrong match is in it."""
        result = scored()
        assert [] == [trap for trap in NEVER_WRONG if not result.seen[trap]]
        assert 0 == sum(result.wrong[trap] for trap in NEVER_WRONG)

    def test_what_the_evidence_settles_is_found(self) -> None:
        assert recall_det(scored()) >= 0.955
        assert recall_det(scored(accept=True)) >= 0.985
        assert recall_det(scored("hostile")) >= 0.92

    def test_few_are_left_to_people(self) -> None:
        assert scored().review_rate <= 0.07
        assert scored(accept=True).review_rate <= 0.045
        assert scored().recall_possible() >= 0.90

    def test_nobody_known_would_be_created_again(self) -> None:
        """A misspelt address cannot be known; every other person of the CRM is recognised or held."""
        created = {trap for trap in scored().dup_create if not trap.startswith("typo")}
        assert set() == created

    @pytest.mark.parametrize("trap", ["suppressed", "internal", "deleted_mail", "deleted_id"])
    def test_nothing_is_written_for(self, trap: str) -> None:
        _, answers = world("default")
        outcomes = {d.outcome for a, d in zip(answers, decided(), strict=True) if a.trap == trap}
        assert "matched" not in outcomes
        assert outcomes

    def test_accounts_are_right(self) -> None:
        assert scored().account_precision >= 0.9999
        assert scored().account_recall >= 0.90

    def test_every_reason_is_one_of_the_list(self) -> None:
        assert {(d.outcome, d.reason) for d in decided()} <= {(o, r) for o, reasons in REASONS.items() for r in reasons}


class TestLater:
    """The CRM changes after the first matching."""

    @cache  # noqa: B019 - one world for the class
    def _later(self) -> tuple[Crm, list[Answer], dict[int, str], list[ResponseDecision]]:
        crm, answers = world("default")
        later, happened = change(crm, SEED)
        previous = {row.response_id: row for row in decided()}
        responses = [answer.response for answer in answers]
        made = list(resolve_files(Listing(later.table()), responses, settings_for(crm), previous=previous))
        return later, answers, happened, made

    def test_no_change_makes_anybody_another(self) -> None:
        later, answers, _, made = self._later()
        assert {} == dict(score(answers, made, later.owner).wrong)

    def test_links_follow_merges_and_stay_when_addresses_move(self) -> None:
        later, answers, happened, made = self._later()
        live = {(r["object"], r["id"]) for r in later.records if not r["deleted"] and not r["merged_into"]}
        kept = 0
        for answer, before, now in zip(answers, decided(), made, strict=True):
            if before.outcome != "matched" or answer.human is None:
                continue
            if happened.get(answer.human) == "deleted":
                assert ("held", "tombstone") == (now.outcome, now.reason)
                continue
            assert "matched" == now.outcome
            assert (now.object, now.record) in live
            kept += 1
        assert kept > RESPONSES / 2

    def test_no_doubt_settles_itself(self) -> None:
        later, answers, _, made = self._later()
        for before, now in zip(decided(), made, strict=True):
            if (
                before.outcome == "held"
                and before.reason not in {"none", "no_create", "tombstone"}
                and now.outcome == "matched"
            ):
                assert "repointed" == now.reason
        assert later
        assert answers


def rows_of(responses: Sequence[Any], crm: Crm, records: list[dict[str, Any]], chunk: int) -> list[dict[str, Any]]:
    settings = settings_for(crm)
    claims = claims_table(respondent_of(response) for response in responses)
    tables = [pa.Table.from_pylist(records[at : at + chunk], RECORD_FIELDS) for at in range(0, len(records), chunk)]
    rows: list[dict[str, Any]] = decide(claims, tables, DEFAULT_RULES, settings).to_pylist()
    return rows


def test_order_and_chunks_change_nothing() -> None:
    """All rows shuffled, one record or respondent at a time or all at once: the same decisions, byte for byte."""
    crm, answers = world("default")
    responses = [answer.response for answer in answers[:700]]
    whole = rows_of(responses, crm, crm.records, 100_000)
    random = Random(3)
    shuffled, others = list(crm.records), list(responses)
    random.shuffle(shuffled)
    random.shuffle(others)
    assert whole == rows_of(others, crm, shuffled, 1_000)
    by_respondent = {row["respondent"]: row for row in whole}
    for response in others[:5]:
        (alone,) = rows_of([response], crm, shuffled, 4_000)
        assert by_respondent[alone["respondent"]] == alone
    few = shuffled[:60]
    assert rows_of(others, crm, few, 100) == rows_of(others, crm, few, 1)


def test_a_listing_of_all_records_gives_the_same_decisions() -> None:
    """Read once for many slices of respondents, or looked through for each: merged records are followed either way."""
    crm, answers = world("default")
    settings = settings_for(crm)
    claims = claims_table(respondent_of(answer.response) for answer in answers[:900])
    later, _ = change(crm, SEED)
    whole = pa.Table.from_pylist(later.records, RECORD_FIELDS)

    def find(keys: pa.Table) -> list[pa.Table]:
        return [whole] if keys.num_rows else []

    given = (claims, find, DEFAULT_RULES, settings)
    looked_through = pa.concat_tables(decisions(*given, find=find))
    with KeptListing(
        [whole.slice(at, 1_500) for at in range(0, whole.num_rows, 1_500)], DEFAULT_RULES, settings
    ) as listing:
        listed = pa.concat_tables(decisions(*given, find=find, listing=listing))

    assert looked_through.to_pylist() == listed.to_pylist()
    assert any(row["outcome"] == "matched" for row in listed.to_pylist())


def test_every_decision_can_be_told_in_words() -> None:
    """Each has at least one step, and nothing that identifies a person is in it."""
    crm, answers = world("default")
    responses = [answer.response for answer in answers[:1500]]
    for row in rows_of(responses, crm, crm.records, 100_000):
        text = "\n".join(explain(row))
        assert row["reason"] in text
        assert "@" not in text
        assert json.loads(row["evidence"]) is not None


#: Python tells a hook of every socket that anything opens; a hook stays, so it gets a process of its own.
CLOSED = """
import sys

def refuse(event, arguments):
    if event.startswith("socket."):
        raise RuntimeError(f"identity must not use the network: {event}")

from tests.unit.test_identity_gates import SEED, Listing, make_answers, make_crm, resolve_files, settings_for

crm = make_crm(600, SEED, "default")
responses = [answer.response for answer in make_answers(crm, 600, SEED, "default")]
sys.addaudithook(refuse)
settings = settings_for(crm, accept=True)
print(sum(1 for _ in resolve_files(Listing(crm.table()), responses, settings, accounts=crm.accounts())))
"""


def test_deciding_opens_no_socket() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ("600\n", "") == (done.stdout, done.stderr)
