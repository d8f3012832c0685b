"""What a survey service's API is like, as one YAML file says it.

Placeholders in paths, queries and bodies are names in braces: `{survey}` (the survey's id), `{since}`, `{page}`,
`{size}`, `{token}`, and the service's own `settings`. There is no other language in it: no expressions, no conditions.
A part of a query or body whose placeholder has no value is left out. Paths into replies are dotted; see
`connectors.surveys.paths`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from connectors.durations import Duration  # noqa: TC001 - pydantic reads it
from connectors.surveys.access import Auth, Dotted, Limits, Part, Redirects, Setting, Window

#: Version of this format.
VERSION = 1
#: What `settings` cannot be called.
PLACEHOLDERS = ("survey", "since", "page", "size", "token", "job", "file", "continuation")
#: What a row can give, as for files.
FIELDS = (
    *("response_id", "survey", "score", "comment", "responded_at", "updated_at", "sent_at", "email"),
    *("recipient_email", "phone", "first_name", "last_name", "full_name", "company", "account_ref"),
    *("salesforce_id", "hubspot_id", "customer_id", "external_ref", "link", "vendor_category"),
)
_BRACES = re.compile(r"\{([^{}]*)\}")


def placeholders(value: Any) -> set[str]:  # noqa: ANN401 - a text, or a body
    """Return the names in braces.

    >>> sorted(placeholders({"a": "{since}", "b": ["{size}x"]}))
    ['since', 'size']
    """
    if isinstance(value, str):
        return set(_BRACES.findall(value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for each in inner for name in placeholders(each)}


Several = Annotated[tuple[Dotted, ...], Field(min_length=1)]


class Request(Part):
    """A call."""

    method: Literal["GET", "POST"] = "GET"
    path: Annotated[str, Field(pattern=r"^/")]
    query: dict[str, str] = Field(default_factory=dict)
    #: JSON, for `POST`.
    body: dict[str, Any] = Field(default_factory=dict)

    def names(self) -> set[str]:
        """Return the placeholders in it."""
        return placeholders([self.path, self.query, self.body])


class Pages(Part):
    """How one page leads to the next."""

    #: `none`; `number`; `keyset` (rows come in the order of the cursor's field, and the next page begins at the last
    #: row's moment); `next_url` (in the body); `link` (in the Link header); `token` (in the body); `last_row`.
    kind: Literal["none", "number", "keyset", "next_url", "link", "token", "last_row"] = "none"
    #: Rows of a full page; a shorter one is the last.
    size: Annotated[StrictInt, Field(ge=1, le=100_000)] = 100
    #: Number of the first page.
    first: Annotated[StrictInt, Field(ge=0)] = 1
    #: Where the next page's URL or token stands in a reply, or in its last row.
    next: Dotted = ""
    #: Where a reply says how many rows there are in all. When that shrinks, rows have moved up, and it is read again.
    total: Dotted = ""
    #: Where a reply says how many pages there are.
    count: Dotted = ""

    @model_validator(mode="after")
    def _next(self) -> Self:
        if bool(self.next) != (self.kind in {"next_url", "token", "last_row"}):
            raise ValueError("`next` belongs to `next_url`, `token` and `last_row`, and they need it")
        return self


class Changes(Part):
    """By what the service is asked for what is new."""

    #: Where a row holds the moment by which it is selected.
    field: Dotted
    #: How `{since}` is written.
    format: Literal["iso", "iso_plain", "iso_micros", "unix", "unix_ms"] = "iso"
    #: Whether rows of exactly `{since}` come too.
    inclusive: StrictBool = True
    #: Whether rows come oldest first; then they are held to it.
    ascending: StrictBool = False
    #: Whether rows come newest first; then a page from before the reading's start is the last one.
    descending: StrictBool = False
    #: How far before the last row each reading begins again: for late rows, and for edits that change no moment.
    look_back: Duration = timedelta(days=14)
    #: What `{since}` is when everything is read, where it cannot be left out.
    everything: str | None = None


class Rows(Part):
    """A list that is read page by page."""

    request: Request
    pages: Pages = Pages()
    #: Where the rows stand in a reply; empty when the reply is the list.
    rows: Dotted = ""


class Surveys(Rows):
    """The list of surveys; responses are asked for one survey at a time, each with a cursor of its own."""

    id: Dotted
    title: Dotted = ""


class Known(Part):
    """How a question is recognised, whatever its words."""

    #: Path in the question → value it must hold.
    where: dict[str, str | StrictInt | StrictBool] = Field(default_factory=dict)
    #: Where a choice has its weight: in order, those of NPS are seven of −100, two of 0 and two of 100.
    weight: Dotted = ""


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
    #: The NPS question.
    score: Known
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


class SkipRule(Part):
    """Rows that are rightly left out."""

    reason: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    field: Dotted
    #: Left out when it is one of these.
    values: tuple[str, ...] = ()
    #: Or when it is none of these.
    unless: tuple[str, ...] = ()


class Export(Part):
    """A job that writes responses into a file: made by `request`, asked about, and fetched."""

    #: Where the reply that makes it has its id: `{job}`.
    job: Dotted
    #: Asks about it.
    poll: Request
    #: Where the reply says how it is.
    state: Dotted
    done: Annotated[tuple[str, ...], Field(min_length=1)]
    failed: tuple[str, ...] = ()
    #: Where the reply has the id of its file: `{file}`.
    file: Dotted
    #: Fetches the file: JSON lines, zipped or not.
    fetch: Request
    #: Where the reply has what the next job asks with, to get only what changed since: `{continuation}`.
    continuation: Dotted = ""
    every: Duration = timedelta(seconds=5)
    #: After so long a job is given up.
    within: Duration = timedelta(minutes=30)
    #: How many jobs may be made.
    limit: Window | None = None


class Responses(Rows):
    """The responses, of one survey or of all."""

    cursor: Changes
    #: Our field → where a row holds it; of several paths the first that holds text.
    fields: dict[str, Several]
    answers: Answers | None = None
    export: Export | None = None
    skip: tuple[SkipRule, ...] = ()


class Spec(Part):
    """One service."""

    version: Literal[1]
    #: As messages call it.
    title: Annotated[str, Field(min_length=1, max_length=60)]
    #: Scheme and host, with `settings` in braces.
    base: Annotated[str, Field(pattern=r"^https://[a-z0-9.{}_-]+$")]
    settings: dict[str, Setting] = Field(default_factory=dict)
    #: Ways to sign in, the usual one first.
    auth: Annotated[dict[str, Auth], Field(min_length=1)]
    limits: Limits = Limits()
    redirects: Redirects | None = None
    surveys: Surveys | None = None
    responses: Responses

    @model_validator(mode="after")
    def _named(self) -> Self:
        known = {*PLACEHOLDERS, *self.settings}
        requests = [self.responses.request]
        if self.surveys:
            requests.append(self.surveys.request)
        if self.responses.answers and self.responses.answers.lookup:
            requests.append(self.responses.answers.lookup.request)
        if self.responses.export:
            requests += [self.responses.export.poll, self.responses.export.fetch]
        for request in requests:
            if unknown := sorted(request.names() - known):
                raise ValueError(f"nothing is called `{unknown[0]}`; placeholders here: {', '.join(sorted(known))}")
        if unknown := sorted(placeholders(self.base) - set(self.settings)):
            raise ValueError(f"`base` names `{unknown[0]}`, which is none of `settings`")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if ("survey" in self.responses.request.names()) != (self.surveys is not None):
            raise ValueError("`{survey}` and the block `surveys` belong together")
        if unknown := sorted(set(self.responses.fields) - set(FIELDS)):
            raise ValueError(f"`fields` names `{unknown[0]}`; there are: {', '.join(FIELDS)}")
        if missing := {"response_id", "responded_at"} - set(self.responses.fields):
            raise ValueError(f"`fields` lacks `{min(missing)}`")
        if ("score" in self.responses.fields) == (self.responses.answers is not None):
            raise ValueError("the score comes from `fields`, or from `answers`: one of the two")
        answers = self.responses.answers
        if answers and bool(answers.rows) != bool(answers.question):
            raise ValueError("answers in a list need both, `rows` and `question`")
        if answers and (answers.lookup is None) == (answers.nps is None):
            raise ValueError("NPS answers are known by `lookup` or by `nps`: one of the two")
        if answers and answers.lookup and answers.lookup.score.weight and not answers.choices:
            raise ValueError("a question is known by its choices' weights: say in `choices` where choices stand")
        if self.responses.pages.kind == "keyset" and not self.responses.cursor.ascending:
            raise ValueError("`keyset` needs rows that come oldest first: `ascending: true` in `cursor`")
        return self
