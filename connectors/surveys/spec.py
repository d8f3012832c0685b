"""What a survey service's API is like, as one YAML file says it.

Placeholders in paths, queries and bodies are names in braces: `{survey}` (the survey's id), `{since}`, `{until}`,
`{page}`, `{size}`, `{token}`, and the service's own `settings`. There is no other language in it: no expressions, no
conditions. A part of a query or body whose placeholder has no value is left out. Paths into replies are dotted; see
`connectors.surveys.paths`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from connectors.durations import Duration  # noqa: TC001 - pydantic reads it
from connectors.surveys.access import Auth, Dotted, Limits, Part, Redirects, Setting, Window
from connectors.surveys.asked import Answers  # noqa: TC001 - pydantic reads it
from connectors.surveys.hooks import Hooks  # noqa: TC001 - pydantic reads it
from connectors.surveys.lists import Changes, Paged, Request, Rows, Several, placeholders
from connectors.surveys.sends import Sends  # noqa: TC001 - pydantic reads it

#: Version of this format.
VERSION = 1
#: What `settings` cannot be called.
PLACEHOLDERS = ("survey", "since", "until", "page", "size", "token", "job", "file", "continuation")
#: What a row can give, as for files.
FIELDS = (
    *("response_id", "survey", "score", "comment", "responded_at", "updated_at", "sent_at", "email"),
    *("recipient_email", "phone", "first_name", "last_name", "full_name", "company", "account_ref"),
    *("salesforce_id", "hubspot_id", "customer_id", "external_ref", "link", "vendor_category"),
)


class Surveys(Paged):
    """The list of surveys; responses are asked for one survey at a time, each with a cursor of its own."""

    #: Asks for it; None: the service does not list its surveys, and the connection must name them.
    request: Request | None = None
    id: Dotted = ""
    title: Dotted = ""

    @model_validator(mode="after")
    def _listed(self) -> Self:
        if (self.request is None) != (not self.id):
            raise ValueError("`request` and `id` belong together; without both, connections name their surveys")
        return self


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.casefold() for each in values)


Words = Annotated[tuple[str, ...], AfterValidator(_lower)]


class SkipRule(Part):
    """Rows that are rightly left out."""

    reason: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    field: Dotted
    #: Left out when it is one of these, in whatever case.
    values: Words = ()
    #: Or when it is none of these.
    unless: Words = ()


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
    #: Who was asked, where the service tells.
    sends: Sends | None = None
    hooks: Hooks | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        known = {*PLACEHOLDERS, *self.settings}
        requests = [self.responses.request]
        if self.surveys:
            requests += [self.surveys.request] if self.surveys.request else []
        if self.responses.answers and self.responses.answers.lookup:
            requests.append(self.responses.answers.lookup.request)
        if self.responses.export:
            requests += [self.responses.export.poll, self.responses.export.fetch]
        calls = [(request, set[str]()) for request in requests]
        if self.hooks:
            calls.append((self.hooks.fetch.request, {"response"}))
        if self.sends:
            calls += self.sends.requests()
        for request, more in calls:
            here = known | more
            if unknown := sorted(request.names() - here):
                raise ValueError(f"nothing is called `{unknown[0]}`; placeholders here: {', '.join(sorted(here))}")
        if unknown := sorted(placeholders(self.base) - set(self.settings)):
            raise ValueError(f"`base` names `{unknown[0]}`, which is none of `settings`")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if ("survey" in self.responses.request.names()) != (self.surveys is not None):
            raise ValueError("`{survey}` and the block `surveys` belong together")
        if self.hooks and bool(self.hooks.survey) != (self.surveys is not None):
            raise ValueError("`survey` of `hooks` and the block `surveys` belong together")
        if unknown := sorted(set(self.responses.fields) - set(FIELDS)):
            raise ValueError(f"`fields` names `{unknown[0]}`; there are: {', '.join(FIELDS)}")
        if missing := {"response_id", "responded_at"} - set(self.responses.fields):
            raise ValueError(f"`fields` lacks `{min(missing)}`")
        if ("score" in self.responses.fields) == (self.responses.answers is not None):
            raise ValueError("the score comes from `fields`, or from `answers`: one of the two")
        if (self.responses.cursor.step is not None) != ("until" in self.responses.request.names()):
            raise ValueError("`{until}` and `step` of the cursor belong together")
        if self.responses.export and self.responses.cursor.step:
            raise ValueError("an export gives all at once: delete `step`")
        if self.responses.pages.kind == "keyset" and not self.responses.cursor.ascending:
            raise ValueError("`keyset` needs rows that come oldest first: `ascending: true` in `cursor`")
        return self

    @model_validator(mode="after")
    def _sent(self) -> Self:
        if self.sends is None:
            return self
        if "survey" in self.sends.request.names():
            raise ValueError("`sends` is one list for all surveys: take `{survey}` out of its request")
        if self.sends.mailings and self.surveys is None:
            raise ValueError("`mailings` of `sends` are listed for each survey, so there must be a block `surveys`")
        if unknown := sorted(set(self.sends.ways) - set(self.auth)):
            raise ValueError(f"`ways` of `sends` names `{unknown[0]}`, which is none of `auth`")
        return self
