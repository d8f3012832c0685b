"""Connections to survey services, each described by a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from connectors.surveys.spec import FIELDS
from connectors.values import SurveyKind
from sync.config.findings import closest, finding
from sync.config.services import SandboxUrl, ServiceConnection

if TYPE_CHECKING:
    from pathlib import Path

#: TLS, but for a service that is played on this machine.
_CALLED = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])[!-~]+$"
_DOTTED = r"^[\w$ =-]+(\.[\w$*= -]+)*$"


def _no_slips(fields: dict[str, str]) -> dict[str, str]:
    """Refuse a slip of the pen: any other word would be carried along, and the field would be missed in silence."""
    for word in fields:
        close = closest(word, FIELDS)
        if word not in FIELDS and close and sorted(word) == sorted(close):
            what = f"`{word[:60]}` is none of our fields, and looks like `{close}`"
            raise finding(what, f"Write `{close}`, or call it less alike to carry it along.", at=(word,))
    return fields


class SurveyConnection(ServiceConnection):
    """A survey service: its responses are read by its API."""

    #: A survey service, read by its API.
    type: Literal["survey"]
    #: The service, such as `typeform`.
    service: str | None = None
    #: A file that describes another service, relative to this one; instead of `service`.
    spec: Annotated[str, Field(min_length=1)] | None = None
    #: How to sign in, of the service's ways; the usual one when left out.
    auth: str | None = None
    #: What is part of the service's address, such as `{domain: acme}`.
    settings: dict[str, str] = Field(default_factory=dict)
    #: Ids of the surveys to read; all of them when left out.
    surveys: list[str] = Field(default_factory=list)
    #: Ids or names of the NPS questions, where a survey has several that could be it.
    questions: list[str] = Field(default_factory=list)
    #: Where a response holds more of our fields, or words of your own: `{customer_id: hidden.customer}`.
    fields: Annotated[dict[str, Annotated[str, Field(pattern=_DOTTED)]], AfterValidator(_no_slips)] = Field(
        default_factory=dict
    )
    #: Name of the survey, where the service has one list of responses for all.
    survey: str | None = None
    #: `relational` (how is it in general) or `transactional` (how was this contact); never mixed in one NPS.
    kind: SurveyKind = SurveyKind.RELATIONAL
    #: Whether to read who was asked, too, where the service tells.
    sends: StrictBool = True
    #: Address of the sandbox on this machine instead of the real service.
    url: SandboxUrl | None = None
    #: Where the service calls when there is a response, as it knows the address: `https://hooks.acme.com/webhooks/survey`.
    webhooks: Annotated[str, Field(pattern=_CALLED)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.service is None) == (self.spec is None):
            what = "a survey connection names a `service`, or a `spec` of your own: one of the two"
            raise finding(what, "Such as `service: typeform`.")
        return self

    def options(self) -> dict[str, Any]:
        """See `Connection.options`."""
        return self.model_dump(exclude={"type", "service", "spec", "quota_share"})

    def within(self, root: Path) -> SurveyConnection:
        """See `Connection.within`."""
        return self.model_copy(update={"spec": str(root / self.spec)}) if self.spec else self

    def secrets(self) -> tuple[str, ...]:
        """See `Connection.secrets`."""
        from sync.config.specs import spec_of, way_of

        hooks = spec_of(self).hooks if self.webhooks else None
        return tuple(dict.fromkeys([*way_of(self).secrets(), *(hooks.signature.secrets() if hooks else ())]))

    def spare_secrets(self) -> tuple[str, ...]:
        """See `Connection.spare_secrets`: what calls were signed with before."""
        from connectors.surveys.signatures import OLD
        from sync.config.specs import spec_of

        hooks = spec_of(self).hooks if self.webhooks else None
        return tuple(name + OLD for name in hooks.signature.secrets()) if hooks else ()
