"""The filters of dynamic lists: branches joined by AND and OR, over the values of a record's own properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.hubspot.errors import Refusal, bad_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.hubspot.properties import Catalogue

    Values = Mapping[str, str]
    Test = Callable[[Values], bool]

_DEEPEST = 5
_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "IS_EQUAL_TO": lambda one, other: one == other,
    "IS_NOT_EQUAL_TO": lambda one, other: one != other,
    "IS_GREATER_THAN": lambda one, other: one > other,
    "IS_GREATER_THAN_OR_EQUAL_TO": lambda one, other: one >= other,
    "IS_LESS_THAN": lambda one, other: one < other,
    "IS_LESS_THAN_OR_EQUAL_TO": lambda one, other: one <= other,
}
_ANY = {"IS_EQUAL_TO", "IS_ANY_OF", "IS_EXACTLY", "HAS_EVER_BEEN_ANY_OF"}
_NONE = {"IS_NOT_EQUAL_TO", "IS_NONE_OF", "IS_NOT_EXACTLY"}


def compiled(branch: Any, catalogue: Catalogue, depth: int = 0) -> Test:
    """Return a function that tells whether a record's values satisfy *branch*.

    Raises:
        Refusal: It is malformed, names a property that does not exist, or filters by something else than properties.
    """
    if not isinstance(branch, dict) or depth > _DEEPEST:
        raise bad_json("filterBranch must be an object, not too deep")
    filters, branches = branch.get("filters") or [], branch.get("filterBranches") or []
    if not isinstance(filters, list) or not isinstance(branches, list):
        raise bad_json("filters and filterBranches must be lists")
    tests = [_test(one, catalogue) for one in filters]
    tests += [compiled(one, catalogue, depth + 1) for one in branches]
    match branch.get("filterBranchType"):
        case "OR":
            return lambda values: any(test(values) for test in tests)
        case "AND":
            return lambda values: all(test(values) for test in tests)
    raise Refusal(400, f"filterBranchType {branch.get('filterBranchType')} is not one of AND, OR")


def _test(one: Any, catalogue: Catalogue) -> Test:
    operation = one.get("operation") if isinstance(one, dict) else None
    if not isinstance(operation, dict) or one.get("filterType") != "PROPERTY":
        raise Refusal(400, "only filters of type PROPERTY can be evaluated")
    name, operator = one.get("property"), operation.get("operator")
    if not isinstance(name, str) or catalogue.get(name) is None:
        raise Refusal(400, f"Property {name} does not exist on object type {catalogue.kind.id}")
    if operator in ("IS_KNOWN", "IS_UNKNOWN"):
        return lambda values: (name in values) is (operator == "IS_KNOWN")
    if operation.get("operationType") == "NUMBER" and isinstance(operator, str) and operator in _NUMBERS:
        return _number(name, _NUMBERS[operator], operation.get("value"))
    listed = operation.get("values", [operation.get("value")])
    if not isinstance(listed, list) or operator not in [*_ANY, *_NONE]:
        raise Refusal(400, f"operator {operator} can't be evaluated on property {name}")
    wanted, positive = {str(value).casefold() for value in listed}, operator in _ANY
    blank = bool(operation.get("includeObjectsWithNoValueSet"))

    def has(values: Values) -> bool:
        if name not in values:
            return blank
        return bool({part.casefold() for part in values[name].split(";")} & wanted) is positive

    return has


def _number(name: str, compare: Callable[[float, float], bool], value: Any) -> Test:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise bad_json(f"{value} is no number")
    limit = float(value)
    return lambda values: name in values and compare(float(values[name]), limit)
