"""The filters of a search: JSON in, a function of a record's values out."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.calls import maybe_text
from sandbox.hubspot.errors import Refusal, bad_json
from sandbox.hubspot.values import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.hubspot.properties import Catalogue, Property

    Values = Mapping[str, str]
    Test = Callable[[Values], bool]

MOST_GROUPS, MOST_IN_GROUP, MOST_FILTERS, MOST_LISTED = 5, 6, 18, 100
_ORDERED = {"LT", "LTE", "GT", "GTE"}
OPERATORS = _ORDERED | {
    "EQ", "NEQ", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN",
}  # fmt: skip
#: Contacts have the one, all else the other; asking for the wrong one finds nothing, without a word.
_CHANGED = {"lastmodifieddate", "hs_lastmodifieddate"}
_WORD = re.compile(r"\w+")
_moment = lru_cache(maxsize=500_000)(moment)


def compiled(groups: list[Any], catalogue: Catalogue, linked: Callable[[str, set[str]], set[str]]) -> Test:
    """Return a function that tells whether a record's values satisfy *groups* (any group, all filters of it).

    Args:
        groups: The `filterGroups` of the request.
        catalogue: The properties of the type searched.
        linked: The ids of the records associated with any of these ids of that type of object.

    Raises:
        Refusal: A filter is malformed, there are too many, or a property does not exist.
    """
    filters = [group.get("filters") or [] for group in groups if isinstance(group, dict)]
    if len(filters) < len(groups) or not all(isinstance(group, list) for group in filters):
        raise bad_json("filterGroups must be a list of objects with `filters`")
    if len(filters) > MOST_GROUPS or sum(map(len, filters)) > MOST_FILTERS:
        raise Refusal(400, f"At most {MOST_GROUPS} filter groups and {MOST_FILTERS} filters are allowed")
    if any(len(group) > MOST_IN_GROUP for group in filters):
        raise Refusal(400, f"At most {MOST_IN_GROUP} filters are allowed in a filter group")
    alternatives = [[_test(one, catalogue, linked) for one in group] for group in filters]
    if not alternatives:
        return lambda _: True
    return lambda values: any(all(test(values) for test in tests) for tests in alternatives)


def _test(one: Any, catalogue: Catalogue, linked: Callable[[str, set[str]], set[str]]) -> Test:
    if not isinstance(one, dict) or maybe_text(one, "operator") not in OPERATORS:
        raise bad_json(f"operator must be one of {sorted(OPERATORS)}")
    name, operator = maybe_text(one, "propertyName"), one["operator"]
    if name.startswith("associations."):
        ids = linked(name.removeprefix("associations."), _listed(one) if operator == "IN" else {_text(one, "value")})
        return lambda values: values["hs_object_id"] in ids
    prop = catalogue.get(name)
    if prop is None and name in _CHANGED:
        return lambda _: False
    if prop is None:
        raise Refusal(400, f"Property {name} does not exist on object type {catalogue.kind.id}")
    return _of_property(prop, operator, one)


def _of_property(prop: Property, operator: str, one: dict[str, Any]) -> Test:
    name = prop.name
    match operator:
        case "HAS_PROPERTY":
            return lambda values: name in values
        case "NOT_HAS_PROPERTY":
            return lambda values: name not in values
        case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
            wanted = _text(one, "value").casefold()
            positive = operator == "CONTAINS_TOKEN"
            return lambda values: _has_token(values.get(name, "").casefold(), wanted) is positive
        case "IN" | "NOT_IN":
            # The values given are compared as they are with text in lower case: HubSpot's guide asks for lower case.
            listed, kept = _listed(one), prop.type != "string"
            positive = operator == "IN"
            return lambda values: (
                name in values and ((values[name] if kept else values[name].lower()) in listed) is positive
            )
    key = _key_of(prop)
    low = _limit(key, prop, one, "value")
    if operator == "BETWEEN":
        high = _limit(key, prop, one, "highValue")
        return lambda values: name in values and low <= key(values[name]) <= high
    return _compared(name, operator, key, low)


def _compared(name: str, operator: str, key: Callable[[str], Any], limit: Any) -> Test:
    match operator:
        case "EQ":
            return lambda values: name in values and key(values[name]) == limit
        case "NEQ":
            return lambda values: name in values and key(values[name]) != limit
        case "LT":
            return lambda values: name in values and key(values[name]) < limit
        case "LTE":
            return lambda values: name in values and key(values[name]) <= limit
        case "GT":
            return lambda values: name in values and key(values[name]) > limit
    return lambda values: name in values and key(values[name]) >= limit


def sort_key(prop: Property) -> Callable[[str], Any]:
    """Return what values of *prop* are ordered by."""
    return _key_of(prop)


def _key_of(prop: Property) -> Callable[[str], Any]:
    match prop.type:
        case "number":
            return float
        case "date" | "datetime":
            return _moment
    return str.casefold


def _limit(key: Callable[[str], Any], prop: Property, one: dict[str, Any], name: str) -> Any:
    text = _text(one, name)
    try:
        found = key(text)
    except ValueError:
        found = None
    if found is None:
        raise Refusal(400, f"{text} is not a valid value for property {prop.name} of type {prop.type}")
    return found


def _text(one: dict[str, Any], name: str) -> str:
    value = one.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise bad_json(f"a filter with operator {one['operator']} needs `{name}`")
    return str(value)


def _listed(one: dict[str, Any]) -> set[str]:
    found = one.get("values")
    if not isinstance(found, list) or not found or len(found) > MOST_LISTED:
        raise bad_json(f"a filter with operator {one['operator']} needs `values`: 1 to {MOST_LISTED} of them")
    return {str(value) for value in found}


def _has_token(text: str, wanted: str) -> bool:
    """Whether *text* holds the word, or words, *wanted*; `*` stands for anything.

    >>> _has_token("ann@example.com", "*@example.com"), _has_token("big sale", "sale"), _has_token("sales", "sale")
    (True, True, False)
    """
    if "*" in wanted:
        return any(fnmatchcase(part, wanted) for part in [text, *text.split(), *_WORD.findall(text)])
    return bool(wanted) and set(_WORD.findall(wanted)) <= set(_WORD.findall(text))
