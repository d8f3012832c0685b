"""One call to HubSpot: the vendor's own client, our paths, one token for all threads, and what a reply means.

`hubspot-api-client` knows only legacy paths, but its `call_api` takes any path through one pool of connections; its
typed modules would open a pool each, and spend ten times the processor time on a record.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.budget import Window
from connectors.calling import Caller
from connectors.errors import Conflict, Gone, Refused, Rejected
from connectors.http import agent, ca_bundle
from connectors.hubspot.errors import TABLE
from connectors.hubspot.tokens import SIGN_IN, OAuth, ServiceKey
from connectors.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from connectors.budget import Gate
    from connectors.hubspot.tokens import Secrets
    from connectors.retry import Retry

T = TypeVar("T")

#: Calls under way at once: at 0.3 s a call enough for 250 calls in 10 s.
WORKERS = 10
#: Search allows 5 calls a second for the whole account (HubSpot's usage guidelines, 2026-09).
SEARCH = Window(calls=5, seconds=1.0, name="search")
#: Association calls have a limit of their own besides, of 100 to 200 by tier (same guidelines): the lowest will do.
ASSOCIATIONS = Window(calls=100, seconds=10.0, name="associations")
#: Where a private app's token tells what it is good for.
PRIVATE_APP = "/oauth/v2/private-apps/get/access-token-info"
_FORM = "application/x-www-form-urlencoded"


class Session:
    """Speaks to one account.

    Args:
        name: The connection's name.
        host: Where the API is.
        token_path: Where OAuth asks for tokens.
        auth: `service_key` or `oauth`.
        secrets: The connection's.
        gate: Its budget.
        retry: For calls that fail for the moment.
        clock: The time, aware.
    """

    def __init__(  # noqa: PLR0913 - what a connection consists of
        self,
        *,
        name: str,
        host: str,
        token_path: str,
        auth: str,
        secrets: Secrets,
        gate: Gate,
        retry: Retry,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._host = host
        self._token_path = token_path
        self._clock = clock
        self._oauth = OAuth(secrets, self._ask_for_token, clock) if auth == "oauth" else None
        self._tokens = self._oauth or ServiceKey(secrets)
        renew = self._oauth.renew if self._oauth else None
        self.caller = Caller(name, gate=gate, retry=retry, renew=renew)
        self._client: Any = None
        self._lock = Lock()

    def read(self, path: str, body: object = None, *, what: str, windows: Sequence[Window] = ()) -> Any:  # noqa: ANN401 - JSON
        """Ask, as often as it takes within the retry policy; without *body* by GET.

        Raises:
            ConnectorError: See `connectors.errors`; a read is never `Unknown`.
        """
        self.ready()
        return self.caller.call(lambda: self.once(path, body, what=what, writes=False), windows=windows)

    def ready(self) -> None:
        """Load what a call needs: once a call has its turn, it must leave at once, or it counts in a later window."""
        self._connected()

    def once(self, path: str, body: object = None, *, what: str, writes: bool, method: str = "") -> Any:  # noqa: ANN401 - JSON
        """Make one call, without budget or second try; see `Caller.call`, in which it belongs."""
        headers = {"Authorization": f"Bearer {self._tokens.current()}"}
        return self._send(path, headers, what=what, writes=writes, body=body, method=method)

    def scopes(self) -> frozenset[str] | None:
        """Return what the token may do; None where HubSpot does not tell."""
        self.ready()
        if self._oauth is not None:
            self.caller.call(self._oauth.current)
            return self._oauth.scopes
        try:
            return self.caller.call(self._scopes)
        except (Gone, Rejected, Refused):
            return None  # it tells this of private apps, and not for certain of service keys

    def _scopes(self) -> frozenset[str] | None:
        token = self._tokens.current()
        told = self.once(PRIVATE_APP, {"tokenKey": token}, what="ask for the key's scopes", writes=False)
        listed = told.get("scopes") if isinstance(told, Mapping) else None
        return frozenset(map(str, listed)) if isinstance(listed, list) else None

    def close(self) -> None:
        """Give every connection back."""
        with self._lock:
            if self._client is not None:
                self._client.rest_client.pool_manager.clear()
                self._client.close()
                self._client = None

    def _ask_for_token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        headers = {"Content-Type": _FORM}
        try:
            told = self._send(self._token_path, headers, what="sign in", writes=False, form=list(form.items()))
        except (Rejected, Gone, Conflict) as error:
            # Not of a record, as those would be: whoever sends records must not look for the guilty one.
            raise Refused(str(error), next_step=SIGN_IN) from None
        return told if isinstance(told, Mapping) else {}

    def _send(  # noqa: PLR0913 - the parts of a request
        self,
        path: str,
        headers: dict[str, str],
        *,
        what: str,
        writes: bool,
        body: object = None,
        form: list[tuple[str, str]] | None = None,
        method: str = "",
    ) -> Any:  # noqa: ANN401 - JSON
        now = self._clock()
        method = method or ("GET" if body is None and form is None else "POST")
        try:
            came = self._connected().call_api(
                path,
                method,
                header_params=headers,
                body=body,
                post_params=form,
                _preload_content=False,
                _request_timeout=self.caller.retry.policy.timeout,
            )
            reply = Reply(came.status, {name.lower(): text for name, text in came.headers.items()}, came.data)
        except UnicodeDecodeError as error:
            # The client decodes the body of a refusal as UTF-8; its own error, with the status, is behind this one.
            raise TABLE.failure(error.__context__ or error, what=what, writes=writes, now=now) from None
        except Exception as error:  # noqa: BLE001 - each module of the client has its own errors; `failure` raises others
            raise TABLE.failure(error, what=what, writes=writes, now=now) from None
        return TABLE.decoded(reply, what=what, writes=writes, now=now)

    def _connected(self) -> Any:  # noqa: ANN401 - the client has no types
        """Return the one client that all calls share."""
        with self._lock:
            if self._client is None:
                self._client = _client(self._host)
            return self._client


def _client(host: str) -> Any:  # noqa: ANN401 - the client has no types
    from hubspot import HubSpot  # 0.1 s: only when a call is made
    from urllib3.util.retry import Retry as LowRetry

    # Neither second tries behind our back, nor redirects, which would take the token elsewhere.
    one_try = LowRetry(total=False, redirect=False)
    options = {"host": host, "retry": one_try, "connection_pool_maxsize": WORKERS, "ssl_ca_cert": ca_bundle(os.environ)}
    made = HubSpot(**options).crm.objects.basic_api.api_client
    made.user_agent = agent()
    # What we send is plain already; to walk through it again costs a fifth of a record's processor time.
    made.sanitize_for_serialization = _as_it_is
    return made


def _as_it_is(plain: T) -> T:
    return plain
