"""Bytes into what reads bytes from outside, for as long as you like; a fault is shown with the bytes that cause it.

    python -m tests.unit.fuzzing yaml|csv|json|replies|soql|hooks [--seconds 60] [--seed N] [--keep FOLDER]

With atheris (`pip install atheris`; Linux) the bytes follow the code that they reach; without it, good examples are
broken at random. The same functions are tried on a few hundred inputs in every test run (`test_hostile_properties`).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import random
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from connectors.characters import is_sound
from connectors.errors import ConnectorError
from connectors.files.source import FileSource
from connectors.hubspot import errors as hubspot
from connectors.reply import Reply
from connectors.salesforce import rules as salesforce
from connectors.salesforce.query import Term, combinations, conditions, escaped_for_like, quoted, select
from connectors.surveys.events import MOST_EVENTS, UnreadableError, events_of
from sandbox.salesforce.soql_parse import parse as parse_soql
from sync.clean import kept
from sync.config.document import MOST_PROBLEMS
from sync.config.specs import load_spec, shipped
from sync.config.yaml import parse as parse_yaml
from sync.pull import batch_of
from tests.unit.fuzz_seeds import SEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.surveys.hooks import Hooks

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
#: Hangs on each text of a reply: none of it may be told.
CANARY = "jane.canary@acme.example"
#: What a file may be refused with.
REFUSALS = frozenset({"E112", "E113", "E114"})


def yaml(raw: bytes) -> None:
    """A file of settings is data and problems, each with a place and a next step; nothing is raised."""
    document = parse_yaml(raw, "x.yaml")
    assert len(document.problems) <= MOST_PROBLEMS
    assert all(each.where.startswith("x.yaml") and each.what and each.hint for each in document.problems)


def csv(raw: bytes) -> None:
    """A file named `.csv`: see `_export`."""
    _export(raw, "csv")


def json_file(raw: bytes) -> None:
    """A file of JSON, whole and by lines: see `_export`."""
    _export(raw, "json")
    _export(raw, "jsonl")


def _export(raw: bytes, ending: str) -> None:
    """An export is read or refused with a code; each row of it is a response, a reject or a skip that can be kept."""
    path = _folder() / f"export.{ending}"
    path.write_bytes(raw)
    source = FileSource(name="survey", path=path.name, root=path.parent, now=lambda: NOW)
    try:
        pages = list(source.pull({}))
    finally:
        path.unlink()
    assert {page.refused.code for page in pages if page.refused} <= REFUSALS
    done = [page for page in pages if page.cursor and not page.refused]
    told = sum(page.rows for page in done)
    assert any(page.refused for page in pages) or told == max((page.whole or 0 for page in pages), default=0)
    for page in pages:
        batch = batch_of("survey", map(kept, page.responses))
        assert len(page.responses) == len(batch.rows)
        assert all(is_sound(text) for row in batch.rows for text in row if isinstance(text, str))
        assert all(is_sound(f"{each.place}{each.detail}") for each in page.rejects)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def _folder() -> Path:
    if not _FOLDERS:
        memory = Path("/dev/shm")
        _FOLDERS.append(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None))
    return Path(_FOLDERS[0].name)


def replies(raw: bytes) -> None:
    """Whatever a CRM replies, it means something, and none of its words is told but codes and names of fields."""
    status, body = 100 + (raw[0] << 1 if raw else 0), raw[1:]
    for table in (salesforce.TABLE, hubspot.TABLE):
        for said in (body, _marked(body)):
            reply = Reply(status, {"retry-after": "3"}, said)
            for writes in (True, False):
                _check_told(table.error(reply, what="writing 9 contacts", writes=writes, now=NOW), said)
            try:
                told = table.decoded(Reply(200, {}, said), what="reading", writes=False, now=NOW)
            except ConnectorError as error:
                _check_told(error, said)
            else:
                _check_rows(told)


def _check_rows(told: Any) -> None:
    for row in told if isinstance(told, list) else [told]:
        if isinstance(row, dict):
            for verdict in (hubspot.row_verdict(row), salesforce.TABLE.row(salesforce.complaint_of(row))):
                assert CANARY not in f"{verdict.code}{verdict.fields}"


def _check_told(error: ConnectorError, body: bytes) -> None:
    shown = f"{error} {error!r} {error.code} {error.next_step} {getattr(error, 'fields', '')}"
    assert CANARY not in shown, body
    assert shown.isprintable(), body


def _marked(body: bytes) -> bytes:
    """Hang the canary on each text of a body that is JSON."""

    def marked(value: Any) -> Any:
        match value:
            case str():
                return f"{value} {CANARY}"
            case list():
                return [marked(each) for each in value]
            case dict():
                return {name: marked(each) for name, each in value.items()}
        return value

    try:
        return json.dumps(marked(json.loads(body))).encode()
    except (ValueError, RecursionError):
        return body


def soql(raw: bytes) -> None:
    """A literal is read by the other side as the text that it was made of, alone and among others."""
    text = raw.decode("utf-8", "replace")[:1_000]
    both = _where(f"Email = {quoted(text)} AND Name = 'x'")
    assert [text, "x"] == [value.value for part in both.parts for value in part.values]
    assert text == _unlike(_where(f"Email LIKE '{escaped_for_like(text)}%'").values[0].value[:-1])
    texts = [part for part in text.split("a") if part]
    if texts:
        terms = [Term("Email", quoted(part)) for part in texts]
        assert texts == [value.value for each in conditions(terms, 2_000) for value in _where(each).values]
        pairs = combinations([(term, Term("Name", "'x'")) for term in terms], 2_000)
        assert set(texts) <= {value.value for each in pairs for part in _where(each).parts for value in part.values}


def _where(condition: str) -> Any:
    return parse_soql(select(["Id"], "Contact", condition)).where


def _unlike(pattern: str) -> str:
    r"""Resolve what LIKE alone resolves: `\%` and `\_`."""
    return pattern.replace("\\%", "%").replace("\\_", "_")


def hooks(raw: bytes) -> None:
    """The body of a call, as each service's is read: a list of events with sound ids, or refused as unreadable."""
    for spec in _hooks():
        try:
            events = events_of(raw, spec)
        except UnreadableError:
            continue
        assert len({each.id for each in events}) == len(events) <= MOST_EVENTS
        assert all(is_sound(text) and text.isprintable() for each in events for text in (each.survey, each.response))
        assert all(each.response and len(each.id) == 32 for each in events)


@cache
def _hooks() -> list[Hooks]:
    return [spec.hooks for path in shipped().values() if (spec := load_spec(path)).hooks is not None]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "yaml": yaml,
    "csv": csv,
    "json": json_file,
    "replies": replies,
    "soql": soql,
    "hooks": hooks,
}


def mutated(target: str, rng: random.Random) -> bytes:
    """Return an example of *target* with some bytes changed, dropped, doubled or taken from another."""
    held = bytearray(rng.choice(SEEDS[target]))
    for _ in range(rng.randrange(8)):
        at = rng.randrange(len(held) + 1)
        match rng.randrange(5):
            case 0:
                held[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del held[at : at + rng.randrange(1, 30)]
            case 2:
                held[at:at] = held[max(0, at - rng.randrange(60)) : at] * rng.randrange(1, 4)
            case 3:
                held[at:at] = rng.choice(_TOKENS)
            case _:
                other = rng.choice(SEEDS[target])
                held[at:at] = other[rng.randrange(len(other)) :]
    return bytes(held)


_TOKENS = (
    *(b'"', b"'", b"\\", b"\n", b"\r", b"\0", b"\t", b",", b";", b":", b"{", b"}", b"[", b"]", b"[" * 50, b"- " * 30),
    *(
        b"\xff",
        b"\xed\xa0\x80",
        b"\xe2\x80\xae",
        b"\xef\xbb\xbf",
        b"\\ud800",
        b"\\u0000",
        b"1e999",
        b"NaN",
        b"Infinity",
    ),
    *(b"9" * 400, b"null", b"true", b"&a", b"*a", b"!!x", b"<<", b"=1+1", b"x" * 5_000),
)


def main(words: Sequence[str]) -> int:
    """Fuzz one target; return 1 when a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.unit.fuzzing", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(), help="where atheris writes the bytes of a fault")
    given = parser.parse_args(words)
    if importlib.util.find_spec("atheris") is not None:
        return _by_coverage(given.target, given.seconds, given.seed, given.keep)
    sys.stderr.write("atheris is not installed (pip install atheris): examples are broken at random\n")
    return _at_random(given.target, given.seconds, given.seed)


def _at_random(target: str, seconds: int, seed: int) -> int:
    rng, began, done = random.Random(seed), monotonic(), 0
    while monotonic() - began < seconds:
        raw = mutated(target, rng)
        try:
            TARGETS[target](raw)
        except Exception:  # noqa: BLE001 - any is a finding
            traceback.print_exc()
            sys.stdout.write(f"{target}: a fault after {done:,} executions, seed {seed}: {raw!r}\n")
            return 1
        done += 1
    sys.stdout.write(f"{target}: {done:,} executions in {monotonic() - began:.0f} s, no fault\n")
    return 0


#: Packages whose code is followed.
_FOLLOWED = ("connectors", "sandbox", "sync")


def _by_coverage(target: str, seconds: int, seed: int, keep: Path) -> int:
    atheris: Any = importlib.import_module("atheris")
    for name in [name for name in sys.modules if name.partition(".")[0] in _FOLLOWED]:
        del sys.modules[name]
    with atheris.instrument_imports(include=[*_FOLLOWED]):
        targets = importlib.import_module("tests.unit.fuzzing").TARGETS
    with tempfile.TemporaryDirectory() as corpus:
        for number, example in enumerate(SEEDS[target]):
            (Path(corpus) / str(number)).write_bytes(example)
        told = [f"-max_total_time={seconds}", f"-seed={seed}", f"-artifact_prefix={keep}/", "-print_final_stats=1"]
        atheris.Setup(["fuzzing", *told, "-max_len=4096", corpus], targets[target])
        atheris.Fuzz()  # ends the process, with a status of its own
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
