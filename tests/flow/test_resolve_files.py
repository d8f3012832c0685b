"""What `npsync resolve` makes of files: every row a decision, every usual column known, every fault told."""

from __future__ import annotations

import csv
import shlex
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.desk import Said


def rows_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(said: Said) -> list[dict[str, str]]:
    assert 0 == said.status, said.err
    return list(csv.DictReader(said.out.splitlines()))


def test_every_row_gets_a_decision_in_the_order_of_the_file(desk):
    desk.write("people.csv", "record_id,email\n1,ada@x.example\n")
    desk.write(
        "asked.csv",
        "response_id,email,is_test,score\nr9,ada@x.example,,11\n,bo@x.example,,x\nr1,zoe@x.example,true,\n\nr9,,,\n",
    )

    rows = rows_of(desk.npsync("resolve", "--records", "people.csv", "--responses", "asked.csv"))

    assert ["response_id", "outcome", "rule", "object", "record", "reason", "candidates", "account"] == list(rows[0])
    assert [
        ("r9", "matched", "1", "unique"),
        ("row 2", "held", "", "none"),
        ("r1", "excluded", "", "test"),
        ("r9", "excluded", "", "anonymous"),
    ] == [(row["response_id"], row["outcome"], row["record"], row["reason"]) for row in rows]


def test_one_file_may_hold_every_object(desk):
    desk.write(
        "crm.csv",
        "object,record_id,email,first_name,merged_into,deleted,suppressed,website,account_id\n"
        "lead,L1,ada@x.example,Ada,C1,false,no,,\ncontact,C1,,Ada,,,,,A1\ncontact,C2,bo@x.example,Bo,,,yes,,\n"
        "contact,C3,cy@x.example,Cy,,true,,,\naccount,A1,,,,,,x.example,\n",
    )
    desk.write("asked.csv", "id,email\n1,ada@x.example\n2,bo@x.example\n3,cy@x.example\n4,dora@x.example\n")

    rows = rows_of(desk.npsync("resolve", "--records", "crm.csv", "--responses", "asked.csv"))

    told = [(row["outcome"], row["reason"], row["object"], row["record"], row["account"]) for row in rows]
    assert ("matched", "unique", "Contact", "C1", "A1") == told[0]
    assert ("excluded", "suppressed", "", "", "") == told[1]
    assert ("held", "tombstone") == told[2][:2]
    assert ("held", "none", "", "", "A1") == told[3]


def test_accounts_tell_which_domains_are_one(desk):
    """The alias counts; a domain that two accounts claim, or that is only alike, does not."""
    desk.write(
        "accounts.csv", "Id,Name,Website,Alias Domains\nA,Nord,www.nord.example,nord.test; both.test\nB,S,,both.test\n"
    )
    desk.write("contacts.csv", "Id,Email\n1,ada@nord.example\n2,bo@nord.example\n3,cy@nord.example\n")
    desk.write("asked.csv", "id,email\na,ada@nord.test\nb,bo@both.test\nc,cy@nord.org\n")

    rows = rows_of(desk.npsync("resolve", "--records", "accounts.csv", "contacts.csv", "--responses", "asked.csv"))

    assert [("matched", "1"), ("held", ""), ("held", "")] == [(row["outcome"], row["record"]) for row in rows]


def test_ids_are_compared_as_declared_and_never_guessed(desk):
    desk.write("contacts.csv", "Id,External_Id__c\n0031t00000AbCdE,C-0042\n")
    desk.write("asked.csv", "id,external_ref\na,42\nb,CUST-42\nc,C-0042\nd,0031t00000AbCdEAAV\ne,0031T00000ABCDEAAV\n")
    words = ("resolve", "--records", "contacts.csv", "--responses", "asked.csv")

    plain = rows_of(desk.npsync(*words))
    declared = rows_of(desk.npsync(*words, "--id-numeric", "--id-prefix", "C-", "--id-prefix", "CUST-"))

    assert ["held", "held", "matched", "matched", "matched"] == [row["outcome"] for row in plain]
    assert {"0031t00000AbCdE"} == {row["record"] for row in declared}


def test_ids_that_differ_by_a_prefix_alone_are_pointed_out(desk):
    desk.write("contacts.csv", "Id,Customer No\n" + "".join(f"{n},C-00{n + 700}\n" for n in range(10)))
    desk.write("asked.csv", "id,customer_no\n" + "".join(f"{n},CUST-{n + 700}\n" for n in range(10)))
    words = ("resolve", "--records", "contacts.csv", "--responses", "asked.csv", "--output", "out.csv")

    said = desk.npsync(*words).err
    advice = shlex.split(said.partition("If they mean the same, add ")[2])

    assert "10 equal a record's but for a prefix" in said
    assert {"C-", "CUST-", "--id-prefix", "--id-numeric"} == set(advice)
    assert "Hint" not in desk.npsync(*words, *advice).err
    assert {"matched"} == {row["outcome"] for row in rows_in(desk.folder / "out.csv")}


def test_a_national_number_is_read_with_the_country_beside_it(desk):
    desk.write("contacts.csv", "Id,First Name,Phone,Mailing Country\n1,Ada,030 901820,Germany\n")
    desk.write("asked.csv", "id,name,phone,country\na,Ada Kern,030 901820,Germany\nb,Ada Kern,030 901820,\n")

    rows = rows_of(desk.npsync("resolve", "--records", "contacts.csv", "--responses", "asked.csv"))

    assert ["matched", "held"] == [row["outcome"] for row in rows]


def test_the_summary_says_what_the_columns_were_taken_for(desk):
    desk.write("contacts.csv", "Id,E-Mail,Shoe Size\n1,ada@x.example,38\n")
    desk.write("asked.csv", "id,email,Mood\na,ada@x.example,fine\n")

    said = desk.npsync("resolve", "--records", "contacts.csv", "--responses", "asked.csv", "--output", "out.csv")

    assert "email = E-Mail" in said.err
    assert "not used: Shoe Size" in said.err
    assert "not used: Mood" in said.err
    assert "ada@" not in said.err + said.out


def test_json_sums_up_in_one_object(desk):
    desk.write("contacts.csv", "Id,Email\n1,ada@x.example\n")
    desk.write("asked.csv", "id,email\na,ada@x.example\nb,\n")

    told = desk.npsync(
        "--output", "json", "resolve", "--records", "contacts.csv", "--responses", "asked.csv", "--output", "out.csv"
    ).object

    assert {"matched": 1, "excluded": 1} == told["outcomes"]
    assert {"email": 1} == told["rules"]
    assert 2 == told["responses"]


@pytest.mark.parametrize(
    ("records", "asked", "words", "code"),
    [
        ("Id,Email\n", "1,ada@x.example\n", (), "E113"),
        ("1,ada@x.example\n", "id,email\n", (), "E113"),
        ("Email\na@x.example\n", "id,email\n", (), "E113"),
        ("", "id,email\n", (), "E113"),
        ("Id,Email\n", "id,email\n", ("--record-column", "id=Nr"), "E113"),
        ("Id,Email\n", "id,email\n", ("--response-column", "email=Q3"), "E113"),
        ("Id,Email\n", "id,email\n", ("--record-column", "id"), "E103"),
        ("Id,Email\n", "id,email\n", ("--match", "shoe"), "E103"),
        ("Id,Email\n", "id,email\n", ("--prior", "none.csv"), "E110"),
        ("Id,Email\n", "id,email\n", ("--prior", "asked.csv"), "E113"),
        ("Id,Email\n\0\0\0", "id,email\n", (), "E112"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_next_step(desk, records, asked, words, code):
    desk.write("contacts.csv", records)
    desk.write("asked.csv", asked)

    said = desk.npsync("resolve", "--records", "contacts.csv", "--responses", "asked.csv", *words)

    assert 2 == said.status
    assert f"[{code}]" in said.err
    assert "ada@" not in said.err
