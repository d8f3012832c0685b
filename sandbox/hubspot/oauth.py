"""Who may call: service keys and OAuth tokens, and what they are allowed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Reply
from sandbox.hubspot.errors import Refusal
from sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    import random

    from sandbox.exchange import Request
    from sandbox.hubspot.calls import Call
    from sandbox.hubspot.portal import Portal

LIFE_S = 1_800
SCOPES = frozenset(
    {"oauth", "crm.lists.read", "crm.lists.write", "crm.objects.owners.read", "crm.objects.feedback_submissions.read"}
    | {
        f"crm.{area}.{name}.{right}"
        for area in ("objects", "schemas")
        for name in ("contacts", "companies", "deals", "tickets", "custom")
        for right in ("read", "write")
    }
)


@dataclass(slots=True)
class Token:
    """An access token."""

    scopes: frozenset[str]
    #: When it ends, in seconds since 1970; None: never (a service key).
    ends: float | None
    refresh: str | None = None


class Doors:
    """The tokens of a portal."""

    def __init__(self, dice: random.Random) -> None:
        """Make the names of one installed OAuth app, the same for the same seed."""
        self._dice = dice
        self.client_id = self._name()
        self.client_secret = self._name()
        #: The app's first refresh token.
        self.refresh_token = f"na1-{self._name()}"
        #: What the OAuth app was granted when it was installed.
        self.scopes = SCOPES
        #: Service key → its scopes; an empty set closes the door.
        self.keys: dict[str, frozenset[str]] = {}
        #: Whether every `pat-…` that `keys` does not name is a service key with all scopes.
        self.any_key = True
        #: Whether anybody tells what a service key is good for.
        self.tells = True
        #: A refresh gives a new refresh token and ends the old one; HubSpot does not do so by default.
        self.rotates = False
        self._tokens: dict[str, Token] = {}
        self._refresh = {self.refresh_token}

    def enter(self, request: Request, now: float) -> Token:
        """Return the token of a request.

        Raises:
            Refusal: There is none, it is unknown, or it has ended.
        """
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text:
            raise Refusal(
                401,
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
                "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
                "INVALID_AUTHENTICATION",
            )
        token = self._tokens.get(text)
        if token is None and (scopes := self.scopes_of(text)):
            return Token(scopes, None)
        if token is None:
            raise Refusal(401, "The access token is invalid or was revoked", "INVALID_AUTHENTICATION")
        if request.fires("expired_token"):
            token.ends = now
        if token.ends is not None and token.ends <= now:
            raise Refusal(
                401,
                f"The OAuth token used to make this call expired {round(now - token.ends)} second(s) ago.",
                "EXPIRED_AUTHENTICATION",
                context={"expire time": [stamp(token.ends)]},
            )
        return token

    def scopes_of(self, key: str) -> frozenset[str]:
        """Return what a service key is good for; nothing if it is none."""
        unnamed = SCOPES if self.any_key and key.startswith("pat-") else frozenset[str]()
        return self.keys.get(key, unnamed)

    def issue(self, now: float, refresh: str | None = None, scopes: frozenset[str] | None = None) -> str:
        """Make an access token."""
        name = f"C{self._name()}"
        self._tokens[name] = Token(self.scopes if scopes is None else scopes, now + LIFE_S, refresh)
        return name

    def answer(self, form: dict[str, str], now: float) -> dict[str, Any]:
        """Return what the token endpoint gives for *form*.

        Raises:
            Refusal: The client, the grant or the token is wrong.
        """
        if form.get("client_id") != self.client_id:
            raise _wrong("BAD_CLIENT_ID", "missing or unknown client id")
        if form.get("client_secret") != self.client_secret:
            raise _wrong("BAD_CLIENT_SECRET", "missing or invalid client secret")
        match form.get("grant_type"):
            case "refresh_token":
                refresh = self._refreshed(form.get("refresh_token", ""))
            case "authorization_code" if form.get("code") and form.get("redirect_uri"):
                refresh = self._new_refresh()
            case "authorization_code":
                raise _wrong("BAD_AUTH_CODE", "missing or unknown auth code")
            case "client_credentials":
                scopes = frozenset(form.get("scope", "").split()) & self.scopes
                return self._given(self.issue(now, None, scopes), "client_credentials", scopes)
            case other:
                raise _wrong("BAD_GRANT_TYPE", f"missing or unknown grant type: {other}")
        return self._given(self.issue(now, refresh), "access_token", self.scopes) | {"refresh_token": refresh}

    def about(self, text: str, now: float) -> tuple[Token, int]:
        """Return an access token and the seconds it has left.

        Raises:
            Refusal: It is unknown or has ended.
        """
        token = self._tokens.get(text)
        if token is None or token.ends is None or token.ends <= now:
            raise Refusal(404, "access token does not exist", None)
        return token, int(token.ends - now)

    def knows_refresh(self, text: str) -> bool:
        """Whether this refresh token can be used."""
        return text in self._refresh

    def revoke(self, text: str) -> None:
        """End a refresh token and all access tokens made from it, or one access token."""
        self._refresh.discard(text)
        for name in [name for name, token in self._tokens.items() if text in {name, token.refresh}]:
            del self._tokens[name]

    def _refreshed(self, text: str) -> str:
        if text not in self._refresh:
            raise _wrong("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        if not self.rotates:
            return text
        self._refresh.discard(text)
        return self._new_refresh()

    def _new_refresh(self) -> str:
        made = f"na1-{self._name()}"
        self._refresh.add(made)
        return made

    def _name(self) -> str:
        digits = f"{self._dice.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    @staticmethod
    def _given(name: str, use: str, scopes: frozenset[str]) -> dict[str, Any]:
        return {
            "access_token": name,
            "expires_in": LIFE_S,
            "token_type": "bearer",
            "token_use": use,
            "scopes": sorted(scopes),
        }


def token(portal: Portal, call: Call) -> Reply:
    """Give tokens."""
    answer = portal.doors.answer(call.fields(), call.at)
    return Reply.json(answer | {"hub_id": portal.id, "user_id": portal.user_id})


def introspect(portal: Portal, call: Call, text: str = "") -> Reply:
    """Tell what an access token, or a refresh token, is good for."""
    text = text or call.fields().get("token", "")
    known: dict[str, Any] = {"hub_id": portal.id, "user_id": portal.user_id, "client_id": portal.doors.client_id}
    if portal.doors.knows_refresh(text):
        found: dict[str, Any] = {"token": text, "token_use": "refresh_token", "scopes": sorted(portal.doors.scopes)}
    else:
        held, left = portal.doors.about(text, call.at)
        found = {"token": text, "token_use": "access_token", "scopes": sorted(held.scopes), "expires_in": left}
        found |= {"is_private_distribution": True, "signed_access_token": _signed(portal, held)}
    more = {"token_type": "bearer", "app_id": portal.app_id, "active": True}
    return Reply.json(known | found | more | {"user": portal.user, "hub_domain": portal.domain})


def private_app(portal: Portal, call: Call) -> Reply:
    """Tell what a service key, or a private app's token, is good for.

    Raises:
        Refusal: It is unknown.
    """
    text = str(call.body().get("tokenKey") or "")
    scopes = portal.doors.scopes_of(text)
    if not scopes or not portal.doors.tells:
        raise Refusal(401, "The access token is invalid or was revoked", "INVALID_AUTHENTICATION")
    return Reply.json({"userId": portal.user_id, "hubId": portal.id, "appId": portal.app_id, "scopes": sorted(scopes)})


def revoke(portal: Portal, call: Call, text: str = "") -> Reply:
    """End a token."""
    portal.doors.revoke(text or call.fields().get("token", ""))
    return Reply.empty(204)


def _signed(portal: Portal, held: Token) -> dict[str, Any]:
    """Return what HubSpot puts its signature under; the signature itself means nothing here."""
    packed = ("scopes", "scopeToScopeGroupPks", "trialScopes", "trialScopeToScopeGroupPks", "signature", "newSignature")
    return {
        **dict.fromkeys(packed, ""),
        "expiresAt": round((held.ends or 0) * 1000),
        "hubId": portal.id,
        "userId": portal.user_id,
        "installingUserId": portal.user_id,
        "appId": portal.app_id,
        "hublet": "na1",
        "isPrivateDistribution": True,
        "isServiceAccount": False,
        "isUserLevel": False,
    }


def _wrong(status: str, message: str) -> Refusal:
    refusal = Refusal(400, message, None)
    refusal.more["status"] = status  # the token endpoint says there what else stands in `category`
    return refusal
