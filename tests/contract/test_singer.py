"""Singer taps as a source: what every source promises, and what becomes of a tap that fails."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.errors import Deferred, Refused
from connectors.singer import tap as tap_module
from connectors.singer.desk import Desk
from tests.contract.singer_bench import COMMAND, Account, account
from tests.contract.source_contract import Said, SourceContract, pulled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import SurveySource
    from connectors.errors import ConnectorError
    from tests.contract.source_contract import Got


class TestTap(SourceContract):
    """See `SourceContract`."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> Account:
        return account(tmp_path)

    def source(self, world: Account) -> SurveySource:
        return world.source()

    def truth(self, world: Account) -> dict[str, Said]:
        return world.truth

    def add(self, world: Account, score: int, comment: str) -> str:
        return world.put(f"n{len(world.rows)}", score, comment)

    def edit(self, world: Account, id_: str, score: int) -> None:
        world.put(id_, score, "thought again")

    def in_the_future(self, cursors: Mapping[str, str]) -> dict[str, str]:
        told = {stream: json.loads(text) for stream, text in cursors.items()}
        return {stream: json.dumps(each | {"state": {"changed": 1 << 40}}) for stream, each in told.items()}

    def stuck(self, world: Any) -> SurveySource | None:  # noqa: ARG002 - the tap asks its service, not we
        return None

    def cut(self, world: Account) -> None:
        world.config |= {"die_after": 11, "died": str(world.folder / "died")}


def why(got: Got) -> ConnectorError:
    (found,) = [page.refused for page in got.pages if page.refused]
    return found


def test_a_tap_that_crashes_between_states_resumes_without_loss(tmp_path: Path) -> None:
    """What came before the crash is kept, and the next run begins at the last STATE."""
    world = account(tmp_path)
    world.config = {"every": 4, "die_after": 11, "died": str(tmp_path / "died"), "code": 3}

    first = pulled(world.source())
    second = pulled(world.source(), first.last)

    assert [f"r{number}" for number in range(11)] == first.told, "rows after the last STATE are kept too"
    assert {"changed": 8} == json.loads(first.last["tap"])["state"]
    assert [f"r{number}" for number in range(8, 23)] == second.told
    error = why(first)
    assert isinstance(error, Deferred)
    assert "E504" == error.code
    assert "the tap ended with code 3, having logged 1 CRITICAL, 1 ERROR" in str(error)
    assert "example" not in f"{error} {error.next_step}"


def test_a_tap_without_states_is_read_whole_each_time(tmp_path: Path) -> None:
    world = account(tmp_path)
    world.config = {"every": 0}

    first = pulled(world.source())
    second = pulled(world.source(), first.last)

    assert {} == second.last
    assert first.responses == second.responses
    assert max(len(page.responses) for page in first.pages) <= 7, "a page holds no more than it may"


def test_a_record_is_read_by_its_columns_and_paths(tmp_path: Path) -> None:
    world = account(tmp_path, 1)
    world.put("r1", None, "no score")
    world.put("r2", 11, "out of range")

    got = pulled(world.source())

    (response,) = got.responses
    assert ("r0", 0, "because 0") == (response.response_id, response.score, response.comment)
    assert "r0@example.com" == response.email
    assert {"customer_id": "C0"} == response.ids
    assert "answers/r0" == str(response.place)
    assert ["no_score"] == [skip.reason for page in got.pages for skip in page.skips]
    assert ["answers/r2 [answer.score]"] == [str(each.place) for page in got.pages for each in page.rejects]


def test_streams_that_are_not_asked_for_are_passed_over(tmp_path: Path) -> None:
    """Without a catalog this tap tells all it has."""
    world = account(tmp_path, 2)

    got = pulled(world.source())

    assert ["r0", "r1"] == got.told
    assert "tap: 1 records of other streams were passed over: `forms`" in [n for p in got.pages for n in p.notes]


def test_a_tap_is_asked_for_its_catalog_and_told_what_is_wanted(tmp_path: Path) -> None:
    """Whole, and nothing else: the tap need not read what nobody wants."""
    got = pulled(account(tmp_path, 2).source(discover=True))

    assert ["r0", "r1"] == got.told
    assert not [note for page in got.pages for note in page.notes if "passed over" in note]


def test_a_cursor_of_another_reading_is_not_used(tmp_path: Path) -> None:
    world = account(tmp_path, 4)
    first = pulled(world.source())

    assert 4 == len(pulled(world.source(survey="Other"), first.last).told)
    assert 4 == len(pulled(world.source(), {"tap": "no JSON"}).told)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback: anna@example.com",
        '{"type": "RECORD", "stream": "answers", "record": {"id": "anna@example.com"}}',
        '{"stream": "anna@example.com"}',
        '["anna@example.com"]',
        "[" * 5000 + '"anna@example.com"',
    ],
    ids=["no JSON", "before its SCHEMA", "no type", "no object", "deep"],
)
def test_a_line_that_is_no_message_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    world = account(tmp_path)
    world.config = {"say": line}

    error = why(pulled(world.source()))

    assert "line 1 of the tap's output is no Singer message" in str(error)
    assert "anna" not in f"{error} {error.next_step}"
    assert None is error.__cause__
    assert error.__suppress_context__ or error.__context__ is None


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    program = f"import sys; sys.stdout.write('x' * {2 * tap_module.LONGEST_LINE})"
    world = account(tmp_path)

    error = why(pulled(world.source(command=[sys.executable, "-c", program])))

    assert "line 1 of its output is longer than 16 MiB" in str(error)


def test_a_tap_that_says_nothing_is_ended_and_what_it_said_is_kept(tmp_path: Path) -> None:
    world = account(tmp_path)
    world.config = {"hang": True, "child": str(tmp_path / "child")}

    error = why(pulled(world.source(silence="1s")))

    assert "it said nothing for 1 s, and was ended" in str(error)
    assert all_gone(tmp_path / "child"), "with all that it started"


def test_a_tap_ends_when_its_reader_goes_away(tmp_path: Path) -> None:
    world = account(tmp_path)
    world.config = {"child": str(tmp_path / "child"), "every": 1, "hang": False}

    pages = world.source().pull({})
    next(iter(pages))
    pages.close()  # type: ignore[attr-defined]

    assert all_gone(tmp_path / "child")


def test_a_tap_ends_when_npsync_is_killed(tmp_path: Path) -> None:
    """Nothing runs then that could end it, but the pipe it is kept by closes."""
    world = account(tmp_path)
    child = tmp_path / "child"
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"responses": str(world.path), "child": str(child), "hang": True}))
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom connectors.singer.tap import Tap\n"
        f"with Tap({[*COMMAND, '--config', str(config)]!r}, folder=Path('.'), environment=dict(os.environ), "
        "silence_s=60) as tap:\n"
        "    for line in tap.lines():\n        print('said', flush=True)\n"
    )
    ours = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert ours.stdout is not None
    assert b"said\n" == ours.stdout.readline()
    ours.send_signal(signal.SIGKILL)
    ours.communicate(timeout=60)

    assert all_gone(child)


def all_gone(children: Path) -> bool:
    """Wait until the processes whose ids stand in a file are gone; a test that waits for ever is ended."""
    left = [int(word) for word in children.read_text().split()]
    while left:
        left = [each for each in left if runs(each)]
        os.sched_yield()
    return True


def runs(process: int) -> bool:
    try:
        told = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


def test_secrets_reach_the_tap_in_a_file_of_ours_alone_and_no_other_way(tmp_path: Path) -> None:
    world = account(tmp_path, 2)
    world.config = {"needs": "token"}

    got = pulled(world.source(private=["token"], environment={"NPSYNC_TAP_TOKEN": "s3cret"}))

    assert ["r0", "r1"] == got.told
    with Desk({}, {"token": "s3cret"}) as desk:
        assert 0o600 == stat.S_IMODE(desk.config.stat().st_mode)
        assert 0o700 == stat.S_IMODE(desk.config.parent.stat().st_mode)
    assert not desk.config.parent.exists()
    with tap_module.Tap(
        [sys.executable, "-c", "import os; print(sorted(os.environ))"],
        folder=tmp_path,
        environment={"NPSYNC_TAP_TOKEN": "s3cret", "MINE": "1"},
        silence_s=60,
    ) as tap:
        told = b"".join(tap.lines())
    assert b"MINE" in told
    assert b"NPSYNC" not in told


def test_a_token_that_the_tap_exchanged_is_told() -> None:
    with Desk({"other": 1}, {"token": "old", "secret": "same"}) as desk:
        desk.config.write_text('{"token": "new", "secret": "same", "other": 2}')

        assert {"token": "new"} == desk.exchanged()


def test_what_a_tap_logs_is_kept_only_where_the_user_says(tmp_path: Path) -> None:
    world = account(tmp_path, 1)

    pulled(world.source())
    before = set(tmp_path.iterdir())
    pulled(world.source(log="tap.log"))

    assert {tmp_path / "tap.log"} == set(tmp_path.iterdir()) - before
    assert 0o600 == stat.S_IMODE((tmp_path / "tap.log").stat().st_mode)
    assert "INFO started" in (tmp_path / "tap.log").read_text()


@pytest.mark.parametrize(
    ("options", "code", "what"),
    [
        ({"command": ["no-such-tap"]}, "E110", "there is no program `no-such-tap`"),
        ({"streams": ["answer"], "discover": True}, "E113", "has no stream `answer`"),
        ({"columns": {"score": "answr.score"}}, "E113", "no column `answr.score`"),
        ({"catalog": "mine.json"}, "E110", "`mine.json`: there is no such file"),
        ({"private": ["token"]}, "E302", ""),
    ],
)
def test_what_a_person_must_correct_is_said(tmp_path: Path, options: dict[str, Any], code: str, what: str) -> None:
    try:
        error: ConnectorError = why(pulled(account(tmp_path, 1).source(**options)))
    except Refused as raised:
        error = raised

    assert isinstance(error, Refused)
    assert code == error.code
    assert what in str(error)
    assert error.next_step
