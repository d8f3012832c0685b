"""`npsync init`: from an empty folder to a first row that was written, read back and taken back."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import sandbox
from sandbox.salesforce import Field, Org
from tests.flow.crm_desk import ANSWERS, ROOT, Crm, both, crm, hubspot, salesforce
from tests.flow.desk import Desk
from tests.flow.test_fields import Terminal
from tests.flow.test_try import contact, held, writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["crm"]


@pytest.fixture
def empty(crm: Crm) -> Crm:
    """A folder with an export alone, and a contact whom it is of."""
    (crm.desk.folder / "config.yaml").unlink()
    (crm.desk.folder / f"mappings/{crm.kind}.yaml").unlink()
    if isinstance(crm.world, Org):
        crm.world.add_field("Contact", Field(name="NPS_Rating__c", label="NPS Rating", type="double"))
        crm.world.add_field("Contact", Field(name="Lead_Score__c", label="Lead Score", type="double"))
    else:
        crm.world.add_property("contacts", "nps_rating", "number", "number", label="NPS Rating")
        crm.world.add_property("contacts", "lead_score", "number", "number", label="Lead Score")
    return crm


def options(crm: Crm) -> list[str]:
    domain = ["--domain", "acme.my"] if crm.kind == "salesforce" else []
    return ["init", "--crm", crm.kind, "--url", crm.service.url, *domain]


@both
def test_without_a_person_it_goes_from_an_empty_folder_to_a_tried_row(empty: Crm) -> None:
    id_ = contact(empty)

    said = empty.npsync(*options(empty), "--no-input", "--make", "create", "--yes", "--undo", "--output", "json")

    tried = said.object["tried"]
    assert tried["checks"]
    assert all(each["holds"] for each in (*tried["checks"], *tried["restored"]))
    assert held(empty, id_, "NPS_Rating") is None
    assert not (empty.desk.folder / ".npsync/init.json").exists()
    text = (empty.desk.folder / f"mappings/{empty.kind}.yaml").read_text(encoding="utf-8")
    assert re.search(r"(?i)NPS_Rating(__c)?: score", text)
    assert "valid" in empty.npsync("validate", "--online").out
    told = empty.npsync("sync", "--output", "json").object
    assert (0, 9) == (told["rows"]["rejected"], held(empty, id_, "NPS_Rating"))
    assert "there is a config already" in empty.npsync(*options(empty), "--no-input", status=2).err


@hubspot
def test_nothing_is_written_to_the_crm_without_a_yes(empty: Crm) -> None:
    contact(empty)

    said = empty.npsync(*options(empty), "--no-input", "--make", "create")

    assert 0 == writes(empty)
    assert f"npsync fields create {empty.kind}" in said.err
    assert (empty.desk.folder / "config.yaml").exists()


@salesforce
def test_what_is_missing_is_named_by_its_option(empty: Crm) -> None:
    said = empty.npsync("init", "--no-input", status=2)
    assert "--crm" in said.err
    wrong = empty.npsync(*options(empty), "--no-input", "--match", "Phone", status=2)
    assert "--match" in wrong.err
    assert "Phone" in wrong.err
    assert 0 == writes(empty)


@contextlib.contextmanager
def typing(*answers: str) -> Iterator[None]:
    """Give answers at a terminal, then interrupt."""
    before, sys.stdin = sys.stdin, Once("".join(f"{answer}\n" for answer in answers))
    try:
        yield
    finally:
        sys.stdin = before


class Once(Terminal):
    """A person who answers once, and then interrupts."""

    def readline(self, *_: object) -> str:  # type: ignore[override]
        line = super().readline()
        if not line:
            raise KeyboardInterrupt
        return line


def typed(crm: Crm) -> list[str]:
    sign_in = ["", "acme.my"] if crm.kind == "salesforce" else [""]
    return ["file", "responses.csv", crm.kind, *sign_in, "", "", "", "", "all", "all", "create"]


@both
def test_interrupted_at_each_question_it_goes_on_from_there(empty: Crm) -> None:
    """Every run answers one question more than the one before; until the last step the CRM is only read."""
    id_ = contact(empty)
    words = ("init", "--url", empty.service.url)
    for answer in typed(empty):
        with typing(answer):
            said = empty.npsync(*words, status=130)
        assert "goes on from there" in said.err
        assert 0 == writes(empty)
    # Make the fields, and interrupt; write the row, and interrupt before saying whether to take it back.
    for answer in ("y", "y"):
        with typing(answer):
            empty.npsync(*words, status=130)
    assert 9 == held(empty, id_, "NPS_Rating")

    with typing():
        said = empty.npsync(*words)

    assert "Going on where it was left" in said.err
    assert not (empty.desk.folder / ".npsync/init.json").exists()


@salesforce
def test_no_secret_and_no_person_stands_in_what_is_kept(empty: Crm) -> None:
    contact(empty)
    with typing(*typed(empty)):
        empty.npsync("init", "--url", empty.service.url, status=130)

    kept = "".join(
        path.read_text(encoding="utf-8") for path in empty.desk.folder.rglob("*") if path.suffix in (".json", ".yaml")
    )
    assert "ada@" not in kept
    assert "Swift" not in kept
    assert not [value for value in getattr(sandbox, empty.kind).secrets(empty.service).values() if value in kept]


@pytest.mark.parametrize("kind", ["salesforce", "hubspot"])
def test_a_person_at_a_terminal_sets_it_up(tmp_path: Path, kind: str) -> None:
    """The whole way, as a new user goes it, with secrets that are asked for and a keyring that keeps them."""
    world = Org(None) if kind == "salesforce" else sandbox.hubspot.Portal()
    vendor = getattr(sandbox, kind)
    Desk(tmp_path).write("responses.csv", ANSWERS)
    with vendor.serve(world) as service:
        made = Crm.__new__(Crm)
        made.desk, made.service, made.world, made.kind = Desk(tmp_path), service, world, kind
        id_ = contact(made)
        domain = [("such as acme.my", "acme.my")] if kind == "salesforce" else []
        secrets = [("(not shown)", value) for value in vendor.secrets(service).values()]
        sign_in = [("How to sign in", "")] if kind == "salesforce" else [("tier", "")]
        dialogue = [
            ("Where responses come from", ""),
            ("The export", ""),
            ("The CRM", kind),
            *sign_in,
            *domain,
            *secrets,
            ("holds persons", ""),
            ("The rules", ""),
            ("no record", ""),
            ("several records", ""),
            ("Which to make", "score, comment, responded_at"),
            ("How they are made", "create"),
            ("now? [y/N]", "y"),
            ("read it back? [y/N]", "y"),
            ("Take it back now? [y/N]", "y"),
        ]
        status, shown = at_terminal(tmp_path, ["init", "--url", service.url], dialogue)

    assert 0 == status, shown
    assert "fields hold what they held before" in shown
    assert held(made, id_, "NPS_Score") is None
    assert not [value for value in vendor.secrets(service).values() if value in shown]


def at_terminal(folder: Path, words: list[str], dialogue: list[tuple[str, str]]) -> tuple[int, str]:
    """Run npsync at a pseudo-terminal, and answer each question when it is shown."""
    script = """
import sys, keyring
from pathlib import Path
from tests.keyrings import Keyring
keyring.set_keyring(Keyring(Path("ring.json")))
from sync.cli.app import run
sys.exit(run(sys.argv[1:]))
"""
    try:
        leader, follower = pty.openpty()
    except OSError as error:
        pytest.skip(f"this machine gives no pseudo-terminals ({error.strerror or error}); mount devpts on /dev/pts")
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("NPSYNC_")}
        | {"PYTHONPATH": str(ROOT), "COLUMNS": "300"},
        start_new_session=True,
    )
    os.close(follower)
    terminal = Shown(leader)
    try:
        for question, answer in dialogue:
            terminal.until(question)
            terminal.until(": ")
            os.write(leader, answer.encode() + b"\n")
        with contextlib.suppress(OSError):
            terminal.until("\0")
        return process.wait(timeout=60), terminal.text
    finally:
        process.kill()
        process.wait()
        os.close(leader)


class Shown:
    """What a terminal shows, read as far as somebody looked."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._place = 0
        self.text = ""

    def until(self, wanted: str) -> None:
        """Read on to *wanted*; raise where it does not come."""
        while wanted not in self.text[self._place :]:
            ready, _, _ = select.select([self._leader], [], [], 60)
            part = os.read(self._leader, 4096) if ready else b""
            if not part:
                raise OSError(f"nothing more came, and {wanted!r} was waited for: {self.text}")
            self.text += part.decode(errors="replace")
        self._place = self.text.index(wanted, self._place) + len(wanted)
