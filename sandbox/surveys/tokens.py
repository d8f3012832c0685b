"""What a service gives out and takes back: OAuth tokens that end, and places in lists that are forgotten."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request


@dataclass(kw_only=True)
class Doors:
    """OAuth 2 of one account: client credentials, or a refresh token that may be good for one use."""

    client_id: str
    client_secret: str
    clock: Callable[[], float]
    #: Seconds for which an access token opens.
    lasts_s: float
    #: None: this service gives access tokens for the client's own credentials.
    refresh_token: str | None = None
    #: Whether each use of the refresh token ends it and gives another.
    rotates: bool = False
    #: Access token → when it ends.
    given: dict[str, float] = field(default_factory=dict)
    _made: int = 0

    def opens(self, token: str) -> bool:
        """Whether an access token is good now."""
        return self.given.get(token, 0.0) > self.clock()

    def expire(self) -> None:
        """End every access token; refresh tokens stay."""
        self.given.clear()

    def exchange(self, request: Request) -> dict[str, Any] | str:
        """Answer a request for a token: what the token reply says, or the OAuth name of the error."""
        form = request.form()
        if not form:
            try:
                sent = request.json()
            except ValueError:
                sent = None
            form = {str(key): str(value) for key, value in sent.items()} if isinstance(sent, dict) else {}
        if (self.client_id, self.client_secret) not in (_basic(request), _named(form)):
            return "invalid_client"
        wanted = "client_credentials" if self.refresh_token is None else "refresh_token"
        if form.get("grant_type") != wanted:
            return "unsupported_grant_type"
        if self.refresh_token is not None and form.get("refresh_token") != self.refresh_token:
            return "invalid_grant"
        token = self._new("access")
        self.given[token] = self.clock() + self.lasts_s
        told: dict[str, Any] = {"access_token": token, "expires_in": int(self.lasts_s), "token_type": "bearer"}
        if self.refresh_token is not None and self.rotates:
            self.refresh_token = told["refresh_token"] = self._new("refresh")
        return told

    def _new(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{random.Random(f'{self.client_secret} {kind} {self._made}').getrandbits(128):032x}"


def _basic(request: Request) -> tuple[str, str] | None:
    """Return user and password of a Basic header."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return user, password


def _named(form: dict[str, str]) -> tuple[str, str]:
    return form.get("client_id", ""), form.get("client_secret", "")


class Places:
    """Where lists go on, by a text that means something to the service only and is forgotten after a while."""

    #: Seconds for which a place is kept.
    lasts_s: float = 3_600.0

    def __init__(self, seed: str, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._draw = random.Random(f"places {seed}")
        self._held: dict[str, tuple[float, Any]] = {}

    def keep(self, value: object) -> str:
        """Return a text by which `find` gives *value* back."""
        token = f"{self._draw.getrandbits(160):040x}"
        self._held[token] = (self.clock() + self.lasts_s, value)
        return token

    def find(self, token: str) -> Any:
        """Return what was kept under *token*, None: nothing, or no longer."""
        ends, value = self._held.get(token, (0.0, None))
        return value if ends > self.clock() else None

    def forget(self) -> None:
        """Forget all of them."""
        self._held.clear()
