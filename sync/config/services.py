"""Connections to services on the web: which organisation, how to sign in, and how much of its quota is ours."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, model_validator

from sync.config.connection import Connection
from sync.config.findings import finding
from sync.config.percents import Percent  # noqa: TC001 - pydantic reads it

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*")
#: Sign-in hosts that belong to no organisation.
SHARED_DOMAINS = ("login", "test")
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?/?")


class ServiceConnection(Connection):
    """A connection whose calls are counted."""

    #: Largest share of the service's daily calls that this connection may use; `limits.quota_share` when left out.
    quota_share: Percent | None = None

    def share(self, default: float) -> float:
        """Return our share of the daily calls, as a fraction of 1."""
        return default if self.quota_share is None else self.quota_share


def _domain(text: str) -> str:
    word = text.strip().lower().removeprefix("https://").rstrip("/").removesuffix(".salesforce.com")
    if not _DOMAIN.fullmatch(word):
        raise finding(
            f"`{text[:60]}` is no Salesforce domain",
            "Write what stands before `.salesforce.com` in your org's address: `acme.my`, `acme--uat.sandbox.my`.",
        )
    return word


def _version(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Take `67.0` without quotes too, which YAML reads as a number."""
    return f"{value:.1f}" if isinstance(value, int | float) and not isinstance(value, bool) else value


def _loopback(url: str) -> str:
    if not _LOOPBACK.fullmatch(url):
        raise finding(
            "this address is not on this machine",
            "`url` is for the sandbox only, such as `http://127.0.0.1:8080`; leave it out for the real service.",
        )
    return url.rstrip("/")


SandboxUrl = Annotated[
    str,
    AfterValidator(_loopback),
    Field(
        json_schema_extra={
            "pattern": r"^https?://(127\.0\.0\.1|localhost|\[::1\])",
            "examples": ["http://127.0.0.1:8080"],
        }
    ),
]


class SalesforceConnection(ServiceConnection):
    """Contacts, leads and accounts in Salesforce."""

    own_id: ClassVar[str | None] = "Id"

    #: Contacts, leads and accounts in Salesforce.
    type: Literal["salesforce"]
    #: Your org: what stands before `.salesforce.com` in its address, such as `acme.my`.
    domain: Annotated[str, AfterValidator(_domain)]
    #: How to sign in; `client_credentials` needs a run-as user, `jwt` a certificate, `refresh_token` a keyring.
    auth: Literal["client_credentials", "jwt", "refresh_token"] = "client_credentials"
    #: The user to act as; for `auth: jwt` only.
    username: str | None = None
    #: Version of the API.
    api_version: Annotated[str, BeforeValidator(_version), Field(pattern=r"^[3-9]\d\.0$")] = "67.0"
    #: Address of the sandbox on this machine instead of the real service.
    url: SandboxUrl | None = None

    @model_validator(mode="after")
    def _sign_in(self) -> Self:
        if self.auth == "jwt" and not self.username:
            raise finding("`auth: jwt` acts as a user, and none is named", "Add `username:`.", at=("auth",))
        if self.auth != "jwt" and self.username:
            what = f"`auth: {self.auth}` takes no `username`"
            raise finding(what, "Delete it, or take `auth: jwt`.", at=("username",))
        if self.auth == "client_credentials" and self.domain in SHARED_DOMAINS:
            what = f"`auth: client_credentials` does not work at `{self.domain}.salesforce.com`"
            raise finding(what, "Write your org's own domain, such as `acme.my`.", at=("domain",), at_key=False)
        return self

    def options(self) -> dict[str, Any]:
        """See `Connection.options`."""
        return self.model_dump(exclude={"type", "quota_share"})

    def secrets(self) -> tuple[str, ...]:
        """See `Connection.secrets`."""
        return {
            "client_credentials": ("consumer_key", "consumer_secret"),
            "jwt": ("consumer_key", "private_key"),
            "refresh_token": ("consumer_key", "consumer_secret", "refresh_token"),
        }[self.auth]


#: HubSpot's calls a day by tier, shared by all apps of the account, and those in 10 s of each app.
#: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details, read 2026-10-09.
TIERS = {"free": (250_000, 100), "professional": (625_000, 190), "enterprise": (1_000_000, 190)}


class HubSpotConnection(ServiceConnection):
    """Contacts and companies in HubSpot."""

    own_id: ClassVar[str | None] = "hs_object_id"

    #: Contacts and companies in HubSpot.
    type: Literal["hubspot"]
    #: How to sign in: a service key or private app's token, or an OAuth app.
    auth: Literal["service_key", "oauth"] = "service_key"
    #: Version of the API: `2026-09`, or `v3` until September 2027.
    api: Annotated[str, Field(pattern=r"^(v3|20\d\d-(0[1-9]|1[0-2]))$")] = "2026-09"
    #: Your account's tier, which says how many calls a day it has; `free` stands for Starter too.
    tier: Literal["free", "professional", "enterprise"] = "free"
    #: Calls in any 10 seconds; by the tier when left out: 100 or 190.
    calls_per_10s: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    #: Address of the sandbox on this machine instead of the real service.
    url: SandboxUrl | None = None

    def options(self) -> dict[str, Any]:
        """See `Connection.options`."""
        calls = self.calls_per_10s or TIERS[self.tier][1]
        return self.model_dump(include={"auth", "api", "url"}) | {"calls_per_10s": calls}

    def daily_calls(self, share: float) -> int:
        """Return how many calls a day are ours, when *share* of them is."""
        return int(TIERS[self.tier][0] * share)

    def secrets(self) -> tuple[str, ...]:
        """See `Connection.secrets`."""
        return ("token",) if self.auth == "service_key" else ("client_id", "client_secret", "refresh_token")
