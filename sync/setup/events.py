"""What the setup says to a face: headings, notes, findings and questions. And the loop that answers them.

A setup is a generator of these values. Run again with the answers that were kept, it comes to where it was left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sync.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, MutableMapping, Sequence

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A step begins."""

    number: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence."""

    text: str
    #: It stands in the way of something.
    is_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Something that was found, for the face to draw: `rights`, `matches`, `fields`, `plan`."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that a person must say."""

    #: Its name, which is also the option's: `on-none` is `--on-none`.
    key: str
    ask: str
    #: What the answer may be; empty: any text.
    choices: Sequence[str] = ()
    #: What Enter means; None: something must be said.
    default: str | None = None
    #: It is not shown while it is typed, and never kept with the other answers.
    secret: bool = False
    #: What helps to answer; found out only where it is not answered yet.
    lead: Callable[[], Shown] | None = None
    #: Nobody is asked: it is given beforehand, or is its default.
    quiet: bool = False
    #: Returns what is wrong with an answer, or an empty text.
    check: Callable[[str], str] = lambda _answer: ""
    #: How it is given where nobody can be asked.
    otherwise: str = ""

    def wrong(self, answer: str) -> str:
        """Return what is wrong with an answer, or an empty text."""
        if self.choices and answer not in self.choices:
            return f"it can be: {', '.join(self.choices)}"
        return self.check(answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Something did not work with the answers to these questions: they are asked again, if anybody can be."""

    keys: Sequence[str]
    error: Exception


Event = Heading | Note | Shown | Question | Again


class Face(Protocol):
    """Who asks and shows."""

    def tell(self, event: Event, answer: str | None = None) -> None:
        """Show an event; a question only with its *answer*, where that was given earlier."""
        ...

    def ask(self, question: Question, problem: str) -> str | None:
        """Return what a person says, empty for the default; None where nobody can be asked."""
        ...


def drive(
    setup: Generator[Event, str, Result], face: Face, *, given: MutableMapping[str, str], kept: MutableMapping[str, str]
) -> Result:
    """Lead *setup* to its end.

    Args:
        setup: The setup.
        face: Who asks.
        given: Answers that were given beforehand, by key.
        kept: Answers of an earlier time; new ones are added.

    Raises:
        UserError: An answer that was given is wrong, or one is missing and nobody can be asked.
    """
    answer = ""
    event = next(setup)
    try:
        while True:
            if isinstance(event, Question):
                answer = _answer(event, face, given, kept)
            elif isinstance(event, Again):
                _forget(event, face, given, kept)
            else:
                face.tell(event)
            event = setup.send(answer)
    except StopIteration as done:
        result: Result = done.value
        return result


def _answer(question: Question, face: Face, given: MutableMapping[str, str], kept: MutableMapping[str, str]) -> str:
    if question.key in given:
        problem = question.wrong(given[question.key])
        if problem:
            where = f"--{question.key}"
            raise UserError("E105", Problem(where=where, what="this cannot be the answer", hint=f"{problem}."))
    known = given.get(question.key, kept.get(question.key))
    if question.quiet:
        return known or question.default or ""
    if known is not None and not question.wrong(known):
        face.tell(question, known)
    else:
        known = _asked(question, face)
    if not question.secret:
        kept[question.key] = known
    return known


def _asked(question: Question, face: Face) -> str:
    if question.lead is not None:
        face.tell(question.lead())
    problem = ""
    while True:
        said = face.ask(question, problem)
        answer = (said or question.default or "").strip()
        problem = question.wrong(answer) if answer else "something must be said"
        if not problem and said is None:
            face.tell(question, answer)
        if not problem:
            return answer
        if said is None:
            hint = question.otherwise or f"Add --{question.key}: {question.ask}"
            what = f"nobody can be asked, and `--{question.key}` is missing"
            raise UserError("E105", Problem(where="command line", what=what, hint=hint))


def _forget(event: Again, face: Face, given: MutableMapping[str, str], kept: MutableMapping[str, str]) -> None:
    again = Question(key="again", ask="Answer anew, or stop?", choices=("again", "stop"), default="again")
    face.tell(Note(text=str(event.error), is_warning=True))
    said = face.ask(again, "")
    if said is None or said.strip() == "stop":
        raise event.error
    for key in event.keys:
        given.pop(key, None)
        kept.pop(key, None)
