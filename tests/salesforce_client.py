"""`simple_salesforce`, unmodified, led to a sandbox on this machine: it knows only https and the vendor's hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

if TYPE_CHECKING:
    from sandbox import Service


class Detour(HTTPAdapter):
    """Sends every request to one address on this machine, whatever host it names."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = f"{self._url}{parts.path}{'?' + parts.query if parts.query else ''}"
        return super().send(request, *args, **options)


def session_for(service: Service) -> requests.Session:
    """Return a session that reaches *service* alone."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Detour(service.url))
    return session


def client_for(service: Service, version: str = "67.0") -> Salesforce:
    """Sign in as the connected app of *service*'s org; the client's `session` is to be closed."""
    app = service.world.oauth.app  # type: ignore[attr-defined]  # every Org has one
    return Salesforce(
        consumer_key=app.consumer_key,
        consumer_secret=app.consumer_secret,
        domain="acme.my",
        session=session_for(service),
        version=version,
    )
