"""The bearer token of one connection: a service key, or OAuth's short-lived token with its renewal.

A service key (or the token of a legacy private app) does not expire: it is refused once and for all. OAuth's tokens
last half an hour; a new one is asked for before the end, or when the old one is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from connectors.errors import NoToken, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

#: Seconds before its end from which a token is not used any more; a slow call takes as long.
EARLY_S = 120.0
#: Seconds; what HubSpot's tokens last where the reply does not say.
LASTS_S = 1800.0
SIGN_IN = "Sign in again: `npsync auth set CONNECTION`, then `npsync auth test CONNECTION`."


class Slot(Protocol):
    """A secret that is being replaced, while no other process can."""

    @property
    def value(self) -> str: ...

    def keep(self, value: str) -> None:
        """Store the new one, and make sure of it."""
        ...


class Secrets(Protocol):
    """The secrets of one connection."""

    def __call__(self, field: str, /) -> str:
        """Return one; `Refused` where no place has it."""
        ...

    def rotation(self, field: str, /) -> AbstractContextManager[Slot]:
        """Hold the secret for replacing it; other processes wait."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """See the module."""

    secrets: Secrets = field(repr=False)

    def current(self) -> str:
        """Return the token to send."""
        return self.secrets("token")


@dataclass(slots=True)
class OAuth:
    """See the module.

    Args:
        secrets: `client_id`, `client_secret`, `refresh_token`.
        ask: Sends a form to the token endpoint and returns its reply.
        clock: The time, aware.
    """

    secrets: Secrets = field(repr=False)
    ask: Callable[[Mapping[str, str]], Mapping[str, Any]]
    clock: Callable[[], datetime]
    _token: str = field(default="", repr=False)
    _until: datetime | None = None
    #: What the token is good for; None where the reply did not say.
    scopes: frozenset[str] | None = None

    def current(self) -> str:
        """Return the token to send.

        Raises:
            NoToken: There is none, or it is about to end. Asking for one takes time, in which the call's turn would
                pass: the caller renews it and then takes another turn.
        """
        if not self._token or self._until is None or self.clock() >= self._until:
            raise NoToken("HubSpot's token is too old", next_step=SIGN_IN)
        return self._token

    def renew(self) -> None:
        """Ask for a new token; not for several threads at the same time."""
        with self.secrets.rotation("refresh_token") as slot:
            reply = self.ask(
                {
                    "grant_type": "refresh_token",
                    "client_id": self.secrets("client_id"),
                    "client_secret": self.secrets("client_secret"),
                    "refresh_token": slot.value,
                }
            )
            token, new, lasts = (reply.get(name) for name in ("access_token", "refresh_token", "expires_in"))
            if not isinstance(token, str) or not token:
                raise Refused("HubSpot's token endpoint gave no token", next_step=SIGN_IN)
            if isinstance(new, str) and new and new != slot.value:
                slot.keep(new)  # before the new token's first use: the old one may be void already
        self._token = token
        told = reply.get("scopes")
        self.scopes = frozenset(map(str, told)) if isinstance(told, list) else None
        seconds = float(lasts) if isinstance(lasts, int | float) else LASTS_S
        self._until = self.clock() + timedelta(seconds=seconds - EARLY_S)
