"""Where HubSpot's API keeps things, for one version of its paths.

The shapes of requests and replies are the same in `v3` and in the dated versions; only the paths differ.
Legacy paths (`v1` to `v4`) end in September 2027.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from connectors.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Served by HubSpot itself; the sandbox has an address of its own.
HOST = "https://api.hubapi.com"
#: This machine: another host would be sent the token.
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Paths:
    """Builds paths for one version.

    >>> Paths("2026-09").batch("contacts", "read"), Paths("v3").batch("contacts", "read")
    ('/crm/objects/2026-09/contacts/batch/read', '/crm/v3/objects/contacts/batch/read')
    """

    #: Such as `2026-09`; or `v3`.
    api: str

    @property
    def _legacy(self) -> bool:
        return self.api.startswith("v")

    def batch(self, object_: str, action: str) -> str:
        """Return the path of `read`, `create`, `update`, `upsert` or `archive` for up to 100 records."""
        return f"{self._objects(object_)}/batch/{action}"

    def any_one(self, object_: str) -> str:
        """Return the path that lists one record, if there is any; unlike search, it misses none that is new."""
        return f"{self._objects(object_)}?limit=1"

    def search(self, object_: str) -> str:
        return f"{self._objects(object_)}/search"

    def properties(self, object_: str) -> str:
        return f"{self._crm('properties', self.api)}/{_safe(object_)}"

    def new_properties(self, object_: str) -> str:
        return f"{self.properties(object_)}/batch/create"

    def property_groups(self, object_: str) -> str:
        return f"{self.properties(object_)}/groups"

    def custom_objects(self) -> str:
        return "/crm/v3/schemas" if self._legacy else f"/crm-object-schemas/{self.api}/schemas"

    def associations(self, from_: str, to: str, action: str = "batch/read") -> str:
        """Return the path of `batch/read` (up to 1,000 records), `batch/create` (2,000 pairs) or `labels`."""
        # Version 3 does not say which of several companies is the primary one; version 4 does, as the dated ones do.
        version = "v4" if self._legacy else self.api
        return f"{self._crm('associations', version)}/{_safe(from_)}/{_safe(to)}/{action}"

    def lists(self, ids: Iterable[str]) -> str:
        """Return the path that tells what kind of lists these are."""
        return f"{self._crm('lists', self.api)}?{'&'.join(f'listIds={_safe(each)}' for each in ids)}"

    def members(self, list_: str, action: str) -> str:
        """Return the path of `add` or `remove`, which take record ids."""
        return f"{self._crm('lists', self.api)}/{_safe(list_)}/memberships/{action}"

    def lists_of_records(self) -> str:
        """Return the path that tells the lists that up to 100 records are in."""
        return f"{self._crm('lists', self.api)}/records/memberships/batch/read"

    def archived(self, object_: str, properties: str, after: str) -> str:
        """Return the path of a page of the recycle bin, in the order of the records' ids."""
        place = f"&after={_safe(after)}" if after else ""
        return f"{self._objects(object_)}?limit=100&archived=true&properties={_safe(properties)}{place}"

    def account(self) -> str:
        return f"/account-info/{self.api}/details"

    def token(self) -> str:
        return f"/oauth/{self.api}/token"

    def _objects(self, object_: str) -> str:
        return f"{self._crm('objects', self.api)}/{_safe(object_)}"

    def _crm(self, part: str, version: str) -> str:
        return f"/crm/{version}/{part}" if self._legacy else f"/crm/{part}/{version}"


def host_of(url: str | None, where: str) -> str:
    """Return the address to call: HubSpot's, or a sandbox's on this machine.

    Raises:
        Refused: *url* is elsewhere.
    """
    if url is None:
        return HOST
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _LOOPBACK or parts.username is not None:
        raise Refused(
            f"{where}: `url` is not on this machine",
            code="E103",
            next_step="Leave `url` out for HubSpot itself; it is only for a sandbox at http://127.0.0.1:PORT.",
        )
    return url.rstrip("/")


def _safe(name: str) -> str:
    return quote(name, safe="")
