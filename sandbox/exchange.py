"""One HTTP request and one reply, as the services that are played see them: no sockets, no vendor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


class Headers(Mapping[str, str]):
    """Header lines by name, whatever its case; lines of one name are joined by a comma.

    >>> Headers([("Accept", "a"), ("accept", "b")])["ACCEPT"]
    'a, b'
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self._lines: dict[str, str] = {}
        for name, value in lines:
            lower = name.lower()
            self._lines[lower] = f"{self._lines[lower]}, {value}" if lower in self._lines else value

    def __getitem__(self, name: str) -> str:
        return self._lines[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may still do under one limit, this request counted."""

    name: str
    #: Calls allowed in `seconds`, and how many of them are left.
    most: int
    left: int
    seconds: float


def _never(name: str, part: str) -> bool:  # noqa: ARG001 - the form of a switch that is off
    return False


@dataclass(kw_only=True)
class Request:
    """A request that has arrived whole."""

    method: str
    #: As it was sent: still quoted, without the query. See `segments`.
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    #: Seconds since 1970, by the service's clock.
    arrived: float = 0.0
    #: Path and query as they were sent; vendors limit its length, and that of the whole head.
    target: str = ""
    head_bytes: int = 0
    #: How the limits stand after this request; vendors tell it in headers of their replies.
    allowances: tuple[Allowance, ...] = ()
    #: Asks a fault switch by name, for a part of this request ("" is the whole); see `fires`.
    switch: Callable[[str, str], bool] = _never

    @classmethod
    def of(
        cls, method: str, target: str, body: object = b"", headers: Headers | None = None, head_bytes: int = 0
    ) -> Request:
        """Make one from *target* ("/path?query") and a body: bytes, text, or an object to send as JSON.

        >>> Request.of("GET", "/a%2Fb/c?q=1&q=2").segments
        ('a/b', 'c')
        """
        parts = urlsplit(target) if not target.startswith("//") else urlsplit(f"/.{target}")
        query = parse_qs(parts.query, keep_blank_values=True, errors="replace")
        return cls(
            method=method,
            path=parts.path,
            query=query,
            body=_encoded(body),
            target=target,
            headers=headers or Headers(),
            head_bytes=head_bytes,
        )

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, unquoted, empty ones left out: a slash at the end makes no difference."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    @cached_property
    def fingerprint(self) -> bytes:
        """The same for the same call, whenever it comes."""
        call = f"{self.method} {self.target or self.path}\n".encode()
        return hashlib.blake2b(call + self.body, digest_size=16).digest()

    def first(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def json(self) -> Any:  # noqa: ANN401 - what was sent may be anything
        """Return the body read as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """Return the fields of a form body, the last of each name."""
        text = self.body.decode("utf-8", "replace")
        return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def fires(self, fault: str, part: str = "") -> bool:
        """Whether the switch *fault* strikes this request, or one part of it (a record's key)."""
        return self.switch(fault, part)


@dataclass(kw_only=True)
class Reply:
    """What a service answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    #: Records it carries or confirms; goes into the request log.
    rows: int = 0

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None, rows: int = 0) -> Reply:
        """Make a reply of JSON."""
        return cls(
            status=status,
            body=_encoded(value),
            headers={"Content-Type": "application/json;charset=UTF-8", **(headers or {})},
            rows=rows,
        )

    @classmethod
    def text(
        cls,
        text: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        rows: int = 0,
        kind: str = "text/plain",
    ) -> Reply:
        """Make a reply of text of the given media type (CSV, HTML)."""
        return cls(
            status=status,
            body=text.encode(),
            headers={"Content-Type": f"{kind};charset=UTF-8", **(headers or {})},
            rows=rows,
        )

    @classmethod
    def empty(cls, status: int = 204, headers: Mapping[str, str] | None = None, rows: int = 0) -> Reply:
        """Make a reply without a body."""
        return cls(status=status, headers=dict(headers or {}), rows=rows)


def _encoded(value: object) -> bytes:
    """Return bytes as they are, text as UTF-8, all else as JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
