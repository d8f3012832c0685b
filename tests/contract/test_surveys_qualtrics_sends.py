"""Qualtrics' distributions: what their histories and addresses cost, and what is left out; see `test_surveys_sends`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.server import Service
from sandbox.surveys.distributions import POOLS, mailing_of
from sync.config.specs import load_spec, shipped
from tests.contract.source_contract import pulled
from tests.contract.survey_contract import Account, Stuck, SurveyContract
from tests.contract.test_surveys_sends import Reads, account, read, sends, told, truth

if TYPE_CHECKING:
    from sandbox.exchange import Reply, Request
    from sandbox.log import Entry

__all__ = ["account"]
NAME = "qualtrics"


@pytest.fixture
def name() -> str:
    return NAME


def asked(account: Account, part: str, since: int = 0) -> list[Entry]:
    """Return the calls since a place in the log whose path has *part* in it."""
    return [each for each in account.service.log.entries[since:] if part in each.path]


def test_addresses_cost_one_list_for_each_mailing_list_and_none_without_news(account: Account) -> None:
    first = read(NAME, account)
    calls = [each.path for each in asked(account, "/contacts")]
    place = len(account.service.log.entries)

    read(NAME, account, first.last)

    people = len(truth(NAME, account))
    assert {"SV_0aRecommend00001"[3:], "SV_0bPurchase000002"[3:]} == {
        path.split("CG_")[1].split("/")[0] for path in calls
    }
    assert len(calls) < people, "a call for each person"
    assert len(calls) <= people // 4 + 2 * len(POOLS) + 2
    assert asked(account, "/history", place)
    assert [] == asked(account, "/contacts", place)


def test_what_was_mailed_before_the_look_back_is_not_read_again(account: Account) -> None:
    world = account.service.world
    first = read(NAME, account)
    account.clock.sleep(100 * 86_400.0)
    world.add(None, email="new@example.com")
    second = read(NAME, account, first.last)
    place = len(account.service.log.entries)
    account.clock.sleep(60.0)

    read(NAME, account, second.last)

    read_again = {each.path.split("/")[4] for each in asked(account, "/history", place)}
    latest = max(each.at for each in world.asked())
    assert read_again == {mailing_of(each) for each in world.asked() if latest - each.at <= timedelta(days=30)}
    assert len(read_again) < len({mailing_of(each) for each in world.asked()})


def test_bounces_asked_nobody_and_reminders_nobody_anew(account: Account) -> None:
    account.service.world.add(None, email="away@example.com", state="bounced")

    got = read(NAME, account)

    assert ["bounced"] == [each.state.value for each in sends(got) if each.email == "away@example.com"]
    assert truth(NAME, account) == told(got)
    assert len(truth(NAME, account)) == len(sends(got))
    assert {"Recommend us", "After the purchase"} == {each.survey for each in sends(got)}


def test_people_who_are_on_no_list_any_longer_are_counted_as_unread(account: Account) -> None:
    for who in ("here", "gone"):
        account.service.world.add(None, email=f"{who}@example.com")
    world: Any = account.service.world
    world.off_lists.add("gone@example.com")

    got = read(NAME, account)

    assert {each for each, _ in truth(NAME, account).values()} - {"gone@example.com"} == {
        each.email for each in sends(got)
    }
    assert ["Qualtrics: sends: 1 rows cannot be read and are left out"] == [
        note for page in got.pages for note in page.notes if "sends" in note
    ]
    assert [] == [page.refused for page in got.pages if page.refused]


def test_only_surveys_that_ask_for_a_recommendation_count_and_only_by_token(account: Account) -> None:
    account.service.world.add(4, kind="csat", email="csat@example.com")
    made: Any = SurveyContract()

    by_client = pulled(made.source(account, spec=load_spec(shipped()[NAME]), auth="oauth"))
    nothing = len(asked(account, "/distributions"))
    by_token = read(NAME, account)

    assert ([], 0) == (sends(by_client), nothing)
    assert by_client.responses
    assert "csat@example.com" not in {each.email for each in sends(by_token)}


class Closed(Stuck):
    """An account that may not see its directories."""

    def handle(self, request: Request) -> Reply:
        reply: Reply = self._world.handle(request)
        return self._world.refused(404, "Not found") if self._part in request.path else reply


def test_without_directories_the_sends_are_refused_and_nothing_counts_as_read(account: Account) -> None:
    beside = Service(Closed(account.service.world, "directories"), clock=account.clock)
    account.more.append(beside)

    refused = pulled(Reads().of(NAME, account, url=beside.url))
    later = read(NAME, account, refused.last)

    assert ["Qualtrics: sends"] == [page.stream for page in refused.pages if page.refused]
    assert ([], True) == (sends(refused), bool(refused.responses))
    assert truth(NAME, account) == told(later)
