"""How long a request's address may be; beyond it, a balancer answers before Salesforce does, in HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.exchange import Reply

if TYPE_CHECKING:
    from sandbox.exchange import Request

#: Bytes of the address, and of the address with all headers; the limits cheat sheet, read 2026-09.
LONGEST = 16_384


def too_long(request: Request) -> Reply | None:
    """Refuse a request whose address (414), or address and headers together (431), are too long."""
    target = len(request.target or request.path)
    if target > LONGEST:
        return _page(414, "URI Too Long")
    if max(request.head_bytes, target) > LONGEST:
        return _page(431, "Request Header Fields Too Large")
    return None


def _page(status: int, reason: str) -> Reply:
    return Reply.text(f"<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>", status, kind="text/html")
