"""What the smaller services have in common: a key, lists cut into pages, rows of one shape; each says the rest."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.exchange import Reply, Request
from sandbox.limits import Window
from sandbox.surveys.tokens import Doors
from sandbox.surveys.world import SurveyWorld

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sandbox.limits import Limit, Verdict
    from sandbox.surveys.answers import Answer


#: The unit of services that tell time to the microsecond.
MICRO = timedelta(microseconds=1)


def fine(at: datetime) -> str:
    """Write a moment to the microsecond."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Lists(SurveyWorld):
    """A service that is told by its parameters."""

    #: Header of the key and what stands before it; unused where tokens are given.
    key: ClassVar[tuple[str, str]] = ("Authorization", "Bearer ")
    #: Where a client gets tokens, how long they open, whether for a refresh token; None: a key opens.
    grants: ClassVar[tuple[str, float, bool] | None] = None
    #: Calls in a minute.
    a_minute: ClassVar[int] = 1_000
    #: Whether a refused call is told how long to wait.
    tells_wait: ClassVar[bool] = True

    def __init__(self, seed: int = 1, clock: Callable[[], float] = time.time) -> None:
        super().__init__(seed, clock)
        if self.grants:
            self.doors = Doors(
                client_id=self.secrets["client_id"],
                client_secret=self.secrets["client_secret"],
                refresh_token=self.secrets.get("refresh_token"),
                lasts_s=self.grants[1],
                clock=clock,
            )

    def made_up(self, draw: random.Random) -> dict[str, str]:
        """See `SurveyWorld`."""
        if not self.grants:
            return {"api_key": f"{draw.getrandbits(160):040x}"}
        client = {"client_id": f"{draw.getrandbits(128):032x}", "client_secret": f"{draw.getrandbits(256):064x}"}
        return client | ({"refresh_token": f"refresh-{draw.getrandbits(128):032x}"} if self.grants[2] else {})

    def limits(self) -> list[Limit]:
        """See `SurveyWorld`."""
        return [Window(self.a_minute, 60.0)]

    def throttled(self, verdict: Verdict) -> Reply:
        """See `SurveyWorld`."""
        wait = {"Retry-After": str(max(1, math.ceil(verdict.retry_after)))} if self.tells_wait else {}
        return self.refused(429, "Too many requests", wait)

    def refused(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> Reply:
        """See `SurveyWorld`."""
        return Reply.json({"error": text}, status, headers)

    def answer(self, request: Request) -> Reply:
        """See `SurveyWorld`."""
        if self.grants and request.method == "POST" and request.path == self.grants[0] and self.doors:
            told = self.doors.exchange(request)
            return Reply.json({"error": told}, 401) if isinstance(told, str) else Reply.json(told)
        self._enter(request)
        return self.listed(request)

    @abstractmethod
    def listed(self, request: Request) -> Reply:
        """Answer a call that has come in.

        Raises:
            Refusal: It is refused.
        """

    def url(self, request: Request, query: str) -> str:
        """Return the whole address of another page of the list that was asked for."""
        return f"http://{request.headers.get('Host', '127.0.0.1')}{request.path}?{query}"

    def numbered(
        self, request: Request, rows: Sequence[Any], name: str, most: int, default: int
    ) -> tuple[list[Any], int, int]:
        """Return the page that is asked for by number, with its number and size; *name* is that of the size."""
        size = self.within(request.first(name), 1, most, default, name)
        page = self.within(request.first("page"), 1, 10**9, 1, "page")
        return list(rows[(page - 1) * size : page * size]), page, size

    def placed(
        self, request: Request, rows: Sequence[Answer], size: int, token: str, asked: object
    ) -> tuple[list[Answer], str | None]:
        """Return the page behind *token*, or the first, and the token of the next; None: there is none.

        A token belongs to what was *asked* with it, and to the moment when the first page was: it holds its rows.

        Raises:
            Refusal: The token is unknown, or forgotten, or was given for something else.
        """
        first = 0
        if token:
            held = self.places.find(token)
            if held is None or held[0] != asked:
                raise self.refuse(400, "The page token is invalid or has expired")
            _, first, rows = held
        if request.fires("short_page"):
            size = max(1, size // 2)
        end = first + size
        return list(rows[first:end]), self.places.keep((asked, end, rows)) if end < len(rows) else None

    def _enter(self, request: Request) -> None:
        name, stem = self.key
        sent = request.headers.get(name, "")
        if self.doors is None:
            good = sent == stem + self.secrets["api_key"]
        else:
            token = sent.partition(" ")[2]
            good = sent.lower().startswith("bearer ") and self.doors.opens(token) and not request.fires("expired_token")
        if not good:
            raise self.refuse(401, "Unauthorized")
