"""A vendor's world behind a real HTTP/1.1 server on 127.0.0.1: sockets, limits, faults, the log; no vendor.

One thread per connection. Calls reach the world one at a time, under its lock.
"""

from __future__ import annotations

import gzip
import http.server
import socket
import socketserver
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from sandbox.exchange import Headers, Reply, Request
from sandbox.faults import Cut, Faults
from sandbox.limits import Limits, Verdict
from sandbox.log import Entry, RequestLog
from sandbox.ports import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Headers", "Reply", "Request", "Service", "Troubled", "World"]

#: A page as balancers send it before a vendor's own software has a say.
PAGE = "<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>"


class World(Protocol):
    """What a vendor knows and how it answers.

    It may own a `lock`; the server makes one otherwise. An attribute `faults` is set to the service's switches.
    """

    def handle(self, request: Request) -> Reply:
        """Answer *request*, also one that cannot be understood: in the vendor's own words, never by raising."""

    def throttled(self, verdict: Verdict) -> Reply:
        """Refuse a call that goes beyond a limit, in the vendor's own words."""


@runtime_checkable
class Troubled(Protocol):
    """A world that has its own words for statuses it never gives of itself."""

    def troubled(self, status: int) -> Reply:
        """Answer with a status from 400 on, as this vendor does when it is in trouble."""


class Service:
    """A world that is being served, from making it until `close`.

    Leaving its `with` block raises what the world itself failed with: a mistake in the sandbox must not pass for a
    vendor in trouble, which clients forgive.
    """

    def __init__(
        self,
        world: World,
        faults: Faults | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        self.world = world
        self.faults, self.limits, self.log = faults or Faults(), limits or Limits(), RequestLog()
        #: What the world raised.
        self.errors: list[Exception] = []
        self.clock = clock
        self.closing = threading.Event()
        if hasattr(world, "faults"):
            world.faults = self.faults
        self._lock: Any = getattr(world, "lock", None) or threading.RLock()
        self._gate = threading.Lock()
        self._arrived = 0
        self._kept: socket.socket | None = None
        self._server = _Server(port, self)
        self.port: int = self._server.server_address[1]
        #: Without a slash at the end.
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close()
        if self.errors and kind is None:
            raise self.errors[0]

    def vanish(self) -> None:
        """Close, but keep the port until `close`: no other service that got the number answers instead."""
        self.close()
        self._kept = hold(self.port)

    def close(self) -> None:
        """Stop listening and end every connection."""
        if self._kept is not None:
            self._kept.close()
        if self.closing.is_set():
            return
        self.closing.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()
        self.log.close()

    def answer(self, request: Request) -> Reply | tuple[Cut, Reply]:
        """Bring *request* before limits, faults and the world; return the reply, or how the connection ends."""
        with self._gate:
            # Stamped and counted in one step: arrivals in the log are in the order in which limits saw them.
            request.arrived = self.clock()
            self._arrived += 1
            number = self._arrived
            verdict = self.limits.admit(request)
        request.switch = lambda name, part: self.faults.fires(name, request, part)
        status = rows = 0
        try:
            outcome = self.world.throttled(verdict) if verdict else self._handled(request)
            if isinstance(outcome, Reply):
                status, rows = outcome.status, outcome.rows
            elif outcome[0] is Cut.HALFWAY:
                status = outcome[1].status
        finally:
            if verdict is None:
                self.limits.done(request)
            group = self.limits.group_of(request)
            self.log.add(
                Entry(number, request.arrived, self.clock(), request.method, request.path, status, rows, group)
            )
        return outcome

    def _handled(self, request: Request) -> Reply | tuple[Cut, Reply]:
        fault = self.faults.before(request)
        if isinstance(fault, Cut):
            return fault, Reply()
        if fault is not None:
            return self._troubled(fault, request)
        with self._lock:
            try:
                reply = self.world.handle(request)
            except Exception as error:  # noqa: BLE001 - told to the test that serves it, see the class
                self.errors.append(error)
                return Reply.text(f"the sandbox itself failed: {type(error).__name__}: {error}", 500)
        self.closing.wait(self.faults.delay_s(request))
        match self.faults.after(request):
            case Cut() as cut:
                return cut, reply
            case int(status):
                return self._troubled(status, request)
        return reply

    def _troubled(self, fault: int | str, request: Request) -> Reply:
        if fault == 429:
            return self.world.throttled(Verdict("fault", self.limits.group_of(request), 1.0))
        if isinstance(fault, int) and isinstance(self.world, Troubled):
            return self.world.troubled(fault)
        return Reply.text(PAGE, fault if isinstance(fault, int) else 503, kind="text/html")


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    block_on_close = False  # `end_connections` does it, after telling them

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self._connections: dict[socket.socket, threading.Thread] = {}
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        # http.server would look up the machine's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def began(self, connection: socket.socket) -> None:
        self._connections[connection] = threading.current_thread()

    def ended(self, connection: socket.socket) -> None:
        self._connections.pop(connection, None)

    def end_connections(self) -> None:
        for connection, thread in list(self._connections.items()):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def shutdown_request(self, request: object) -> None:
        # Without shutting down first: a connection that is to be reset must not say goodbye.
        self.close_request(request)  # type: ignore[arg-type]  # typeshed knows of datagrams too

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as above


class _Connection(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.began(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.ended(self.connection)

    def log_message(self, *_: object) -> None:
        """Say nothing: there is the request log."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        # http.server looks for a method do_GET, do_PATCH, …: every verb goes the same way.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        try:
            body = self._body()
        except ValueError as problem:
            self.close_connection = True
            self._send(Reply.text(f"bad request: {problem}", 400))
            return
        request = Request.of(
            self.command,
            self.path,
            body,
            headers=Headers(self.headers.items()),
            head_bytes=len(self.requestline) + sum(len(k) + len(v) + 4 for k, v in self.headers.items()),
        )
        outcome = self.server.service.answer(request)
        if isinstance(outcome, Reply):
            self._send(outcome)
        else:
            self._cut(*outcome)

    def _body(self) -> bytes:
        """Read the body, whichever way it is framed.

        Raises:
            ValueError: It is framed wrongly, or not packed as it says.
        """
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = b"".join(self._chunks())
        else:
            body = self._exactly(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding", "").lower() == "gzip":
            try:
                return gzip.decompress(body)
            except (OSError, EOFError) as problem:
                raise ValueError("the body is not gzip") from problem
        return body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(1_000).split(b";")[0], 16):
            yield self._exactly(size)
            self.rfile.readline(1_000)
        while self.rfile.readline(10_000).strip():
            pass  # trailers

    def _exactly(self, size: int) -> bytes:
        if size < 0:
            raise ValueError("a length below zero")
        data = self.rfile.read(size)
        if len(data) < size:
            raise ValueError("the body ended early")
        return data

    def _send(self, reply: Reply, share: float = 1.0) -> None:
        """Send *reply* in one piece, or only the first *share* of its body."""
        phrase = self.responses.get(reply.status, ("",))[0]
        lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{k}: {v}" for k, v in reply.headers.items())]
        lines.append(f"Date: {self.date_time_string()}")
        if reply.status not in (204, 304):
            lines.append(f"Content-Length: {len(reply.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        bodiless = self.command == "HEAD" or reply.status in (204, 304)
        body = b"" if bodiless else reply.body[: int(len(reply.body) * share)]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)

    def _cut(self, cut: Cut, reply: Reply) -> None:
        """End the connection as *cut* says."""
        self.close_connection = True
        if cut is Cut.HALFWAY:
            self._send(reply, 0.5)
        elif cut is Cut.RESET:
            # Closing with nothing lingering sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
