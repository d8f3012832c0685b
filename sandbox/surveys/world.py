"""What every survey service has: answers, a way in, refusals in its own words; no vendor."""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.faults import Faults
from sandbox.surveys.answers import Answer, Answers
from sandbox.surveys.tokens import Doors, Places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.exchange import Reply, Request
    from sandbox.limits import Limit, Verdict
    from sandbox.server import Service


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class SurveyWorld(ABC):
    """One account at a survey service; see `World`."""

    #: What `serve` and a config's `type:` call it.
    name: ClassVar[str]
    #: What is part of an account's address at the vendor.
    settings: ClassVar[Mapping[str, str]] = {}
    #: Id → title of its surveys, by the kind of question that they ask.
    titles: ClassVar[Mapping[str, Mapping[str, str]]] = {"nps": {"": ""}}
    #: Whether its surveys can be asked for; else a connection must name them.
    lists_surveys: ClassVar[bool] = True
    #: Fields of rows that nobody may take, by turns put into a population.
    odd: ClassVar[tuple[dict[str, Any], ...]] = ()
    #: Whether an answer can be changed after it was given.
    edits: ClassVar[bool] = True
    #: Whether everybody who answers is known.
    named: ClassVar[bool] = False
    unit: ClassVar[timedelta] = timedelta(seconds=1)

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        self.seed = seed
        self.clock = clock
        self.lock = threading.RLock()
        self.faults = Faults(seed)
        self.answers = Answers(f"{self.name} {seed}", clock, self.new_id, self.unit)
        #: Where it gives tokens, if it does.
        self.doors: Doors | None = None
        #: Other hosts to which it sends callers; they end with the service.
        self.others: list[Service] = []
        #: Where each page that was promised goes on.
        self.places = Places(f"{self.name} {seed}", clock)
        #: The key, token or secrets that it takes, by the field of a connection.
        self.secrets = self.made_up(random.Random(f"secrets {self.name} {seed}"))

    # -- what a vendor says ------------------------------------------------------------------------------------------

    @abstractmethod
    def made_up(self, draw: random.Random) -> dict[str, str]:
        """Make the secrets of this account."""

    @abstractmethod
    def new_id(self, draw: random.Random, number: int) -> str:
        """Make the id of its next answer."""

    @abstractmethod
    def limits(self) -> list[Limit]:
        """Return what the vendor allows."""

    def group_of(self, request: Request) -> str:
        """Name the family of calls by which the vendor counts."""
        return ""

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """Answer *request*.

        Raises:
            Refusal: It is refused.
        """

    @abstractmethod
    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Put an error into the vendor's words."""

    @abstractmethod
    def throttled(self, verdict: Verdict) -> Reply:
        """Refuse a call beyond a limit."""

    # -- what the server asks ----------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Reply:
        """See `World.handle`."""
        with self.lock:
            self.answers.settle()
            try:
                return self.answer(request)
            except Refusal as refusal:
                return refusal.reply

    def troubled(self, status: int) -> Reply:
        """See `Troubled.troubled`."""
        return self.refused(status, "Something went wrong on our side. Please try again later.")

    def refuse(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Refusal:
        """Make what to raise when a request is refused."""
        return Refusal(self.refused(status, text, headers))

    def within(self, text: str, least: int, most: int, default: int, what: str = "page size") -> int:
        """Read a whole number that is asked for, *default* if none is.

        Raises:
            Refusal: It is none, or out of bounds.
        """
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 16 and least <= int(text) <= most):
            raise self.refuse(400, f"{what} must be a number from {least} to {most}")
        return int(text)

    def moment(self, text: str, what: str = "date") -> datetime | None:
        """Read a moment, ISO 8601 or seconds since 1970; None if none is given.

        Raises:
            Refusal: It is none.
        """
        if not text:
            return None
        try:
            if text.lstrip("-").isdigit():
                return datetime.fromtimestamp(int(text), UTC)
            at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that was not quoted
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, OverflowError, OSError):
            raise self.refuse(400, f"{what} is not a valid date") from None

    # -- what tests do -----------------------------------------------------------------------------------------------

    @property
    def surveys(self) -> tuple[str, ...]:
        """The ids of its surveys, those of NPS first."""
        return tuple(key for titles in self.titles.values() for key in titles)

    def kind_of(self, survey: str) -> str | None:
        """Return what kind of question a survey asks, None: there is none of that id."""
        return next((kind for kind, titles in self.titles.items() if survey in titles), None)

    def survey_of(self, kind: str, draw: random.Random | None = None) -> str:
        """Choose a survey that asks such questions: the first, or by lot."""
        titles = list(self.titles.get(kind) or self.titles["nps"])
        return draw.choice(titles) if draw else titles[0]

    def add(
        self,
        score: int | None = 9,
        *,
        email: str | None = None,
        at: datetime | None = None,
        comment: str | None = None,
        name: str | None = None,
        survey: str | None = None,
        kind: str = "nps",
        state: str = "completed",
    ) -> str:
        """Have somebody answer, at once to be seen; return the answer's id. *at*: now, if not given."""
        with self.lock:
            self.answers.settle()
            key = self.answers.name()
            asked = survey or self.survey_of(kind)
            said = {"score": score, "comment": comment, "email": email, "name": name}
            self.answers.put(key, at or self.answers.now(), survey=asked, kind=kind, state=state, **said)
            return key

    def late(self, behind_s: float = 7_200, **fields: Any) -> str:
        """Have an answer arrive now that was given *behind_s* seconds ago; see `add`."""
        return self.add(at=datetime.fromtimestamp(self.clock() - behind_s, UTC), **fields)

    def edit(self, key: str, **fields: Any) -> None:
        """Change *score* or *comment* of an answer, now."""
        with self.lock:
            self.answers.settle()
            self.answers.change(key, **fields)

    def delete(self, key: str) -> None:
        """Delete an answer, now."""
        with self.lock:
            self.answers.settle()
            self.answers.drop(key)

    def truth(self) -> list[Answer]:
        """Return what a perfect reader must hold now, the oldest first."""
        with self.lock:
            self.answers.settle()
            return self.answers.truth()

    def asked(self) -> list[Answer]:
        """Return everybody who was asked for a recommendation and is to be seen now, the oldest first.

        Whoever has no score has not answered; whose state is "bounced" was never reached.
        """
        with self.lock:
            self.answers.settle()
            states = ("completed", "bounced")
            return [one for one in self.answers.listed() if one.kind == "nps" and one.state in states]

    def expire_cursors(self) -> None:
        """Forget where every page that was promised goes on."""
        with self.lock:
            self.places.forget()

    def expire_tokens(self) -> None:
        """End every token that was given before its time; those that last are not touched."""
        with self.lock:
            if self.doors:
                self.doors.expire()
