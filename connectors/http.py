"""One way to speak HTTP: sessions that always time out, follow no redirect, and trust nothing from outside.

A redirect could carry the token to another host, `.netrc` would replace it, and an unset timeout hangs a run for ever;
so none of the three is left to the caller.
"""

from __future__ import annotations

import logging
import time
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from connectors.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Seconds for one whole call, a drop at a time or not.
WALL_S = 120.0
#: The variables by which other programs are told of a private certificate authority, best first.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
#: They log addresses, and addresses hold what is looked for: `Email = '...'`. Nobody reads their logs.
TALKATIVE = ("hubspot", "requests", "simple_salesforce", "urllib3")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_CHUNK = 65_536  # bytes


for _name in TALKATIVE:
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


class Session(requests.Session):
    """See `new_session`."""

    def __init__(self, *, connect_s: float, read_s: float, wall_s: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._timeout = (connect_s, read_s)
        self._wall_s = wall_s
        self._clock = clock
        # Off: environment proxies, and `.netrc`, whose password would replace the token.
        self.trust_env = False

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Send with our timeouts and without redirects, whatever the client above asked for.

        Raises:
            Refused: Plain HTTP to another machine.
            requests.RequestException: See `connectors.replies.Table.failure`.
        """
        check_url(request.url or "")
        streamed = options.get("stream", False)
        options |= {"allow_redirects": False, "stream": True}
        if options.get("timeout") is None:
            options["timeout"] = self._timeout
        until = self._clock() + self._wall_s
        reply = super().send(request, **options)
        if not streamed:
            self._read(reply, until)
        return reply

    def _read(self, reply: requests.Response, until: float) -> None:
        """Read the whole body; a timeout between two bytes alone would let a slow one drip for hours."""
        body = bytearray()
        for chunk in reply.iter_content(_CHUNK):
            body += chunk
            if self._clock() > until:
                reply.close()
                raise requests.ReadTimeout("the reply took too long")
        reply._content = bytes(body)  # noqa: SLF001 - where `Response.content` keeps what it has read


def new_session(  # noqa: PLR0913 - each has its default
    *,
    pool: int = 10,
    connect_s: float = 10.0,
    read_s: float = 110.0,
    wall_s: float = WALL_S,
    ca: str | None = None,
    proxy: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> requests.Session:
    """Return a session for one system; threads may share it.

    Args:
        pool: Connections kept open; as many as there are workers.
        connect_s: Seconds to connect; see `Policy.timeout`.
        read_s: Seconds between two bytes of a reply.
        wall_s: Seconds for a whole call; replies that are streamed have no such limit.
        ca: A file of certificates to trust instead of the usual ones; see `ca_bundle`.
        proxy: URL of a proxy; those of the environment are not used.
        clock: Seconds, monotonic.
    """
    session = Session(connect_s=connect_s, read_s=read_s, wall_s=wall_s, clock=clock)
    # No retries here: what may be sent again is decided by `connectors.calling`.
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool, max_retries=0, pool_block=False)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = agent()
    if ca:
        session.verify = ca
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    return session


@cache
def agent() -> str:
    """Return how we call ourselves, such as `npsync/0.1.0`."""
    try:
        return f"npsync/{version('npsync')}"
    except PackageNotFoundError:
        return "npsync"


def ca_bundle(environment: Mapping[str, str]) -> str | None:
    """Return the certificates that this machine's programs are told to trust, if any.

    >>> ca_bundle({"SSL_CERT_FILE": "/etc/ssl/ours.pem"}), ca_bundle({})
    ('/etc/ssl/ours.pem', None)
    """
    return next((environment[name] for name in CA_VARIABLES if environment.get(name)), None)


def check_url(url: str) -> str:
    """Return *url* when a token may be sent there: HTTPS, or plain HTTP that stays on this machine.

    Raises:
        Refused: It may not.

    >>> check_url("https://acme.my.salesforce.com"), check_url("http://127.0.0.1:8080/x")
    ('https://acme.my.salesforce.com', 'http://127.0.0.1:8080/x')
    """
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        good = False
    if not good or "@" in parts.netloc:
        raise Refused(
            "the address is neither HTTPS nor on this machine, so no token is sent there",
            code="E103",
            next_step="Write `https://...`, or `http://127.0.0.1:PORT` for the sandbox; without a name or password.",
        )
    return url
