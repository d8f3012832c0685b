"""How far a failed call came: it never left, or its answer was lost on the way."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import requests
import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Raised before the first byte of a request was sent: nothing can have been applied.
_BEFORE = (
    ConnectionRefusedError,
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    socket.gaierror,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.EmptyPoolError,
    urllib3.exceptions.NewConnectionError,  # name resolution too
    urllib3.exceptions.ProxyError,
)
_TRANSPORT = (OSError, requests.RequestException, urllib3.exceptions.HTTPError)


def before_sending(error: BaseException) -> bool:
    """Tell whether nothing was sent; False where it cannot be known.

    >>> before_sending(requests.ConnectTimeout()), before_sending(requests.ReadTimeout())
    (True, False)
    """
    return any(isinstance(each, _BEFORE) for each in _chain(error))


def untrusted(error: BaseException) -> bool:
    """Tell whether the other side's certificate was not accepted."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error))


def is_of_transport(error: BaseException) -> bool:
    """Tell whether *error* comes from the wire, rather than from a mistake of ours."""
    return isinstance(error, _TRANSPORT)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and those that it wraps: clients keep them in `reason` and in their arguments."""
    waiting: list[object] = [error]
    for _ in range(20):
        if not waiting:
            return
        each = waiting.pop()
        if isinstance(each, BaseException):
            yield each
            waiting += [getattr(each, "reason", None), *each.args]
