"""What a spec says of webhooks: what a call proves itself with, where it names a response, and how that is fetched.

The body of a call is a hint and no more: whoever could make us believe its content could write into a CRM.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from connectors.durations import Duration  # noqa: TC001 - pydantic reads it
from connectors.surveys.access import Dotted, Part
from connectors.surveys.lists import Request, Several, placeholders

_HEADER = r"^[A-Za-z][A-Za-z0-9-]*$"


class Signature(Part):
    """What a call proves itself with."""

    #: `hmac`: a digest of the call, hexadecimal or Base64, in a header; `header`: the secret itself, in a header;
    #: `path`: the secret itself, as the last part of the address.
    kind: Literal["hmac", "header", "path"]
    header: Annotated[str, Field(pattern=_HEADER)] | None = None
    #: What stands before the digest in it.
    prefix: str = ""
    hash: Literal["sha1", "sha256", "sha512"] = "sha256"
    #: The key, with names of the connection's secrets in braces.
    key: Annotated[str, Field(min_length=1)] = "{webhook_secret}"
    #: What is signed, one after the other; `url` is the address as the connection gives it.
    signs: Annotated[tuple[Literal["method", "url", "body", "time"], ...], Field(min_length=1)] = ("body",)
    #: The header that holds when it was signed, in milliseconds since 1970.
    time: Annotated[str, Field(pattern=_HEADER)] | None = None
    #: How old a signature may be.
    within: Duration = timedelta(minutes=5)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.header is None) != (self.kind == "path"):
            raise ValueError("`header` belongs to `hmac` and `header`, and they need it")
        if (self.time is None) == ("time" in self.signs):
            raise ValueError("`time` names the header of the time that `signs` names: both or none")
        if self.kind == "hmac" and "body" not in self.signs:
            raise ValueError("`signs` names the body, or anything could be said in its name")
        if not self.secrets():
            raise ValueError("`key` names a secret in braces")
        return self

    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets in the key."""
        return tuple(sorted(placeholders(self.key)))


class Fetch(Part):
    """Asks for what an event names: one response (`{response}`), or the latest ones of its survey."""

    request: Request
    #: Where rows stand in the reply, one or many; they look as those of `responses` do.
    rows: Dotted = ""


class Hooks(Part):
    """The calls by which a service tells that there is a response."""

    signature: Signature
    #: Whether the service asks by HEAD or GET whether there is somebody; it is told yes, and nothing else.
    probes: StrictBool = False
    #: The field of a form that holds the JSON; empty: the body does.
    form: str = ""
    #: Where the events stand; empty: the body is one, or a list of them.
    events: Dotted = ""
    #: Path in an event → what it must be; other events are none of ours.
    only: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    #: What tells an event from every other, taken together; without it, what the event says does.
    id: tuple[Dotted, ...] = ()
    #: Where it names the survey; empty where the service has one list for all.
    survey: tuple[Dotted, ...] = ()
    #: Where it names the response.
    response: Several
    fetch: Fetch
