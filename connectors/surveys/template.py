"""Requests from their templates: values go in as data, never as syntax."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_BRACES = re.compile(r"\{([^{}]*)\}")
#: A part that has no value.
_ABSENT = object()


def path_of(template: str, values: Mapping[str, str | None]) -> str:
    """Return a path; every value is one segment of it, whatever it holds.

    >>> path_of("/forms/{survey}/responses", {"survey": "../a b?"})
    '/forms/..%2Fa%20b%3F/responses'
    """
    return _BRACES.sub(lambda found: _segment(values[found[1]] or ""), template)


def _segment(value: str) -> str:
    # A dot is never quoted, and two of them would lead upwards.
    return quote(value, safe="") if value.strip(".") else "%2E" * len(value)


def filled(template: Any, values: Mapping[str, str | None]) -> Any:  # noqa: ANN401 - a text, or a body
    """Return a query or body with its placeholders filled in; what has no value is left out.

    >>> filled({"since": "{since}", "size": "{size}", "a": [{"b": "{since}"}]}, {"since": None, "size": "9"})
    {'size': '9', 'a': [{}]}
    """
    found = _filled(template, values)
    return {} if found is _ABSENT else found


def _filled(template: Any, values: Mapping[str, str | None]) -> Any:  # noqa: ANN401 - see above
    if isinstance(template, str):
        names = _BRACES.findall(template)
        if any(values[name] is None for name in names):
            return _ABSENT
        return _BRACES.sub(lambda found: values[found[1]] or "", template)
    if isinstance(template, dict):
        made = {key: _filled(each, values) for key, each in template.items()}
        return {key: each for key, each in made.items() if each is not _ABSENT}
    if isinstance(template, list):
        return [each for each in (_filled(inner, values) for inner in template) if each is not _ABSENT]
    return template
