"""The token endpoint and the sessions that it opens: JWT bearer, client credentials, refresh token with rotation.

Login with user and password is not played: new orgs refuse it.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sandbox.exchange import Reply
from sandbox.salesforce.refusal import Refusal
from sandbox.salesforce.rsa import signed

if TYPE_CHECKING:
    from sandbox.exchange import Request
    from sandbox.salesforce.org import Org

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: A JWT may be valid this long at most.
JWT_S = 300
CLOCK_SKEW_S = 30


@dataclass(slots=True)
class App:
    """The External Client App that an administrator has made for the integration; all made up."""

    consumer_key: str = "3MVG9npsyncSandboxConsumerKey"
    consumer_secret: str = "sandbox-consumer-secret"  # noqa: S105 - opens nothing but this sandbox
    #: PEM of the public key or certificate that its JWTs are checked by.
    public_key: str | None = None
    username: str = "integration@acme.example"
    #: The user's password with its security token, where the org allows that flow; new orgs do not.
    password: str | None = None
    #: What its tokens are good for.
    scopes: str = "api refresh_token"
    #: Whether each refresh gives a new refresh token and ends the old one.
    rotates: bool = True


class Denied(Exception):
    """A token request that is refused, in OAuth's words."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


@dataclass(slots=True)
class OAuth:
    """Apps, sessions and refresh tokens of one org."""

    org: Org
    app: App = field(default_factory=App)
    #: Seconds that a session lasts without being used.
    session_s: float = 7_200.0
    #: Access token → when it ends.
    sessions: dict[str, float] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    #: How many tokens were given out.
    given: int = 0

    def signed_in(self, request: Request) -> None:
        """Let a request pass whose session lives.

        Raises:
            Refusal: It has none.
        """
        # The first Bulk API has a header of its own.
        older = f"Bearer {request.headers.get('X-SFDC-Session', '')}"
        kind, _, token = request.headers.get("Authorization", older).partition(" ")
        if request.fires("expired_token"):
            self.sessions.pop(token, None)
        ends = self.sessions.get(token) if kind.lower() in {"bearer", "oauth"} else None
        if ends is None or ends <= self.org.clock():
            raise Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.sessions[token] = self.org.clock() + self.session_s

    def session(self) -> str:
        """Open a session and return its token."""
        self.given += 1
        token = f"{self.org.organization_id[:15]}!{secrets.token_urlsafe(48)}"
        self.sessions[token] = self.org.clock() + self.session_s
        return token

    def refresh_token(self) -> str:
        """Give out a refresh token, as after a person's consent in the browser."""
        token = f"5Aep861{secrets.token_urlsafe(32)}"
        self.refresh_tokens.add(token)
        return token

    def expire_all(self) -> None:
        """End every session, as an administrator may."""
        self.sessions.clear()

    def token(self, request: Request) -> Reply:
        """Answer a POST to /services/oauth2/token."""
        form = {name: values[-1] for name, values in request.query.items()} | request.form()
        try:
            granted = self._granted(request, form)
        except Denied as denied:
            return Reply.json({"error": denied.error, "error_description": denied.description}, status=denied.status)
        return Reply.json({**self._answer(request), **granted}, headers={"Cache-Control": "no-cache, no-store"})

    def _granted(self, request: Request, form: dict[str, str]) -> dict[str, str]:
        """Check a request for a token; return what its answer holds besides.

        Raises:
            Denied: It gets none.
        """
        match form.get("grant_type"):
            case "client_credentials":
                self._app_known(request, form)
                return {}
            case "refresh_token":
                self._app_known(request, form, secret_needed=False)
                return self._refreshed(form.get("refresh_token", ""))
            case kind if kind == JWT_BEARER:
                self._assertion(form.get("assertion", ""), request)
                return {}
            case "password" if self.app.password is not None:
                self._app_known(request, form)
                if (form.get("username"), form.get("password")) != (self.app.username, self.app.password):
                    raise Denied("invalid_grant", "authentication failure")
                return {}
        raise Denied("unsupported_grant_type", "grant type not supported")

    def revoke(self, request: Request) -> Reply:
        """Answer a POST to /services/oauth2/revoke."""
        token = request.form().get("token") or request.first("token")
        if token in self.refresh_tokens:
            self.refresh_tokens.discard(token)
        elif self.sessions.pop(token, None) is None:
            return Reply.json(
                {"error": "unsupported_token_type", "error_description": "this token type is not supported"}, 400
            )
        return Reply.empty(200)

    def _answer(self, request: Request) -> dict[str, str]:
        where = instance_url(request)
        return {
            "access_token": self.session(),
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
            "scope": self.app.scopes,
            "instance_url": where,
            "id": f"{where}/id/{self.org.organization_id}/{self.org.api_user_id}",
            "token_type": "Bearer",
            "issued_at": str(int(self.org.clock() * 1000)),
        }

    def _app_known(self, request: Request, form: dict[str, str], *, secret_needed: bool = True) -> None:
        key, secret = form.get("client_id", ""), form.get("client_secret")
        kind, _, packed = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                key, _, secret = map(unquote, base64.b64decode(packed).decode().partition(":"))
            except (binascii.Error, UnicodeDecodeError):
                raise Denied("invalid_client", "invalid client credentials", 401) from None
        if key != self.app.consumer_key:
            raise Denied("invalid_client_id", "client identifier invalid")
        if (secret is not None or secret_needed) and secret != self.app.consumer_secret:
            raise Denied("invalid_client", "invalid client credentials", 401 if kind else 400)

    def _refreshed(self, token: str) -> dict[str, str]:
        if token not in self.refresh_tokens:
            raise Denied("invalid_grant", "expired access/refresh token")
        if not self.app.rotates:
            return {}
        self.refresh_tokens.discard(token)
        return {"refresh_token": self.refresh_token()}

    def _assertion(self, assertion: str, request: Request) -> None:
        claims = self._signed_claims(assertion)
        if claims.get("iss") != self.app.consumer_key:
            raise Denied("invalid_client_id", "client identifier invalid")
        audiences = {f"https://{name}.salesforce.com" for name in ("login", "test", "acme.my")} | {
            instance_url(request)
        }
        if str(claims.get("aud", "")).rstrip("/") not in audiences:
            raise Denied("invalid_grant", "audience is invalid")
        if claims.get("sub") != self.app.username:
            raise Denied("invalid_grant", "user hasn't approved this consumer")
        try:
            left = float(claims.get("exp", 0)) - self.org.clock()
        except (TypeError, ValueError):
            left = 0
        if not -CLOCK_SKEW_S < left <= JWT_S + CLOCK_SKEW_S:
            raise Denied("invalid_grant", "assertion is expired or not yet valid")

    def _signed_claims(self, assertion: str) -> dict[str, Any]:
        try:
            head, body, signature = assertion.split(".")
            told = json.loads(_unpacked(head))
            claims = json.loads(_unpacked(body))
            message = f"{head}.{body}".encode()
            good = told["alg"] == "RS256" and signed(message, _unpacked(signature), self.app.public_key or "")
        except (ValueError, KeyError, TypeError):
            good = False
        if not good or not isinstance(claims, dict):
            raise Denied("invalid_grant", "invalid assertion")
        return claims


def _unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def instance_url(request: Request) -> str:
    """Return the address under which the caller reaches the org."""
    host = request.headers.get("Host", "127.0.0.1")
    if host.startswith(("login.", "test.")):
        return "https://acme.my.salesforce.com"
    return f"{'http' if host.startswith(('127.0.0.1', 'localhost')) else 'https'}://{host}"
