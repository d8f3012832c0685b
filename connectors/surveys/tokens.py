"""What is sent to be let in: a key as it is, or OAuth's short-lived token with its renewal."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from connectors.errors import NoToken, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from connectors.surveys.access import Auth

#: Seconds before its end from which a token is not used any more; a slow call takes as long.
EARLY_S = 120.0
#: Seconds that a token lasts where the reply does not say.
LASTS_S = 1800.0
SIGN_IN = "Sign in again: `npsync auth set CONNECTION`, then `npsync auth test CONNECTION`."


class Slot(Protocol):
    """A secret that is being replaced, while no other process can."""

    @property
    def value(self) -> str: ...

    def keep(self, new: str, /) -> None:
        """Store the new one, and make sure of it."""
        ...


class Secrets(Protocol):
    """The secrets of one connection."""

    def __call__(self, field_: str, /) -> str:
        """Return one; `Refused` where no place has it."""
        ...

    def rotation(self, field_: str, /) -> AbstractContextManager[Slot]:
        """Hold the secret for replacing it; other processes wait."""
        ...


@dataclass(slots=True)
class Pass:
    """The header by which a connection is let in.

    Args:
        auth: How.
        secrets: The connection's.
        ask: Sends a form to the token endpoint and returns its reply.
        clock: The time, aware.
    """

    auth: Auth
    secrets: Secrets = field(repr=False)
    ask: Callable[[Mapping[str, str]], Mapping[str, Any]]
    clock: Callable[[], datetime]
    _token: str = field(default="", repr=False)
    _until: datetime | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers to send.

        Raises:
            NoToken: There is none, or it is about to end; the caller renews it, and then takes another turn.
        """
        match self.auth.kind:
            case "bearer":
                return {self.auth.header: f"Bearer {self._key()}"}
            case "header":
                return {self.auth.header: f"{self.auth.prefix}{self._key()}"}
            case "basic":
                user = b64encode(f"{self._key()}:".encode()).decode()
                return {self.auth.header: f"Basic {user}"}
        if not self._token or self._until is None or self.clock() >= self._until:
            raise NoToken("the token is too old", next_step=SIGN_IN)
        return {self.auth.header: f"Bearer {self._token}"}

    @property
    def renews(self) -> bool:
        """Whether a refused token may be replaced by a new one."""
        return self.auth.token_path is not None

    def renew(self) -> None:
        """Ask for a new token; not for several threads at the same time."""
        form = {"grant_type": self.auth.kind, "client_id": self.secrets("client_id")}
        form |= {"client_secret": self.secrets("client_secret")}
        if self.auth.scope:
            form["scope"] = self.auth.scope
        if self.auth.kind == "client_credentials":
            self._take(self.ask(form))
            return
        with self.secrets.rotation("refresh_token") as slot:
            told = self.ask(form | {"refresh_token": slot.value})
            new = told.get("refresh_token")
            if isinstance(new, str) and new and new != slot.value:
                slot.keep(new)  # before the new token's first use: the old one may be void already
            self._take(told)

    def _key(self) -> str:
        return self.secrets(self.auth.secrets()[0])

    def _take(self, told: Mapping[str, Any]) -> None:
        token, lasts = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token:
            raise Refused("the token endpoint gave no token", next_step=SIGN_IN)
        seconds = float(lasts) if isinstance(lasts, int | float) and not isinstance(lasts, bool) else LASTS_S
        self._token = token
        self._until = self.clock() + timedelta(seconds=max(0.0, seconds - min(EARLY_S, seconds / 2)))
