"""One call to a survey service: turn, sign-in, redirects, limits, and what a reply means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from connectors.calling import Caller
from connectors.errors import QuotaSpent, Refused, Rejected
from connectors.http import new_session
from connectors.replies import Complaint, Meaning, Rule, Table
from connectors.reply import Reply
from connectors.surveys.paths import at, text
from connectors.surveys.template import filled, path_of
from connectors.surveys.tokens import SIGN_IN, Pass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import requests

    from connectors.budget import Gate, Window
    from connectors.retry import Retry
    from connectors.surveys.access import Auth, Limits, Reset
    from connectors.surveys.lists import Request
    from connectors.surveys.spec import Spec
    from connectors.surveys.tokens import Secrets

#: Redirects of one call at most.
MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
#: Those that ask for the same call at another address.
_AS_IT_WAS = (307, 308)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, for messages and for what a lost answer means."""

    what: str
    writes: bool = False


class Session:
    """Speaks to one account.

    Args:
        name: The connection's name.
        spec: The service.
        base: Scheme and host, such as `https://api.typeform.com`.
        tokens: The same of where tokens are given, if that is elsewhere.
        settings: What else placeholders stand for.
        auth: The way to sign in.
        secrets: The connection's.
        gate: Its budget.
        retry: For calls that fail for the moment.
        clock: The time, aware.
        ca: A file of certificates to trust instead of the usual ones.
    """

    def __init__(  # noqa: PLR0913 - what a connection consists of
        self,
        *,
        name: str,
        spec: Spec,
        base: str,
        tokens: str = "",
        settings: Mapping[str, str],
        auth: Auth,
        secrets: Secrets,
        gate: Gate,
        retry: Retry,
        clock: Callable[[], datetime],
        ca: str | None = None,
    ) -> None:
        self._spec = spec
        self._base = base
        self._tokens = tokens or base
        self._settings = settings
        self._clock = clock
        self._table = table_of(spec.title, spec.limits)
        self._pass = Pass(auth, secrets, self._ask_for_token, clock)
        self.caller = Caller(name, gate=gate, retry=retry, renew=self._pass.renew if self._pass.renews else None)
        self._ca = ca
        self._http: requests.Session | None = None

    def ask(
        self,
        request: Request,
        values: Mapping[str, str | None],
        *,
        what: str,
        url: str = "",
        windows: Sequence[Window] = (),
    ) -> tuple[Any, Reply]:
        """Return the decoded body of a reply, and the reply; see `raw`."""
        reply = self.raw(request, values, what=what, url=url, windows=windows)
        writes = request.retry == "never"
        return self._table.decoded(reply, what=what, writes=writes, now=self._clock()), reply

    def raw(
        self,
        request: Request,
        values: Mapping[str, str | None],
        *,
        what: str,
        url: str = "",
        windows: Sequence[Window] = (),
    ) -> Reply:
        """Return a reply that says yes.

        Args:
            request: The call.
            values: What its placeholders stand for, besides settings.
            what: What is asked, for messages. Nothing from outside.
            url: The address to call instead, as the reply before gave it; it must be of the same service.
            windows: Limits that this call falls under besides the connection's.

        Raises:
            ConnectorError: See `connectors.errors`; `Unknown` only where the spec says that a call is never repeated.
        """
        all_values = {**self._settings, **values}
        query = None if url else filled(request.query, all_values)
        body = filled(request.body, all_values) if request.method == "POST" else None
        address = self._same_service(url) if url else f"{self._base}{path_of(request.path, all_values)}"

        asked = _Asked(what, writes=request.retry == "never")

        def once() -> Reply:
            return self._follow(request.method, address, query, body, asked)

        return self.caller.call(once, repeatable=not asked.writes, windows=windows)

    def close(self) -> None:
        """Give every connection back."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _same_service(self, url: str) -> str:
        """Return a URL from outside when our key may be sent there.

        Raises:
            Refused: It leads elsewhere.
        """
        whole = joined(self._base, url)
        if _origin(whole) != _origin(self._base):
            raise Refused(
                f"{self._spec.title} names a next page at another host, so no key is sent there",
                code="E103",
                next_step="Check the region or `url:` of the connection.",
            )
        return whole

    def _follow(self, method: str, url: str, query: Any, body: Any, asked: _Asked) -> Reply:  # noqa: ANN401 - JSON
        headers = self._pass.headers()
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._send(method, url, asked, headers=headers, params=query, json=body)
            if reply.status not in _REDIRECTS or "location" not in reply.headers:
                return self._checked(reply, asked)
            there = urljoin(url, reply.headers["location"])
            if _origin(there) != _origin(url):
                self._check_host(there)
                headers = {}  # the key is for the service, not for where it keeps its files
            keeps = reply.status in _AS_IT_WAS and _origin(there) == _origin(url)
            method, body = (method, body) if keeps else ("GET", None)
            url, query = there, None
        raise Refused(f"{self._spec.title} redirects to {asked.what} more than {MOST_REDIRECTS} times")

    def _check_host(self, url: str) -> None:
        host = urlsplit(url).hostname or ""
        hosts = self._spec.redirects.hosts if self._spec.redirects else ()
        local = _is_local(urlsplit(self._base).hostname) and _is_local(host)
        if not local and not any(host == each or (each[:1] == "." and host.endswith(each)) for each in hosts):
            raise Refused(
                f"{self._spec.title} redirects to a host that its spec does not name",
                code="E103",
                next_step="Check the address of the connection, or name the host in `redirects:` of your own spec.",
            )

    def _send(self, method: str, url: str, asked: _Asked, **parts: Any) -> Reply:  # noqa: ANN401 - requests' own
        if self._http is None:
            self._http = new_session(ca=self._ca)
        try:
            return Reply.of(self._http.request(method, url, **parts))
        except Exception as error:  # noqa: BLE001 - `failure` raises what is no trouble of the wire
            raise self._table.failure(error, what=asked.what, writes=asked.writes, now=self._clock()) from None

    def _checked(self, reply: Reply, asked: _Asked) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        now = self._clock()
        reset, wait = self._reset(reply)
        if reset is None:
            raise self._table.error(reply, what=asked.what, writes=asked.writes, now=now)
        if "retry-after" not in reply.headers:
            reply = Reply(reply.status, {**reply.headers, "retry-after": wait}, reply.body)
        error = self._table.error(reply, what=asked.what, writes=asked.writes, now=now)
        if reset.daily:
            until = now + timedelta(seconds=reply.asked_to_wait_s(now) or 0.0)
            raise QuotaSpent(str(error), resume_at=until)
        raise error

    def _reset(self, reply: Reply) -> tuple[Reset | None, str]:
        """Return which limit a refusal is about, and the seconds until it is over, in the service's own headers."""
        for each in self._spec.limits.resets if reply.status == 429 else ():
            left, wait = (reply.headers.get(name.lower(), "").strip() for name in (each.remaining, each.seconds))
            if left == "0" and wait:
                return each, wait
        return None, ""

    def _ask_for_token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        path = path_of(self._pass.auth.token_path or "", self._settings)
        asked = _Asked("sign in")
        try:
            reply = self._checked(self._send("POST", f"{self._tokens}{path}", asked, data=dict(form)), asked)
            told = self._table.decoded(reply, what=asked.what, writes=False, now=self._clock())
        except Rejected as error:
            raise Refused(str(error), next_step=SIGN_IN) from None
        return told if isinstance(told, dict) else {}


def table_of(title: str, limits: Limits) -> Table:
    """Return how the replies of a service are read."""
    rules = [Rule(meaning=Meaning.REFUSED, statuses=(each,), advice=_FATAL) for each in limits.fatal]
    return Table(system=title, rules=rules, complaints=lambda body: [Complaint(text(at(body, limits.code)) or "")])


_FATAL = "Waiting does not help against this one: ask for less at a time, or write to the service's support."


def joined(base: str, url: str) -> str:
    """Return an address that a service gave, whole; many stand behind a proxy and do not know that they speak TLS.

    >>> joined("https://api.example", "http://api.example/rows?page=2"), joined("https://api.example", "/rows")
    ('https://api.example/rows?page=2', 'https://api.example/rows')
    """
    whole = urljoin(f"{base}/", url)
    return f"https:{whole[5:]}" if base.startswith("https:") and whole.startswith("http:") else whole


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_local(host: str | None) -> bool:
    return host in {"127.0.0.1", "localhost", "::1"}
