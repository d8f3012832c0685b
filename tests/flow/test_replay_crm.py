"""Replay at both vendors: what they refused is sent once its cause is gone, and nothing that was replaced since."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sync.errors import Exit
from tests.flow.played import HEAD, Crm, email

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.flow.desk import Said

PEOPLE, REPLACED = 60, 44
LEFT = PEOPLE - REPLACED
OPTIONS = ("promoter", "passive", "detractor")


class Cause(NamedTuple):
    """Why a vendor refuses detractors, and what a person is told of it."""

    vendor: str
    code: str
    fields: tuple[str, ...]
    meaning: str
    #: What has changed once the cause is gone, as a person is told; "": nothing of which we know.
    changed: str
    begin: Callable[[Crm], None]
    end: Callable[[Crm], None]


def add_rule(crm: Crm) -> None:
    crm.world.add_validation("Contact", lambda after, _: "No." if after["NPS_Category__c"] == "Detractor" else None)


def drop_rule(crm: Crm) -> None:
    crm.world.validations.clear()


def offer_picklist(crm: Crm, *values: str) -> None:
    crm.world.find("Contact").field("NPS_Category__c").values = tuple(value.title() for value in values)


def offer_options(crm: Crm, *values: str) -> None:
    held = crm.world.catalogue("contacts").get("nps_category")
    held.set_options([{"label": value.title(), "value": value} for value in values])


CAUSES = {
    "rule": Cause(
        "salesforce",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        (),
        "A validation rule of the org refused the record.",
        "",
        add_rule,
        drop_rule,
    ),
    "picklist": Cause(
        "salesforce",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ("NPS_Category__c",),
        "The picklist does not have the value.",
        "fields there",
        lambda crm: offer_picklist(crm, *OPTIONS[:2]),
        lambda crm: offer_picklist(crm, *OPTIONS),
    ),
    "option": Cause(
        "hubspot",
        "INVALID_OPTION",
        ("nps_category",),
        "The property does not have the option.",
        "fields there",
        lambda crm: offer_options(crm, *OPTIONS[:2]),
        lambda crm: offer_options(crm, *OPTIONS),
    ),
}
#: Vendor → kind of a person's record, and the names of its address and its score.
CONTACTS = {"salesforce": ("Contact", "Email", "NPS_Score__c"), "hubspot": ("contacts", "email", "nps_score")}


def low(number: int) -> int:
    return number % 7


def high(number: int) -> int:
    return 9 + number % 2


class Night:
    """A CRM that refused everybody, and has newer responses of most of them since."""

    def __init__(self, cause: Cause, crm: Crm) -> None:
        self.cause, self.crm, self.desk = cause, crm, crm.desk
        cause.begin(crm)
        self.answer("2026-10-01", range(PEOPLE), low)
        refused = self.desk.npsync("sync", "--output", "json")
        assert refused.object["rejected_by_reason"] == {cause.code: PEOPLE}
        assert set(self.scores().values()) == {None}
        self.answer("2026-10-02", range(REPLACED), high)
        self.desk.npsync("sync")
        self.replaced = self.scores()
        assert {email(n): high(n) if n < REPLACED else None for n in range(PEOPLE)} == self.replaced

    def answer(self, day: str, people: range, score: Callable[[int], int]) -> None:
        rows = (f"{day}-{n},{score(n)},{day} 10:00:00,{email(n)},\n" for n in people)
        self.desk.write("responses.csv", HEAD + "".join(rows))

    def scores(self) -> dict[str, float | None]:
        """Return the score that each person's record shows."""
        kind, name, score = CONTACTS[self.crm.vendor]
        held = {each[name]: each.get(score) for each in self.crm.world.records(kind)}
        return {who: None if held[who] in (None, "") else float(held[who]) for who in map(email, range(PEOPLE))}

    def replay(self) -> tuple[Said, list[int]]:
        """Replay; return what was said, and how many records each call wrote."""
        before = len(self.crm.service.log)
        said, writing = self.desk.npsync("replay", "--output", "json"), self.crm.writes(before)
        called = [entry for entry in self.crm.since(before) if f"{entry.method} {entry.path}" in writing]
        return said, [entry.rows for entry in called]

    def told(self, said: Said) -> tuple[int, ...]:
        """Return what a replay says of its one group."""
        [group] = said.object["replayed"]
        assert (self.cause.code, list(self.cause.fields), PEOPLE) == (
            group["code"],
            group["fields"],
            group["failures"],
        )
        return tuple(group[name] for name in ("delivered", "failed", "left", "superseded"))


@pytest.fixture(params=CAUSES)
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Night]:
    cause = CAUSES[request.param]
    with Crm(cause.vendor, tmp_path, people=PEOPLE) as crm:
        yield Night(cause, crm)


def test_what_was_replaced_costs_no_call_and_the_rest_goes_once_and_in_waves(night: Night) -> None:
    before = night.crm.held()
    night.cause.end(night.crm)

    said, written = night.replay()

    assert Exit.DONE == said.status
    assert (LEFT, 0, 0, REPLACED) == night.told(said)
    assert [1, 10, LEFT - 11] == written
    newer = {email(n): high(n) for n in range(REPLACED)}
    assert newer | {email(n): low(n) for n in range(REPLACED, PEOPLE)} == night.scores()
    kind = CONTACTS[night.crm.vendor][0]
    untouched = before | {kind: {name: before[kind][name] for name in newer}}
    held = night.crm.held()
    assert untouched == held | {kind: {name: held[kind][name] for name in newer}}

    again, written = night.replay()

    assert (Exit.DONE, []) == (again.status, written)
    assert (0, 0, 0, PEOPLE) == night.told(again)
    assert {} == night.desk.npsync("sync", "--output", "json").object["writes"]


def test_a_group_that_still_fails_is_left_alone_after_the_first(night: Night) -> None:
    said, written = night.replay()

    assert Exit.SOME_ROWS_FAILED == said.status
    assert (0, 1, LEFT - 1, REPLACED) == night.told(said)
    assert 1 == len(written)
    assert night.replaced == night.scores()


def test_a_dry_run_says_the_same_each_time_and_calls_nothing_that_writes(night: Night) -> None:
    night.cause.end(night.crm)
    before = len(night.crm.service.log)

    told = [night.desk.npsync("replay", "-n", *words) for words in ((), (), *[("--output", "json")] * 2)]

    assert [] == night.crm.writes(before)
    first, again = (re.sub(r"run \S+-dry, \S+ s", "", each.out) for each in told[:2])
    assert first == again
    about = f" ({', '.join(night.cause.fields)})" if night.cause.fields else ""
    assert f"  {night.cause.code}{about}  {PEOPLE} failures" in first
    assert night.cause.meaning in first
    changed = f"    changed since: {night.cause.changed} of {LEFT}" if night.cause.changed else ""
    assert changed == "\n".join(line for line in first.splitlines() if "changed since" in line)
    plans = [each.object["plan"] for each in told[2:]]
    assert plans[0].startswith("plan-")
    assert plans[0] == plans[1]
    assert told[2].object["changes"] == told[3].object["changes"]


def test_a_group_stops_in_the_wave_of_which_more_than_a_fifth_fails(tmp_path: Path) -> None:
    with Crm("salesforce", tmp_path, people=PEOPLE) as crm:
        night = Night(CAUSES["rule"], crm)
        drop_rule(crm)
        still = {email(n) for n in range(REPLACED + 2, REPLACED + 5)}
        crm.world.add_validation("Contact", lambda after, _: "No." if after["Email"] in still else None)

        said, written = night.replay()

        assert Exit.SOME_ROWS_FAILED == said.status
        assert (8, 3, LEFT - 11, REPLACED) == night.told(said)
        assert [1, 7] == written
