"""What a spec says of questions and answers, where a row does not hold the score under a name of its own."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator

from connectors.surveys.access import Dotted, Part
from connectors.surveys.lists import (  # noqa: TC001 - pydantic reads them
    Request,
    Several,
)


class Known(Part):
    """How a question is recognised, whatever its words."""

    #: Path in the question → value it must hold; `null`: it holds nothing there.
    where: dict[str, str | StrictInt | StrictBool | None] = Field(default_factory=dict)
    #: Where a choice has its weight: in order, those of NPS are seven of −100, two of 0 and two of 100.
    weight: Dotted = ""
    #: Where the texts of its choices stand: those of NPS say 0 to 10, each number once.
    texts: Dotted = ""


def _listed(value: Any) -> Any:  # noqa: ANN401 - what YAML holds
    return [value] if isinstance(value, dict) else value


class Lookup(Part):
    """The questions of a survey, asked for before its responses."""

    request: Request
    #: Where they stand.
    rows: Dotted
    #: Where questions stand inside a question that only groups them.
    groups: Dotted = ""
    id: Dotted
    #: Where a question holds another name of it that people see, such as its words.
    names: tuple[Dotted, ...] = ()
    #: Where the reply has the survey's title; it counts where the list of surveys gave none.
    title: Dotted = ""
    #: The NPS question, by one of these.
    score: Annotated[tuple[Known, ...], BeforeValidator(_listed), Field(min_length=1)]
    #: The comment: the first such question after the NPS question, else the first.
    comment: Known | None = None
    #: A question that asks for the address.
    email: Known | None = None


class Choices(Part):
    """The choices of the NPS question, where an answer names one of them instead of a number."""

    rows: Dotted
    id: Dotted
    #: Where a choice holds its place among the others. Never its weight.
    position: Dotted
    #: The place of the choice that means 0.
    first: StrictInt = 1
    #: Where a choice says that it stands for no answer.
    none: Dotted = ""


class Answers(Part):
    """Answers to questions: in a list, each with the id of its question, or under names that hold it (`{question}`)."""

    #: The list; empty where there is none.
    rows: Dotted = ""
    #: Where an answer of the list has its question's id.
    question: Dotted = ""
    score: Several
    comment: Several = ("text",)
    email: Several = ("email",)
    choices: Choices | None = None
    #: How the questions of a survey are found out.
    lookup: Lookup | None = None
    #: Or what `question` holds for every NPS answer; its comment stands beside it.
    nps: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.rows) != bool(self.question):
            raise ValueError("answers in a list need both, `rows` and `question`")
        if (self.lookup is None) == (self.nps is None):
            raise ValueError("NPS answers are known by `lookup` or by `nps`: one of the two")
        if self.lookup and not self.choices and any(each.weight for each in self.lookup.score):
            raise ValueError("a question is known by its choices' weights: say in `choices` where choices stand")
        return self
