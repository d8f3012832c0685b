"""SOQL in the sandbox, clause by clause, asked of the org itself: what is rare, and what depends on the day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sandbox import Clock
from sandbox.salesforce import Field, Org, Refusal
from sandbox.salesforce.soql import Selection
from sandbox.salesforce.soql_days import span_of

#: 2026-03-10 12:00 UTC, a Tuesday.
NOON = 1_773_144_000.0
TUESDAY = date(2026, 3, 10)


@pytest.fixture
def org():
    org = Org(seed=None, clock=Clock.standing(NOON))
    org.add_field("Account", Field(name="Tags__c", type="multipicklist", values=("a", "b", "c")))
    for name, people, tags, day in (
        ("One", 10, "a;b", "2026-03-10"),
        ("Two", 20, "b", "2026-03-09"),
        ("Three", 30, "c;a", "2026-02-28"),
        ("Four", None, None, None),
    ):
        account = org.insert("Account", {"Name": name, "NumberOfEmployees": people, "Tags__c": tags, "Industry": "I"})
        org.insert(
            "Opportunity",
            {"Name": name, "AccountId": account, "StageName": "In Progress", "CloseDate": day or "2030-01-01"},
        )
    return org


def rows(org: Org, soql: str) -> list[dict[str, Any]]:
    selection = Selection(org, soql)
    assert selection.shape is not None
    shown = [selection.shape.record(row, "v67.0") for row in selection.run()]
    return [{name: held for name, held in record.items() if name != "attributes"} for record in shown]


def names(org: Org, soql: str) -> list[str]:
    return [row["Name"] for row in rows(org, soql)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Tags__c INCLUDES ('a')", ["One", "Three"]),
        ("Tags__c INCLUDES ('a;b', 'c')", ["One", "Three"]),
        ("Tags__c INCLUDES ('A;C')", ["Three"]),
        ("Tags__c EXCLUDES ('a')", ["Four", "Two"]),
        ("Tags__c = null", ["Four"]),
    ],
)
def test_values_of_a_multiple_picklist_are_looked_for_one_by_one(org, condition, found):
    assert found == sorted(names(org, f"SELECT Name FROM Account WHERE {condition}"))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("CloseDate = TODAY", ["One"]),
        ("CloseDate IN (TODAY, YESTERDAY)", ["One", "Two"]),
        ("CloseDate NOT IN (TODAY, YESTERDAY)", ["Four", "Three"]),
        ("CloseDate != THIS_MONTH", ["Four", "Three"]),
        ("CloseDate <= YESTERDAY", ["Three", "Two"]),
        ("CloseDate > LAST_N_DAYS:5", ["Four", "One", "Two"]),
        ("CloseDate = LAST_N_DAYS:5", ["One", "Two"]),
        ("CloseDate = 2026-02-28", ["Three"]),
        ("CloseDate >= 2026-03-09 AND CloseDate < NEXT_YEAR", ["One", "Two"]),
    ],
)
def test_days_are_compared_as_the_org_sees_them_today(org, condition, found):
    assert found == sorted(names(org, f"SELECT Name FROM Opportunity WHERE {condition}"))


@pytest.mark.parametrize(
    ("literal", "start", "end"),
    [
        ("TODAY", "2026-03-10", "2026-03-11"),
        ("YESTERDAY", "2026-03-09", "2026-03-10"),
        ("THIS_WEEK", "2026-03-08", "2026-03-15"),
        ("LAST_WEEK", "2026-03-01", "2026-03-08"),
        ("LAST_MONTH", "2026-02-01", "2026-03-01"),
        ("NEXT_QUARTER", "2026-04-01", "2026-07-01"),
        ("LAST_QUARTER", "2025-10-01", "2026-01-01"),
        ("LAST_YEAR", "2025-01-01", "2026-01-01"),
        ("LAST_N_DAYS:7", "2026-03-03", "2026-03-11"),
        ("LAST_90_DAYS", "2025-12-10", "2026-03-11"),
        ("NEXT_N_DAYS:2", "2026-03-11", "2026-03-13"),
        ("NEXT_90_DAYS", "2026-03-11", "2026-06-09"),
        ("N_DAYS_AGO:3", "2026-03-07", "2026-03-08"),
        ("LAST_N_WEEKS:2", "2026-02-22", "2026-03-08"),
        ("LAST_N_MONTHS:3", "2025-12-01", "2026-03-01"),
        ("NEXT_N_MONTHS:1", "2026-04-01", "2026-05-01"),
        ("N_MONTHS_AGO:14", "2025-01-01", "2025-02-01"),
        ("N_YEARS_AGO:1", "2025-01-01", "2026-01-01"),
    ],
)
def test_spans_begin_and_end_as_salesforce_documents_them(literal, start, end):
    span = span_of(literal, TUESDAY)

    assert (start, end) == (span.start.isoformat(), span.end.isoformat())


def test_aggregates_pass_over_nulls(org):
    soql = (
        "SELECT Industry, COUNT(Id) n, COUNT(NumberOfEmployees) c, COUNT_DISTINCT(Industry) d, "
        "SUM(NumberOfEmployees) s, AVG(NumberOfEmployees) a, MIN(Name) first, MAX(NumberOfEmployees) most "
        "FROM Account GROUP BY Industry"
    )

    assert [{"Industry": "I", "n": 4, "c": 3, "d": 1, "s": 60, "a": 20.0, "first": "Four", "most": 30}] == rows(
        org, soql
    )
    nothing = "SELECT COUNT(Id), SUM(NumberOfEmployees) FROM Account WHERE Name = 'Nobody'"
    assert [{"expr0": 0, "expr1": None}] == rows(org, nothing)


def test_groups_are_ordered_by_alias_and_bounded(org):
    soql = (
        "SELECT Name, SUM(NumberOfEmployees) s FROM Account GROUP BY Name ORDER BY s DESC NULLS LAST LIMIT 2 OFFSET 1"
    )

    assert ["Two", "One"] == names(org, soql)
    assert ["Three"] == names(org, "SELECT Name FROM Account GROUP BY Name HAVING MAX(NumberOfEmployees) > 20")


def test_clauses_that_change_nothing_here_are_understood(org):
    assert ["One"] == names(
        org, "SELECT a.Name FROM Account a USING SCOPE mine WHERE a.Name = 'One' FOR VIEW FOR REFERENCE"
    )
    assert {"Id", "Name", "Tags__c"} <= set(rows(org, "SELECT FIELDS(ALL) FROM Account LIMIT 1")[0])
    assert {"Tags__c"} == set(rows(org, "SELECT FIELDS(CUSTOM) FROM Account LIMIT 1")[0])
    assert "Tags__c" not in rows(org, "SELECT FIELDS(STANDARD) FROM Account")[0]


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Account)", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT() FROM Account", "MALFORMED_QUERY"),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY"),
        ("SELECT Description, COUNT(Id) FROM Account GROUP BY Description", "MALFORMED_QUERY"),
        ("SELECT SHOUT(Name) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1.5", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account ORDER BY Name NULLS", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a\\z'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = TODAY", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name INCLUDES ('a')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Name = '" + "x" * 4_001 + "'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN (" + "'x'," * 30_000 + "'x')", "QUERY_TOO_COMPLICATED"),
        ("SELECT Id FROM Account FOR FUN", "MALFORMED_QUERY"),
    ],
)
def test_what_no_clause_allows_is_refused(org, soql, code):
    with pytest.raises(Refusal) as refused:
        Selection(org, soql).run()

    assert code == refused.value.code
