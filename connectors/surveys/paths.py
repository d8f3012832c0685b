"""Dotted paths into decoded JSON: `data`, `result.elements`, `answers.0.text`, `pages.*.questions.*`.

A word is a key, a number an item of a list, `name=email` the first item of a list that holds this text under this
key, `*` every item of a list or value of an object; an empty path is the whole. What is not there is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def at(data: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value at *path*; of several the first.

    >>> at({"a": [{"b": 0}]}, "a.0.b"), at({"a": []}, "a.0.b"), at({"a": [{"b": 1}, {"b": 2}]}, "a.*.b")
    (0, None, 1)
    >>> at([{"name": "age", "value": 7}, {"name": "email", "value": "x"}], "name=email.value")
    'x'
    """
    if path in {"", "*"} or "*" in path:
        found = every(data, path)
        return found[0] if found else None
    for part in path.split("."):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, list) and "=" in part:
            key, _, wanted = part.partition("=")
            data = next((each for each in data if isinstance(each, dict) and each.get(key) == wanted), None)
        else:
            return None
    return data


def every(data: Any, path: str) -> list[Any]:  # noqa: ANN401 - JSON
    """Return every value at *path*; a list that stands there counts as its items.

    >>> every({"pages": [{"q": [1, 2]}, {"q": [3]}]}, "pages.*.q.*"), every([1, 2], ""), every({}, "data")
    ([1, 2, 3], [1, 2], [])
    """
    found = [data]
    for part in path.split(".") if path else ():
        if part == "*":
            found = [item for each in found for item in _inner(each)]
        else:
            found = [inner for each in found if (inner := at(each, part)) is not None]
    if not path.endswith("*") and len(found) == 1 and isinstance(found[0], list):
        return found[0]
    return found


def _inner(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def getter(path: str) -> Callable[[Any], Any]:
    """Return what gives the value at *path*, quickly where that is a key alone: most are, and rows have many.

    >>> getter("a")({"a": 1}), getter("a.b")({"a": {"b": 2}}), getter("a")(["a"])
    (1, 2, None)
    """
    if path and path != "*" and not path.isdecimal() and not set(path) & {".", "="}:
        return lambda data: data.get(path) if isinstance(data, dict) else None
    return lambda data: at(data, path)


def text(value: Any) -> str | None:  # noqa: ANN401 - JSON
    """Return a value as trimmed text; None where it is none, or says nothing.

    >>> text(9), text(9.0), text(" a "), text(""), text(True), text({})
    ('9', '9.0', 'a', None, 'true', None)
    """
    match value:
        case str():
            return value.strip() or None
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case _:
            return None
