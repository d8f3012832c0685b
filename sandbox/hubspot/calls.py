"""One call to the portal: what was asked, checked for its form, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.hubspot.errors import bad_json
from sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange import Request

MOST_INPUTS = 100  # of a batch of objects
MOST_BYTES = 10_000_000
_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Call:
    """A request, the version of its path, and the time of its arrival."""

    request: Request
    #: `v3`, `v4` or a date.
    version: str
    #: Seconds since 1970.
    at: float

    @property
    def stamp(self) -> str:
        return stamp(self.at)

    @property
    def dated(self) -> bool:
        """Whether the path names a date instead of a version number."""
        return not self.version.startswith("v")

    def flag(self, name: str) -> bool:
        """Return a query parameter that is true or false."""
        return self.request.first(name).lower() == "true"

    def names(self, parameter: str) -> list[str]:
        """Return the names listed in a query parameter, repeated or divided by commas."""
        return [name for value in self.request.query.get(parameter, []) for name in value.split(",") if name]

    def limit(self, default: int, most: int) -> int:
        """Return how many results a page shall have.

        Raises:
            Refusal: It is no number, or too many.
        """
        text = self.request.first("limit") or str(default)
        if not text.isdecimal() or len(text) > _LONGEST_NUMBER or not 1 <= int(text) <= most:
            raise bad_json(f"limit must be a number from 1 to {most}")
        return int(text)

    def after(self) -> int:
        """Return the place after which a page begins.

        Raises:
            Refusal: It is none that a page of ours named.
        """
        text = self.request.first("after") or "0"
        if not text.isdecimal() or len(text) > _LONGEST_NUMBER:
            raise bad_json("after is not a paging cursor")
        return int(text)

    def body(self) -> dict[str, Any]:
        """Return the JSON object that was sent.

        Raises:
            Refusal: There is none.
        """
        found = self.json()
        if not isinstance(found, dict):
            raise bad_json("Cannot deserialize value: an object was expected")
        return found

    def json(self) -> Any:
        """Return the JSON that was sent.

        Raises:
            Refusal: There is none.
        """
        if len(self.request.body) > MOST_BYTES:
            raise bad_json("the request is too large")
        try:
            return json.loads(self.request.body)
        except ValueError as error:
            raise bad_json(
                "Unexpected character: expected a valid value (JSON String, Number, Array, Object)"
            ) from error

    def fields(self) -> dict[str, str]:
        """Return the texts that were sent as a form, or as JSON: clients of the token endpoint do both."""
        if "json" not in self.request.headers.get("content-type", ""):
            return self.request.form()
        return {name: value for name, value in self.body().items() if isinstance(value, str)}

    def inputs(self, most: int = MOST_INPUTS) -> list[dict[str, Any]]:
        """Return the rows of a batch.

        Raises:
            Refusal: There are too many, or they are no objects.
        """
        rows = self.body().get("inputs")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise bad_json("some required fields were not set: [inputs]")
        if len(rows) > most:
            raise bad_json(f"The maximum number of inputs supported in a batch request is {most}, got {len(rows)}")
        return rows


def text_of(row: dict[str, Any], name: str) -> str:
    """Return a field that has to be a text.

    Raises:
        Refusal: It is missing, or another thing.
    """
    value = row.get(name)
    if not isinstance(value, str):
        raise bad_json(f"Cannot deserialize value of type `java.lang.String` from {type(value).__name__}: {name}")
    return value


def maybe_text(row: dict[str, Any], name: str) -> str:
    """Return a field that is a text if it is there; else the empty text.

    Raises:
        Refusal: It is another thing.
    """
    return "" if row.get(name) is None else text_of(row, name)


def whole(row: dict[str, Any], name: str, default: int) -> int:
    """Return a field that is a whole number, or the text of one, if it is there.

    Raises:
        Refusal: It is another thing.
    """
    value = row.get(name)
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if value is None or value == "":
        return default
    if not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise bad_json(f"{name} must be a number")
    return int(text)


def paged(found: list[Any], call: Call, most: int, show: Callable[[Any], Any], default: int = 10) -> dict[str, Any]:
    """Return one page of *found* in the form of a collection; `after` is an offset."""
    limit = call.limit(default, most)
    start, end = call.after(), call.after() + limit
    answer: dict[str, Any] = {"results": [show(one) for one in found[start:end]]}
    if end < len(found):
        answer["paging"] = next_page(str(end), call)
    return answer


def next_page(after: str, call: Call) -> dict[str, Any]:
    """Return the form by which HubSpot names the next page."""
    host = call.request.headers.get("host", "api.hubapi.com")
    return {"next": {"after": after, "link": f"http://{host}{call.request.path}?after={after}"}}
