"""What a company decides about its NPS: one block of the config, so that every destination agrees.

The defaults are those of `config.example.yaml`; `docs/reference/nps.md` says what each number means.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictInt,
    WithJsonSchema,
    model_validator,
)

from connectors.durations import Duration, format_duration
from connectors.values import SurveyKind

#: Below 90 % the adjusted interval of a unanimous account no longer reaches its own NPS; beyond 99.9 % it says nothing.
LOWEST_LEVEL = 0.90
HIGHEST_LEVEL = 0.999

_LEVEL = re.compile(r"(\d{2}(?:\.\d)?)\s?%")


class IntervalMethod(StrEnum):
    """How the uncertainty of an NPS is computed (`sync.nps.interval`)."""

    ADJUSTED_WALD = "adjusted_wald"
    JEFFREYS = "jeffreys"


class AccountMethod(StrEnum):
    """Which responses of an account's contacts are counted, and how often."""

    LATEST_PER_CONTACT = "latest_per_contact"
    ALL = "all"
    MEAN_OF_CONTACTS = "mean_of_contacts"


class RiskReason(StrEnum):
    """Why a person is flagged. A signal with its reasons, not a prediction."""

    DETRACTOR = "detractor"
    DECLINING = "declining"
    SILENT = "silent"
    STALE = "stale"


def parse_level(text: Any) -> float:  # noqa: ANN401 - whatever YAML holds
    """Read a confidence level as a share.

    >>> parse_level("95%"), parse_level("99.5%")
    (0.95, 0.995)
    >>> parse_level("50%")
    Traceback (most recent call last):
        ...
    ValueError: a level is a percentage from 90% to 99.9%, such as `95%`
    """
    found = _LEVEL.fullmatch(text) if isinstance(text, str) else None
    share = round(float(found[1]) / 100, 4) if found else text
    if not isinstance(share, float) or not LOWEST_LEVEL <= share <= HIGHEST_LEVEL:
        raise ValueError("a level is a percentage from 90% to 99.9%, such as `95%`")
    return share


def _positive(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise ValueError("must be longer than zero")
    return span


def _no_weights_yet(method: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    if method == "weighted":
        raise ValueError(
            "`weighted` needs a weight for each contact (a role or a revenue), and no source gives one yet; "
            "use latest_per_contact, all or mean_of_contacts"
        )
    return method


def _no_renewals_yet(reason: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    if reason is not None:
        raise ValueError("`near_renewal` needs renewal dates, and no source gives them yet; leave it out")
    return reason


def _no_renewal_reason_yet(reasons: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    if isinstance(reasons, list) and "near_renewal" in reasons:
        _no_renewals_yet("near_renewal")
    return reasons


Level = Annotated[
    float,
    PlainValidator(parse_level),
    PlainSerializer(lambda share: f"{share * 100:g}%", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^9\d(\.\d)?\s?%$", "examples": ["90%", "95%", "99%"]}),
]
Span = Annotated[Duration, AfterValidator(_positive)]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FreshFor(_Settings):
    """How long a response counts as current, by survey kind."""

    #: After a contact, such as a support case.
    transactional: Span = timedelta(days=90)
    #: About the relationship as a whole.
    relational: Span = timedelta(days=180)

    def of(self, kind: SurveyKind) -> timedelta:
        """Return the span of a survey kind.

        >>> FreshFor().of(SurveyKind.TRANSACTIONAL).days
        90
        """
        return self.transactional if kind is SurveyKind.TRANSACTIONAL else self.relational


class Interval(_Settings):
    """How the uncertainty beside every NPS is computed."""

    #: How the interval is computed.
    method: IntervalMethod = IntervalMethod.ADJUSTED_WALD
    #: Share of such intervals that hold the true NPS.
    level: Level = 0.95


class Trend(_Settings):
    """When a person has moved since the response before."""

    #: Points on the 0 to 10 scale that count as a move within one category.
    drop: Annotated[StrictInt, Field(ge=1, le=10)] = 2
    #: Longest time between the two responses for such a move; a change of category counts at any distance.
    within: Span = timedelta(days=180)


class Account(_Settings):
    """How contacts become the NPS of their account."""

    #: Which responses of its contacts are counted, and how often.
    method: Annotated[AccountMethod, BeforeValidator(_no_weights_yet)] = AccountMethod.LATEST_PER_CONTACT
    #: The one kind that is counted; None takes relational where an account has any, else transactional. Never both.
    survey_kind: SurveyKind | None = None


class NpsSettings(_Settings):
    """The `nps` block of the config.

    >>> NpsSettings().expires_after.days, NpsSettings().interval.level
    (365, 0.95)
    """

    #: Which response speaks for a person.
    per_person: Literal["latest"] = "latest"
    fresh_for: FreshFor = FreshFor()
    #: Age from which a response counts in no number; it stays in the history.
    expires_after: Span = timedelta(days=365)
    #: Below this many counted responses (contacts, for the methods that count contacts) there is no NPS.
    min_responses: Annotated[StrictInt, Field(ge=1)] = 5
    interval: Interval = Interval()
    trend: Trend = Trend()
    account: Account = Account()
    #: The reasons that raise the risk signal.
    risk: Annotated[tuple[RiskReason, ...], BeforeValidator(_no_renewal_reason_yet)] = tuple(RiskReason)
    #: Kept for renewal dates, which no source gives yet; leave it out.
    near_renewal: Annotated[Span | None, BeforeValidator(_no_renewals_yet)] = None

    @model_validator(mode="after")
    def _fresh_before_expired(self) -> Self:
        for kind in SurveyKind:
            span = self.fresh_for.of(kind)
            if span > self.expires_after:
                raise ValueError(
                    f"fresh_for.{kind} ({format_duration(span)}) is longer than expires_after "
                    f"({format_duration(self.expires_after)}): shorten the one or lengthen the other"
                )
        return self
