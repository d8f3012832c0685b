"""The community client of Salesforce, as its authors wrote it, led to a service on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from sandbox.salesforce import secrets

if TYPE_CHECKING:
    from sandbox import Service


class Detour(HTTPAdapter):
    """Sends every https call, to whatever host, to one place; simple_salesforce knows no http."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._place = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = urlsplit(str(request.url))
        request.url = urlunsplit((self._place.scheme, self._place.netloc, asked.path, asked.query, ""))
        return super().send(request, *args, **kwargs)


def session_to(service: Service) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Detour(service.url))
    return session


def salesforce(service: Service, version: str = "67.0", **sign_in: Any) -> Salesforce:
    """Return a client that has signed in: by client credentials, unless told otherwise."""
    return Salesforce(
        **(sign_in or {**secrets(service), "domain": "acme.my"}), version=version, session=session_to(service)
    )
