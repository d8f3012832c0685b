"""`npsync resolve` on exported files decides as identity does, whatever the files' form and order."""

from __future__ import annotations

import csv
import json
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from sync.identity.standalone import ResponseDecision, read_decisions, resolve_files
from tests.population.__main__ import settings_for
from tests.population.answers import make_answers
from tests.population.changes import change
from tests.population.exporting import write_answers, write_crm
from tests.population.listing import Listing
from tests.population.planting import make_crm
from tests.population.scoring import score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.flow.desk import Desk, Said
    from tests.population.crm import Crm
    from tests.population.respondents import Answer

SIZE, SEED = 1_500, 20_011
#: What this CRM's owner would say; `settings_for` says the same.
DECLARED = ("--exclude-domain", "ours.example", "--id-numeric", "--id-prefix=C-", "--id-prefix=C", "--id-prefix=CUST-")


@cache
def world() -> tuple[Crm, list[Answer]]:
    crm = make_crm(SIZE, SEED, "hostile")
    return crm, make_answers(crm, SIZE, SEED, "hostile")


def resolved(desk: Desk, records: Sequence[Path], responses: Path, *more: str) -> bytes:
    """Run the command and return what it wrote."""
    names = [str(path) for path in records]
    said = desk.npsync(
        "-q", "resolve", "--records", *names, "--responses", str(responses), "--output", "out.csv", *DECLARED, *more
    )
    assert (0, "", "") == (said.status, said.out, said.err)
    return (desk.folder / "out.csv").read_bytes()


def as_files(folder: Path) -> tuple[list[Path], Path]:
    crm, answers = world()
    return write_crm(crm, folder), write_answers(answers, folder / "responses.csv")


def written(rows: bytes, folder: Path) -> list[ResponseDecision]:
    path = folder / "read.csv"
    path.write_bytes(rows)
    with path.open(encoding="utf-8", newline="") as file:
        return list(read_decisions(file).values())


def test_files_give_the_decisions_that_identity_gives(desk, tmp_path):
    crm, answers = world()
    responses = [answer.response for answer in answers]
    expected = list(resolve_files(Listing(crm.table()), responses, settings_for(crm), accounts=crm.accounts()))

    made = written(resolved(desk, *as_files(tmp_path)), tmp_path)

    assert expected == made
    assert {} == dict(score(answers, made, crm.owner).wrong)


def test_the_order_of_files_and_rows_changes_no_byte(desk, tmp_path):
    records, responses = as_files(tmp_path)
    before = resolved(desk, records, responses)
    for path in records:
        head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        Random(7).shuffle(rows)
        path.write_text("".join([head, *rows]), encoding="utf-8", newline="")

    assert before == resolved(desk, records[::-1], responses)


def recoded(path: Path, *, delimiter: str, encoding: str) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding=encoding, errors="replace", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def test_semicolons_and_windows_letters_are_read(desk, tmp_path):
    records, responses = as_files(tmp_path)
    for path in (*records, responses):
        # Names that Windows-1252 lacks are lost in both.
        text = path.read_text(encoding="utf-8").encode("cp1252", "replace").decode("cp1252")
        path.write_text(text, encoding="utf-8-sig", newline="")
    before = resolved(desk, records, responses)
    for path in (*records, responses):
        path.write_text(path.read_text(encoding="utf-8-sig"), encoding="utf-8", newline="")
        recoded(path, delimiter=";", encoding="cp1252")

    assert before == resolved(desk, records, responses)


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append(row)
    made = path.with_suffix(".xlsx")
    book.save(made)
    return made


def json_lines(path: Path) -> Path:
    made = path.with_suffix(".jsonl")
    with path.open(encoding="utf-8", newline="") as file:
        items: list[dict[str, Any]] = list(csv.DictReader(file))
    # As an API gives them: no names for what is empty.
    filled = [{name: cell for name, cell in item.items() if cell} for item in items]
    made.write_text("\n".join(json.dumps(item) for item in filled), encoding="utf-8")
    return made


@pytest.mark.parametrize("as_other", [workbook, json_lines])
def test_workbooks_and_json_are_read_alike(desk, tmp_path, as_other):
    records, responses = as_files(tmp_path)
    before = resolved(desk, records, responses)

    assert before == resolved(desk, [as_other(path) for path in records], as_other(responses))


def test_links_are_kept_and_follow_the_records(desk, tmp_path):
    crm, answers = world()
    records, responses = as_files(tmp_path)
    prior = tmp_path / "prior.csv"
    prior.write_bytes(resolved(desk, records, responses))
    before = written(prior.read_bytes(), tmp_path)
    later, happened = change(crm, SEED)
    write_crm(later, tmp_path)

    after = written(resolved(desk, records, responses, "--prior", str(prior)), tmp_path)

    assert {} == dict(score(answers, after, later.owner).wrong)
    kept = repointed = 0
    for answer, then, now in zip(answers, before, after, strict=True):
        if then.outcome == "matched" and happened.get(answer.human or -1) != "deleted":
            assert ("matched", {"kept", "repointed"}) == (now.outcome, {now.reason, "kept", "repointed"})
            kept += now.reason == "kept"
            repointed += now.reason == "repointed"
    assert kept > SIZE / 3
    assert repointed


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
