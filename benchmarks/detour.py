"""An adapter that leads every https call to a service on this machine; simple-salesforce knows no plain http.

Without TLS the library is a little cheaper than it is in earnest: the comparison is in its favour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import requests


class Detour(HTTPAdapter):
    """Sends every call, to whatever host, to one place."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._place = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - as its base
        asked = urlsplit(str(request.url))
        request.url = urlunsplit((self._place.scheme, self._place.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **kwargs)
