"""The server that survey services call: one port, many doors, and no part of any other server.

It speaks plain HTTP: TLS is what the reverse proxy before it does.
"""

from __future__ import annotations

import logging
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from connectors.connection_secrets import ConnectionSecrets
from connectors.surveys.signatures import keys_of
from sync.config.specs import spec_of
from sync.config.survey import SurveyConnection
from sync.errors import Exit, Problem, UserError
from sync.ledger import hooks
from sync.webhooks import MOST_BYTES, PREFIX, Door, Webhooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from connectors.surveys.events import Event
    from sync.ledger.hooks import Stored
    from sync.ledger.store import Ledger
    from sync.wiring import Project

#: Seconds that the ledger may be busy: HubSpot waits five for its answer.
BUSY_S = 4.0
#: Seconds from the first byte of a request to its last.
READ_S = 10
CONNECTIONS = 100
#: How often it is asked whether to end, when nobody calls.
LOOK_S = 0.2
#: Checking and storing is short work.
THREADS = 4
#: Events are looked through for old ones so often.
TRIM_EVERY = timedelta(hours=6)


def doors(project: Project) -> dict[str, Door]:
    """Return where the services of a project's connections call.

    Raises:
        Refused: A secret is missing (E302); without it nothing could be believed.
    """
    found: dict[str, Door] = {}
    for name, connection in project.settings.connections.items():
        if not isinstance(connection, SurveyConnection) or not connection.webhooks:
            continue
        spec = spec_of(connection).hooks
        assert spec is not None  # `sync.config.specs` has looked
        secrets = ConnectionSecrets(name, project.secrets, locks=project.locks)

        def old(field: str, name: str = name) -> str | None:
            secret = project.secrets.find(name, field)
            return secret.value if secret else None

        keys = keys_of(spec.signature, secrets, old)
        found[name] = Door(name=name, hooks=spec, address=connection.webhooks, keys=keys)
    return found


class Keeper:
    """Stores events; one at a time, because the ledger takes one writer, and waiting in turn is faster than asking."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime], *, patience_s: float = BUSY_S) -> None:
        self._ledger = ledger
        self._patience_s = patience_s
        self._clock = clock
        self._lock = Lock()
        self._trimmed: datetime | None = None

    def __call__(self, name: str, events: Sequence[Event]) -> Stored:
        """Keep *events* of the connection *name*.

        Raises:
            UserError: The ledger does not take them.
        """
        if not self._lock.acquire(timeout=self._patience_s):
            what = "another call waits for the ledger already"
            raise UserError("E601", Problem(where="webhooks", what=what, hint="Nothing to do: services try again."))
        try:
            return self._stored(name, events)
        finally:
            self._lock.release()

    def _stored(self, name: str, events: Sequence[Event]) -> Stored:
        now = self._clock()
        with self._ledger.write() as connection:
            if self._trimmed is None or now - self._trimmed > TRIM_EVERY:
                hooks.trim(connection, now - hooks.KEEP)
                self._trimmed = now
            return hooks.store(connection, name, events, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A server that listens."""

    url: str
    doors: Mapping[str, Door]
    _server: Any

    def address(self, name: str) -> str:
        """Return where it is called about a connection, on this machine; a secret in it is not shown."""
        secret = "/SECRET" if self.doors[name].hooks.signature.kind == "path" else ""
        return f"{self.url}{PREFIX}{name}{secret}"

    def serve(self, until: Callable[[], bool]) -> None:
        """Answer calls until *until*, which is asked a few times a second."""
        self._server.serve(until)


@contextmanager
def opened(project: Project, host: str, port: int) -> Iterator[Listener]:
    """Listen on an address; port 0 is any. The ledger is one of its own, so that runs in this process do not matter.

    Raises:
        UserError: No connection has webhooks (E105), or the address cannot be had (E503).
        Refused: A secret is missing (E302).
    """
    found = doors(project)
    if not found:
        hint = "Say at a survey connection where its service calls: `webhooks: https://hooks.acme.com/webhooks/survey`."
        raise UserError("E105", Problem(where="config", what="no connection has webhooks", hint=hint))
    ledger = project.another_ledger(busy_timeout_s=BUSY_S)
    try:
        server = _server(Webhooks(found, Keeper(ledger, project.clock), project.clock), host, port)
        shown = f"[{host}]" if ":" in host else host
        try:
            yield Listener(url=f"http://{shown}:{server.effective_port}", doors=found, _server=server)
        finally:
            server.end()
    finally:
        ledger.close()


@contextmanager
def listening(project: Project, host: str, port: int) -> Iterator[Listener]:
    """Answer calls in a thread of its own until the end of the block; see `opened`."""
    with opened(project, host, port) as listener:
        ended: list[bool] = []
        thread = Thread(target=listener.serve, args=(lambda: bool(ended),), name="webhooks", daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            ended.append(True)
            thread.join()


def _server(application: Webhooks, host: str, port: int) -> Any:  # noqa: ANN401 - a class that is made below
    from waitress import wasyncore
    from waitress.adjustments import Adjustments
    from waitress.channel import HTTPChannel
    from waitress.server import TcpWSGIServer

    class Channel(HTTPChannel):
        """A connection whose time runs from a request's first byte: a byte now and then keeps nothing open."""

        _begun: float | None = None

        def handle_read(self) -> None:
            super().handle_read()
            if self.request is None:
                self._begun = None
            elif self._begun is None:
                self._begun = time.time()
            else:
                self.last_activity = self._begun

    class Server(TcpWSGIServer):
        """A server that ends when it is asked to."""

        channel_class = Channel
        _map: dict[int, Any]

        def serve(self, until: Callable[[], bool]) -> None:
            while not until():
                wasyncore.loop(timeout=LOOK_S, map=self._map, count=1)

        def end(self) -> None:
            self.task_dispatcher.shutdown()
            wasyncore.close_all(self._map, ignore_all=True)

    logging.getLogger("waitress").setLevel(logging.ERROR)  # its warnings count requests that wait
    adjustments = Adjustments(
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=READ_S,
        cleanup_interval=2,
        max_request_body_size=MOST_BYTES,
        max_request_header_size=32_768,
        clear_untrusted_proxy_headers=True,
        expose_tracebacks=False,
        log_socket_errors=False,
        ident="",
    )
    taken = _bound(host, port)
    where = (taken.family, taken.type, taken.proto, taken.getsockname())
    return Server(application, adj=adjustments, map={}, _sock=taken, bind_socket=False, sockinfo=where)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that has the address; a port that nobody has any longer is free at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        hint = "Choose another one: `--listen 127.0.0.1:8788`."
        problem = Problem(where=f"{host}:{port}", what=f"this address cannot be had ({error.strerror})", hint=hint)
        raise UserError("E503", problem, exit_=Exit.UNAVAILABLE) from error
