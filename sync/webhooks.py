"""Calls of survey services, answered: checked, stored, told 202. A WSGI application without a server.

It tells nothing of itself: refusals have no body, and what a call held stands in no log. The content of a call is not
believed; the next run asks the service for what it names.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from connectors.surveys.events import UnreadableError, events_of
from connectors.surveys.signatures import Call, is_signed
from sync.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from connectors.surveys.events import Event
    from connectors.surveys.hooks import Hooks
    from sync.ledger.hooks import Stored

#: Bytes of a body at most; the largest that a service sends is 200 KB.
MOST_BYTES = 1_048_576
PREFIX = "/webhooks/"
#: Seconds after which a service may try again while the ledger does not take anything.
AGAIN_S = "60"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where one connection's service calls."""

    name: str
    hooks: Hooks
    #: The address that the service calls, as the config gives it: it may be signed.
    address: str
    #: What calls are signed with; several while a secret is being changed.
    keys: Sequence[str] = field(repr=False)


class _No(Exception):
    """A call that is refused."""

    def __init__(self, status: HTTPStatus, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status = status
        self.headers = [(name.replace("_", "-"), value) for name, value in headers.items()]


class Webhooks:
    """The application.

    Args:
        doors: By the connection's name.
        store: Keeps events of a connection, for good; `UserError` when it cannot.
        clock: The time, aware.
    """

    def __init__(
        self,
        doors: Mapping[str, Door],
        store: Callable[[str, Sequence[Event]], Stored],
        clock: Callable[[], datetime],
    ) -> None:
        self._doors = doors
        self._store = store
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one call."""
        headers: list[tuple[str, str]] = []
        try:
            status = self._answer(environ)
        except _No as no:
            status, headers = no.status, no.headers
            log.info("webhook.refused", extra={"status": status.value, "why": str(no)})
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not tell what the call held
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            log.error("webhook.failed", extra={"error": type(error).__name__})  # noqa: TRY400 - a traceback holds it
        headers += [("Content-Length", "0"), ("Cache-Control", "no-store")]
        start_response(f"{status.value} {status.phrase}", headers)
        return []

    def _answer(self, environ: dict[str, Any]) -> HTTPStatus:
        door, rest = self._door(environ.get("PATH_INFO", ""))
        method = environ.get("REQUEST_METHOD", "")
        if method in {"GET", "HEAD"} and door.hooks.probes:
            return HTTPStatus.OK
        if method != "POST":
            allowed = "GET, HEAD, POST" if door.hooks.probes else "POST"
            raise _No(HTTPStatus.METHOD_NOT_ALLOWED, "method", Allow=allowed)
        call = Call(
            method=method,
            url=door.address,
            headers={name[5:].replace("_", "-").lower(): text for name, text in environ.items() if _is_header(name)},
            body=_body(environ),
            rest=rest,
        )
        if not is_signed(call, door.hooks.signature, door.keys, self._clock()):
            raise _No(HTTPStatus.UNAUTHORIZED, "signature")
        self._keep(door, call.body)
        return HTTPStatus.ACCEPTED

    def _door(self, path: str) -> tuple[Door, str]:
        """Return whom a path is about, and what stands behind that: a secret, where the address holds it."""
        name, slash, rest = path.removeprefix(PREFIX).partition("/")
        door = self._doors.get(name) if path.startswith(PREFIX) else None
        if door is None or bool(slash) != (door.hooks.signature.kind == "path"):
            raise _No(HTTPStatus.NOT_FOUND, "path")
        return door, rest

    def _keep(self, door: Door, body: bytes) -> None:
        try:
            events = events_of(body, door.hooks)
        except UnreadableError as error:
            raise _No(HTTPStatus.BAD_REQUEST, str(error)) from None
        if not events:
            log.info("webhook.not_ours", extra={"connection": door.name})
            return
        try:
            stored = self._store(door.name, events)
        except UserError as error:
            # The service tries again; what it does not try again, polling finds.
            raise _No(HTTPStatus.SERVICE_UNAVAILABLE, error.code, Retry_After=AGAIN_S) from None
        log.info("webhook.stored", extra={"connection": door.name, "new": stored.new, "known": stored.known})


def _is_header(name: str) -> bool:
    return name.startswith("HTTP_")


def _body(environ: dict[str, Any]) -> bytes:
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise _No(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "encoding")
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise _No(HTTPStatus.BAD_REQUEST, "length")
    if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
        raise _No(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "size")
    body: bytes = environ["wsgi.input"].read(int(length))
    return body
