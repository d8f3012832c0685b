"""A bare HTTP caller for played survey services, which thinks nothing of what is answered."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.surveys import Answer, Survey


@dataclass(frozen=True)
class Told:
    """What a service answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """Calls one service with the headers that open it; follows nothing by itself."""

    def __init__(self, service: Survey, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self._port = service.port

    def call(self, method: str, target: str, body: object = None, headers: Mapping[str, str] | None = None) -> Told:
        """Send *body*: text as it is (a form), all else as JSON. *target* may be a whole URL of this service."""
        parts = urlsplit(target)
        sent = {**self.headers, **(headers or {})}
        if isinstance(body, str):
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            sent["Content-Type"], body = "application/json", json.dumps(body)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        with closing(http.client.HTTPConnection("127.0.0.1", self._port)) as connection:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            return Told(reply.status, reply.headers, reply.read())

    def get(self, path: str, **query: Any) -> Told:
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)


def told(answers: Iterable[Answer]) -> dict[str, tuple[Any, ...]]:
    """Return of each answer that counts what every service tells, by its id."""
    return {one.id: (one.score, one.comment or None, one.email, one.at) for one in answers}


def shape(value: Any) -> Any:
    """Return the keys and types of what was answered; of a list, those of its first."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__
