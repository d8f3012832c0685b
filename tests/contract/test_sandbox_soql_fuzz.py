"""SOQL in the sandbox under any text: an answer or a refusal, and the same answer with indexes and without."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.salesforce import Org, Refusal
from sandbox.salesforce.soql import Selection

WORDS = (
    "SELECT FROM WHERE AND OR NOT IN LIKE INCLUDES = != < >= ( ) , : . ' \\ * Id Name Email Account.Name AccountId "
    "Account Contact COUNT() COUNT(Id) MAX(CreatedDate) DAY_ONLY(CreatedDate) FIELDS(ALL) GROUP BY HAVING ORDER ASC "
    "DESC NULLS FIRST LIMIT OFFSET 5 -1 1e999 'x' null true TODAY LAST_N_DAYS:3 NEXT_N_YEARS:99999 2026-02-30 "
    "2026-01-01T00:00:00Z FOR VIEW (SELECT Id FROM Contacts) (SELECT Id FROM Account) 🎉 \n"
).split(" ")


def made() -> Org:
    org = Org(seed=None)
    mill = org.insert("Account", {"Name": "Mill"})
    for number, email in enumerate(("a@x.example", "B@x.example", None, "a@X.example", "c@x.example")):
        org.insert("Contact", {"LastName": f"L{number}", "Email": email, "AccountId": mill if number % 2 else None})
    org.delete("Contact", org.records("Contact")[-1]["Id"])
    return org


ORG = made()
IDS = [row["Id"] for row in ORG.rows("Contact", deleted=True)]


class Unindexed:
    """The same org, without indexes."""

    def __init__(self) -> None:
        self.kind, self.rows, self.row, self.value, self.clock = ORG.kind, ORG.rows, ORG.row, ORG.value, ORG.clock

    def lookup(self, *_: object, **__: object) -> None:
        return None


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), st.booleans())
@example("SELECT Id FROM Contact WHERE CreatedDate = NEXT_N_YEARS:99999", False)
@example("SELECT Account.Name, DAY_ONLY(Account.CreatedDate) FROM Contact GROUP BY Account.Name", False)
@example("SELECT Id FROM Contact LIMIT 99999999999999999999", False)
def test_any_text_gets_an_answer_or_a_refusal(text, whole):
    with suppress(Refusal):
        selection = Selection(ORG, text if whole else f"SELECT Id FROM Contact {text}")
        rows = selection.run()
        if selection.shape is not None:
            assert all(selection.shape.record(row, "v67.0") for row in rows)


values = st.lists(st.sampled_from(["'a@x.EXAMPLE'", "'b@x.example'", "'nobody'", "null"]), min_size=1, max_size=3)
ids = st.lists(st.sampled_from(IDS), min_size=1, max_size=3)
equalities = st.one_of(
    values.map(lambda some: f"Email IN ({', '.join(some)})"),
    ids.map(lambda some: "Id IN ({})".format(", ".join(f"'{each[:15]}'" for each in some))),
    st.sampled_from(
        [
            "LastName = 'L1'",
            "NOT Email = 'a@x.example'",
            "Email LIKE 'a%'",
            "AccountId = null",
            "AccountId IN (SELECT Id FROM Account)",
            "Account.Name = 'mill'",
            "CreatedDate = TODAY",
        ]
    ),
)
joined = st.recursive(
    equalities,
    lambda inner: st.tuples(st.sampled_from([" AND ", " OR "]), st.lists(inner, min_size=2, max_size=3)).map(
        lambda pair: "(" + pair[0].join(pair[1]) + ")"
    ),
    max_leaves=6,
)


@given(joined, st.booleans())
def test_an_index_changes_nothing_but_the_time(where, deleted):
    found = [
        sorted(row["Id"] for row in Selection(catalog, f"SELECT Id FROM Contact WHERE {where}", deleted=deleted).run())
        for catalog in (ORG, Unindexed())
    ]

    assert found[0] == found[1]
