"""A proxy by which clients that insist on https and on the vendors' own host names reach the sandbox unmodified.

It answers CONNECT by being that host itself, with a certificate of a throw-away authority, and passes the bytes to the
service that plays it. A host that nobody plays is refused: through it, no client can reach the real one.
"""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urlsplit

from sandbox.certificates import Authority

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Mapping

#: Vendor → the ends of its host names.
SUFFIXES = {
    "salesforce": ("salesforce.com", "force.com"),
    "hubspot": ("hubapi.com", "hubspot.com"),
}
_CONNECT = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):\d{1,5} HTTP/1\.[01]")


class Gateway:
    """A proxy from making it until `close`."""

    def __init__(self, routes: Mapping[str, str], *, ca: Path | None = None, port: int = 0) -> None:
        """Begin to listen.

        Args:
            routes: End of a host name ("salesforce.com") → URL of the service that plays it.
            ca: Where to write the certificate that clients must trust; a temporary file by default.
            port: 0 takes any that is free.
        """
        self.routes = dict(routes)
        #: Hosts that were asked for and that nobody plays.
        self.refused: list[str] = []
        self._folder = TemporaryDirectory() if ca is None else None
        self._authority = Authority(ca or Path(self._folder.name if self._folder else "") / "sandbox-ca.pem")
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", port))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which requests, httpx, curl and Node go through this gateway and trust it."""
        ca = str(self._authority.ca.resolve())
        return {
            "HTTPS_PROXY": self.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "REQUESTS_CA_BUNDLE": ca,
            "SSL_CERT_FILE": ca,
            "CURL_CA_BUNDLE": ca,
            "NODE_EXTRA_CA_CERTS": ca,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and end every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._folder:
            self._folder.cleanup()

    async def _end(self) -> None:
        self._server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            # Clients hang up when they like, and faults reset connections.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                await self._connect(reader, writer)
        finally:
            writer.transport.abort()

    async def _connect(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked = _CONNECT.match(head)
        host = asked[1].decode().lower() if asked else head.split(b"\r\n")[0].decode("latin-1")[:300]
        target = self._played(host) if asked else None
        if target is None:
            self.refused.append(host)
            writer.write(b"HTTP/1.1 403 Not played here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.start_tls(self._authority.context(host))
        inner_reader, inner_writer = await asyncio.open_connection(target.hostname, target.port)
        try:
            # Whichever side ends first ends both: TLS knows no half-closed connection.
            ways = [asyncio.ensure_future(_pass(*way)) for way in ((reader, inner_writer), (inner_reader, writer))]
            _, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in waiting:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            writer.close()
            await writer.wait_closed()
        finally:
            inner_writer.transport.abort()

    def _played(self, host: str) -> SplitResult | None:
        for suffix, url in self.routes.items():
            if host == suffix or host.endswith(f".{suffix}"):
                return urlsplit(url)
        return None


async def _pass(reader: StreamReader, writer: StreamWriter) -> None:
    """Pass on what comes until it ends."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
