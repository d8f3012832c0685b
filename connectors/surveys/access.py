"""What a spec says of the way to a service: its address, signing in, limits, redirects."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

_PATH = re.compile(r"(?:[\w$ {}=-]+|\*)(?:\.(?:[\w$ {}=-]+|\*))*")
_SECRETS = {
    "bearer": ("token",),
    "header": ("api_key",),
    "basic": ("api_key",),
    "client_credentials": ("client_id", "client_secret"),
    "refresh_token": ("client_id", "client_secret", "refresh_token"),
}


def _dotted(path: str) -> str:
    if path and not _PATH.fullmatch(path):
        raise ValueError("a path is words with dots between them, such as `data.responses` or `answers.*.text`")
    return path


Dotted = Annotated[str, AfterValidator(_dotted)]


class Part(BaseModel):
    """One block of a spec."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Setting(Part):
    """A name that is part of the service's address."""

    #: What it is, for messages.
    title: str
    #: The form it must have, as a regular expression.
    form: str = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    #: What it is when the connection does not say; without it the connection must.
    default: str | None = None


class Auth(Part):
    """One way to sign in."""

    #: `bearer` and `header` send a key, `basic` sends it as the user's name; the others ask for tokens by OAuth 2.
    kind: Literal["bearer", "header", "basic", "client_credentials", "refresh_token"]
    #: The header that holds the key.
    header: str = "Authorization"
    #: What stands before the key in it, blank included: `api_key=`.
    prefix: str = ""
    #: What the key is called where secrets are kept; by its kind when left out: `token` or `api_key`.
    secret: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None
    #: Path of the token endpoint, for OAuth.
    token_path: str | None = None
    #: Its host, where that is another than the API's.
    token_host: Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")] | None = None
    #: Whether a refresh token is void after its use, so that its successor must be kept: in the keyring.
    rotates: StrictBool = True
    #: Scopes to ask for, for OAuth.
    scope: str | None = None

    @model_validator(mode="after")
    def _endpoint(self) -> Self:
        if (self.token_path is None) == (self.kind in {"client_credentials", "refresh_token"}):
            raise ValueError("`token_path` belongs to `client_credentials` and `refresh_token`, and they need it")
        if self.token_host and not self.token_path:
            raise ValueError("`token_host` belongs to `token_path`")
        if self.secret and self.token_path:
            raise ValueError("OAuth's secrets have names of their own: delete `secret`")
        return self

    def secrets(self) -> tuple[str, ...]:
        """Return the names of the secrets that it needs."""
        return (self.secret,) if self.secret else _SECRETS[self.kind]


class Window(Part):
    """A limit."""

    calls: Annotated[StrictInt, Field(ge=1)]
    seconds: Annotated[float, Field(gt=0)]


class Reset(Part):
    """Headers by which a service says that a limit is reached, where it has its own."""

    #: The header that holds how many calls are left.
    remaining: str
    #: The header that holds the seconds until there are more.
    seconds: str
    #: Whether this is the day's limit: the run stops then, and does not wait.
    daily: StrictBool = False


class Limits(Part):
    """How often the service may be called, and what its refusals mean."""

    windows: tuple[Window, ...] = ()
    #: Calls a day, of which `quota_share` are ours.
    daily: Annotated[StrictInt, Field(ge=1)] | None = None
    resets: tuple[Reset, ...] = ()
    #: Statuses that waiting does not help against.
    fatal: tuple[StrictInt, ...] = ()
    #: Where a refusal holds its code; it is told where it is one word.
    code: Dotted = ""


class Redirects(Part):
    """Where replies may send us for the rows; keys are not taken along to another host."""

    #: Hosts, or what they end with: `.amazonaws.com`.
    hosts: tuple[str, ...]
