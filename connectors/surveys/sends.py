"""What a spec says of the list of those who were asked, and how one of its rows becomes a send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from connectors.dates import DateProblem
from connectors.sends import Send, SendState
from connectors.surveys.access import Dotted, Part
from connectors.surveys.lists import Changes, Request, Rows, Several
from connectors.surveys.paths import at, every, getter, text
from connectors.values import Place, Skip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.dates import DateReader

_IDS = ("salesforce_id", "hubspot_id", "customer_id", "external_ref")
WHO = ("email", "recipient_email", "phone", "first_name", "last_name", "full_name", "company", "account_ref", "link")
#: What stands for nothing in a call, unless it is said: see `connectors.surveys.spec`.
NO_VALUES: dict[str, str | None] = dict.fromkeys(
    ("survey", "since", "until", "page", "size", "token", "job", "file", "continuation")
)
#: What a row of the list can give.
SEND_FIELDS = ("send_id", "survey", "sent_at", "opened_at", *WHO, *_IDS)


def _lower(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each.casefold() for each in values)


Words = Annotated[tuple[str, ...], AfterValidator(_lower)]


class Says(Part):
    """A question that a row answers with yes or no."""

    field: Dotted
    #: Yes when it is one of these, in whatever case.
    values: Words = ()
    #: Or when it is none of these.
    unless: Words = ()

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.values) == bool(self.unless):
            raise ValueError("`values` or `unless`: one of the two")
        return self

    def holds(self, row: Any) -> bool:  # noqa: ANN401 - JSON
        """Tell whether *row* says yes."""
        found = (text(at(row, self.field)) or "").casefold()
        return found not in self.unless if self.unless else found in self.values


class StateRule(Says):
    """When a send is in a state."""

    state: SendState


class SendSkip(Says):
    """Rows that are rightly left out."""

    reason: Annotated[str, Field(pattern=r"^[a-z_]+$")]


class Campaigns(Part):
    """The surveys by which sends are chosen, where a send does not say itself what it asks."""

    request: Request
    rows: Dotted
    id: Dotted
    title: Dotted = ""
    #: Those that ask for a recommendation.
    nps: Says
    #: Where a send names its survey.
    field: Dotted


class People(Rows):
    """Who a mailing's people are: the list that it went to, in one of the account's directories."""

    id: Dotted
    #: The directories, tried in turn: `{directory}`; the id of the list itself is `{list}`.
    directories: Rows
    directory: Dotted


class Mailings(Rows):
    """The mailings of a survey, where each has a list of its own of whom it asked."""

    id: Dotted
    #: Where it says when it was sent or changed: only those changed within the look-back are read again.
    changed: Several
    #: Those that ask somebody; without it all do.
    only: Says | None = None
    #: Where a mailing names the list that it went to.
    list: Dotted
    #: Where a row of its list names whom it asked.
    person: Dotted
    people: People


class Sends(Rows):
    """The list of those who were asked."""

    #: A spec's responses may come from an export; those who were asked never do.
    export: ClassVar[None] = None

    cursor: Changes
    #: Our field → where a row holds it; of several paths the first that holds text.
    fields: dict[str, Several]
    #: The first that holds counts.
    states: tuple[StateRule, ...] = ()
    #: What a send is of which no rule holds: `sent`, or `opened` where it tells when.
    otherwise: SendState = SendState.SENT
    #: Every response is a send that was answered, and the list has only the others.
    with_responses: StrictBool = False
    skip: tuple[SendSkip, ...] = ()
    campaigns: Campaigns | None = None
    mailings: Mailings | None = None
    #: The ways to sign in that may ask for it; empty: all.
    ways: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if unknown := sorted(set(self.fields) - set(SEND_FIELDS)):
            raise ValueError(f"`fields` names `{unknown[0]}`; there are: {', '.join(SEND_FIELDS)}")
        if missing := {"send_id", "sent_at"} - set(self.fields):
            raise ValueError(f"`fields` lacks `{min(missing)}`")
        if self.cursor.step is not None:
            raise ValueError("`step` is of responses alone")
        if self.mailings and (self.pages.kind != "next_url" or self.campaigns or self.with_responses):
            raise ValueError("`mailings` needs pages of `next_url`, and neither `campaigns` nor `with_responses`")
        return self

    def requests(self) -> list[tuple[Request, set[str]]]:
        """Return its calls, each with the placeholders that it alone knows."""
        calls: list[tuple[Request, set[str]]] = [(self.request, {"mailing"} if self.mailings else set())]
        if self.campaigns:
            calls.append((self.campaigns.request, set()))
        if self.mailings:
            people = self.mailings.people
            calls += [(self.mailings.request, set()), (people.directories.request, set())]
            calls.append((people.request, {"directory", "list"}))
        return calls


class SendRows:
    """Reads the rows of the list.

    Args:
        spec: The list.
        dates: Reads moments.
        stream: Its name, for places.
        survey: The survey's name, where rows name none.
        campaigns: Id → name of the surveys that count; None: all do.
    """

    def __init__(
        self, spec: Sends, dates: DateReader, *, stream: str, survey: str, campaigns: Mapping[str, str] | None
    ) -> None:
        self._spec = spec
        self._dates = dates
        self._read = {field: tuple(map(getter, paths)) for field, paths in spec.fields.items()}
        self._stream = stream
        self._survey = survey
        self._campaigns = campaigns

    def read(self, row: Any) -> Send | Skip:  # noqa: ANN401 - JSON
        """Return what a row is."""
        if not isinstance(row, dict) or (id_ := self._text(row, "send_id")) is None:
            return Skip(place=Place(file=self._stream), reason="row_unreadable")
        place = Place(file=f"{self._stream}/{id_}")
        for rule in self._spec.skip:
            if rule.holds(row):
                return Skip(place=place, reason=rule.reason)
        survey = self._text(row, "survey") or self._survey
        if self._campaigns is not None and self._spec.campaigns is not None:
            campaign = text(at(row, self._spec.campaigns.field)) or ""
            if campaign not in self._campaigns:
                return Skip(place=place, reason="not_nps")
            survey = self._campaigns[campaign] or survey
        sent = self._dates.read(self._text(row, "sent_at") or "")
        if isinstance(sent, DateProblem):  # without a moment it is in no window
            return Skip(place=place, reason="row_unreadable")
        opened = self._dates.read(self._text(row, "opened_at") or "")
        opened_at = None if isinstance(opened, DateProblem) else opened
        return Send(
            send_id=id_,
            survey=survey,
            state=self._state(row, opened=opened_at is not None),
            sent_at=sent,
            opened_at=opened_at,
            ids={field: found for field in _IDS if (found := self._text(row, field))},
            **{field: self._text(row, field) for field in WHO},
        )

    def _state(self, row: Any, *, opened: bool) -> SendState:  # noqa: ANN401 - JSON
        found = next((rule.state for rule in self._spec.states if rule.holds(row)), None)
        if found is not None:
            return found
        return SendState.OPENED if opened and self._spec.otherwise is SendState.SENT else self._spec.otherwise

    def _text(self, row: Any, field: str) -> str | None:  # noqa: ANN401 - JSON
        return next((found for read in self._read.get(field, ()) if (found := text(read(row)))), None)


def campaigns_of(told: Any, spec: Campaigns) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return id → title of those surveys that ask for a recommendation."""
    found = [row for row in every(told, spec.rows) if spec.nps.holds(row)]
    return {id_: text(at(row, spec.title)) or "" for row in found if (id_ := text(at(row, spec.id)))}
