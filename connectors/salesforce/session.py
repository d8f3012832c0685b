"""One signed-in session with an org, spoken through `simple-salesforce`.

The library's own renewal of sessions loops for ever on a lasting 401 (its issue #804), so it is given tokens and never
asks for one. Every call goes through `connectors.calling`, which keeps budgets, tries again and renews once.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter

from connectors.errors import Refused
from connectors.http import check_url
from connectors.replies import Reply
from connectors.salesforce.rules import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    import requests
    from simple_salesforce.api import Salesforce as Client

    from connectors.budget import Gate
    from connectors.calling import Caller
    from connectors.salesforce.tokens import Token, Tokens

#: The library asks for indented replies, which are a third larger.
_HEADERS = {"X-PrettyPrint": "0"}
_USAGE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")
#: A page token seen twice, or more pages than any object has records for, ends a query.
MOST_PAGES = 100_000
_CHUNK = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the REST API."""

    #: After `/services/data/vNN.N/`.
    path: str
    #: What is done, for messages: `writing 200 Contact records`.
    what: str
    method: str = "GET"
    #: JSON, where the call has a body.
    body: bytes | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    #: Beside those of every call.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Whether it could change something; it must be safe to repeat then.
    writes: bool = False


class Session:
    """Calls one org.

    Args:
        where: For messages: which connection this is.
        version: Of the API, such as `67.0`.
        http: Speaks HTTP.
        tokens: Signs in.
        gate: The budget of calls; the org itself says how many a day has.
        quota_share: Share of a day's calls that npsync may make, 0 to 1.
        now: The time, aware.
    """

    def __init__(  # noqa: PLR0913 - see the class
        self,
        *,
        where: str,
        version: str,
        http: requests.Session,
        tokens: Tokens,
        gate: Gate,
        quota_share: float,
        now: Callable[[], datetime],
    ) -> None:
        self.where = where
        self.version = version
        self._http = http
        self._tokens = tokens
        self._gate = gate
        self._share = quota_share
        self._now = now
        self._token: Token | None = None
        self._client: Client | None = None
        #: Set by who makes both: its `renew` is the session's.
        self.caller: Caller | None = None
        http.hooks["response"].append(self._heard)

    def renew(self) -> None:
        """Forget the token, and ask for another one."""
        self._client = None
        self._sign_in()

    def call(self, call: Call) -> Any:  # noqa: ANN401 - decoded JSON
        """Make one call, tried again where that is worth it, and return the decoded reply; None where it is empty."""
        return self._called(lambda: self.once(call))

    def once(self, call: Call) -> Any:  # noqa: ANN401 - decoded JSON
        """Make one attempt of a call, for who tries again himself."""
        client = self._signed_in()
        with self._translated(call):
            return client.restful(
                call.path, params=dict(call.params), method=call.method, data=call.body, headers=_HEADERS
            )

    def query(self, soql: str, *, what: str, deleted: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the records that *soql* finds, page by page.

        Args:
            soql: At most `query.MOST_BYTES` encoded bytes.
            what: For messages.
            deleted: Also those in the recycle bin, and those that were merged away.
        """
        call = Call("query", what=what)
        page = self._page(call, lambda client: client.query(soql, include_deleted=deleted, headers=_HEADERS))
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            yield from page.get("records") or ()
            more = page.get("nextRecordsUrl")
            if page.get("done", True) or not more or more in seen:
                return
            seen.add(more)
            page = self._page(call, partial(_more, url=more))

    def _page(self, call: Call, ask: Callable[[Client], Any]) -> dict[str, Any]:
        def attempt() -> dict[str, Any]:
            client = self._signed_in()
            with self._translated(call):
                page = ask(client)
            return page if isinstance(page, dict) else {}

        found: dict[str, Any] = self._called(attempt)
        return found

    def raw(
        self,
        call: Call,
        body: Callable[[], Any] | None = None,
        *,
        into: BinaryIO | None = None,
        repeatable: bool = True,
    ) -> requests.Response:
        """Make one call whose bodies are not JSON, tried again where that is worth it, and return the reply.

        Args:
            call: Its own body is sent only without *body*.
            body: Called for each attempt: a file must be read from its start again.
            into: Where the reply's body goes, from the start, instead of into memory.
            repeatable: See `connectors.calling`.
        """

        def attempt() -> requests.Response:
            client = self._signed_in()
            with self._translated(call):
                reply = client.session.request(
                    call.method,
                    client.base_url + call.path,
                    headers={**client.headers, **_HEADERS, **call.headers},
                    data=body() if body else call.body,
                    params=dict(call.params),
                    stream=into is not None,
                )
                good = 200 <= reply.status_code < 300
                if into is not None and good:
                    _save(reply, into)
            if not good:
                raise TABLE.error(Reply.of(reply), what=call.what, writes=call.writes, now=self._now())
            return reply

        assert self.caller is not None
        found: requests.Response = self.caller.call(attempt, repeatable=repeatable)
        return found

    @contextmanager
    def _translated(self, call: Call) -> Iterator[None]:
        """Turn what the library raises into our errors."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - `failure` raises again what is none of a client's
            raise TABLE.failure(error, what=call.what, writes=call.writes, now=self._now()) from None

    def identity(self) -> str:
        """Return who is signed in: `https://.../id/ORG/USER`."""
        self._signed_in()
        return self._token.identity if self._token else ""

    def scopes(self) -> frozenset[str] | None:
        """Return what the sign-in is good for; None where Salesforce does not say."""
        self._signed_in()
        return self._token.scopes if self._token else None

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _called(self, attempt: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the attempt returns
        assert self.caller is not None
        return self.caller.call(attempt)

    def _signed_in(self) -> Client:
        client = self._client
        return client if client is not None else self._sign_in()

    def _sign_in(self) -> Client:
        from simple_salesforce.api import Salesforce

        token = self._tokens.ask()
        client = Salesforce(
            session_id=token.access,
            instance_url=f"https://{token.host}",
            version=self.version,
            session=self._http,
            object_pairs_hook=None,
        )
        self._token, self._client = token, client
        return client

    def _heard(self, reply: requests.Response, *_: Any, **__: Any) -> None:  # noqa: ANN401 - a hook of requests
        """Learn from each reply how many calls the org's day has."""
        found = _USAGE.search(reply.headers.get("Sforce-Limit-Info", ""))
        if found:
            self._gate.most_a_day = int(int(found[2]) * self._share)


def _save(reply: requests.Response, into: BinaryIO) -> None:
    into.seek(0)
    into.truncate()
    with reply:
        into.writelines(reply.iter_content(_CHUNK))
    into.seek(0)


def _more(client: Client, url: str) -> Any:  # noqa: ANN401 - decoded JSON
    return client.query_more(url, identifier_is_url=True, headers=_HEADERS)


class ToLoopback(HTTPAdapter):
    """Sends what is meant for Salesforce to a server of this machine.

    `simple-salesforce` knows https only; with this, addresses stay as they are in earnest up to the socket.
    """

    def __init__(self, url: str, **options: Any) -> None:  # noqa: ANN401 - requests' own
        parts = urlsplit(check_url(url))
        if parts.scheme != "http":
            raise Refused(
                "`url` is for a sandbox on this machine only",
                code="E103",
                next_step="Write `http://127.0.0.1:PORT`, or leave `url` out.",
            )
        super().__init__(**options)
        self._netloc = parts.netloc

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - requests'
        """See `HTTPAdapter.send`."""
        here = request.copy()
        parts = urlsplit(request.url or "")
        here.url = urlunsplit(("http", self._netloc, parts.path, parts.query, ""))
        return super().send(here, *args, **options)
