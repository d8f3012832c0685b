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

    from tests.flow.desk import Desk
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


def test_a_doubt_about_ids_with_blanks_stays_and_ends_when_they_become_one_record(desk):
    """Read as four ids, `C 7` and `C 8` would neither be named again nor ever be found to have become one."""
    desk.write("answers.csv", "id,email,score\nr1,pair@x.test,9\n")

    def resolve(customers: str, *more: str) -> list[str]:
        desk.write("people.csv", customers)
        said = desk.npsync("-q", "resolve", "--records", "people.csv", "--responses", "answers.csv", *more)
        assert 0 == said.status
        desk.write("prior.csv", said.out)
        (row,) = csv.DictReader(said.out.splitlines())
        return [row["outcome"], row["reason"], row["record"], row["candidates"]]

    doubt = ["held", "many", "", '["C 7","C 8"]']
    head = "id,email,first_name,merged_into\n"
    assert doubt == resolve(f"{head}C 7,pair@x.test,Ada,\nC 8,pair@x.test,Bob,\n")
    assert doubt == resolve(f"{head}C 7,pair@x.test,Ada,\nC 8,gone@x.test,Bob,\n", "--prior", "prior.csv")
    assert "C 7" == resolve(f"{head}C 7,pair@x.test,Ada,\nC 8,,Bob,C 7\n", "--prior", "prior.csv")[2]
