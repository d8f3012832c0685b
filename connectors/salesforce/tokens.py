"""Access tokens: asked for by client credentials, a signed assertion (JWT) or a refresh token.

The token endpoint is the org's own domain. A rotated refresh token is stored before the access token is first used:
Salesforce revokes everything when an old one comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.errors import Refused
from connectors.replies import Reply
from connectors.salesforce.rules import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import requests

    from connectors.connection_secrets import ConnectionSecrets

#: How long a signed assertion is good for; Salesforce takes at most three minutes.
ASSERTION_FOR = timedelta(minutes=3)
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Where an org may live; a token is never sent anywhere else.
_HOMES = (".salesforce.com", ".force.com", ".salesforce.mil", ".sfcrmproducts.cn")


@dataclass(frozen=True, slots=True)
class Token:
    """What a sign-in gave."""

    access: str = field(repr=False)
    #: Host name of the org, such as `acme.my.salesforce.com`.
    host: str
    #: Who signed in, as Salesforce says it: `https://login.salesforce.com/id/00D.../005...`; empty where it does not.
    identity: str = ""
    #: What it is good for; None where the reply does not say.
    scopes: frozenset[str] | None = None


class Tokens:
    """Signs in to one org.

    Args:
        where: For messages: which connection this is.
        domain: The org's My Domain, such as `acme.my`.
        auth: `client_credentials`, `jwt` or `refresh_token`.
        username: Whose rights a signed assertion asks for.
        secrets: Of this connection.
        session: Speaks HTTP.
        now: The time, aware.
    """

    def __init__(  # noqa: PLR0913 - see the class
        self,
        *,
        where: str,
        domain: str,
        auth: str,
        username: str | None,
        secrets: ConnectionSecrets,
        session: requests.Session,
        now: Callable[[], datetime],
    ) -> None:
        self._where = where
        self._domain = domain
        self._auth = auth
        self._username = username
        self._secrets = secrets
        self._session = session
        self._now = now

    def ask(self) -> Token:
        """Ask for a new access token.

        Raises:
            Refused: The app, the user or a secret is not accepted.
            Deferred: The token endpoint cannot be reached.
        """
        match self._auth:
            case "client_credentials":
                basic = (self._secrets("consumer_key"), self._secrets("consumer_secret"))
                return self._post({"grant_type": "client_credentials"}, basic)[0]
            case "jwt":
                return self._post({"grant_type": _JWT, "assertion": self._assertion()})[0]
            case _:
                return self._refreshed()

    def _refreshed(self) -> Token:
        form = {"grant_type": "refresh_token", "client_id": self._secrets("consumer_key")}
        try:
            form["client_secret"] = self._secrets("consumer_secret")
        except Refused:
            form.pop("client_secret", None)  # an app may be set up without one
        with self._secrets.rotation("refresh_token") as slot:
            token, reply = self._post(form | {"refresh_token": slot.value})
            rotated = reply.get("refresh_token")
            if rotated and rotated != slot.value:
                slot.keep(rotated)
        return token

    def _assertion(self) -> str:
        import jwt

        if not self._username:
            raise Refused(
                f"{self._where}: `auth: jwt` needs `username`",
                code="E302",
                next_step="Add the integration user's name to the connection: `username: npsync@acme.example`.",
            )
        host = "test" if ".sandbox" in self._domain or self._domain == "test" else "login"
        claims = {
            "iss": self._secrets("consumer_key"),
            "sub": self._username,
            "aud": f"https://{host}.salesforce.com",
            "exp": int((self._now() + ASSERTION_FOR).timestamp()),
        }
        try:
            return jwt.encode(claims, self._secrets("private_key"), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise Refused(
                f"{self._where}: the private key cannot be read",
                code="E302",
                next_step="It must be the RSA key in PEM form that belongs to the app's certificate.",
            ) from None

    def _post(self, form: dict[str, str], basic: tuple[str, str] | None = None) -> tuple[Token, dict[str, Any]]:
        what = "signing in"
        address = f"https://{self._domain}.salesforce.com/services/oauth2/token"
        try:
            reply = self._session.post(address, data=form, auth=basic)
            decoded = TABLE.decoded(Reply.of(reply), what=what, writes=False, now=self._now())
        except Exception as error:  # noqa: BLE001 - `failure` raises again what is none of a client's
            raise TABLE.failure(error, what=what, writes=False, now=self._now()) from None
        if not isinstance(decoded, dict) or not decoded.get("access_token"):
            raise Refused(
                f"{self._where}: the reply to signing in holds no token",
                next_step="Check `domain`; it must be the org's My Domain, such as `acme.my`.",
            )
        return self._token(decoded), decoded

    def _token(self, reply: dict[str, Any]) -> Token:
        host = urlsplit(str(reply.get("instance_url") or "")).hostname or f"{self._domain}.salesforce.com"
        if not host.endswith(_HOMES):
            # Only a rewritten connection (`url`) may say something else, and that one ignores the host.
            host = f"{self._domain}.salesforce.com"
        told = reply.get("scope")
        scopes = frozenset(told.split()) if isinstance(told, str) else None
        return Token(str(reply["access_token"]), host, str(reply.get("id") or ""), scopes)
