"""A stable id for a response whose export gives it none."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ResponseIds:
    """Makes ids from what a row says, the same whenever the row is imported again.

    A person and a moment are one response. A person and a day are one, too, unless the file gives two different
    answers for it. Without a person, score and comment count as well, and equal rows are numbered in the order of
    the file.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._repeats: dict[int, int] = {}
        self._days: dict[int, int] = {}

    def of(  # noqa: PLR0913 - the claims of one row
        self,
        *,
        survey: str,
        moment: str,
        exact: bool,
        identity: str | None,
        name: str | None,
        answer: Sequence[str | None],
    ) -> str:
        """Return the id of one row.

        Args:
            survey: The row's survey.
            moment: When it was answered, as ISO text in UTC.
            exact: Whether that is more than a day.
            identity: The first e-mail, id or phone of the row.
            name: The person's name, which identifies together with an exact moment only.
            answer: Score and comment.
        """
        person = identity or (name if exact else None)
        texts = [part or "" for part in answer]
        if person:
            mark = _hashed("person", person.strip().casefold(), survey, moment)
            first = exact or self._days.setdefault(_number(mark), hash(tuple(texts))) == hash(tuple(texts))
            return mark if first else _hashed(mark, *texts)
        mark = _hashed("answer", name or "", survey, moment, *texts)
        number = _number(mark)
        if number not in self._seen:
            self._seen.add(number)
            return mark
        repeat = self._repeats[number] = self._repeats.get(number, 1) + 1
        return _hashed(mark, str(repeat))


def _hashed(*parts: str) -> str:
    return "h_" + hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _number(mark: str) -> int:
    return int(mark[2:18], 16)
