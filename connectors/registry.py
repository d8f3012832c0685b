"""Kind of connection → the class that speaks it, imported only when asked for.

A package outside offers more by the entry-point group `npsync.connectors`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from connectors.errors import Refused

KINDS = {
    "file": "connectors.files.source:FileSource",
    "hubspot": "connectors.hubspot.destination:HubSpot",
    "salesforce": "connectors.salesforce.destination:Salesforce",
    "singer": "connectors.singer.source:SingerSource",
    "survey": "connectors.surveys.source:SurveyService",
    "warehouse": "connectors.warehouse.store:Warehouse",
}


def kinds() -> dict[str, str]:
    """Return every known kind with its `module:Class`; ours win over an outsider of the same name."""
    return _outside() | KINDS


@cache
def _outside() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group="npsync.connectors")}


def load(kind: str) -> type:
    """Return the class behind *kind*.

    Raises:
        Refused: No connector of that kind is installed.
    """
    known = kinds()
    if kind not in known:
        known_list = ", ".join(sorted(known))
        raise Refused(f"no connector of type `{kind}`", code="E104", next_step=f"Known types: {known_list}.")
    module, _, name = known[kind].partition(":")
    loaded = getattr(import_module(module), name)
    assert isinstance(loaded, type)
    return loaded
