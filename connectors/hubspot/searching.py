"""HubSpot's search: five calls a second, bodies of 3,000 characters, 10,000 results to a query, seconds behind.

A query that finds more starts again after the last record it saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from connectors.errors import Deferred
from connectors.hubspot.batches import results
from connectors.hubspot.properties import ID
from connectors.hubspot.session import SEARCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.hubspot.paths import Paths
    from connectors.hubspot.properties import Property
    from connectors.hubspot.session import Session

#: Records on a page, and within one query.
PER_PAGE = 200
MOST = 10_000
#: Characters of a body; some are kept free for the place to go on from.
LONGEST_BODY = 2_900
#: Filter groups, of which one must fit.
GROUPS = 5
#: Values of one filter.
VALUES = 100
#: Digits of a phone number that are looked for: without the country's, which HubSpot cuts off, eight may be too many.
DIGITS = 7
#: Where HubSpot keeps the digits of a phone number alone.
_DIGITS_OF = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}

#: Filters of which all must fit.
Group = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Search:
    """Searches one object."""

    session: Session
    paths: Paths
    object: str
    #: What is read of each record found.
    properties: Sequence[str]
    #: Results of one query.
    most: int = MOST

    def all(self, groups: Sequence[Group]) -> Iterator[list[Mapping[str, Any]]]:
        """Yield every record that fits one of *groups*, a page at a time.

        Raises:
            ConnectorError: See `Session.read`.
        """
        beyond, after = "", ""
        while True:
            told = self._page(_beyond(groups, beyond), after)
            records = results(told)
            if records:
                yield records
            after, before = _next(told), after
            if not after:
                return
            if int(after) + PER_PAGE > self.most and records:
                beyond, after = str(records[-1].get("id")), ""
            elif after == before:
                raise Deferred("HubSpot's search gave the same page twice", next_step="The next run tries again.")

    def newest(self, changed: str) -> Any:  # noqa: ANN401 - JSON
        """Return the reply with the record that changed last."""
        sorts = [{"propertyName": changed, "direction": "DESCENDING"}]
        body = {"filterGroups": [], "properties": [changed], "sorts": sorts, "limit": 1, "after": "0"}
        return self._ask(body)

    def room(self) -> int:
        """Return the characters that a query's groups may have."""
        return LONGEST_BODY - len(orjson.dumps(self._body([], "")))

    def _page(self, groups: Sequence[Group], after: str) -> Any:  # noqa: ANN401 - JSON
        return self._ask(self._body(groups, after))

    def _body(self, groups: Sequence[Group], after: str) -> dict[str, Any]:
        return {
            "filterGroups": [{"filters": group} for group in groups],
            "properties": list(self.properties),
            "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
            "limit": PER_PAGE,
            "after": after or "0",
        }

    def _ask(self, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        return self.session.read(self.paths.search(self.object), body, what=f"search {self.object}", windows=(SEARCH,))


def value_groups(known: Property, values: Sequence[str], room: int) -> Iterator[list[Group]]:
    """Yield the groups of searches for records whose property is one of *values*."""
    # Texts are compared in lower case, and `IN` finds nothing when asked in capitals.
    asked = [each.lower() for each in values] if known.type == "string" else list(values)
    chunk: list[str] = []
    for value in asked:
        if chunk and (len(chunk) == VALUES or _length(_among(known.name, [*chunk, value])) > room):
            yield [_among(known.name, chunk)]
            chunk = []
        chunk.append(value)
    if chunk:
        yield [_among(known.name, chunk)]


def phone_groups(names: Sequence[str], endings: Sequence[str], has: Mapping[str, Any]) -> Iterator[list[Group]]:
    """Yield the groups of searches for records with a phone number of one of *endings*.

    What is not digits is not asked for: `*` would find everybody.
    """
    columns = [_DIGITS_OF[name] if _DIGITS_OF.get(name) in has else name for name in names]
    wanted = dict.fromkeys(each[-DIGITS:] for each in endings if each.isascii() and each.isdecimal())
    groups = [
        [{"propertyName": name, "operator": "CONTAINS_TOKEN", "value": f"*{ending}"}]
        for ending in wanted
        for name in columns
    ]
    for start in range(0, len(groups), GROUPS):
        yield groups[start : start + GROUPS]


def _among(name: str, values: Sequence[str]) -> Group:
    return [{"propertyName": name, "operator": "IN", "values": list(values)}]


def _beyond(groups: Sequence[Group], last: str) -> list[Group]:
    further = [{"propertyName": ID, "operator": "GT", "value": last}] if last else []
    return [[*group, *further] for group in groups]


def _length(group: Group) -> int:
    # The client writes what is not ASCII as escapes, of up to six characters each.
    return sum(len(text) + 4 + 5 * sum(not sign.isascii() for sign in text) for text in group[0]["values"]) + 120


def _next(told: Any) -> str:  # noqa: ANN401 - JSON
    paging = told.get("paging") if isinstance(told, dict) else None
    after = (paging.get("next") or {}).get("after") if isinstance(paging, dict) else None
    text = str(after or "")
    return text if text.isdecimal() else ""
