"""Files that mean harm, or are simply not what their name says: refused at once, in bounded memory, and alone."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from time import perf_counter
from typing import Any

import openpyxl
import pytest
import xlwt

from tests.exports import pull, source

REPO = Path(__file__).parents[2]
GOOD = "score,date\n9,2026-01-05\n"
SHEET = "xl/worksheets/sheet1.xml"


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["score", "date"])
    sheet.append([9, "2026-01-05"])
    book.save(path)


def with_part(path: Path, name: str, content: bytes) -> None:
    """Put *content* in the place of one part of a good workbook."""
    workbook(path)
    with zipfile.ZipFile(path) as package:
        parts = {part.filename: package.read(part) for part in package.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part, held in (parts | {name: content}).items():
            package.writestr(part, held)


def refusal(tmp_path: Path, name: str, **options: Any) -> str:
    """Refused within 2 s, with a place and a next step; a good file beside it is read all the same."""
    (tmp_path / "zz-good.csv").write_text(GOOD)
    before = perf_counter()
    pulled = pull(tmp_path, ".", **options)
    seconds = perf_counter() - before
    assert [9] == pulled.scores
    [error] = pulled.refused
    assert "E112" == error.code
    assert str(error).startswith(name)
    assert error.next_step
    assert seconds < 2
    return str(error)


def test_a_zip_bomb_is_refused_from_its_directory(tmp_path):
    """464:1, the workbook that cost 1.2 GB and 6.6 s when it was simply read."""
    row = b'<row><c t="inlineStr"><is><t>' + b"A" * 1000 + b"</t></is></c></row>"
    with_part(tmp_path / "bomb.xlsx", SHEET, b"<worksheet><sheetData>" + row * 60_000 + b"</sheetData></worksheet>")

    assert "would unpack to" in refusal(tmp_path, "bomb.xlsx")


def test_a_workbook_of_too_many_parts_is_refused(tmp_path):
    workbook(tmp_path / "parts.xlsx")
    with zipfile.ZipFile(tmp_path / "parts.xlsx", "a") as package:
        for number in range(600):
            package.writestr(f"xl/extra{number}.bin", b"x")

    assert "parts" in refusal(tmp_path, "parts.xlsx")


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "nested.xlsx", "w") as package:
        package.writestr("inner.zip", b"PK\x03\x04")

    assert "ZIP archive" in refusal(tmp_path, "nested.xlsx")


@pytest.mark.parametrize("padding", [b"", b"<!-- " + b"x" * 100_000 + b" -->"])
def test_xml_entities_are_refused_however_deep_they_hide(tmp_path, padding):
    lol = b'<?xml version="1.0"?>' + padding + b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    with_part(tmp_path / "entity.xlsx", SHEET, lol)

    refusal(tmp_path, "entity.xlsx")


def test_entities_in_another_encoding_are_refused(tmp_path):
    lol = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>'
    with_part(tmp_path / "entity.xlsx", SHEET, lol.encode("utf-16"))

    refusal(tmp_path, "entity.xlsx")


def test_a_workbook_that_claims_a_million_cells_is_read_for_what_it_holds(tmp_path):
    rows = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>score</t></is></c>'
        b'<c r="B1" t="inlineStr"><is><t>date</t></is></c></row>'
        b'<row r="900000"><c r="A900000"><v>9</v></c><c r="B900000"><v>46027</v></c></row></sheetData></worksheet>'
    )
    with_part(tmp_path / "wide.xlsx", SHEET, rows)

    pulled = pull(tmp_path, "wide.xlsx")

    assert [9] == pulled.scores
    assert [900_000] == [one.place.row for one in pulled.responses]


@pytest.mark.parametrize("content", [b"PK\x03\x04garbage", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_a_damaged_workbook_is_refused(tmp_path, content):
    (tmp_path / "damaged.xlsx").write_bytes(content)

    refusal(tmp_path, "damaged.xlsx")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"%PDF-1.7 ...",
        b"\x7fELF\x01\x02\x00\x03",
        b"\x01\x02\x03\x04\x05\x06\x07" * 50,
    ],
)
def test_a_binary_file_named_csv_is_refused(tmp_path, content):
    (tmp_path / "export.csv").write_bytes(content)

    refusal(tmp_path, "export.csv")


def test_nul_bytes_deep_in_a_file_are_refused(tmp_path):
    (tmp_path / "export.csv").write_bytes(GOOD.encode() + b"8,2026-01-05\n" * 100_000 + b"8,\0\n")

    refusal(tmp_path, "export.csv")


def test_a_page_of_html_named_xls_is_refused(tmp_path):
    (tmp_path / "export.xls").write_text("<html><table><tr><td>score</td></tr></table></html>")

    assert "HTML" in refusal(tmp_path, "export.xls")


@pytest.mark.parametrize("head", ["", GOOD, GOOD + '9,"'])
def test_a_line_of_two_gigabytes_is_refused_unread(tmp_path, head):
    path = tmp_path / "export.csv"
    path.write_bytes(head.encode() + b"x" * (20 << 20))

    assert "longer than 8 MiB" in refusal(tmp_path, "export.csv")


def test_a_cell_of_many_lines_is_refused_with_its_line(tmp_path):
    (tmp_path / "export.csv").write_bytes(GOOD.encode() + b'8,"' + b"word\n" * 400_000)

    assert "line 3: a cell is larger than 1 MiB" in refusal(tmp_path, "export.csv")


def test_a_cell_of_many_lines_after_a_thousand_good_rows_is_refused_at_once(tmp_path):
    (tmp_path / "export.csv").write_bytes(GOOD.encode() + b"8,2026-01-05\n" * 1000 + b'8,"' + b"word\n" * 4_000_000)

    assert "line 1003: a cell is larger than 1 MiB" in refusal(tmp_path, "export.csv")


def test_a_quote_that_is_never_closed_is_refused_with_its_line(tmp_path):
    (tmp_path / "export.csv").write_text(GOOD + '8,"2026-01-05\n7,2026-01-05\n')

    assert "line 3" in refusal(tmp_path, "export.csv")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"data": ' + "[" * 100_000,
        '[{"a": ' * 5_000,
        json.dumps([{"score": 9, "a": "x" * (6 << 20)}]),
        '[{"score": 9}',
        "[1, 2",
        '{"nothing": 1}',
    ],
)
def test_hostile_or_broken_json_is_refused(tmp_path, text):
    (tmp_path / "export.json").write_text(text)

    refusal(tmp_path, "export.json")


def broken(content: bytes, seed: int) -> bytes:
    """Flip, drop, repeat and insert a few bytes."""
    rng = random.Random(seed)
    held = bytearray(content)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(held) or 1)
        match rng.randrange(4):
            case 0:
                held[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del held[at : at + rng.randrange(1, 40)]
            case 2:
                held[at:at] = held[max(0, at - 50) : at]
            case _:
                held[at:at] = rng.choice([b'"', b"\n", b",", b"\xff", b"{", b"[", b"\r", b"1E+15", b"\x81"])
    return bytes(held)


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "xlsx", "xls"])
def test_a_damaged_file_is_read_or_refused_and_never_breaks_the_run(tmp_path, kind):
    path = tmp_path / f"export.{kind}"
    match kind:
        case "csv":
            path.write_text("email,score,comment,date\n" + 'a@x.example,9,"so, so",2026-01-05\n' * 5)
        case "json":
            path.write_text(json.dumps([{"id": "1", "score": 9, "person": {"email": "ä"}, "date": "2026-01-05"}] * 5))
        case "jsonl":
            path.write_text('{"id": "1", "score": 9, "date": "2026-01-05"}\n' * 5)
        case "xlsx":
            workbook(path)
        case "xls":
            book = xlwt.Workbook()
            book.add_sheet("x").write(0, 0, "score")
            book.save(str(path))
    content = path.read_bytes()
    for seed in range(150):
        path.write_bytes(broken(content, seed))
        pulled = pull(tmp_path, path.name)
        assert {error.code for error in pulled.refused} <= {"E112", "E113", "E114"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_is_refused_alone(tmp_path):
    (tmp_path / "export.csv").write_text(GOOD)
    (tmp_path / "secret.csv").write_text(GOOD)
    (tmp_path / "secret.csv").chmod(0)

    pulled = pull(tmp_path, ".")

    assert [9] == pulled.scores
    assert ["E111"] == [error.code for error in pulled.refused]


def test_a_file_that_goes_away_is_refused_alone(tmp_path):
    (tmp_path / "export.csv").write_text(GOOD)
    (tmp_path / "gone.csv").write_text(GOOD)
    pages = source(tmp_path, ".").pull({})
    next(pages)
    (tmp_path / "gone.csv").unlink()

    assert ["E110"] == [page.refused.code for page in pages if page.refused]


def test_a_missing_path_is_refused_as_a_whole(tmp_path):
    from connectors.errors import Refused

    for path in ("missing.csv", "missing/*.csv"):
        with pytest.raises(Refused, match="missing") as caught:
            pull(tmp_path, path)
        assert "E110" == caught.value.code


_PROGRAM = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from connectors.files.source import FileSource
source = FileSource(name="survey", path=sys.argv[1], root=Path("/"), now=lambda: datetime.now(UTC))
print([page.refused.code for page in source.pull({}) if page.refused])
"""


@pytest.mark.parametrize("content", [b"", GOOD.encode(), GOOD.encode() + b'9,"'])
def test_two_gigabytes_stay_within_512_mib_of_memory(tmp_path, content):
    path = tmp_path / "export.csv"
    with path.open("wb") as file:
        file.write(content + b"x" * (1 << 20))
        file.seek(2 << 30)  # the rest is a hole: it reads as NUL bytes and takes no disk
        file.write(b"\n")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))

    before = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(path)],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )

    assert "['E112']\n" == done.stdout, done.stderr
    assert perf_counter() - before < 4  # 2 s for the file, the rest for starting Python on a busy machine
