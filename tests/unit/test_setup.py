"""The loop that answers a setup's questions, and the file that its answers wait in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sync.errors import UserError
from sync.setup.answers import Answers
from sync.setup.events import Again, Note, Question, Shown, drive

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sync.setup.events import Event


class Face:
    """Says what is in a list, and then that nobody can be asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.told: list[tuple[object, str | None]] = []
        self.problems: list[str] = []

    def tell(self, event: Event, answer: str | None = None) -> None:
        """See `sync.setup.events.Face.tell`."""
        self.told.append((event, answer))

    def ask(self, question: Question, problem: str) -> str | None:  # noqa: ARG002 - it says what comes next
        """See `sync.setup.events.Face.ask`."""
        self.problems.append(problem)
        return self.answers.pop(0) if self.answers else None


CRM = Question(key="crm", ask="Which?", choices=("salesforce", "hubspot"))
HOLD = Question(key="on-none", ask="Whom?", choices=("hold", "skip"), default="hold")


def two() -> Generator[Event, str, tuple[str, str]]:
    crm = yield CRM
    return crm, (yield HOLD)


def test_enter_is_the_default_and_a_wrong_answer_is_asked_again() -> None:
    face = Face("sugar", "hubspot", "")

    assert ("hubspot", "hold") == drive(two(), face, given={}, kept={})
    assert ["", "it can be: salesforce, hubspot", ""] == face.problems


def test_what_was_answered_before_is_not_asked_again() -> None:
    kept = {"crm": "hubspot"}
    face = Face("skip")

    assert ("hubspot", "skip") == drive(two(), face, given={}, kept=kept)
    assert {"crm": "hubspot", "on-none": "skip"} == kept
    assert ("salesforce", "skip") == drive(two(), Face(), given={"crm": "salesforce"}, kept=kept)


def test_what_is_missing_or_wrong_is_named_by_its_option_where_nobody_can_be_asked() -> None:
    with pytest.raises(UserError, match="--crm"):
        drive(two(), Face(), given={}, kept={})
    with pytest.raises(UserError) as error:
        drive(two(), Face(), given={"crm": "sugar"}, kept={})
    assert "--crm" == error.value.problems[0].where


def test_a_secret_is_not_kept() -> None:
    def asks() -> Generator[Event, str, str]:
        return (yield Question(key="crm.token", ask="Token", secret=True))

    kept: dict[str, str] = {}
    assert "canary" == drive(asks(), Face("canary"), given={}, kept=kept)
    assert {} == kept


def test_what_did_not_work_is_asked_anew_and_raised_where_nobody_can_be_asked() -> None:
    def tries() -> Generator[Event, str, str]:
        while (said := (yield CRM)) != "hubspot":
            yield Again(keys=("crm",), error=OSError("no sign-in"))
        return said

    assert "hubspot" == drive(tries(), Face("again", "hubspot"), given={"crm": "salesforce"}, kept={})
    with pytest.raises(OSError, match="no sign-in"):
        drive(tries(), Face(), given={"crm": "salesforce"}, kept={})
    with pytest.raises(OSError, match="no sign-in"):
        drive(tries(), Face("stop"), given={"crm": "salesforce"}, kept={})


def test_what_helps_to_answer_is_found_out_only_for_whoever_is_asked() -> None:
    def asks() -> Generator[Event, str, str]:
        yield Note(text="now")
        return (yield Question(key="match", ask="Rules?", lead=lambda: Shown(name="matches", value={})))

    face, other = Face("Email"), Face()
    drive(asks(), face, given={}, kept={})
    drive(asks(), other, given={"match": "Id"}, kept={})

    assert [True, False] == [any(isinstance(event, Shown) for event, _ in one.told) for one in (face, other)]


def test_a_file_that_somebody_changed_stays_as_it_is(tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    assert answers.write("config.yaml", "one")
    assert Answers(tmp_path).write("config.yaml", "two")
    (tmp_path / "config.yaml").write_text("by hand", encoding="utf-8")

    assert not Answers(tmp_path).write("config.yaml", "three")
    assert "by hand" == (tmp_path / "config.yaml").read_text(encoding="utf-8")


def test_answers_wait_in_a_file_until_the_setup_is_done(tmp_path: Path) -> None:
    answers = Answers(tmp_path)
    assert not answers.resumed
    answers["crm"] = "hubspot"
    again = Answers(tmp_path)

    assert (True, {"crm": "hubspot"}) == (again.resumed, dict(again))
    again.finish()
    assert not Answers(tmp_path).resumed
    (tmp_path / ".npsync/init.json").write_text("{half", encoding="utf-8")
    assert not Answers(tmp_path).resumed
