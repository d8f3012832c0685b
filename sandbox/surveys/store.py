"""A store of files at another host, to which services send their callers: links that end, and no keys, please."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sandbox.exchange import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.limits import Verdict

#: Headers in which keys of survey services come.
KEYS = ("Authorization", "X-apikey", "X-API-TOKEN", "X-Simplesat-Token", "Cookie")
LASTS_S = 300


class Store:
    """Files by signed links; see `World`."""

    def __init__(self, seed: int, clock: Callable[[], float]) -> None:
        self.clock = clock
        #: Headers with keys that reached it, by name: there must be none.
        self.leaked: list[str] = []
        self._draw = random.Random(f"store {seed}")
        self._files: dict[str, tuple[float, Reply]] = {}

    def lay(self, reply: Reply) -> str:
        """Keep *reply* for a while; return the path and query by which it is fetched."""
        name = f"/sandbox-exports/{self._draw.getrandbits(64):016x}.json"
        link = f"{name}?X-Amz-Expires={LASTS_S}&X-Amz-Signature={self._draw.getrandbits(128):032x}"
        self._files[link] = (self.clock() + LASTS_S, reply)
        return link

    def handle(self, request: Request) -> Reply:
        """See `World.handle`."""
        keys = [name for name in KEYS if name in request.headers]
        if keys:
            self.leaked += keys
            return _error("InvalidArgument", "Only one auth mechanism allowed", 400)
        ends, reply = self._files.get(request.target, (0.0, None))
        if reply is None or request.method not in ("GET", "HEAD"):
            return _error("NoSuchKey", "The specified key does not exist.", 404)
        if ends <= self.clock():
            return _error("AccessDenied", "Request has expired", 403)
        # A copy: the server that gave it may have put headers on it.
        return Reply(body=reply.body, headers={"Content-Type": "binary/octet-stream"}, rows=reply.rows)

    def throttled(self, verdict: Verdict) -> Reply:
        """See `World.throttled`."""
        return _error("SlowDown", f"Please reduce your request rate ({verdict.name}).", 503)


def _error(code: str, text: str, status: int) -> Reply:
    return Reply.text(f"<Error><Code>{code}</Code><Message>{text}</Message></Error>", status, kind="application/xml")
