"""What a spec says of a call, and of a list that is read by such calls: its pages, and what is new in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from connectors.durations import Duration  # noqa: TC001 - pydantic reads it
from connectors.surveys.access import Dotted, Part

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BRACES = re.compile(r"\{([^{}]*)\}")


def placeholders(value: Any) -> set[str]:  # noqa: ANN401 - a text, or a body
    """Return the names in braces.

    >>> sorted(placeholders({"a": "{since}", "b": ["{size}x"]}))
    ['since', 'size']
    """
    if isinstance(value, str):
        return set(_BRACES.findall(value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for each in inner for name in placeholders(each)}


Several = Annotated[tuple[Dotted, ...], Field(min_length=1)]


class Request(Part):
    """A call."""

    method: Literal["GET", "POST"] = "GET"
    path: Annotated[str, Field(pattern=r"^/")]
    query: dict[str, str] = Field(default_factory=dict)
    #: JSON, for `POST`.
    body: dict[str, Any] = Field(default_factory=dict)
    #: `never`: when its answer is lost, nobody knows what it did, so it is not sent again in this run.
    retry: Literal["usual", "never"] = "usual"

    def names(self) -> set[str]:
        """Return the placeholders in it."""
        return placeholders([self.path, self.query, self.body])


class Pages(Part):
    """How one page leads to the next."""

    #: `none`; `number`; `keyset` (rows come in the order of the cursor's field, and the next page begins at the last
    #: row's moment); `next_url` (in the body); `link` (in the Link header); `token` (in the body); `last_row`.
    kind: Literal["none", "number", "keyset", "next_url", "link", "token", "last_row"] = "none"
    #: Rows of a full page; a shorter one is the last.
    size: Annotated[StrictInt, Field(ge=1, le=100_000)] = 100
    #: Number of the first page.
    first: Annotated[StrictInt, Field(ge=0)] = 1
    #: Where the next page's URL or token stands in a reply, or in its last row.
    next: Dotted = ""
    #: Where a reply says how many rows there are in all. When that shrinks, rows have moved up, and it is read again.
    total: Dotted = ""
    #: Where a reply says how many pages there are.
    count: Dotted = ""

    @model_validator(mode="after")
    def _next(self) -> Self:
        if bool(self.next) != (self.kind in {"next_url", "token", "last_row"}):
            raise ValueError("`next` belongs to `next_url`, `token` and `last_row`, and they need it")
        if self.total and self.kind in {"keyset", "last_row"}:
            raise ValueError("`total` tells nothing here, because each page asks for other rows: delete it")
        return self


class Changes(Part):
    """By what the service is asked for what is new."""

    #: Where a row holds the moment by which it is selected.
    field: Dotted
    #: How `{since}` and `{until}` are written.
    format: Literal["iso", "iso_plain", "iso_micros", "unix", "unix_ms"] = "iso"
    #: Whether rows of exactly `{since}` come too.
    inclusive: StrictBool = True
    #: Whether rows come oldest first; then they are held to it.
    ascending: StrictBool = False
    #: Whether rows come newest first; then a page from before the reading's start is the last one.
    descending: StrictBool = False
    #: How far before the last row each reading begins again: for late rows, and for edits that change no moment.
    look_back: Duration = timedelta(days=14)
    #: What `{since}` is when everything is read, where it cannot be left out.
    everything: str | None = None
    #: Rows are asked for so much time at once, from `{since}` to `{until}`, up to now.
    step: Duration | None = None

    @model_validator(mode="after")
    def _stepping(self) -> Self:
        if self.step is not None and (self.everything is None or self.step < timedelta(minutes=1)):
            raise ValueError("`step` needs `everything`, the moment of the first window, and is a minute at least")
        if self.step is not None and self.begins < _EPOCH:
            raise ValueError("`everything` is before 1970")
        return self

    @property
    def begins(self) -> datetime:
        """The moment that `everything` means.

        Raises:
            ValueError: It means none.
        """
        text = self.everything or ""
        if self.format in {"unix", "unix_ms"}:
            return _EPOCH + timedelta(**{"seconds" if self.format == "unix" else "milliseconds": int(text)})
        found = datetime.fromisoformat(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


class Paged(Part):
    """A list that is read page by page."""

    pages: Pages = Pages()
    #: Where the rows stand in a reply; empty when the reply is the list.
    rows: Dotted = ""


class Rows(Paged):
    """A list, and the call that asks for it."""

    request: Request
