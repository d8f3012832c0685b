"""From the body of a call to the responses that it names. It comes from outside, and may hold anything."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson

from connectors.characters import is_sound
from connectors.surveys.paths import at, every, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.surveys.hooks import Hooks

#: Lists in lists in a body; the deepest service has six.
DEEPEST = 32
#: Events of one call; HubSpot sends 100.
MOST_EVENTS = 1_000
#: Fields of a form; Qualtrics sends three.
_MOST_FIELDS = 20
#: Characters of an id; the longest that a service has are 128.
_LONGEST_ID = 500


class UnreadableError(ValueError):
    """A body that is no JSON, or more of it than anybody has reason to send."""


@dataclass(frozen=True, slots=True)
class Event:
    """A service says that there is a response, or that one has changed."""

    #: A digest of what tells it from every other event.
    id: str
    #: Empty: the service has one list for all.
    survey: str
    response: str


def events_of(body: bytes, hooks: Hooks) -> list[Event]:
    """Return the events of a call, each once; those that are none of ours are left out.

    Raises:
        UnreadableError: See there.
    """
    told = _json(_form(body, hooks.form) if hooks.form else body)
    rows = every(told, hooks.events)
    if len(rows) > MOST_EVENTS:
        raise UnreadableError("too many events")
    found = [event for row in rows if (event := _event(row, hooks)) is not None]
    return list({event.id: event for event in found}.values())


def _form(body: bytes, field: str) -> bytes:
    try:
        fields = parse_qs(body.decode(), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise UnreadableError("no form") from None
    if len(fields.get(field, ())) != 1:
        raise UnreadableError("no form with that field")
    return fields[field][0].encode()


def _json(body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise UnreadableError("no JSON") from None
    level = [told]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return told
    raise UnreadableError("too deep")


def _inner(value: Any) -> Sequence[Any]:  # noqa: ANN401 - JSON
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in inner if isinstance(each, dict | list)]


def _event(row: Any, hooks: Hooks) -> Event | None:  # noqa: ANN401 - JSON
    for path, values in hooks.only.items():
        if (text(at(row, path)) or "") not in values:
            return None
    response, survey = _id(row, hooks.response), _id(row, hooks.survey)
    if response is None or (hooks.survey and survey is None):
        return None
    parts = [text(at(row, path)) for path in hooks.id]
    said = repr([survey, response, *parts]).encode() if any(parts) else orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    return Event(blake2b(said, digest_size=16).hexdigest(), survey or "", response)


def _id(row: Any, paths: Sequence[str]) -> str | None:  # noqa: ANN401 - JSON
    found = next((each for path in paths if (each := text(at(row, path)))), None)
    return found if found and len(found) <= _LONGEST_ID and found.isprintable() and is_sound(found) else None
